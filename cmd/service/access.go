package service

import (
	"context"
	"strconv"

	"enrolld"
	"enrolld/handlers/customers"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

// access changes what customers have, for the admin.
type access struct{ db *store.DB }

// Change gives and takes back in one transaction.
func (a access) Change(ctx context.Context, actor enrolld.Actor, c customers.Change) error {
	ledger, err := a.db.GrantsOf(ctx, c.AccountID, c.CustomerID)
	if err != nil {
		return err
	}
	gift := provision.Gift{CustomerID: c.CustomerID, Revision: c.Revision, Grants: grantsOf(actor, c.Give)}
	for _, ref := range c.Take {
		gift.Withdraw = append(gift.Withdraw, byHand(ledger, ref, enrolld.Cause{})...)
	}
	for _, g := range c.Give { // the new term counts, not the longest
		gift.Withdraw = append(gift.Withdraw, byHand(ledger, g.Course, ownCause(actor))...)
	}
	_, err = a.give(ctx, actor, c.AccountID, gift)
	return err
}

// Add adds a customer and gives them courses.
func (a access) Add(ctx context.Context, actor enrolld.Actor, n customers.Newcomer) (customers.Added, error) {
	given, err := a.give(ctx, actor, n.AccountID, provision.Gift{
		Email: n.Email, First: n.First, Last: n.Last, Grants: grantsOf(actor, n.Give), Notify: n.Notify,
		Template: n.Template,
	})
	if err != nil {
		return customers.Added{}, err
	}
	if given.CustomerID == 0 {
		return customers.Added{}, enrolld.Errorf(enrolld.Invalid, "%s", given.Problem)
	}
	return customers.Added{CustomerID: given.CustomerID, New: given.New, Problem: given.Problem}, nil
}

// User says whether the site has a user with this address.
func (a access) User(ctx context.Context, accountID int64, key enrolld.EmailKey) (bool, error) {
	at, err := provision.LoadPlace(ctx, a.db, accountID)
	if err != nil {
		return false, err
	}
	_, err = wordpress.UserByEmail(ctx, a.db.Conn(), at.Site, at.Info, key)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return false, nil
	}
	return err == nil, err
}

// SendLink queues a message with a link to set a password. Each is an occasion of
// its own: whoever sends too many is stopped before.
func (a access) SendLink(ctx context.Context, actor enrolld.Actor, accountID, customerID int64) error {
	at, err := provision.LoadPlace(ctx, a.db, accountID)
	if err != nil {
		return err
	}
	return a.db.InTx(ctx, func(tx *store.Tx) error {
		list, err := provision.SendLinks(ctx, tx, at, actor, provision.Links{
			CustomerIDs: []int64{customerID}, Reason: strconv.FormatInt(tx.Now().UnixMicro(), 10),
		})
		if err == nil && list[0].Refused != "" {
			err = enrolld.Errorf(enrolld.Invalid, "%s", list[0].Refused)
		}
		return err
	})
}

// SiteURL is where the account's WordPress is.
func (a access) SiteURL(ctx context.Context, accountID int64) (string, error) {
	at, err := provision.LoadPlace(ctx, a.db, accountID)
	return at.SiteURL(), err
}

func (a access) give(ctx context.Context, actor enrolld.Actor, accountID int64, gift provision.Gift) (out provision.Given, err error) {
	at, err := provision.LoadPlace(ctx, a.db, accountID)
	if err != nil {
		return out, err
	}
	err = a.db.InTx(ctx, func(tx *store.Tx) error {
		list, err := provision.Give(ctx, tx, at, actor, []provision.Gift{gift})
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, err
}

func ownCause(actor enrolld.Actor) enrolld.Cause {
	return enrolld.Cause{Kind: enrolld.CausePerson, ID: actor.LoginID}
}

func grantsOf(actor enrolld.Actor, gifts []customers.Gift) []enrolld.Grant {
	out := make([]enrolld.Grant, len(gifts))
	for i, g := range gifts {
		out[i] = enrolld.Grant{Course: g.Course, Cause: ownCause(actor), Until: g.Until}
	}
	return out
}

// byHand are the grounds on which people and imports give a course, but for one.
func byHand(ledger []store.Grant, ref enrolld.CourseRef, but enrolld.Cause) []provision.Ground {
	var out []provision.Ground
	for _, g := range ledger {
		if g.Course == ref && g.Cause.Kind != enrolld.CauseOrder && g.Cause != but {
			out = append(out, provision.Ground{Course: g.Course, Cause: g.Cause})
		}
	}
	return out
}

// indexAtOnce is how many customers one step writes the words of.
const indexAtOnce = 2000

// indexCustomers writes the words of customers who have none: those of before
// there was an index. It ends when there are none left, and goes on after a break.
func (s *Service) indexCustomers(ctx context.Context) (int, error) {
	return s.cfg.DB.IndexCustomers(ctx, indexAtOnce)
}
