// Package customers is the screens about members: the list with its filters and
// its export, the search for those who may only search, a customer's page, and
// what the team gives and takes away.
//
// Who may browse sees everybody in their product scope. Who may only search sees a
// customer once they typed the whole address or whole words of the name: the
// session remembers whom it found, and other pages do not exist for it.
//
// Who may browse also says who a customer is: name and main address, further
// addresses, merges with a preview and their undoing. These are about all that
// somebody bought, so that who was given some products only may do none of them.
//
// Changing access asks for the permission to browse. That to search opens details,
// refunds and subscriptions of a customer who calls, and giving courses is none of
// these.
//
// To log in as a customer is a permission of its own; what is asked for is checked
// here, written by store/team, and carried to the site by the browser.
//
// Code map:
//
//	customers.go   routes; Access, what the service does for these pages; identity.go, enter.go, decide.go: its parts
//	list.go        the list and its file; filter.go; select.go: who was ticked, for store/bulk; find.go: search alone
//	show.go        a customer's page; causes.go: why they have what they have; timeline.go; mail.go
//	deeds.go       what one may do with a customer; below, each deed asks, says what will happen, and does it
//	access.go      courses given and taken; add.go: a customer by hand
//	profile.go     name and main address; addresses.go: further ones; merge.go, unmerge.go
//	enter.go       logging in as them; entered.go: who is on the site now; password.go: a link to set one
//	decide.go      blocked, removed, taken back; erase.go; copy.go: all that is held of somebody
package customers
