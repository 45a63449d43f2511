package provision

import (
	"context"

	"enrolld"
	"enrolld/store"
)

// Pair is two customers who are one person.
type Pair struct {
	KeptID, GoneID int64
	// Revisions are those at which they were shown; 0: whatever they are.
	KeptRevision, GoneRevision int64
}

// mergedState is what the audit log tells of a merge.
type mergedState struct {
	CustomerID int64  `json:"customer"`
	Email      string `json:"email"`
	WPUserID   int64  `json:"wordpress_user,omitempty"`
}

func stateFor(c enrolld.Customer) mergedState { return mergedState{c.ID, c.Email, c.WPUserID} }

// Merge makes one customer of two, in the caller's transaction: orders, grants,
// addresses and mail of the one who goes become those of the one who stays, and
// access is settled for the WordPress users of both. The user of the one who goes
// is left without our courses and stays; where the one who stays has none, they
// take it over. What deliveries tell later of an address or an order of the one
// who went reaches the one who stays.
//
// Errors: Invalid when the two are one already, Conflict when one of them was
// changed or merged meanwhile, or is blocked, removed or erased.
func Merge(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, p Pair) (store.Merge, error) {
	if p.KeptID == p.GoneID {
		return store.Merge{}, enrolld.Errorf(enrolld.Invalid, "this is the same customer: choose another one")
	}
	kept, gone, err := tx.LockPair(ctx, at.Account.ID, p.KeptID, p.GoneID)
	if err != nil {
		return store.Merge{}, err
	}
	if p.KeptRevision != 0 && kept.Revision != p.KeptRevision+1 || p.GoneRevision != 0 && gone.Revision != p.GoneRevision+1 {
		return store.Merge{}, enrolld.Errorf(enrolld.Conflict, "something changed about one of the two meanwhile: look again, then merge")
	}
	if err := free(kept, gone); err != nil {
		return store.Merge{}, err
	}
	before := []mergedState{stateFor(kept), stateFor(gone)}
	had, err := open(ctx, tx, kept, gone)
	if err != nil {
		return store.Merge{}, err
	}
	takes := kept.WPUserID == 0 && gone.WPUserID != 0
	merge, err := tx.Merge(ctx, actor, kept, gone, takes)
	if err != nil {
		return merge, err
	}
	k, g := &member{customer: kept, had: had[kept.ID]}, &member{customer: gone, had: had[gone.ID]}
	if takes {
		k.customer.WPUserID, k.customer.WPCreated, k.customer.Problem = gone.WPUserID, gone.WPCreated, ""
		g.customer.WPUserID, g.customer.WPCreated = 0, false
		k.had, g.had = g.had, k.had // it is the user who had it
	}
	s := &settlement{tx: tx, at: at, by: actor, members: []*member{k, g}}
	if err := s.run(ctx); err != nil {
		return merge, err
	}
	if err := tx.EndEntriesOfCustomer(ctx, gone.ID); err != nil {
		return merge, err
	}
	if err := tx.Bury(ctx, merge, kept, gone); err != nil {
		return merge, err
	}
	entry := store.AuditBy(actor, at.Account.ID, "customer.merged")
	entry.CustomerID, entry.Subject = kept.ID, gone.Email
	entry.Before, entry.After = before, []mergedState{stateFor(k.customer)}
	return merge, tx.Audit(ctx, []store.AuditEntry{entry})
}

// Unmerge takes a merge back, in the caller's transaction: both are customers
// again, each with the addresses that they had, and their access is settled.
// Orders go where the address of their buyer goes, those that came since too;
// what people and imports gave since the merge stays. Errors: NotFound, Conflict
// when it cannot be taken back, see store.Tx.Raise.
func Unmerge(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, keptID, mergeID int64) (store.Merge, error) {
	merge, kept, gone, err := tx.LockMerge(ctx, at.Account.ID, keptID, mergeID)
	if err != nil {
		return merge, err
	}
	if err := free(kept); err != nil {
		return merge, err
	}
	before := []mergedState{stateFor(kept)}
	had, err := open(ctx, tx, kept)
	if err != nil {
		return merge, err
	}
	if gone, err = tx.Raise(ctx, merge, kept, gone); err != nil {
		return merge, err
	}
	k, g := &member{customer: kept, had: had[kept.ID]}, &member{customer: gone, had: none}
	if user := merge.TookUser(); user != 0 && kept.WPUserID == user {
		g.customer.WPUserID, g.customer.WPCreated = user, kept.WPCreated
		k.customer.WPUserID, k.customer.WPCreated, k.newUser = 0, false, true
		k.had, g.had = g.had, k.had
	}
	s := &settlement{tx: tx, at: at, by: actor, members: []*member{k, g}}
	if err := s.run(ctx); err != nil {
		return merge, err
	}
	if k.newUser { // who is on the site as this customer, is there as the other
		if err := tx.EndEntriesOfCustomer(ctx, kept.ID); err != nil {
			return merge, err
		}
	}
	if err := tx.IndexPair(ctx, merge); err != nil {
		return merge, err
	}
	var entries []store.AuditEntry
	for _, c := range []enrolld.Customer{k.customer, g.customer} {
		entry := store.AuditBy(actor, at.Account.ID, "customer.unmerged")
		entry.CustomerID, entry.Subject = c.ID, gone.Email
		entry.Before, entry.After = before, []mergedState{stateFor(k.customer), stateFor(g.customer)}
		entries = append(entries, entry)
	}
	return merge, tx.Audit(ctx, entries)
}

// free says why customers cannot be merged, or parted again: what was closed to one
// of them would be open, or the other way round.
func free(customers ...enrolld.Customer) error {
	for _, c := range customers {
		switch {
		case c.ErasedAt != nil:
			return enrolld.Errorf(enrolld.Conflict, "one of the two was erased: there is nobody left to merge")
		case c.BlockedAt != nil:
			return enrolld.Errorf(enrolld.Conflict, "one of the two is blocked: unblock them first")
		case c.RemovedAt != nil:
			return enrolld.Errorf(enrolld.Conflict, "one of the two was removed from the academy: take them back first")
		}
	}
	return nil
}

// none is nothing that was open.
var none = []enrolld.Access{}

// open is what is open to each of the customers, whom the caller has locked.
func open(ctx context.Context, tx *store.Tx, customers ...enrolld.Customer) (map[int64][]enrolld.Access, error) {
	ids := make([]int64, len(customers))
	for i, c := range customers {
		ids[i] = c.ID
	}
	ledger, err := tx.GrantsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	grants := map[int64][]enrolld.Grant{}
	for _, g := range ledger {
		grants[g.CustomerID] = append(grants[g.CustomerID], g.Grant)
	}
	out := make(map[int64][]enrolld.Access, len(ids))
	for _, id := range ids {
		out[id] = append(none, enrolld.AccessOf(grants[id])...)
	}
	return out, nil
}
