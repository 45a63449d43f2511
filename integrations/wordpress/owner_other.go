//go:build !unix

package wordpress

import "io/fs"

// adopt does nothing: there are no owners of this kind.
func adopt(string, fs.FileInfo) error { return nil }

// closable tells that nothing may be closed to others.
func closable(string, fs.FileInfo) bool { return false }
