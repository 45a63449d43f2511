// Package mailbox is an SMTP relay that delivers nothing: it keeps the last messages
// in memory and shows them on a web page. The demo uses it to look at what members
// would get, tests use it as a relay that misbehaves on demand.
//
// A [Mailbox] accepts mail from anybody who reaches it and shows it to anybody who
// reaches its pages, set-password links included: bind both to loopback.
//
// Everything is safe for concurrent use.
package mailbox
