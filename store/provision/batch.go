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

// batch is one transaction's work on deliveries of one account.
type batch struct {
	tx    *store.Tx
	at    Place
	items []*item
	sales []*sale
	// byItem lists the sales that each delivery is about.
	byItem map[*item][]*sale
	// formerMembers lost an order to another customer.
	formerMembers []*member
}

// sale is an order in the making: all events of the batch that are about it,
// and what is stored of it.
type sale struct {
	integration int64
	platform    string
	acceptTest  bool
	refs        enrolld.RefSet
	stored      []int64 // ids of the orders that the references lead to
	known       enrolld.RefSet
	events      []enrolld.Event

	order   store.Order
	changed bool
	former  []int64 // customers whom the stored orders belong to
	erased  int64   // the customer of a stored order whose buyer was erased; 0: none
	problem string  // why no customer can be made of the buyer
	member  *member
}

// customerID is whose the order is; 0 while nobody usable is named.
func (s *sale) customerID() int64 {
	if s.member == nil {
		return 0
	}
	return s.member.customer.ID
}

func newBatch(tx *store.Tx, at Place, items []*item) *batch {
	return &batch{tx: tx, at: at, items: items, byItem: map[*item][]*sale{}}
}

func (b *batch) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.group, b.merge, b.identify, b.save, b.settle} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	b.judge()
	return nil
}

// group sorts events into sales: those with a common reference are about one,
// whether the reference is stored or only met in this batch.
func (b *batch) group(ctx context.Context) error {
	refs := map[int64]map[string]struct{}{}
	for _, it := range b.items {
		for _, e := range it.reading.Events {
			if refs[it.source.ID] == nil {
				refs[it.source.ID] = map[string]struct{}{}
			}
			for _, r := range e.OrderRefs() {
				refs[it.source.ID][r] = struct{}{}
			}
		}
	}
	g := grouping{byRef: map[refKey]*sale{}, byOrder: map[int64]*sale{}, merged: map[*sale]*sale{}}
	for _, integration := range slices.Sorted(maps.Keys(refs)) {
		found, err := b.tx.OrderIDs(ctx, integration, slices.Sorted(maps.Keys(refs[integration])))
		if err != nil {
			return err
		}
		for ref, id := range found {
			g.stored(integration, ref, id)
		}
	}
	byItem := map[*item][]*sale{}
	for _, it := range b.items {
		for _, e := range it.reading.Events {
			byItem[it] = append(byItem[it], g.add(it.source, e))
		}
	}
	for it, list := range byItem {
		for _, s := range list {
			s = g.root(s)
			if !slices.Contains(b.byItem[it], s) {
				b.byItem[it] = append(b.byItem[it], s)
			}
		}
	}
	b.sales = g.roots()
	return nil
}

type refKey struct {
	integration int64
	ref         string
}

// grouping is a union-find over references.
type grouping struct {
	byRef   map[refKey]*sale
	byOrder map[int64]*sale
	merged  map[*sale]*sale
	all     []*sale
}

func (g *grouping) root(s *sale) *sale {
	for g.merged[s] != nil {
		s = g.merged[s]
	}
	return s
}

func (g *grouping) fresh(integration int64) *sale {
	s := &sale{integration: integration, refs: enrolld.RefSet{}, known: enrolld.RefSet{}}
	g.all = append(g.all, s)
	return s
}

// stored tells of a reference that leads to a stored order.
func (g *grouping) stored(integration int64, ref string, id int64) {
	s := g.byOrder[id]
	if s == nil {
		s = g.fresh(integration)
		s.stored = []int64{id}
		g.byOrder[id] = s
	}
	s.refs[ref], s.known[ref] = struct{}{}, struct{}{}
	g.byRef[refKey{integration, ref}] = s
}

// add puts an event to its sale, making one sale of several where the event
// shows that they are.
func (g *grouping) add(source store.Integration, e enrolld.Event) *sale {
	var s *sale
	refs := e.OrderRefs()
	for _, r := range refs {
		if found := g.byRef[refKey{source.ID, r}]; found != nil {
			s = g.join(s, g.root(found))
		}
	}
	if s == nil {
		s = g.fresh(source.ID)
	}
	s.platform, s.acceptTest = source.Platform, source.AcceptTest
	s.events = append(s.events, e)
	for _, r := range refs {
		s.refs[r] = struct{}{}
		g.byRef[refKey{source.ID, r}] = s
	}
	return s
}

func (g *grouping) join(a, b *sale) *sale {
	if a == nil || a == b {
		return b
	}
	maps.Copy(a.refs, b.refs)
	maps.Copy(a.known, b.known)
	a.stored = append(a.stored, b.stored...)
	a.events = append(a.events, b.events...)
	g.merged[b] = a
	return a
}

