package enrolld

import "slices"

// Rank says who goes first of those that wait in a queue: the lower one.
type Rank uint8

// The ranks.
const (
	RankWaited Rank = iota // somebody sits and waits for it: who just bought, who asked for a link
	RankSoon               // nobody waits, and it is due: a reminder, an end, a report
	RankMany               // one of very many at once: an import, a bulk action
)

// Ranks are all of them, the first one first.
var Ranks = []Rank{RankWaited, RankSoon, RankMany}

// laterTeam is mail to the team that nobody waits for. The rest of it is what its
// recipient just asked for, or has to know about their own security.
var laterTeam = []TeamEvent{
	EventInvitationReminder, EventInvitationAccepted, EventInvitationExpired,
	EventImportDone, EventImportCancelled, EventImportPaused, EventFailures,
}

// laterKinds are messages to members that nobody waits for, whatever brought them about.
var laterKinds = []MessageKind{MessageExpiring, MessageExpired, MessagePaymentFailed, MessageRefunded}

// RankOf is the rank of a message that is queued. m.Rank says what it comes of, and
// the rank is never a lower one than that; what it says may make it wait longer.
func RankOf(m *Message) Rank {
	switch {
	case m.Data.Team != nil && slices.Contains(laterTeam, m.Data.Team.Event),
		m.Data.Test == nil && slices.Contains(laterKinds, m.Kind):
		return max(m.Rank, RankSoon)
	}
	return m.Rank
}
