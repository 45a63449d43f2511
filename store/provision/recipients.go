package provision

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"enrolld"
	"enrolld/store"
)

// recipients are the customers whom gifts are for.
type recipients struct {
	tx      *store.Tx
	at      Place
	gifts   []Gift
	given   []Given
	of      []*member // of gift i; nil when nobody can be made of it
	members []*member
	byID    map[int64]*member
	byKey   map[enrolld.EmailKey]*member
}

// lock locks customers, and adds those who are missing: first those named by
// address, then those named by id.
func (r *recipients) lock(ctx context.Context) error {
	people, keys := r.people()
	found, err := r.tx.LockCustomers(ctx, r.at.Account.ID, slices.Collect(maps.Values(people)))
	if err != nil {
		return err
	}
	r.byID, r.byKey = make(map[int64]*member, len(r.gifts)), make(map[enrolld.EmailKey]*member, len(found))
	for _, c := range found {
		m := r.byID[c.ID]
		if m == nil {
			m = r.add(c, c.Revision == 1)
		}
		r.byKey[cmp.Or(c.Via, c.Key)] = m
	}
	if err := r.lockKnown(ctx); err != nil {
		return err
	}
	for i, g := range r.gifts {
		r.of[i] = r.byID[g.CustomerID]
		if g.CustomerID == 0 && keys[i] != "" {
			r.of[i] = r.byKey[keys[i]]
		}
		if r.of[i] == nil && (g.CustomerID != 0 || keys[i] != "") {
			return enrolld.Errorf(enrolld.NotFound, "there is no such customer")
		}
		if g.Revision != 0 && r.of[i] != nil && r.of[i].customer.Revision != g.Revision+1 {
			return enrolld.Errorf(enrolld.Conflict, "somebody changed this customer meanwhile: look again, then save")
		}
	}
	return nil
}

// people are who is named by address, and the key of each gift; a problem is
// noted where there is none.
func (r *recipients) people() (map[enrolld.EmailKey]enrolld.Customer, []enrolld.EmailKey) {
	people := make(map[enrolld.EmailKey]enrolld.Customer, len(r.gifts))
	keys := make([]enrolld.EmailKey, len(r.gifts))
	for i, g := range r.gifts {
		if g.CustomerID != 0 {
			continue
		}
		if g.Key == "" {
			addr, key, err := enrolld.ParseEmail(g.Email)
			if err != nil {
				r.given[i].Problem = "the address cannot be used: " + enrolld.MessageOf(err)
				continue
			}
			g.Email, g.Key = addr, key
		}
		keys[i] = g.Key
		if _, ok := people[g.Key]; !ok {
			people[g.Key] = enrolld.Customer{Key: g.Key, Email: g.Email, First: g.First, Last: g.Last}
		}
	}
	return people, keys
}

func (r *recipients) lockKnown(ctx context.Context) error {
	var ids []int64
	for _, g := range r.gifts {
		if g.CustomerID != 0 && r.byID[g.CustomerID] == nil {
			ids = append(ids, g.CustomerID)
		}
	}
	slices.Sort(ids)
	found, err := r.tx.LockCustomersByID(ctx, r.at.Account.ID, slices.Compact(ids))
	if err != nil {
		return fmt.Errorf("lock who is given something: %w", err)
	}
	for _, c := range found {
		r.add(c, false)
	}
	return nil
}

func (r *recipients) add(c enrolld.Customer, isNew bool) *member {
	m := &member{customer: c, isNew: isNew}
	r.byID[c.ID] = m
	r.members = append(r.members, m)
	return m
}
