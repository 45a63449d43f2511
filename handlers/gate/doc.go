// Package gate is who is calling, and whether they may. Every screen of the
// admin is a Route that says whom it is for; the Frame signs the caller in from
// the session, finds the account that the address names, checks the permission
// and only then calls the screen. A route that does not say whom it is for does
// not register.
//
// Sessions are rows of our own; the cookie holds a random token, the row its
// hash. Rights are read anew at each request, so that a change acts at once.
package gate
