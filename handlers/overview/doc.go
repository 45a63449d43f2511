// Package overview is where people arrive: the choice of an account, and what an
// account is, what in it needs a hand, and what the person may do there.
package overview
