// Package wording is where an account decides what mail to its members says: the
// kinds with their states, the editor of a text with its preview and test, variants
// and languages, and what is sent at all.
//
// A text is not about one product, so that who was given some products only cannot
// change any.
package wording
