// Package letter is what mail to members says: the kinds with their placeholders,
// our own texts in seven languages, and how a text of an account becomes a mail.
//
// # How a text is written
//
// Plain text; an empty line begins a new paragraph. **bold**, *italic*, lists,
// "# headings" and [links](https://…) are all the markup there is: it is CommonMark
// with everything else left out, so that no HTML, picture or code can be written.
// Placeholders stand in braces: {first_name}. An address by itself on a line, such
// as {login_link}, becomes the message's button, and {courses} by itself the list.
//
// # What values can do
//
// A text is parsed first ([Parse]) and filled in afterwards ([Fill]). So a value is
// never markup, a link's address or another placeholder, whatever it holds. Links
// lead to what the account's people typed, or to one placeholder of ours as a whole.
//
// A line whose placeholder has nothing to say is left out: "Order {order}" is not
// there where there is no order. A name that is missing takes the space and the
// comma before it with it.
//
// The package is pure.
package letter
