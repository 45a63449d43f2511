package enrolld

// optional are the kinds of messages that a member can do without, with what they
// are called where the member ends them. Every other kind answers a purchase or
// carries what it bought, and is always sent.
var optional = map[MessageKind]string{
	MessageExpiring: "reminders before access ends",
}

// Transactional says whether a message answers something that the member did, so
// that nobody can unsubscribe from it.
func (k MessageKind) Transactional() bool {
	_, ok := optional[k]
	return !ok
}

// InWords is what messages of a kind that is not transactional are called, such as
// "reminders before access ends"; "" for every other.
func (k MessageKind) InWords() string { return optional[k] }
