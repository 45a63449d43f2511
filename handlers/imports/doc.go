// Package imports is the screens of lists of customers: bringing one, saying how to
// read it and what everybody in it gets, what would come of each row, the progress
// while it runs, and what came of it, with the way back.
//
//	new ─▶ edit ─▶ (counted) ─▶ ready ─▶ (runs) ─▶ result ─▶ undo
//
// An import is about every customer and names any course, so all of it asks for the
// permission to browse and for every product, as adding a customer by hand does.
// Nothing is written to customers before somebody presses the button that says how
// many there are.
package imports
