// Package account is the settings of an account: its profile, its sub-accounts,
// what it requires of those who sign in, who owns it, how one leaves it, and the
// audit log.
//
// A sub-account has a profile of its own. Everything else belongs to the client
// account, whichever of its accounts the address names.
package account
