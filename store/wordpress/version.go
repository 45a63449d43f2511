package wordpress

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

var (
	versionLine = regexp.MustCompile(
		`(?m)^\s*\$wp_version\s*=\s*['"]([0-9]+\.[0-9]+[0-9A-Za-z.+-]*)['"]\s*;`,
	)
	versionHead = regexp.MustCompile(`^([0-9]+)\.([0-9]+)`)
)

// ReadVersion returns the version of the WordPress whose directory is given,
// such as 6.9.7 or 7.1-RC2, out of wp-includes/version.php.
func ReadVersion(dir string) (string, error) {
	path := filepath.Join(dir, "wp-includes", "version.php")
	text, err := readSmall(path)
	if err != nil {
		return "", fmt.Errorf("read the WordPress version: %w", err)
	}
	m := versionLine.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("read the WordPress version from %s: %w", path, errNoVersion)
	}
	return m[1], nil
}

// atLeast says whether a version is major.minor or later; "" is not.
func atLeast(version string, major, minor int) bool {
	m := versionHead.FindStringSubmatch(version)
	if m == nil {
		return false
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	return a > major || a == major && b >= minor
}

// maxConfigFile bounds the files that we read: real ones have a few kilobytes.
const maxConfigFile = 1 << 20

// readSmall reads a file of text and refuses what cannot be one.
func readSmall(path string) (string, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !fi.Mode().IsRegular() || fi.Size() > maxConfigFile {
		return "", fmt.Errorf("%s is not a small text file", path)
	}
	b, err := os.ReadFile(path)
	return string(b), err
}
