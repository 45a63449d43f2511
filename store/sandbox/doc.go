// Package sandbox runs the real parts that Enrolld stands beside, privately: a
// MariaDB server and a WordPress site with its web server. The demo, the
// benchmarks and the tests use it; nothing in production does.
//
// Everything lives in one folder, listens on a unix socket or on a loopback
// port, and needs no configuration of the machine beyond the Debian packages
// that [Missing] names. The servers are children of this process: Stop ends
// them, and on Unix they end when this process dies without stopping them. A
// context given to a starting function bounds the wait until the server
// answers, not the life of the server.
package sandbox
