// Package emails is the screens of what was sent to members: the list of all of it,
// a message with what it said and what the server answered, and sending it again.
//
// A message names courses and orders of any product, so that they are for who may
// use every product. They are for who may browse, too: a list of messages is a list
// of customers. Mail to the team is no part of it, for it carries links.
package emails
