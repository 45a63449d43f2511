package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// debianWordPress is where Debian's package keeps WordPress.
const debianWordPress = "/usr/share/wordpress"

// DatabaseParts are the packages that StartMariaDB needs.
var DatabaseParts = []string{"mariadb-server"}

// SiteParts are the packages that InstallWordPress and Start need. A theme is
// not among them: without one the site wears a plain theme of our own.
var SiteParts = []string{"mariadb-server", "wordpress", "php-cli", "php-mysql", "php-xml", "php-mbstring"}

// present tells for each package whether what we need of it is there. Files and
// commands are looked at, not the package manager, so that other systems and
// hand-made installations count too.
var present = []struct {
	pkg string
	ok  func() bool
}{
	{"mariadb-server", func() bool {
		return command("mariadbd") != "" && command("mariadb-install-db") != ""
	}},
	{"wordpress", func() bool { return isFile(filepath.Join(debianWordPress, "wp-settings.php")) }},
	{"wordpress-theme-twentytwentythree", func() bool {
		return isFile(filepath.Join(debianWordPress, "wp-content/themes/twentytwentythree/style.css"))
	}},
	{"php-cli", func() bool { return command("php") != "" }},
	{"php-mysql", func() bool { return phpHas("mysqli") }},
	{"php-xml", func() bool { return phpHas("xml") }},
	{"php-mbstring", func() bool { return phpHas("mbstring") }},
	{"chromium", func() bool { return command("chromium") != "" }},
}

// Missing returns the Debian packages that are needed and not there, ready for
// apt-get install. With arguments it looks only at the packages named.
func Missing(packages ...string) []string {
	var missing []string
	for _, p := range present {
		if wanted(p.pkg, packages) && !p.ok() {
			missing = append(missing, p.pkg)
		}
	}
	return missing
}

func wanted(pkg string, packages []string) bool {
	if len(packages) == 0 {
		return true
	}
	return slices.Contains(packages, pkg)
}

// command returns the path of a program, or "". Servers live in sbin, which is
// not in the PATH of ordinary users on Debian.
func command(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path := filepath.Join(dir, name); isFile(path) {
			return path
		}
	}
	return ""
}

func phpHas(extension string) bool {
	php := command("php")
	if php == "" {
		return false
	}
	out, err := exec.Command(php, "-m").Output()
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(out)) {
		if strings.EqualFold(strings.TrimSpace(line), extension) {
			return true
		}
	}
	return false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
