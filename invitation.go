package enrolld

import "time"

// Limits of invitations.
const (
	InvitationTTL      = 7 * 24 * time.Hour
	InvitationReminder = 24 * time.Hour // before the end
	InvitationResend   = time.Minute    // between two mails of one invitation
)

// InvitationState is where an invitation stands.
type InvitationState string

// The states. Open becomes expired by time alone, and open again by a new link.
const (
	InvitationOpen     InvitationState = "open"
	InvitationExpired  InvitationState = "expired"
	InvitationAccepted InvitationState = "accepted"
	InvitationRemoved  InvitationState = "removed"
)

// Invitation offers terms in an account to an address. Its link is for that
// address only, and only the newest one works.
type Invitation struct {
	ID        int64
	AccountID int64
	Email     string
	Key       EmailKey
	Terms     Terms
	InvitedBy int64 // login
	// Generation counts the links; each resend makes a new one.
	Generation int
	State      InvitationState // as stored: never expired; StateAt knows the time
	CreatedAt  time.Time
	SentAt     time.Time // when the newest link was made
	ExpiresAt  time.Time
	EndedAt    *time.Time // accepted or removed
}

// StateAt is the state at a moment.
func (i Invitation) StateAt(now time.Time) InvitationState {
	if i.State == InvitationOpen && !now.Before(i.ExpiresAt) {
		return InvitationExpired
	}
	return i.State
}

// CheckAccept says whether somebody with an address may accept now.
func (i Invitation) CheckAccept(key EmailKey, now time.Time) error {
	switch i.StateAt(now) {
	case InvitationOpen:
	case InvitationExpired:
		return Errorf(Conflict, "this invitation expired: ask for a new one")
	case InvitationAccepted:
		return Errorf(Conflict, "this invitation was accepted already: sign in")
	default:
		return Errorf(Conflict, "this invitation was taken back: ask for a new one")
	}
	if key != i.Key {
		return Errorf(Forbidden, "this invitation is for another address: sign in with the login of that address")
	}
	return nil
}

// CheckResend says whether a new link may be sent now; wait is how long it takes
// until then.
func (i Invitation) CheckResend(now time.Time) (wait time.Duration, err error) {
	if i.State != InvitationOpen {
		return 0, Errorf(Conflict, "this invitation is no longer open: invite the address again")
	}
	if wait = i.SentAt.Add(InvitationResend).Sub(now); wait > 0 {
		return wait, Errorf(Conflict, "a link was sent a moment ago: wait a minute")
	}
	return 0, nil
}

// Renew makes the invitation's next link and gives it its whole time anew.
func (i Invitation) Renew(now time.Time) Invitation {
	i.Generation++
	i.SentAt, i.ExpiresAt = now, now.Add(InvitationTTL)
	return i
}
