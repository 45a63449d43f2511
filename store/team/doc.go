// Package team is what is done with logins, members and invitations: signing in
// and proving who one is, who may enter an account and do what there.
//
// Every operation is one transaction: its checks, its change, its entry in the
// audit log and its mail commit together or not at all. What it decides by is
// read again inside, under a lock, so that nothing changes between check and
// use; those rows are written to (uses counts it), so that a multi-writer cluster
// finds the conflict, as package store says.
//
// # Lock order
//
// Members by id, then logins by id, then the rest: invitations, transfers,
// sessions, links, second factors, mail. Budgets are spent before, in
// transactions of their own; those of invitations, of logins made by hand and of
// changes of a member are part of the operation, after the rows that it decides by.
//
// # What is over stays over
//
// Sessions are rows that requests write when they end, so one that was ended
// could come back by a request under way. Two things keep it out. An ended row
// stays, and no commit changes it. And each login has an epoch, raised when its
// sessions are ended: a session of an earlier one is not found, and what was
// proven in it (a password, half a sign-in) is refused by whatever would use it.
//
// # Secrets
//
// Passwords are hashed with argon2id, at most one at a time for each processor.
// Links and recovery codes are stored as hashes, the secrets of authenticator
// apps and the data of sessions sealed. Not found and not yours are one error.
package team
