package provision

import (
	"context"

	"enrolld"
	"enrolld/store"
	"enrolld/store/wordpress"
)

// Standing is how a customer's WordPress user stands to us, when the address changes.
type Standing string

// The standings.
const (
	StandingNone   Standing = ""       // there is no user
	StandingOurs   Standing = "ours"   // we made it, with this address: it follows
	StandingTheirs Standing = "theirs" // it was there before, or has an address of its own: it follows when asked to
	StandingTeam   Standing = "team"   // it has more than a customer's rights: we keep off
)

// StandingOf reads how a customer's WordPress user stands.
func StandingOf(ctx context.Context, conn wordpress.Conn, at Place, c enrolld.Customer) (Standing, error) {
	if c.WPUserID == 0 {
		return StandingNone, nil
	}
	u, err := wordpress.UserByID(ctx, conn, at.Site, c.WPUserID)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return StandingNone, nil
	}
	if err != nil {
		return StandingNone, err
	}
	_, key, err := enrolld.ParseEmail(u.Email)
	switch {
	case u.Privileged:
		return StandingTeam, nil
	case c.WPCreated && err == nil && key == c.Key:
		return StandingOurs, nil
	}
	return StandingTheirs, nil
}

// Profile is what a customer is to be called and reached by.
type Profile struct {
	CustomerID int64
	Revision   int64 // as it was shown; 0: whatever it is
	Email      string
	First      string
	Last       string
	// InWordPress changes the address of a WordPress user that was there before us.
	InWordPress bool
}

// profileState is what the audit log tells of a change.
type profileState struct {
	Email     string `json:"email"`
	First     string `json:"first_name"`
	Last      string `json:"last_name"`
	WordPress bool   `json:"in_wordpress,omitempty"`
}

// ChangeProfile changes name and main address, in the caller's transaction. The
// address of before becomes a further one; mail that waits goes to the new one. A WordPress user that we made gets the
// new address, one of before when asked to, one with more rights never; login,
// password, role and name in WordPress stay. The address of before gets a note. It
// says whether WordPress was changed.
//
// Errors: Invalid, NotFound, Conflict when the customer was changed meanwhile, or
// the address is that of another customer or WordPress user.
func ChangeProfile(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, p Profile) (inWordPress bool, err error) {
	email, key, err := enrolld.ParseEmail(p.Email)
	if err != nil {
		return false, err
	}
	c, err := lockCustomer(ctx, tx, at.Account.ID, p.CustomerID)
	if err != nil {
		return false, err
	}
	if p.Revision != 0 && c.Revision != p.Revision+1 {
		return false, enrolld.Errorf(enrolld.Conflict, "somebody changed this customer meanwhile: look again, then save")
	}
	before := profileState{Email: c.Email, First: c.First, Last: c.Last}
	if err := tx.Rename(ctx, c, email, key, p.First, p.Last); err != nil {
		return false, err
	}
	if key != c.Key {
		if err := noteChange(ctx, tx, at, c, email); err != nil {
			return false, err
		}
		if inWordPress, err = follow(ctx, tx, at, c, email, key, p.InWordPress); err != nil {
			return false, err
		}
		if err := tx.RedirectMessages(ctx, c, email, inWordPress); err != nil {
			return false, err
		}
	}
	c.Email, c.Key, c.First, c.Last = email, key, p.First, p.Last
	if c.WPUserID == 0 { // there may have been none for want of an address that WordPress can hold
		s := &settlement{tx: tx, at: at, by: actor, members: []*member{{customer: c}}}
		if err := s.run(ctx); err != nil {
			return false, err
		}
	}
	entry := store.AuditBy(actor, at.Account.ID, "customer.changed")
	entry.CustomerID, entry.Subject = c.ID, before.Email
	entry.Before, entry.After = before, profileState{Email: email, First: p.First, Last: p.Last, WordPress: inWordPress}
	return inWordPress, tx.Audit(ctx, []store.AuditEntry{entry})
}

// follow lets the WordPress user have the customer's new address where it should.
func follow(
	ctx context.Context, tx *store.Tx, at Place, c enrolld.Customer, email string, key enrolld.EmailKey, asked bool,
) (bool, error) {
	standing, err := StandingOf(ctx, tx, at, c)
	if err != nil || standing == StandingNone {
		return false, err
	}
	owner, err := wordpress.UserByEmail(ctx, tx, at.Site, at.Info, key)
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
	case err != nil:
		return false, err
	case owner.ID == c.WPUserID:
		return false, nil // they changed it themselves
	default:
		return false, enrolld.Errorf(enrolld.Conflict,
			"WordPress user no. %d has this address: add it as a further address instead, or change it there first", owner.ID)
	}
	if standing == StandingTeam || standing == StandingTheirs && !asked {
		return false, nil
	}
	if err := wordpress.ChangeEmail(ctx, tx, at.Site, at.Info, c.WPUserID, email); err != nil {
		return false, err
	}
	if at.Account.CompanionAt == nil {
		return true, nil
	}
	return true, tx.QueueSignals(ctx, []store.Signal{{AccountID: at.Account.ID, Kind: store.SignalPurge, UserID: c.WPUserID, Cause: "profile"}})
}

// addressState is what the audit log tells of a further address.
type addressState struct {
	Address string `json:"address"`
}

// AddAddress gives a customer a further address, in the caller's transaction: what
// is bought by it is theirs. Errors: Invalid, NotFound, Conflict when somebody has it.
func AddAddress(ctx context.Context, tx *store.Tx, accountID int64, actor enrolld.Actor, customerID int64, email string) error {
	addr, key, err := enrolld.ParseEmail(email)
	if err != nil {
		return err
	}
	c, err := lockCustomer(ctx, tx, accountID, customerID)
	if err != nil {
		return err
	}
	if err := tx.AddAddress(ctx, c, addr, key); err != nil {
		return err
	}
	entry := store.AuditBy(actor, accountID, "customer.address_added")
	entry.CustomerID, entry.Subject, entry.After = c.ID, c.Email, addressState{addr}
	return tx.Audit(ctx, []store.AuditEntry{entry})
}

// RemoveAddress takes a further address from a customer, in the caller's
// transaction. Errors: NotFound, Conflict when orders came by it.
func RemoveAddress(ctx context.Context, tx *store.Tx, accountID int64, actor enrolld.Actor, customerID, addressID int64) error {
	c, err := lockCustomer(ctx, tx, accountID, customerID)
	if err != nil {
		return err
	}
	a, err := tx.RemoveAddress(ctx, c, addressID)
	if err != nil {
		return err
	}
	entry := store.AuditBy(actor, accountID, "customer.address_removed")
	entry.CustomerID, entry.Subject, entry.Before = c.ID, c.Email, addressState{a.Email}
	return tx.Audit(ctx, []store.AuditEntry{entry})
}

func lockCustomer(ctx context.Context, tx *store.Tx, accountID, id int64) (enrolld.Customer, error) {
	list, err := tx.LockCustomersByID(ctx, accountID, []int64{id})
	c, err := store.One(list, err, "there is no such customer")
	if err == nil && c.ErasedAt != nil {
		return c, enrolld.Errorf(enrolld.Conflict, "this customer was erased: nothing can be done with them any more")
	}
	return c, err
}
