// Package users is the screens for the users of a client account: who they are
// and what they may do, inviting many at once, logins made by hand, and taking
// access away and giving it back.
//
// What somebody may do is asked by one form part, termsForm, that inviting, a
// login made by hand and changing rights share. It offers only what the caller
// may give; what comes back is checked against the same offer, and by the store
// once more.
package users
