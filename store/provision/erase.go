package provision

import (
	"context"

	"enrolld"
	"enrolld/store"
	"enrolld/store/wordpress"
)

// Erasure is a customer who asked for it.
type Erasure struct {
	CustomerID int64
	Revision   int64 // the customer's as it was shown; 0: whatever it is
	// NoCopy says that the person wants no copy of what is held of them: without it
	// that must have been handed out as it is now.
	NoCopy bool
	// Deliveries name the person and led to no order (store.DeliveriesNaming).
	Deliveries []int64
}

// Erase ends a customer's access and takes out of our tables what names them, in
// the caller's transaction; what WordPress holds is its own. What is left is for
// the books: orders without a buyer, amounts, dates. A delivery about one of these
// orders that comes later changes no more than that, and is emptied. The address
// is free: a new purchase makes a new customer.
//
// Errors: those of Decide; Invalid when there is no copy.
func Erase(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, e Erasure) error {
	c, err := lockOne(ctx, tx, at, e.CustomerID, e.Revision)
	if err != nil {
		return err
	}
	if !e.NoCopy && c.Exported != c.Revision-1 {
		return enrolld.Errorf(enrolld.Invalid, "download what is held of the customer first, as it is now, or tick that they asked for no copy")
	}
	now := tx.Now()
	c.RemovedAt, c.RemovedBy, c.Gone, c.ErasedAt = &now, actor.Name, true, &now
	c.BlockedAt, c.BlockedBy, c.BlockReason = nil, "", ""
	s, err := settleAct(ctx, tx, at, actor, c, erase)
	if err != nil {
		return err
	}
	if err := s.fallSilent(ctx, c.ID, erase); err != nil {
		return err
	}
	if err := releaseNames(ctx, tx, at, c); err != nil {
		return err
	}
	if err := tx.Erase(ctx, c, e.Deliveries); err != nil {
		return err
	}
	entry := store.AuditBy(actor, at.Account.ID, actions[erase])
	entry.CustomerID = c.ID
	return tx.Audit(ctx, []store.AuditEntry{entry})
}

// releaseNames forgets the customer's addresses and the names of their WordPress
// users, unless somebody else's customer is the same person.
func releaseNames(ctx context.Context, tx *store.Tx, at Place, c enrolld.Customer) error {
	parts, err := tx.PartsOf(ctx, c)
	if err != nil {
		return err
	}
	for _, p := range append(parts, c) {
		shared, err := tx.Shared(ctx, at.Account.SiteID, c, p.WPUserID, p.Key)
		if err != nil {
			return err
		}
		if shared {
			continue
		}
		if err := wordpress.ReleaseNames(ctx, tx, at.Site, p.WPUserID, p.Key); err != nil {
			return err
		}
	}
	return nil
}
