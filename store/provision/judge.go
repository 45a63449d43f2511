package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
)

// settle settles everybody whom the batch's sales concern.
func (b *batch) settle(ctx context.Context) error {
	var members []*member
	for _, it := range b.items {
		for _, s := range b.byItem[it] {
			m := s.member
			if m == nil {
				continue
			}
			if !slices.Contains(members, m) {
				m.delivery, m.rank = it.delivery.ID, enrolld.RankSoon
				members = append(members, m)
			}
			if s.isNews(b.tx.Now()) {
				m.rank = enrolld.RankWaited
			}
		}
	}
	for _, s := range b.sales {
		if s.member != nil && s.member.isNew {
			s.member.orders = append(s.member.orders, s.order)
		}
	}
	members = append(members, b.formerMembers...)
	if len(members) == 0 {
		return nil
	}
	fresh := map[int64]bool{}
	for _, s := range b.sales {
		fresh[s.order.ID] = len(s.stored) == 0
	}
	s := &settlement{tx: b.tx, at: b.at, by: enrolld.Actor{Name: "delivery"}, members: members, fresh: fresh}
	return s.run(ctx)
}

// lateAfter is how old news is that nobody sits and waits for any more: it comes from a
// history that is taken in.
const lateAfter = 24 * time.Hour

// isNews says whether something happened to the order just now.
func (s *sale) isNews(now time.Time) bool {
	return slices.ContainsFunc(s.events, func(e enrolld.Event) bool { return now.Sub(e.At) < lateAfter })
}

// judge decides how each delivery ends and says what it changed.
func (b *batch) judge() {
	for _, it := range b.items {
		v := store.Verdict{DeliveryID: it.delivery.ID, State: enrolld.DeliveryDone}
		if len(it.reading.Events) == 0 {
			v.State, v.Note = enrolld.DeliveryIgnored, it.reading.Ignored
		}
		var waits []string
		for _, s := range b.byItem[it] {
			v.Effects = append(v.Effects, s.effect())
			waits = append(waits, s.waits()...)
			if v.Note == "" {
				v.Note = s.remark()
			}
			v.Empty = v.Empty || s.order.Erased
		}
		if len(waits) > 0 {
			v.State, v.Note = enrolld.DeliveryParked, strings.Join(waits, "; ")
		}
		it.verdict = v
	}
}

// effect says what became of one order.
func (s *sale) effect() store.Effect {
	e := store.Effect{OrderID: s.order.ID}
	switch {
	case len(s.stored) == 0:
		e.Changes = append(e.Changes, "order added")
	case len(s.stored) > 1:
		e.Changes = append(e.Changes, "orders joined")
	case s.changed:
		e.Changes = append(e.Changes, "order changed")
	}
	if s.member == nil {
		return e
	}
	e.CustomerID = s.member.customer.ID
	if s.member.user.Created {
		e.Changes = append(e.Changes, fmt.Sprintf("WordPress user %d made", s.member.user.ID))
	}
	for _, i := range s.member.changed {
		if g := s.member.after[i]; g.Cause.Kind == enrolld.CauseOrder && g.Cause.ID == s.order.ID {
			e.Changes = append(e.Changes, fmt.Sprintf("%s %s: %s", g.Course, g.State, g.Reason.Text()))
		}
	}
	return e
}

// waits lists what a person has to do before the order has its full effect.
func (s *sale) waits() []string {
	if s.problem != "" {
		return []string{s.problem}
	}
	if s.member == nil {
		return nil
	}
	var out []string
	for _, p := range s.member.derived.Parked {
		if p.OrderID == s.order.ID {
			out = append(out, fmt.Sprintf("product %s%s is not mapped to a course", p.Product.ID, quoted(p.Product.Name)))
		}
	}
	if s.member.customer.Problem != "" {
		out = append(out, "no WordPress user: "+s.member.customer.Problem)
	}
	return out
}

// remark says what is worth knowing about an order that waits for nobody.
func (s *sale) remark() string {
	switch {
	case s.order.Erased:
		return store.NoteErased
	case s.member == nil:
		return "kept until the purchase comes, which says who bought"
	case s.order.Record.Test && !s.order.AcceptTest:
		return "a test order: recorded, no access given"
	}
	return ""
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", name)
}
