package provision

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/lms"
	"enrolld/store/wordpress"
)

// settlement derives what locked customers of one account should have and
// applies the difference to what they have.
type settlement struct {
	tx      *store.Tx
	at      Place
	by      enrolld.Actor // for the audit log: a person, or "delivery", "clock"
	members []*member
	fresh   map[int64]bool // orders that this transaction added
	// act is what somebody decides about the members; "": nothing.
	act Act
	// thorough looks at every member's WordPress user, not only at those whose
	// access changes: one may have been deleted.
	thorough bool
	names    *wordpress.Side // nil: no transaction of this process is beside this one

	lines    []store.OrderLine
	messages []enrolld.Message
	signals  []store.Signal
	audit    []store.AuditEntry
}

// member is a locked customer on the way through a settlement.
type member struct {
	customer enrolld.Customer
	isNew    bool // added by this transaction: there is nothing stored to read
	orders   []store.Order
	ledger   []store.Grant
	delivery int64 // the delivery that brought the customer in, for the audit log
	wishes   []wish
	granted  []granted // what the wishes come to
	// rank is of what brings the member in: what is told of them goes no sooner.
	rank enrolld.Rank

	back    bool // was gone, and is a customer again
	derived enrolld.Derived
	next    *time.Time
	after   []store.Grant // the whole ledger as it will be
	changed []int         // indexes into after

	opened, closed []enrolld.Access // 0→1 and 1→0
	moved          []enrolld.Access // still open, until another time
	before         []enrolld.Access // what was open
	expiring       []enrolld.Access // of whose end the member is to be told now
	failing        []failing        // payments that could not be charged
	user           wordpress.User
	lost           int64 // the WordPress user that was deleted meanwhile
	unwelcomed     bool  // we made the user, quietly, and nobody has set a password yet
	// had is what was open to the WordPress user where that is not what the ledger
	// told, as it is about another customer now; nil: the ledger tells.
	had     []enrolld.Access
	newUser bool // another WordPress user is needed: the one of before is another customer's
	// sharedOpen is what is open to the WordPress user altogether, where the user
	// is another customer's too; nil where not.
	sharedOpen map[enrolld.CourseRef]enrolld.Access
}

// run settles the members.
func (s *settlement) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.load, s.derive, s.users, s.shared, s.open, s.announce, s.write, s.unpark,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// load reads orders and ledgers of the customers that are not new.
func (s *settlement) load(ctx context.Context) error {
	byID := map[int64]*member{}
	for _, m := range s.members {
		if !m.isNew {
			byID[m.customer.ID] = m
			m.orders = nil
		}
	}
	ids := slices.Sorted(maps.Keys(byID))
	orders, err := s.tx.OrdersOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, o := range orders {
		byID[o.CustomerID].orders = append(byID[o.CustomerID].orders, o)
	}
	grants, err := s.tx.GrantsOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, g := range grants {
		byID[g.CustomerID].ledger = append(byID[g.CustomerID].ledger, g)
	}
	return nil
}

// derive decides what every member should have.
func (s *settlement) derive(ctx context.Context) error {
	rules, err := s.rules(ctx)
	if err != nil {
		return err
	}
	for _, m := range s.members {
		sold := make([]enrolld.Sold, len(m.orders))
		for i, o := range m.orders {
			sold[i] = enrolld.Sold{
				OrderID: o.ID, Platform: o.Platform, AcceptTest: o.AcceptTest, Order: o.Record, Barred: m.customer.Bar(o.Record),
			}
		}
		m.derived = enrolld.Derive(sold, rules, s.tx.Now())
		m.next = m.derived.Next
		s.compare(m)
		s.noteLines(m)
	}
	return nil
}

