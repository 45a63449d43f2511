// Package academy is a sample academy on real parts: a private MariaDB, a real
// WordPress with protected courses and the companion plugin, a mailbox, and
// Enrolld, connected to three checkout tools. The demo shows it, the end-to-end
// tests and the benchmarks work on it.
package academy
