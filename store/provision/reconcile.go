package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/lms"
)

// DifferenceKind says which way somebody's access is not as it should be.
type DifferenceKind string

// The kinds of differences.
const (
	PaidNoAccess        DifferenceKind = "paid, no access"
	RefundedStillAccess DifferenceKind = "refunded, still access"
)

// Difference is an access that is not as it should be.
type Difference struct {
	Kind       DifferenceKind
	CustomerID int64 // 0: nobody yet
	Email      string
	Course     enrolld.CourseRef // zero: the product is not mapped to one
	Platform   string            // of the order that it follows from, where there is one
	Order      string
	Because    string // for people
}

// Told is what a platform's API says of one fact, understood.
type Told struct {
	Source  store.Integration
	Reading Reading
}

// errPreview rolls back a transaction that was only to show what it would do.
var errPreview = errors.New("a preview: nothing is kept")

// Preview says what an account's access would become if these deliveries came
// now, and changes nothing: what it finds is what never came.
func (p *Processor) Preview(ctx context.Context, accountID int64, told []Told) ([]Difference, error) {
	at, err := p.place(ctx, accountID)
	if err != nil {
		return nil, err
	}
	items := make([]*item, len(told))
	for i, t := range told {
		items[i] = &item{delivery: store.Delivery{AccountID: accountID, IntegrationID: t.Source.ID}, source: t.Source, reading: t.Reading}
	}
	var out []Difference
	err = p.db.InTx(ctx, func(tx *store.Tx) error {
		b := newBatch(tx, at, items)
		if err := b.run(ctx); err != nil {
			return err
		}
		out = b.differences()
		return errPreview
	})
	if !errors.Is(err, errPreview) {
		return nil, err
	}
	return out, nil
}

