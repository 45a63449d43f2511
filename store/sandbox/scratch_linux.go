package sandbox

import "syscall"

// freeBytes is what a file system has free; 0 where there is none.
func freeBytes(path string) uint64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil || s.Bsize <= 0 {
		return 0
	}
	return s.Bavail * uint64(s.Bsize)
}
