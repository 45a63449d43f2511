// Package mailer renders emails to members and to the team, sends them through an
// SMTP relay and works off the queue they wait in.
//
// # Flow
//
//	Queue.Claim → Render → Compose → Sender.Send → Queue.Finish
//
// [Worker.Step] does one round of it. [Transport] is the Sender that speaks SMTP;
// sub-package mailbox is a relay for demos and tests that keeps what it gets.
//
// # Promises
//
// A message that the relay took is reported as sent, also during shutdown. The
// opposite cannot be promised by anyone: when the connection breaks between the
// end of the content and the relay's answer, nobody knows whether it was taken.
// The message is then sent again with the same Message-ID, under which receivers
// recognise the copy. At every other point a break leaves nothing behind.
//
// # Pace
//
// A [Worker] keeps to what each receiving provider takes ([Limits]). A message whose
// turn has not come goes back to the queue until then, with no attempt counted, so that
// it keeps nobody waiting; and who says that we send too much is left alone for a while.
//
// Within the pace, a message that somebody waits for gets the next turn of those that
// were given to what may wait: an import's mail, which then gets another. One turn in
// four stays whose it is, so that the import's mail goes on, too.
//
// # What comes from outside
//
// Names, titles and the like pass through [Render] and [Compose], which strip
// line breaks and control characters; html/template escapes them in HTML; the
// envelope holds exactly one recipient, checked by enrolld.ParseEmail. Nothing
// that is logged or stored as an answer holds an address.
//
// # Files that know go-mail
//
// Only mime.go (building MIME) and smtp*.go (talking to the relay) import
// github.com/wneessen/go-mail. Its Client is not used, only its Msg and its smtp
// package: the Client hides the server's words behind text that holds addresses,
// reports an accepted message as failed when the RSET after it fails, and cannot
// be interrupted; the pool here needs all three.
package mailer
