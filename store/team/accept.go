package team

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// Offer is an invitation as whoever has its link sees it, whatever became of it.
type Offer struct {
	enrolld.Invitation
	Name     string // of whom it is for; may be empty
	Account  enrolld.Account
	Inviter  string
	HasLogin bool // the address has a login: it accepts by signing in
}

const deadInvitation = "this link is not valid any more: ask for a new invitation"

// Offer finds an invitation by its link's token. Errors: NotFound when there is
// none or a newer link was sent.
func (t *Team) Offer(ctx context.Context, token string) (Offer, error) {
	conn := t.db.Conn()
	list, err := readInvitations(ctx, conn, `i.token = ?`, store.HashToken(token))
	i, err := store.One(list, err, deadInvitation)
	if err != nil {
		return Offer{}, err
	}
	account, err := t.db.Account(ctx, i.AccountID)
	if err != nil {
		return Offer{}, err
	}
	o := Offer{Invitation: i.Invitation, Name: i.Name, Account: account}
	inviter, err := people(ctx, conn, []int64{i.InvitedBy})
	if err != nil {
		return Offer{}, store.Classify(err)
	}
	if len(inviter) > 0 {
		o.Inviter = inviter[0].Label()
	}
	ids, err := store.Collect(ctx, conn, scanID, `SELECT id FROM enrolld_logins WHERE email_key = ?`, []byte(i.Key))
	o.HasLogin = len(ids) > 0
	return o, store.Classify(err)
}

// AcceptAs accepts an invitation with the login that is signed in, whose address
// must be the invited one, and returns the account that it opens. Errors: NotFound;
// Forbidden when the login is another address's, or the inviter may no longer give
// this; Conflict when the invitation is over or the login is in the account already.
func (t *Team) AcceptAs(ctx context.Context, actor enrolld.Actor, token string, loginID int64) (accountID int64, err error) {
	err = t.accept(ctx, actor, token, loginID, func(a *acceptance) error {
		if actor.LoginID != loginID {
			return enrolld.Errorf(enrolld.Forbidden, "accept with the login that you are signed in with")
		}
		login, err := readLogin(ctx, a.tx, `l.id = ?`, loginID)
		if err != nil {
			return err
		}
		if err := a.invitation.CheckAccept(login.Key, a.tx.Now()); err != nil {
			return err
		}
		if err := distrustFirstPassword(ctx, a.tx, loginID); err != nil {
			return err
		}
		accountID = a.account.ID
		return a.join(ctx, login)
	})
	return accountID, err
}

// NewLogin is what somebody chooses who has no login yet. The address is the
// invitation's.
type NewLogin struct {
	Name     string
	Username string // may be empty
	Hash     string // of the password
}

// AcceptNew accepts an invitation by making a login for its address. It signs
// nobody in. Errors: NotFound; Forbidden when the inviter may no longer give this;
// Conflict when the invitation is over, or the address has a login or the user name
// is taken meanwhile.
func (t *Team) AcceptNew(ctx context.Context, actor enrolld.Actor, token string, n NewLogin) (loginID, accountID int64, err error) {
	err = t.accept(ctx, actor, token, 0, func(a *acceptance) error {
		i := a.invitation
		if err := i.CheckAccept(i.Key, a.tx.Now()); err != nil {
			return err
		}
		login, err := insertLogin(ctx, a.tx, enrolld.Login{Email: i.Email, Name: n.Name, Username: n.Username}, n.Hash)
		if err != nil {
			return err
		}
		a.actor.LoginID, a.actor.Name = login.ID, login.Label()
		loginID, accountID = login.ID, a.account.ID
		a.note("login.created", login, nil, nil, "")
		if err := a.join(ctx, login); err != nil {
			return err
		}
		return a.tellOwner(ctx, login, i.Terms, a.inviter)
	})
	return loginID, accountID, err
}

// acceptance is an act about an invitation that its link was shown for.
type acceptance struct {
	*act
	invitation enrolld.Invitation
	inviter    enrolld.Login
	given      bool            // the inviter could still give what it offers
	before     *enrolld.Member // who accepts was a member already; locked
}

