package team

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// Batch is many people who are invited with the same terms.
type Batch struct {
	Invitees []enrolld.Invitee
	Terms    enrolld.Terms
}

// Verdict says what became of one line of a batch.
type Verdict string

// The verdicts. Everybody but VerdictInvited was left out.
const (
	VerdictInvited   Verdict = "invited"
	VerdictOpen      Verdict = "invited_already" // an invitation is open
	VerdictMember    Verdict = "member_already"  // active or deactivated
	VerdictDisposed  Verdict = "disposable"
	VerdictMalformed Verdict = "malformed"
	VerdictTwice     Verdict = "twice" // there before in the batch
	VerdictTooMany   Verdict = "too_many"
)

// Outcome is what became of one invitee.
type Outcome struct {
	Invitee enrolld.Invitee
	Verdict Verdict
	Reason  string // for people; empty when invited
}

// Invite invites everybody of a batch who can be invited, in one transaction, and
// says what became of each, in their order. An invitation that expired is made
// anew with these terms. Errors: those of enrolld.CheckGrant; Invalid when the
// scope names what is not the account's; TooLarge.
func (t *Team) Invite(ctx context.Context, actor enrolld.Actor, accountID int64, b Batch) ([]Outcome, error) {
	if len(b.Invitees) > enrolld.MaxInvitees+1 { // one more says where the paste was cut
		return nil, enrolld.Errorf(enrolld.TooLarge, "invite at most %d people at once", enrolld.MaxInvitees)
	}
	var out []Outcome
	err := t.inAccount(ctx, actor, accountID, func(a *act) error {
		by, err := a.lockActor(ctx)
		if err != nil {
			return err
		}
		terms := b.Terms.Normal()
		if err := enrolld.CheckGrant(by, terms, a.tx.Now()); err != nil {
			return err
		}
		if err := checkScope(ctx, a.tx, accountID, terms.Scope); err != nil {
			return err
		}
		out, err = t.inviteAll(ctx, a, b.Invitees, terms)
		return err
	})
	return out, err
}

