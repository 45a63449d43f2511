package wordpress

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// sockets are where MySQL and MariaDB of the common systems listen: what PHP's
// mysqli.default_socket is there.
var sockets = []string{"/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/tmp/mysql.sock"}

var (
	hostPattern = regexp.MustCompile(`^([^:/]*)(?::([0-9]+))?$`)
	v6Pattern   = regexp.MustCompile(`^([0-9a-fA-F:.]+)()$`)
	v6Bracketed = regexp.MustCompile(`^\[([0-9a-fA-F:.]+)\](?::([0-9]+))?$`)
)

// ParseHost reads DB_HOST as wpdb::parse_db_host does and returns a network,
// "unix" or "tcp", and an address for it. PHP takes localhost to mean the
// default socket: the first candidate that exists, else TCP to 127.0.0.1:3306. With
// a port it means TCP here, as whoever wrote the port meant.
func ParseHost(host string) (network, addr string, err error) {
	return parseHost(host, func(path string) bool {
		fi, err := os.Stat(path)
		return err == nil && fi.Mode()&os.ModeSocket != 0
	})
}

func parseHost(host string, isSocket func(string) bool) (network, addr string, err error) {
	host = strings.TrimSpace(host)
	if i := strings.Index(host, ":/"); i >= 0 {
		return "unix", host[i+1:], nil
	}
	if strings.HasPrefix(host, "/") {
		return "unix", host, nil
	}
	host = strings.TrimPrefix(host, "p:") // mysqli's persistent connections
	pattern := hostPattern
	switch {
	case strings.HasPrefix(host, "["):
		pattern = v6Bracketed
	case strings.Count(host, ":") > 1:
		pattern = v6Pattern
	}
	m := pattern.FindStringSubmatch(host)
	if m == nil {
		return "", "", fmt.Errorf("DB_HOST %q is no host, host:port or host:/socket", host)
	}
	name, port := m[1], m[2]
	if name == "" || strings.EqualFold(name, "localhost") {
		for _, path := range sockets {
			if port == "" && isSocket(path) {
				return "unix", path, nil
			}
		}
		name = "127.0.0.1"
	}
	if port == "" {
		port = "3306"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", "", fmt.Errorf("DB_HOST %q has no valid port", host)
	}
	return "tcp", net.JoinHostPort(name, port), nil
}
