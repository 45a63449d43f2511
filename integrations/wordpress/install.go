package wordpress

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// The files of the companion. WordPress loads must-use plugins in the order of
// their names, and '-' sorts before '.': the configuration comes first.
const (
	pluginFile = "enrolld-companion.php"
	configFile = "enrolld-companion-config.php"
)

//go:embed enrolld-companion.php
var plugin []byte

var versionPattern = regexp.MustCompile(`(?m)^ \* Version: ([0-9][0-9A-Za-z.-]*)$`)

// Version is the version of the companion that Install writes.
var Version = versionOf(plugin)

func versionOf(source []byte) string {
	if m := versionPattern.FindSubmatch(source); m != nil {
		return string(m[1])
	}
	return ""
}

// Status tells what of the companion a site has.
type Status struct {
	Version    string // of the plugin there; "" when there is none
	Current    bool   // the plugin is exactly the one that Install writes
	Configured bool   // there is a configuration
}

// Install writes the companion and its configuration below contentDir, the
// site's wp-content, and tells whether that changed anything. The configuration
// replaces the one that is there, so it must name every blog. Each file is
// replaced as a whole: a request sees the old one or the new one.
//
// The web server's user must be able to read the configuration, and nobody else
// should. Run as root, both files get the owner and group of the folder, and
// the configuration is closed to others unless that owner is root itself. Run
// as another user, it is closed to others when the folder's group differs from
// ours and we may give the file to it; the user that owns the site's files and
// runs its PHP may close it further by hand.
func Install(contentDir string, c Config) (changed bool, err error) {
	if err := c.validate(); err != nil {
		return false, err
	}
	info, err := os.Stat(contentDir)
	if err != nil {
		return false, fmt.Errorf("find wp-content: %w", err)
	}
	if !info.IsDir() {
		return false, fmt.Errorf("find wp-content: %s is not a folder", contentDir)
	}
	dir := filepath.Join(contentDir, "mu-plugins")
	if err := os.Mkdir(dir, 0o755); err == nil {
		if err := adopt(dir, info); err != nil {
			return false, fmt.Errorf("give mu-plugins to the site's owner: %w", err)
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("make mu-plugins: %w", err)
	}
	// The configuration first: a plugin without one closes courses to everyone.
	for _, f := range []struct {
		name   string
		body   []byte
		secret bool
	}{
		{configFile, []byte(c.render()), true},
		{pluginFile, plugin, false},
	} {
		wrote, err := replace(dir, f.name, f.body, f.secret)
		if err != nil {
			return changed, fmt.Errorf("write %s: %w", f.name, err)
		}
		changed = changed || wrote
	}
	return changed, nil
}

// Installed tells what of the companion there is below contentDir.
func Installed(contentDir string) (Status, error) {
	var s Status
	dir := filepath.Join(contentDir, "mu-plugins")
	source, err := os.ReadFile(filepath.Join(dir, pluginFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Status{}, fmt.Errorf("read companion: %w", err)
	}
	s.Version, s.Current = versionOf(source), err == nil && bytes.Equal(source, plugin)
	_, err = os.Stat(filepath.Join(dir, configFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Status{}, fmt.Errorf("look for companion's configuration: %w", err)
	}
	s.Configured = err == nil
	return s, nil
}

// replace writes a file by renaming a finished one over it, unless it has these
// bytes already. The name of the unfinished one does not end in .php, or
// WordPress would load it.
func replace(dir, name string, body []byte, secret bool) (changed bool, err error) {
	path := filepath.Join(dir, name)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, body) {
		return false, nil
	}
	folder, err := os.Stat(dir)
	if err != nil {
		return false, err
	}
	tmp, err := os.CreateTemp(dir, ".enrolld-*.tmp") // mode 0600
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(body)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return false, err
	}
	mode := os.FileMode(0o644)
	if err = adopt(tmp.Name(), folder); err != nil {
		return false, err
	}
	if secret && closable(tmp.Name(), folder) {
		mode = 0o640
	}
	if err = os.Chmod(tmp.Name(), mode); err != nil {
		return false, err
	}
	return true, os.Rename(tmp.Name(), path)
}
