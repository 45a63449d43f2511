// Package e2e tests the whole from outside: a sale goes in by HTTP, and what
// comes out is looked at where people meet it, in a browser, in the mailbox and
// on the command line. A second half breaks parts on purpose, the service, the
// database and the mail relay, and counts that nothing is lost or done twice.
//
// All tests of a run share one [enrolld/cmd/academy.Academy]. Without the Debian
// packages that it needs they are skipped; with CI=true they fail.
package e2e