// rules reads the rules of all products in the members' orders, and records
// products that are met for the first time.
func (s *settlement) rules(ctx context.Context) (enrolld.Rules, error) {
	names := map[store.ProductID]string{}
	var ids []store.ProductID
	for _, m := range s.members {
		for _, o := range m.orders {
			for _, l := range o.Record.Lines {
				if !l.Product.Known() {
					continue
				}
				names[store.ProductID{Platform: o.Platform, Key: l.Product.Value.ID}] = l.Product.Value.Name
				for _, k := range l.Product.Value.ProductKeys() {
					ids = append(ids, store.ProductID{Platform: o.Platform, Key: k})
				}
			}
		}
	}
	products, err := s.tx.LockProducts(ctx, s.at.Account.ID, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range products {
		if id := (store.ProductID{Platform: p.Platform, Key: p.Key}); p.Name != "" || names[id] == "" {
			delete(names, id)
		}
	}
	var fresh []enrolld.Product
	for id, name := range names {
		fresh = append(fresh, enrolld.Product{AccountID: s.at.Account.ID, Platform: id.Platform, Key: id.Key, Name: name})
	}
	slices.SortFunc(fresh, func(a, b enrolld.Product) int { return strings.Compare(a.Platform+a.Key, b.Platform+b.Key) })
	return enrolld.RulesOf(products), s.tx.DiscoverProducts(ctx, fresh)
}

// compare lays the derived grants over the ledger: what differs is changed, what
// is no longer derived ends, what people and imports gave goes by the clock and
// by what they wish now.
func (s *settlement) compare(m *member) {
	m.resolve(s.tx.Now())
	type key struct {
		course enrolld.CourseRef
		cause  enrolld.Cause
	}
	want := make(map[key]enrolld.Grant, len(m.derived.Grants))
	for _, g := range m.derived.Grants {
		want[key{g.Course, g.Cause}] = g
	}
	before := make([]enrolld.Grant, len(m.ledger))
	for i, g := range m.ledger {
		before[i] = g.Grant
		k := key{g.Course, g.Cause}
		wanted, ok := want[k]
		delete(want, k)
		switch {
		case g.Cause.Kind != enrolld.CauseOrder:
			var next *time.Time
			wanted, next = m.customer.Hold(s.acted(m.wanted(&g)), s.tx.Now())
			m.next = enrolld.EarlierOf(m.next, next)
		case !ok:
			wanted = g.Withdraw(enrolld.ReasonNoRule, s.tx.Now())
		}
		m.add(g, wanted)
	}
	for _, g := range m.derived.Grants {
		if _, ok := want[key{g.Course, g.Cause}]; ok {
			m.add(store.Grant{CustomerID: m.customer.ID, AccountID: m.customer.AccountID}, g)
		}
	}
	m.addGranted(s.tx.Now())
	after := make([]enrolld.Grant, len(m.after))
	for i, g := range m.after {
		after[i] = g.Grant
	}
	if m.before = m.had; m.had == nil {
		m.before = enrolld.AccessOf(before)
	}
	open := enrolld.AccessOf(after)
	m.opened, m.closed, m.moved = accessChanges(m.before, open)
	s.foresee(m, open)
	m.comeBack(after)
	s.noteGranted(m)
}

// add puts a grant into the ledger as it will be, noting whether it changed.
func (m *member) add(stored store.Grant, wanted enrolld.Grant) {
	changed := stored.CreatedAt.IsZero() || !stored.Same(wanted)
	stored.Grant = wanted
	m.after = append(m.after, stored)
	if changed {
		m.changed = append(m.changed, len(m.after)-1)
	}
}

// accessChanges compares the courses that are open before and after.
func accessChanges(before, after []enrolld.Access) (opened, closed, moved []enrolld.Access) {
	was := make(map[enrolld.CourseRef]enrolld.Access, len(before))
	for _, a := range before {
		was[a.Course] = a
	}
	for _, a := range after {
		b, ok := was[a.Course]
		delete(was, a.Course)
		switch {
		case !ok:
			opened = append(opened, a)
		case !sameTime(a.Until, b.Until):
			moved = append(moved, a)
		}
	}
	for _, b := range before {
		if _, gone := was[b.Course]; gone {
			closed = append(closed, b)
		}
	}
	return opened, closed, moved
}

func sameTime(a, b *time.Time) bool {
	return a == b || a != nil && b != nil && a.Equal(*b)
}

// noteLines keeps the lines of the member's orders findable by product.
func (s *settlement) noteLines(m *member) {
	type key struct {
		order int64
		line  string
	}
	parked := make(map[key]bool, len(m.derived.Parked))
	for _, p := range m.derived.Parked {
		parked[key{p.OrderID, p.Line}] = true
	}
	for _, o := range m.orders {
		for k, l := range o.Record.Lines {
			if l.Product.Known() {
				s.lines = append(s.lines, store.OrderLine{
					OrderID: o.ID, Key: k, AccountID: o.AccountID, Platform: o.Platform,
					Product: l.Product.Value, Parked: parked[key{o.ID, k}],
				})
			}
		}
	}
}

// open lets members into courses and takes them out.
func (s *settlement) open(ctx context.Context) error {
	open, closed := map[string][]lms.Enrolment{}, map[string][]lms.Enrolment{}
	for _, m := range s.members {
		if m.lost != 0 {
			for _, a := range m.before {
				closed[a.Course.LMS] = append(closed[a.Course.LMS], lms.Enrolment{UserID: m.lost, CourseID: a.Course.ID})
			}
		}
		if m.user.ID == 0 {
			continue
		}
		for _, a := range slices.Concat(m.opened, m.moved) {
			e := lms.Enrolment{UserID: m.user.ID, CourseID: a.Course.ID, Until: a.Until}
			open[a.Course.LMS] = append(open[a.Course.LMS], e)
		}
		for _, a := range m.closed {
			closed[a.Course.LMS] = append(closed[a.Course.LMS], lms.Enrolment{UserID: m.user.ID, CourseID: a.Course.ID})
		}
		s.tell(m)
	}
	at := lms.Place{AccountID: s.at.Account.ID, Site: s.at.Site, Now: s.tx.Now()}
	for _, name := range slices.Sorted(maps.Keys(open)) {
		w, err := lms.ByName(name)
		if err != nil {
			return notTheirs(err)
		}
		if err := w.Open(ctx, s.tx, at, open[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(closed)) {
		w, err := lms.ByName(name)
		if err != nil {
			return notTheirs(err)
		}
		if err := w.Close(ctx, s.tx, at, closed[name]); err != nil {
			return err
		}
	}
	return nil
}

// tell queues what the companion plugin and the audit log are to know.
func (s *settlement) tell(m *member) {
	for _, c := range []struct {
		list   []enrolld.Access
		signal store.SignalKind
		action string
	}{
		{m.opened, store.SignalGranted, "access.granted"},
		{m.closed, store.SignalRevoked, "access.revoked"},
		{m.moved, "", "access.changed"},
	} {
		for _, a := range c.list {
			if c.signal != "" && s.at.Account.CompanionAt != nil {
				s.signals = append(s.signals, store.Signal{
					AccountID: s.at.Account.ID, Kind: c.signal, UserID: m.user.ID, CourseID: a.Course.ID, Cause: s.by.Name, Rank: m.rank,
				})
			}
			s.note(m, c.action, a)
		}
	}
}

// note writes into the audit log what happened to a member's access.
func (s *settlement) note(m *member, action string, a enrolld.Access) {
	detail, _ := json.Marshal(struct {
		Course string     `json:"course"`
		Until  *time.Time `json:"until,omitempty"`
	}{a.Course.String(), a.Until})
	entry := store.AuditBy(s.by, s.at.Account.ID, action)
	entry.CustomerID, entry.DeliveryID, entry.Detail = m.customer.ID, m.delivery, string(detail)
	s.audit = append(s.audit, entry)
}

// unpark ends the waiting of earlier deliveries about orders that wait for
// nothing any more: whoever settles a customer settles what they waited for.
func (s *settlement) unpark(ctx context.Context) error {
	var settled []int64
	for _, m := range s.members {
		if m.customer.Problem != "" {
			continue
		}
		for _, o := range m.orders {
			waits := func(p enrolld.Parked) bool { return p.OrderID == o.ID }
			if !s.fresh[o.ID] && !slices.ContainsFunc(m.derived.Parked, waits) {
				settled = append(settled, o.ID)
			}
		}
	}
	return s.tx.Unpark(ctx, settled)
}

// courses is how many are open, of the whole ledger as it will be.
func (m *member) courses() int {
	open := make([]enrolld.CourseRef, 0, len(m.after))
	for _, g := range m.after {
		if g.State == enrolld.GrantLive && !slices.Contains(open, g.Course) {
			open = append(open, g.Course)
		}
	}
	return len(open)
}

// write stores everything that was decided.
func (s *settlement) write(ctx context.Context) error {
	var customers []store.Settled
	var grants []store.Grant
	for _, m := range s.members {
		c := m.customer
		c.DueAt = m.next
		if m.isNew && (c.DueAt != nil || c.WPUserID != 0 || c.Problem != "" || len(m.changed) > 0) || !m.isNew {
			customers = append(customers, store.Settled{Customer: c, Courses: new(m.courses())})
		}
		for _, i := range m.changed {
			grants = append(grants, m.after[i])
		}
	}
	for _, f := range []func() error{
		func() error { return s.tx.SaveLines(ctx, s.lines) },
		func() error { return s.tx.Settle(ctx, customers, grants) },
		func() error { return s.tx.QueueMessages(ctx, s.messages) },
		func() error { return s.tx.QueueSignals(ctx, s.signals) },
		func() error { return s.tx.Audit(ctx, s.audit) },
		func() error { return s.reindex(ctx) },
	} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