// differences lists what the batch changes in people's access, and what it would
// park.
func (b *batch) differences() []Difference {
	var out []Difference
	for _, s := range b.sales {
		found := Difference{Kind: PaidNoAccess, Platform: s.platform, Order: orderName(s.order)}
		if s.member == nil {
			if s.problem != "" {
				found.Because = s.problem
				out = append(out, found)
			}
			continue
		}
		found.CustomerID, found.Email = s.member.customer.ID, s.member.customer.Email
		if len(s.stored) == 0 {
			found.CustomerID = 0 // it would be made
			for _, what := range s.waits() {
				found.Because = what
				out = append(out, found)
			}
		}
		for _, i := range s.member.changed {
			g := s.member.after[i]
			if g.Cause.Kind == enrolld.CauseOrder && g.Cause.ID == s.order.ID {
				found.Kind, found.Course, found.Because = "", g.Course, g.Reason.Text()
				if d, ok := s.member.difference(found); ok {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// orderName is what people call an order, or else its first reference.
func orderName(o store.Order) string { return cmp.Or(o.Record.Number.Value, o.FirstRef) }

// difference fills in which way a course changes for a member; false when it
// stays open or closed.
func (m *member) difference(d Difference) (Difference, bool) {
	is := func(a enrolld.Access) bool { return a.Course == d.Course }
	switch {
	case slices.ContainsFunc(m.opened, is):
		d.Kind = PaidNoAccess
	case slices.ContainsFunc(m.closed, is):
		d.Kind = RefundedStillAccess
	default:
		return d, false
	}
	return d, true
}

// checkBatch is how many customers are looked at in one transaction.
const checkBatch = 200

// Check compares what an account's customers should have, by the orders and
// rules that are stored, with our ledger and with what the LMS lets them into.
// With mend it puts right what it finds. take is given what one transaction
// found, after it has ended.
func (p *Processor) Check(ctx context.Context, accountID int64, mend bool, take func([]Difference)) error {
	at, err := p.place(ctx, accountID)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		ids, err := p.db.CustomersAfter(ctx, accountID, after, checkBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		found, err := p.check(ctx, at, ids, mend)
		if err != nil {
			return err
		}
		take(found)
	}
}

func (p *Processor) check(ctx context.Context, at Place, ids []int64, mend bool) (found []Difference, err error) {
	err = p.db.InTx(ctx, func(tx *store.Tx) error {
		found = nil
		customers, err := tx.LockCustomersByID(ctx, at.Account.ID, slices.Clone(ids))
		if err != nil {
			return err
		}
		s := &settlement{tx: tx, at: at, by: enrolld.Actor{Name: "reconcile"}, thorough: true}
		for _, c := range customers {
			s.members = append(s.members, &member{customer: c, rank: enrolld.RankSoon})
		}
		if err := s.run(ctx); err != nil {
			return err
		}
		if found, err = s.restore(ctx); err != nil {
			return err
		}
		found = append(s.differences(), found...)
		if !mend {
			return errPreview
		}
		return nil
	})
	if errors.Is(err, errPreview) {
		return found, nil
	}
	if err == nil && len(found) > 0 {
		p.opt.Queued()
	}
	return found, err
}

// differences lists what the settlement changed, and what waits for a person.
func (s *settlement) differences() []Difference {
	var out []Difference
	for _, m := range s.members {
		d := Difference{CustomerID: m.customer.ID, Email: m.customer.Email}
		for _, a := range m.opened {
			d.Kind, d.Course, d.Because = PaidNoAccess, a.Course, "it is due, and was not given"
			if m.customer.Problem != "" {
				d.Because = "no WordPress user: " + m.customer.Problem
			}
			out = append(out, d)
		}
		for _, a := range m.closed {
			d.Kind, d.Course, d.Because = RefundedStillAccess, a.Course, "its ground is gone, and it was not taken away"
			out = append(out, d)
		}
		for _, parked := range m.derived.Parked {
			w := Difference{Kind: PaidNoAccess, CustomerID: m.customer.ID, Email: m.customer.Email}
			if i := slices.IndexFunc(m.orders, func(o store.Order) bool { return o.ID == parked.OrderID }); i >= 0 {
				w.Platform, w.Order = m.orders[i].Platform, orderName(m.orders[i])
			}
			w.Because = fmt.Sprintf("product %s%s is not mapped to a course", parked.Product.ID, quoted(parked.Product.Name))
			out = append(out, w)
		}
	}
	return out
}

// restore compares what members have by the ledger with what the LMS lets them
// into, and makes the LMS follow. What the ledger never knew is not ours.
func (s *settlement) restore(ctx context.Context) ([]Difference, error) {
	users := map[int64]*member{}
	var ids []int64
	for _, m := range s.members {
		if m.user.ID != 0 {
			users[m.user.ID] = m
			ids = append(ids, m.user.ID)
		}
	}
	var out []Difference
	place := lms.Place{AccountID: s.at.Account.ID, Site: s.at.Site, Now: s.tx.Now()}
	for _, w := range lms.All() {
		have, err := w.Enrolments(ctx, s.tx, place, ids)
		if err != nil {
			return nil, err
		}
		missing, extra := s.drift(w.Name(), users, have)
		if err := w.Open(ctx, s.tx, place, missing); err != nil {
			return nil, err
		}
		if err := w.Close(ctx, s.tx, place, extra); err != nil {
			return nil, err
		}
		for _, side := range []struct {
			list   []lms.Enrolment
			kind   DifferenceKind
			signal store.SignalKind
			action string
		}{
			{missing, PaidNoAccess, store.SignalGranted, "access.restored"},
			{extra, RefundedStillAccess, store.SignalRevoked, "access.removed"},
		} {
			if err := s.tellDrift(ctx, w.Name(), users, side.list, side.signal, side.action); err != nil {
				return nil, err
			}
			for _, e := range side.list {
				m := users[e.UserID]
				out = append(out, Difference{
					Kind: side.kind, CustomerID: m.customer.ID, Email: m.customer.Email,
					Course:  enrolld.CourseRef{LMS: w.Name(), ID: e.CourseID},
					Because: "somebody else changed it on the site, or for another time",
				})
			}
		}
	}
	return out, nil
}

// drift compares the ledger with the LMS.
func (s *settlement) drift(name string, users map[int64]*member, have []lms.Enrolment) (missing, extra []lms.Enrolment) {
	type key struct{ user, course int64 }
	held := make(map[key]*time.Time, len(have))
	in := make(map[key]bool, len(have))
	for _, e := range have {
		held[key{e.UserID, e.CourseID}], in[key{e.UserID, e.CourseID}] = e.Until, true
	}
	for _, m := range s.members {
		if users[m.user.ID] != m {
			continue
		}
		grants := make([]enrolld.Grant, len(m.after))
		known := map[int64]bool{}
		for i, g := range m.after {
			grants[i] = g.Grant
			if g.Course.LMS == name {
				known[g.Course.ID] = true
			}
		}
		open := enrolld.AccessOf(grants)
		if m.sharedOpen != nil {
			open = slices.Collect(maps.Values(m.sharedOpen))
		}
		for _, a := range open {
			if a.Course.LMS != name {
				continue
			}
			delete(known, a.Course.ID)
			k := key{m.user.ID, a.Course.ID}
			if !in[k] || !sameTime(held[k], a.Until) {
				missing = append(missing, lms.Enrolment{UserID: m.user.ID, CourseID: a.Course.ID, Until: a.Until})
			}
		}
		for course := range known { // closed by the ledger
			if in[key{m.user.ID, course}] {
				extra = append(extra, lms.Enrolment{UserID: m.user.ID, CourseID: course})
			}
		}
	}
	return missing, extra
}

func (s *settlement) tellDrift(
	ctx context.Context, name string, users map[int64]*member, list []lms.Enrolment, kind store.SignalKind, action string,
) error {
	var signals []store.Signal
	var audit []store.AuditEntry
	for _, e := range list {
		course := enrolld.CourseRef{LMS: name, ID: e.CourseID}
		if s.at.Account.CompanionAt != nil {
			signals = append(signals, store.Signal{
				AccountID: s.at.Account.ID, Kind: kind, UserID: e.UserID, CourseID: e.CourseID, Cause: s.by.Name, Rank: enrolld.RankSoon,
			})
		}
		audit = append(audit, store.AuditEntry{
			AccountID: s.at.Account.ID, Actor: s.by.Name, Action: action, CustomerID: users[e.UserID].customer.ID,
			Detail: fmt.Sprintf(`{"course":%q}`, course.String()),
		})
	}
	if err := s.tx.QueueSignals(ctx, signals); err != nil {
		return err
	}
	return s.tx.Audit(ctx, audit)
}