// accept runs f with an invitation that is locked, together with what there is of
// the login (0: none) that accepts.
func (t *Team) accept(ctx context.Context, actor enrolld.Actor, token string, loginID int64, f func(*acceptance) error) error {
	list, err := readInvitations(ctx, t.db.Conn(), `i.token = ?`, store.HashToken(token))
	found, err := store.One(list, err, deadInvitation)
	if err != nil {
		return err
	}
	return t.inAccount(ctx, actor, found.AccountID, func(a *act) error {
		// A new link has a new token, so that this one's inviter is who it was.
		members, err := a.lock(ctx, `login_id IN (?, ?)`, loginID, found.InvitedBy)
		if err != nil {
			return err
		}
		if loginID != 0 {
			if err := keepLogin(ctx, a.tx, loginID); err != nil {
				return err
			}
		}
		list, err := readInvitations(ctx, a.tx, `i.token = ? AND i.account_id = ? FOR UPDATE`, store.HashToken(token), a.account.ID)
		i, err := store.One(list, err, deadInvitation)
		if err != nil {
			return err
		}
		x := &acceptance{act: a, invitation: i.Invitation}
		for _, m := range members {
			if m.LoginID == loginID {
				x.before = &m
			}
			if m.LoginID == i.InvitedBy {
				x.given = m.Active() && m.Covers(i.Terms, a.tx.Now())
			}
		}
		if x.inviter, err = readLogin(ctx, a.tx, `l.id = ?`, i.InvitedBy); err != nil && enrolld.CodeOf(err) != enrolld.NotFound {
			return err
		}
		return f(x)
	})
}

// keepLogin keeps a login from being changed, and others from deciding by what it
// opens, until the transaction ends.
func keepLogin(ctx context.Context, tx *store.Tx, id int64) error {
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_logins SET uses = uses + 1 WHERE id = ?`, id)
	if err != nil {
		return fmt.Errorf("lock a login: %w", err)
	}
	return mustMeet(res, nil, noLogin)
}

// distrustFirstPassword has a login choose a new password whose first one somebody
// in another account chose, and who would then enter this one with it.
func distrustFirstPassword(ctx context.Context, tx *store.Tx, loginID int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_logins SET must_change = TRUE WHERE id = ? AND password_at = created_at
		AND EXISTS (SELECT 1 FROM enrolld_members m WHERE m.login_id = enrolld_logins.id AND m.by_hand = TRUE)`, loginID)
	if err != nil {
		return fmt.Errorf("distrust a first password: %w", err)
	}
	return nil
}

// join makes a login a member with the invitation's terms and ends the invitation.
func (a *acceptance) join(ctx context.Context, login enrolld.Login) (err error) {
	i := a.invitation
	if !a.given {
		return enrolld.Errorf(enrolld.Forbidden, "whoever invited you may no longer give what this offers: ask for a new invitation")
	}
	if a.invitation.Terms.Scope, err = ofFamily(ctx, a.tx, a.account.ID, i.Terms.Scope); err != nil {
		return err
	}
	res, err := a.tx.ExecContext(ctx, `UPDATE enrolld_invitations SET state = 'accepted', open_key = NULL, ended_at = ?, accepted_by = ?
		WHERE id = ? AND state = 'open'`, a.tx.Now(), login.ID, i.ID)
	if err := mustMeet(res, err, deadInvitation); err != nil {
		return err
	}
	m, before, err := a.admit(ctx, login)
	if err != nil {
		return err
	}
	a.note("invitation.accepted", login, before, standingOf(m), fmt.Sprintf(`{"invitation":%d,"inviter":%d}`, i.ID, i.InvitedBy))
	return a.tellInviter(ctx, login)
}

// admit makes a login a member. One who was deactivated is let in with the new
// terms; before is how they stood, nil when they were none.
func (a *acceptance) admit(ctx context.Context, login enrolld.Login) (m enrolld.Member, before any, err error) {
	m = enrolld.Member{AccountID: a.account.ID, LoginID: login.ID, Terms: a.invitation.Terms}
	if a.before == nil {
		m, err = addMember(ctx, a.tx, m)
		return m, nil, err
	}
	if a.before.Active() {
		return m, nil, enrolld.Errorf(enrolld.Conflict, "you are a user of this account already")
	}
	m.ID = a.before.ID
	if _, err := a.tx.ExecContext(ctx, `UPDATE enrolld_members SET deactivated_at = NULL WHERE id = ?`, m.ID); err != nil {
		return m, nil, fmt.Errorf("let a member in again: %w", err)
	}
	return m, standingOf(*a.before), writeTerms(ctx, a.tx, m.ID, m.Terms)
}

// tellInviter tells who invited, when they want to know and still may.
func (a *acceptance) tellInviter(ctx context.Context, login enrolld.Login) error {
	want, err := a.wanting(ctx, enrolld.TopicAccepted, []int64{login.ID})
	if err != nil {
		return err
	}
	for _, m := range want {
		if m.LoginID != a.invitation.InvitedBy {
			continue
		}
		a.tell(m.Login, fmt.Sprintf("%s %d", enrolld.EventInvitationAccepted, a.invitation.ID), enrolld.TeamData{
			Event: enrolld.EventInvitationAccepted, Actor: login.Label(), Subject: login.Label(),
			Detail: a.invitation.Terms.Words(a.tx.Now()), Link: a.usersPath(m.Scope),
		})
	}
	return nil
}
