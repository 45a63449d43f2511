package sandbox

import "os"

// roomInMemory is what a folder in memory must have free, in bytes: several
// servers write some 200 MB each.
const roomInMemory = 4 << 30

// Scratch makes a folder for what a test writes and nobody keeps: in memory where
// the machine has room, since a database whose files are there works three times
// as fast. A process that is killed loses nothing there either; a machine would.
func Scratch(pattern string) (string, error) {
	const memory = "/dev/shm"
	if freeBytes(memory) >= roomInMemory {
		if dir, err := os.MkdirTemp(memory, pattern); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", pattern)
}
