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
package customers
