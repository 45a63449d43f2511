package team

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// maxInvitations is how many open invitations of an account are listed.
const maxInvitations = 1000

const invitationColumns = `i.id, i.account_id, i.email, i.email_key, i.name, i.terms, i.generation, i.state, i.invited_by,
	i.created_at, i.sent_at, i.expires_at, i.ended_at`

// named is an invitation with the name of whom it is for, which may be empty.
type named struct {
	enrolld.Invitation
	Name string
}

func scanInvitation(rows *sql.Rows, i *named) error {
	var terms []byte
	if err := rows.Scan(&i.ID, &i.AccountID, &i.Email, &i.Key, &i.Name, &terms, &i.Generation, &i.State, &i.InvitedBy,
		&i.CreatedAt, &i.SentAt, &i.ExpiresAt, &i.EndedAt); err != nil {
		return err
	}
	return json.Unmarshal(terms, &i.Terms)
}

// readInvitations reads invitations i that meet a condition.
func readInvitations(ctx context.Context, conn queryer, where string, args ...any) ([]named, error) {
	list, err := store.Collect(ctx, conn, scanInvitation, `SELECT `+invitationColumns+` FROM enrolld_invitations i WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	return list, nil
}

// InvitationView is an open or expired invitation as the account's users see it;
// StateAt tells which.
type InvitationView struct {
	enrolld.Invitation
	Name    string // of whom it is for; may be empty
	Inviter string // who sent the newest link
}

// Invitations lists what is open or expired, the newest links first, at most 1000.
func (t *Team) Invitations(ctx context.Context, accountID int64) ([]InvitationView, error) {
	conn := t.db.Conn()
	list, err := readInvitations(ctx, conn, `i.account_id = ? AND i.open_key IS NOT NULL ORDER BY i.sent_at DESC, i.id DESC LIMIT ?`,
		accountID, maxInvitations)
	if err != nil {
		return nil, store.Classify(err)
	}
	ids := make([]int64, len(list))
	for n, i := range list {
		ids[n] = i.InvitedBy
	}
	inviters, err := people(ctx, conn, ids)
	if err != nil {
		return nil, store.Classify(err)
	}
	names := map[int64]string{}
	for _, l := range inviters {
		names[l.ID] = l.Label()
	}
	out := make([]InvitationView, len(list))
	for n, i := range list {
		out[n] = InvitationView{i.Invitation, i.Name, names[i.InvitedBy]}
	}
	return out, nil
}

// lockInvitation reads an open invitation of the account, which whoever acts may
// touch, and keeps it.
func (a *act) lockInvitation(ctx context.Context, id int64) (named, enrolld.Member, error) {
	by, err := a.lockActor(ctx)
	if err != nil {
		return named{}, by, err
	}
	list, err := readInvitations(ctx, a.tx, `i.account_id = ? AND i.id = ? FOR UPDATE`, a.account.ID, id)
	if err == nil && len(list) == 0 {
		err = noInvitation()
	}
	if err != nil {
		return named{}, by, err
	}
	i := list[0]
	if err := enrolld.CheckInvitation(by, i.Terms, a.tx.Now()); err != nil {
		return i, by, err
	}
	if i.State != enrolld.InvitationOpen {
		return i, by, enrolld.Errorf(enrolld.Conflict, "this invitation is no longer open: invite the address again")
	}
	return i, by, nil
}

// Resend makes a new link with its whole time anew; the one before stops working.
// Whoever resends answers for the invitation from then on. Errors: NotFound;
// Conflict when it is not open; store.TooOftenError within a minute of the link before
// or when a budget is spent; those of enrolld.CheckGrant.
func (t *Team) Resend(ctx context.Context, actor enrolld.Actor, accountID, invitationID int64) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		i, by, err := a.lockInvitation(ctx, invitationID)
		if err != nil {
			return err
		}
		now := a.tx.Now()
		if wait, err := i.CheckResend(now); wait > 0 {
			return store.TooOften(wait)
		} else if err != nil {
			return err
		}
		if err := enrolld.CheckGrant(by, i.Terms, now); err != nil {
			return err
		}
		if err := a.spendOne(ctx, i.Key); err != nil {
			return err
		}
		renewed := i.Renew(now)
		renewed.InvitedBy = actor.LoginID
		if err := t.saveInvitation(ctx, a.tx, renewed, i.Name); err != nil {
			return err
		}
		a.noteInvitation("invitation.resent", renewed, offer{i.Terms, i.ExpiresAt}, offer{renewed.Terms, renewed.ExpiresAt})
		a.sendInvitation(enrolld.EventInvitation, renewed, i.Name, actor.Name)
		return nil
	})
}

func (a *act) spendOne(ctx context.Context, key enrolld.EmailKey) error {
	p, err := a.openPurse(ctx, key)
	if err != nil {
		return err
	}
	if wait := p.spend(0); wait > 0 {
		return store.TooOften(wait)
	}
	return a.closePurse(ctx, p)
}

// RemoveInvitation takes an invitation back, open or expired: its link says so
// from then on. Errors: NotFound; Conflict when it is over already.
func (t *Team) RemoveInvitation(ctx context.Context, actor enrolld.Actor, accountID, invitationID int64) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		i, _, err := a.lockInvitation(ctx, invitationID)
		if err != nil {
			return err
		}
		if _, err := a.endInvitations(ctx, `id = ?`, i.ID); err != nil {
			return err
		}
		a.noteInvitation("invitation.removed", i.Invitation, offer{i.Terms, i.ExpiresAt}, nil)
		return nil
	})
}
