// Package signin is how people get in: the password, the second factor, passkeys,
// links from mail and invitations. It is open to strangers, so nothing here tells
// whether a login exists: what is known and what is not get the same words, the
// same work and the same budgets.
//
// Signing in goes by stages. The right password of a login with a second factor
// makes a session that opens nothing but the page for that factor, for some
// minutes. Each stage gets a new session token.
package signin