// roots returns the sales that an event of the batch is about, in a fixed order.
func (g *grouping) roots() []*sale {
	var out []*sale
	for _, s := range g.all {
		if g.merged[s] == nil && len(s.events) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// merge reads the stored orders and merges the events into them.
func (b *batch) merge(ctx context.Context) error {
	var ids []int64
	for _, s := range b.sales {
		ids = append(ids, s.stored...)
	}
	stored, err := b.tx.LockOrders(ctx, ids)
	if err != nil {
		return err
	}
	byID := make(map[int64]store.Order, len(stored))
	for _, o := range stored {
		byID[o.ID] = o
	}
	for _, s := range b.sales {
		if err := b.mergeSale(s, byID); err != nil {
			return err
		}
	}
	return nil
}

// mergeSale merges a sale's events into what is stored of it. An order that a
// reference leads to and that was not read has been joined to another meanwhile.
func (b *batch) mergeSale(s *sale, stored map[int64]store.Order) error {
	for _, id := range s.stored {
		if _, ok := stored[id]; !ok {
			return fmt.Errorf("order %d is gone: %w", id, store.ErrAgain)
		}
	}
	s.order = store.Order{
		AccountID: b.at.Account.ID, IntegrationID: s.integration, Platform: s.platform, AcceptTest: s.acceptTest,
		FirstRef: s.events[0].OrderRefs()[0],
	}
	s.changed = true
	var before enrolld.Order
	if len(s.stored) > 0 {
		slices.Sort(s.stored)
		s.order = stored[s.stored[0]]
		before = s.order.Record
		for _, id := range s.stored[1:] {
			s.order.Record = s.order.Record.Merge(stored[id].Record)
		}
		for _, id := range s.stored {
			if c := stored[id].CustomerID; c != 0 {
				s.former = append(s.former, c)
			}
			if stored[id].Erased {
				s.order.Erased, s.erased = true, stored[id].CustomerID
			}
		}
	}
	for _, e := range s.events {
		s.order.Record = s.order.Record.Merge(e.Order())
	}
	if s.order.Erased {
		s.order.Record = s.order.Record.Nameless()
	}
	if len(s.stored) > 0 {
		s.changed = !s.order.Record.Equal(before) || s.order.Erased != stored[s.stored[0]].Erased
	}
	return nil
}

// identify finds or makes the customers whom the sales are about.
func (b *batch) identify(ctx context.Context) error {
	people := map[enrolld.EmailKey]enrolld.Customer{}
	keys := make(map[*sale]enrolld.EmailKey, len(b.sales))
	var former, erased []int64
	for _, s := range b.sales {
		buyer := s.order.Record.Buyer
		if s.order.Erased {
			former, erased = append(former, s.former...), append(erased, s.erased)
		}
		if !buyer.Known() {
			continue
		}
		former = append(former, s.former...)
		addr, key, err := enrolld.ParseEmail(buyer.Value.Email)
		if err != nil {
			s.problem = "the buyer's address cannot be used: " + enrolld.MessageOf(err)
			continue
		}
		keys[s] = key
		if _, ok := people[key]; !ok {
			people[key] = enrolld.Customer{Key: key, Email: addr, First: buyer.Value.First, Last: buyer.Value.Last}
		}
	}
	locked, err := b.tx.LockCustomers(ctx, b.at.Account.ID, slices.Collect(maps.Values(people)))
	if err != nil {
		return err
	}
	byKey := make(map[enrolld.EmailKey]*member, len(locked))
	byID := make(map[int64]*member, len(locked))
	for _, c := range locked {
		m := byID[c.ID]
		if m == nil {
			m = &member{customer: c, isNew: c.Revision == 1}
			byID[c.ID] = m
		}
		byKey[cmp.Or(c.Via, c.Key)] = m
	}
	for s, key := range keys {
		s.member = byKey[key]
		if s.member == nil {
			return fmt.Errorf("customer of order %d was not read back", s.order.ID)
		}
	}
	if err := b.addErased(ctx, erased, byID); err != nil {
		return err
	}
	return b.addFormer(ctx, former, byID)
}

// addErased leaves an order whose buyer was erased with the customer who is left
// of them: whom its deliveries name is not looked for.
func (b *batch) addErased(ctx context.Context, ids []int64, byID map[int64]*member) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	locked, err := b.tx.LockCustomersByID(ctx, b.at.Account.ID, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, c := range locked {
		byID[c.ID] = &member{customer: c}
	}
	for _, s := range b.sales {
		if s.order.Erased {
			s.member = byID[s.erased]
		}
	}
	return nil
}

// addFormer brings in customers who lose an order, because an earlier event
// named another buyer: their access has to be derived again without it.
func (b *batch) addFormer(ctx context.Context, ids []int64, byID map[int64]*member) error {
	ids = slices.DeleteFunc(ids, func(id int64) bool { return byID[id] != nil })
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	locked, err := b.tx.LockCustomersByID(ctx, b.at.Account.ID, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, c := range locked {
		b.formerMembers = append(b.formerMembers, &member{customer: c})
	}
	return nil
}

// save writes the orders and their new references.
func (b *batch) save(ctx context.Context) error {
	var orders []*store.Order
	for _, s := range b.sales {
		if len(s.stored) > 1 {
			if err := b.tx.JoinOrders(ctx, s.stored[0], s.stored[1:]); err != nil {
				return err
			}
		}
		if id := s.customerID(); s.order.CustomerID != id {
			s.order.CustomerID, s.changed = id, true
		}
		if s.changed {
			orders = append(orders, &s.order)
		}
	}
	if err := b.tx.SaveOrders(ctx, orders); err != nil {
		return err
	}
	var refs []store.OrderRef
	for _, s := range b.sales {
		for _, r := range s.refs.Sorted() {
			if _, known := s.known[r]; !known {
				refs = append(refs, store.OrderRef{IntegrationID: s.integration, Ref: r, OrderID: s.order.ID})
			}
		}
	}
	return b.tx.AddRefs(ctx, refs)
}
