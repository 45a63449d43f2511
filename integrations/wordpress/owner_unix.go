//go:build unix

package wordpress

import (
	"io/fs"
	"os"
	"syscall"
)

// adopt gives path to the owner and group of model, where we may: root may give
// anything away, others may only pass a file to a group of their own.
func adopt(path string, model fs.FileInfo) error {
	owner, ok := model.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if os.Geteuid() == 0 {
		return os.Chown(path, int(owner.Uid), int(owner.Gid))
	}
	_ = os.Chown(path, -1, int(owner.Gid))
	return nil
}

// closable tells whether the file at path may be closed to others: the web
// server reads it as its owner or through the folder's group.
func closable(path string, folder fs.FileInfo) bool {
	owner, ok := folder.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	if os.Geteuid() == 0 {
		return owner.Uid != 0 || owner.Gid != 0
	}
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	file, ok := info.Sys().(*syscall.Stat_t)
	return ok && file.Gid == owner.Gid && int(owner.Gid) != os.Getegid()
}
