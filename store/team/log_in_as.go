package team

import (
	"context"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// perLogInAs is how often a login may ask to log in as customers.
var perLogInAs = store.Budget{Every: time.Minute, Burst: 20}

// LogInAs makes an entry for whoever acts, a member of the client account, to see
// the site of e's account as a customer does, and returns its token. The caller
// has found the customer in the actor's product scope, and knows from the site that
// their user has no more than a customer's rights.
//
// An entry ends with its login's sessions, and when the member's rights change.
// Errors: Forbidden without the permission, Invalid when nobody may enter as the
// customer, Conflict when they have another user by now, store.TooOftenError.
func (t *Team) LogInAs(ctx context.Context, actor enrolld.Actor, clientID int64, e store.NewEntry) (token enrolld.Secret, err error) {
	wait, err := t.db.Spend(ctx, fmt.Sprintf("log in as %d", actor.LoginID), perLogInAs)
	if err != nil {
		return "", err
	}
	if wait > 0 {
		return "", store.TooOften(wait)
	}
	e.LoginID, e.Operator = actor.LoginID, actor.Name
	err = t.inAccount(ctx, actor, clientID, func(a *act) error {
		if err := a.mayLogInAs(ctx, e.AccountID); err != nil {
			return err
		}
		c, err := a.customer(ctx, e)
		if err != nil {
			return err
		}
		var id int64
		if id, token, err = a.tx.AddEntry(ctx, e); err != nil {
			return err
		}
		a.audit = append(a.audit, store.AskedEntry(actor, id, e, c.Email, a.tx.Now()))
		return nil
	})
	return token, err
}

// mayLogInAs checks the actor's rights, and holds member and login: whatever ends
// their sessions or changes their rights comes before this or sees what it made.
func (a *act) mayLogInAs(ctx context.Context, accountID int64) error {
	m, err := a.lockActor(ctx)
	if err != nil {
		return err
	}
	if !m.Active() || !m.Scope.In(accountID) {
		return noAccount()
	}
	if !m.May(enrolld.PermLogInAs, a.tx.Now()) {
		return enrolld.Errorf(enrolld.Forbidden, "you do not have the permission to log in as a customer")
	}
	if _, _, err := lockLogin(ctx, a.tx, a.actor.LoginID); err != nil {
		return err
	}
	return stillSignedIn(ctx, a.tx, a.actor)
}

// customer holds the customer and says whether somebody may enter as them.
func (a *act) customer(ctx context.Context, e store.NewEntry) (enrolld.Customer, error) {
	c, err := a.tx.HoldCustomer(ctx, e.AccountID, e.CustomerID)
	if err != nil {
		return c, err
	}
	if err := enrolld.MayEnter(c); err != nil {
		return c, err
	}
	if c.WPUserID != e.UserID {
		return c, enrolld.Errorf(enrolld.Conflict, "this customer has another WordPress user by now: load the page again")
	}
	return c, nil
}
