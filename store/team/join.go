package team

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// addMember makes a login a member, who starts with the owner's choice of mail.
// Errors: Conflict when it is one already.
func addMember(ctx context.Context, tx *store.Tx, m enrolld.Member) (enrolld.Member, error) {
	m.Terms, m.CreatedAt, m.Revision = m.Normal(), tx.Now(), 1
	var ownerOf any
	if m.Type == enrolld.TypeOwner {
		ownerOf = m.AccountID
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_members
		(account_id, login_id, type, all_rights, all_accounts, all_products, edit_products, delete_products, by_hand, owner_of, created_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?)`, m.AccountID, m.LoginID, string(m.Type), m.All, m.Scope.AllAccounts, m.Scope.AllProducts,
		m.Scope.EditProducts, m.Scope.DeleteProducts, m.ByHand, ownerOf, m.CreatedAt)
	if store.IsDuplicate(err) {
		return m, enrolld.Errorf(enrolld.Conflict, "this login is in the account already, or the account has an owner: "+
			"the owner can transfer the ownership")
	}
	if err != nil {
		return m, fmt.Errorf("add a member: %w", err)
	}
	if m.ID, err = res.LastInsertId(); err != nil {
		return m, err
	}
	if err := writeChoices(ctx, tx, m.ID, m.Terms); err != nil {
		return m, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO enrolld_member_topics (member_id, topic)
		SELECT ?, t.topic FROM enrolld_member_topics t JOIN enrolld_members o ON o.id = t.member_id WHERE o.owner_of = ?`,
		m.ID, m.AccountID)
	if err != nil {
		return m, fmt.Errorf("copy the owner's topics: %w", err)
	}
	return m, nil
}

// tellOwner tells the owner of a new login that somebody else made or invited.
func (a *act) tellOwner(ctx context.Context, login enrolld.Login, terms enrolld.Terms, by enrolld.Login) error {
	ids, err := store.Collect(ctx, a.tx, scanID, `SELECT login_id FROM enrolld_members WHERE owner_of = ? AND login_id <> ?`,
		a.account.ID, by.ID)
	if err != nil {
		return fmt.Errorf("find the owner: %w", err)
	}
	owners, err := people(ctx, a.tx, ids)
	for _, o := range owners {
		a.tell(o, fmt.Sprintf("%s %d", enrolld.EventLoginCreated, login.ID), enrolld.TeamData{
			Event: enrolld.EventLoginCreated, Actor: by.Label(), Subject: login.Label(),
			Detail: terms.Words(a.tx.Now()), Link: a.usersPath(enrolld.Everything()),
		})
	}
	return err
}

// ByHand is a login that an account makes for somebody. Its type is User.
type ByHand struct {
	Name, Username, Email string
	Hash                  string // of the first password
	MustChange            bool   // at the first sign-in
	Terms                 enrolld.Terms
}

var perAccountByHand = store.Budget{Every: 24 * time.Hour / 50, Burst: 50}

// AddByHand makes a login that works at once and returns the member. The person is
// told, without the password; so is the owner when somebody else does it. Errors:
// Invalid for the fields; those of enrolld.CheckGrant; Conflict when the address
// or the user name is somebody's; store.TooOftenError after 50 tries in a day.
//
// A try that finds something taken is spent as well: it tells of logins that other
// accounts have.
func (t *Team) AddByHand(ctx context.Context, actor enrolld.Actor, accountID int64, n ByHand) (memberID int64, err error) {
	var taken error
	err = t.inAccount(ctx, actor, accountID, func(a *act) error {
		m, err := a.addByHand(ctx, n)
		memberID, taken = m.ID, nil
		if errors.Is(err, errAddressTaken) || errors.Is(err, errUsernameTaken) {
			taken, err = err, nil // nothing but the budget was written
		}
		return err
	})
	if err == nil && errors.Is(taken, errAddressTaken) {
		taken = enrolld.Errorf(enrolld.Conflict, "this address has a login already: invite it instead")
	}
	return memberID, cmp.Or(err, taken)
}

func (a *act) addByHand(ctx context.Context, n ByHand) (m enrolld.Member, err error) {
	by, err := a.lockActor(ctx)
	if err != nil {
		return m, err
	}
	terms := n.Terms.Normal()
	if terms.Type != enrolld.TypeUser {
		return m, enrolld.Errorf(enrolld.Invalid, "a login made by hand is a User: invite an Admin by email instead")
	}
	if err := enrolld.CheckGrant(by, terms, a.tx.Now()); err != nil {
		return m, err
	}
	if err := checkScope(ctx, a.tx, a.account.ID, terms.Scope); err != nil {
		return m, err
	}
	if err := a.spend(ctx, perAccountByHand, fmt.Sprintf("logins by hand of account %d", a.account.ID)); err != nil {
		return m, err
	}
	login, err := insertLogin(ctx, a.tx, enrolld.Login{
		Email: n.Email, Name: n.Name, Username: n.Username, MustChange: n.MustChange,
	}, n.Hash)
	if err != nil {
		return m, err
	}
	if m, err = addMember(ctx, a.tx, enrolld.Member{AccountID: a.account.ID, LoginID: login.ID, Terms: terms, ByHand: true}); err != nil {
		return m, err
	}
	// An invitation of the address has nobody to accept it any more.
	if _, err := a.endInvitations(ctx, `email_key = ?`, []byte(login.Key)); err != nil {
		return m, err
	}
	a.note("member.made_by_hand", login, nil, standingOf(m), "")
	a.tell(login, fmt.Sprintf("%s %d", enrolld.EventLoginMade, login.ID), enrolld.TeamData{
		Event: enrolld.EventLoginMade, Subject: login.Email, Detail: terms.Words(a.tx.Now()), Link: enrolld.Link{Path: "/sign-in"},
	})
	return m, a.tellOwner(ctx, login, terms, enrolld.Login{ID: a.actor.LoginID, Name: a.actor.Name})
}