func (t *Team) inviteAll(ctx context.Context, a *act, invitees []enrolld.Invitee, terms enrolld.Terms) ([]Outcome, error) {
	out := sift(invitees)
	known, err := a.readKnown(ctx, out)
	if err != nil {
		return nil, err
	}
	known.sift(out)
	if err := a.ration(ctx, out); err != nil {
		return nil, err
	}
	for _, o := range out {
		if o.Verdict != VerdictInvited {
			continue
		}
		if err := t.inviteOne(ctx, a, o.Invitee, known.expired[o.Invitee.Key], terms); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sift leaves out what can be left out without asking.
func sift(invitees []enrolld.Invitee) []Outcome {
	seen := map[enrolld.EmailKey]bool{}
	out := make([]Outcome, len(invitees))
	for i, v := range invitees {
		out[i] = Outcome{Invitee: v, Verdict: VerdictInvited}
		switch {
		case v.Key == "":
			out[i].leave(VerdictMalformed, v.Problem)
		case seen[v.Key]:
			out[i].leave(VerdictTwice, "is there twice")
		case v.Problem != "":
			out[i].leave(VerdictMalformed, v.Problem)
		case enrolld.Disposable(v.Key):
			out[i].leave(VerdictDisposed, "is of a service that gives out mailboxes for minutes: ask for a lasting address")
		}
		seen[v.Key] = true
	}
	return out
}

func (o *Outcome) leave(v Verdict, reason string) { o.Verdict, o.Reason = v, reason }

// known is who of a batch is in the account already, or invited to it.
type known struct {
	members map[enrolld.EmailKey]bool // whether they are active
	open    map[enrolld.EmailKey]bool
	expired map[enrolld.EmailKey]enrolld.Invitation
}

func (a *act) readKnown(ctx context.Context, out []Outcome) (known, error) {
	k := known{map[enrolld.EmailKey]bool{}, map[enrolld.EmailKey]bool{}, map[enrolld.EmailKey]enrolld.Invitation{}}
	var keys [][]byte
	for _, o := range out {
		if o.Verdict == VerdictInvited {
			keys = append(keys, []byte(o.Invitee.Key))
		}
	}
	if len(keys) == 0 {
		return k, nil
	}
	in, args := store.In(keys, a.account.ID)
	_, err := store.Collect(ctx, a.tx, func(rows *sql.Rows, _ *struct{}) error {
		var key enrolld.EmailKey
		var active bool
		err := rows.Scan(&key, &active)
		k.members[key] = active
		return err
	}, `SELECT l.email_key, m.deactivated_at IS NULL FROM enrolld_members m JOIN enrolld_logins l ON l.id = m.login_id
		WHERE m.account_id = ? AND l.email_key IN `+in, args...)
	if err != nil {
		return k, fmt.Errorf("look for members: %w", err)
	}
	open, err := readInvitations(ctx, a.tx, `i.account_id = ? AND i.open_key IN `+in+` ORDER BY i.id FOR UPDATE`, args...)
	for _, i := range open {
		k.open[i.Key] = i.StateAt(a.tx.Now()) == enrolld.InvitationOpen
		k.expired[i.Key] = i.Invitation
	}
	return k, err
}

// sift leaves out who is in the account or invited to it.
func (k known) sift(out []Outcome) {
	for i := range out {
		o := &out[i]
		active, member := k.members[o.Invitee.Key]
		switch {
		case o.Verdict != VerdictInvited:
		case member && active:
			o.leave(VerdictMember, "is a user of this account already")
		case member:
			o.leave(VerdictMember, "is a deactivated user of this account: reactivate the user instead")
		case k.open[o.Invitee.Key]:
			o.leave(VerdictOpen, "has an open invitation: send a new link from the pending invitations")
		}
	}
}

// inviteOne makes or renews an invitation and queues its mail.
func (t *Team) inviteOne(
	ctx context.Context, a *act, v enrolld.Invitee, expired enrolld.Invitation, terms enrolld.Terms,
) error {
	now := a.tx.Now()
	i := enrolld.Invitation{
		ID: expired.ID, AccountID: a.account.ID, Email: v.Email, Key: v.Key, Terms: terms, InvitedBy: a.actor.LoginID,
		Generation: expired.Generation, State: enrolld.InvitationOpen, CreatedAt: now,
	}.Renew(now)
	if i.ID == 0 {
		if err := addInvitation(ctx, a.tx, &i, v.Name); err != nil {
			return err
		}
	}
	if err := t.saveInvitation(ctx, a.tx, i, v.Name); err != nil {
		return err
	}
	a.noteInvitation("invitation.sent", i, nil, offer{terms, i.ExpiresAt})
	a.sendInvitation(enrolld.EventInvitation, i, v.Name, a.actor.Name)
	return nil
}

// addInvitation makes the row, with a token that nobody has: the link's is made of
// the row's id.
func addInvitation(ctx context.Context, tx *store.Tx, i *enrolld.Invitation, name string) error {
	nobody := make([]byte, 32)
	_, _ = rand.Read(nobody) // crypto/rand.Read does not fail
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_invitations
		(account_id, email, email_key, open_key, name, terms, token, state, invited_by, created_at, sent_at, expires_at)
		VALUES (?,?,?,?,?,'',?,'open',?,?,?,?)`, i.AccountID, i.Email, []byte(i.Key), []byte(i.Key), cut(name, maxName), nobody,
		i.InvitedBy, i.CreatedAt, i.SentAt, i.ExpiresAt)
	if store.IsDuplicate(err) {
		return fmt.Errorf("an address was invited meanwhile: %w", store.ErrAgain)
	}
	if err != nil {
		return fmt.Errorf("add an invitation: %w", err)
	}
	i.ID, err = res.LastInsertId()
	return err
}

const maxName = 100

// saveInvitation writes an invitation's terms, newest link and times.
func (t *Team) saveInvitation(ctx context.Context, tx *store.Tx, i enrolld.Invitation, name string) error {
	terms, err := json.Marshal(i.Terms)
	if err != nil {
		return fmt.Errorf("encode terms: %w", err)
	}
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_invitations SET email = ?, name = IF(? = '', name, ?), terms = ?, token = ?,
		generation = ?, invited_by = ?, sent_at = ?, expires_at = ?, reminded_at = NULL, expired_told_at = NULL
		WHERE id = ? AND state = 'open'`,
		i.Email, name, cut(name, maxName), string(terms), store.HashToken(t.db.Keys().Token(invitationPurpose(i))), i.Generation,
		i.InvitedBy, i.SentAt, i.ExpiresAt, i.ID)
	if err != nil {
		return fmt.Errorf("save an invitation: %w", err)
	}
	return mustMeet(res, nil, "there is no such invitation")
}

// invitationPurpose is what the token of an invitation's newest link is made of.
func invitationPurpose(i enrolld.Invitation) string {
	return fmt.Sprintf("invitation %d %d", i.ID, i.Generation)
}

// sendInvitation queues mail with the invitation's link.
func (a *act) sendInvitation(event enrolld.TeamEvent, i enrolld.Invitation, name, inviter string) {
	a.tell(enrolld.Login{Email: i.Email, Name: name}, fmt.Sprintf("%s %d %d", event, i.ID, i.Generation), enrolld.TeamData{
		Event: event, Actor: inviter, Subject: i.Email, Detail: i.Terms.Words(a.tx.Now()), Until: &i.ExpiresAt,
		Link: enrolld.Link{Path: "/invitations/", Purpose: invitationPurpose(i)},
	})
}

// offer is an invitation as the audit log shows it.
type offer struct {
	Terms     enrolld.Terms `json:"terms"`
	ExpiresAt time.Time     `json:"expires_at"`
}

func (a *act) noteInvitation(action string, i enrolld.Invitation, before, after any) {
	a.note(action, enrolld.Login{Email: i.Email}, before, after, fmt.Sprintf(`{"invitation":%d,"link":%d}`, i.ID, i.Generation))
}
