// Package feedback reads what mail providers and mail servers tell of mail after it
// was handed out: bounces and complaints. Each [Provider] proves who speaks and turns
// what they say into enrolld.MailReport; nothing here stores anything.
//
// Only what ends a message is reported. That a provider tries again, that mail was
// opened or arrived is left out: a bounce counts until a later message does not come
// back, which needs no word about it.
package feedback
