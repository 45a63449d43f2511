package woocommerce

import (
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// subscription reads a subscription as it is.
func (d delivery) subscription() (integrations.Parsed, error) {
	id := d.n.Get("id").Text()
	items, err := d.items("line_items")
	if err != nil {
		return integrations.Parsed{}, err
	}
	state, kind, ignored := d.state(items)
	if ignored != "" {
		return integrations.Parsed{Ignored: ignored}, nil
	}
	refs := []string{subscriptionRef(id)}
	if parent := number(d.n.Get("parent_id")); parent != "" {
		refs = append(refs, orderRef(parent))
	}
	e := d.event(kind, refs...)
	e.Buyer, _ = d.buyer() // the order that began it has it
	now, before := d.generations(id)
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: now, Value: state}
	for _, i := range items {
		l := i.line()
		l.Subscription = now
		e.Lines = append(e.Lines, l)
	}
	gone, err := d.removed(items, id+removedSuffix)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if len(gone) > 0 {
		e.Lines = append(e.Lines, gone...)
		before = append(before, id+removedSuffix)
	}
	events := append([]enrolld.Event{e}, d.supposedSale(items, now, refs)...)
	for _, name := range before {
		over := d.event(enrolld.EventSubscription, refs...)
		over.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{
			ID: name, Value: enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded},
		}
		events = append(events, over)
	}
	return integrations.Parsed{Events: events}, nil
}

// generations names the subscription as its lines have it, and as those had it
// that were in it before the buyer switched. A switch puts a new line item into
// the old one's place and tells no more of the old one than its number, so that
// what the lines from then on are part of gets another name and the former ends:
// else a buyer who goes from gold to silver would keep the gold.
func (d delivery) generations(id string) (now string, before []string) {
	var newest int64
	var old []string
	for _, row := range d.n.Get("line_items").List() {
		replaces := ""
		for _, m := range row.Get("meta_data").List() {
			if m.Get("key").Text() == metaReplaces {
				replaces = number(m.Get("value"))
			}
		}
		n, ok := row.Get("id").Int()
		if replaces == "" || !ok {
			continue
		}
		newest = max(newest, n)
		old = append(old, replaces, strconv.FormatInt(n, 10))
	}
	if newest == 0 {
		return id, nil
	}
	now, before = id+"@"+strconv.FormatInt(newest, 10), []string{id}
	for _, number := range old {
		if name := id + "@" + number; name != now && !slices.Contains(before, name) {
			before = append(before, name)
		}
	}
	return now, before
}

// removedSuffix ends the name of what a subscription's removed lines are part of.
const removedSuffix = "@removed"

// removed lists what the subscription had and has no more, as part of something
// that is over. That they were sold stays true, and their order says so again
// whenever it changes.
func (d delivery) removed(now []item, sub string) ([]enrolld.EventLine, error) {
	rows, err := d.items("removed_line_items")
	if err != nil {
		return nil, err
	}
	var out []enrolld.EventLine
	for _, i := range rows {
		if find(now, i.key) == nil {
			l := i.line()
			l.Subscription = sub
			out = append(out, l)
		}
	}
	return out, nil
}

// supposedSale tells of the sale behind a subscription that has begun, for those
// that are older than the integration. It is dated just before the subscription,
// so that what the order says always counts more.
func (d delivery) supposedSale(items []item, id string, refs []string) []enrolld.Event {
	began := gmt(d.n.First("start_date_gmt", "date_created_gmt"))
	switch d.status() {
	case "active", "pending-cancel":
	default:
		if d.date("date_paid_gmt").IsZero() {
			return nil
		}
	}
	if began.IsZero() || len(items) == 0 {
		return nil
	}
	e := enrolld.Event{Kind: enrolld.EventSubscription, At: began.Add(-time.Microsecond), Refs: refs}
	for _, i := range items {
		l := i.line()
		l.Subscription = id
		l.Sale = &enrolld.Sale{Paid: true, SoldAt: began, Quantity: i.quantity}
		e.Lines = append(e.Lines, l)
	}
	return []enrolld.Event{e}
}

// state translates the status of a subscription.
func (d delivery) state(items []item) (enrolld.SubscriptionStatus, enrolld.EventKind, string) {
	next, end := d.date(fieldNext), d.date(fieldEnd)
	trial := d.date("trial_end_date_gmt")
	s := enrolld.SubscriptionStatus{}
	switch d.status() {
	case "pending":
		s.State = enrolld.SubscriptionIncomplete
	case "active":
		s.State, s.PaidUntil = enrolld.SubscriptionActive, next
		if next.IsZero() {
			s.PaidUntil = end // the last period of a subscription that expires
		}
		if trial.After(d.at) && !next.After(trial) {
			s.State, s.PaidUntil = enrolld.SubscriptionTrialing, trial
		}
	case "on-hold":
		s.State = d.onHold(next)
		if s.State == enrolld.SubscriptionPaused {
			s.PaidUntil = next
		}
	case "pending-cancel":
		s.State, s.EndsAt = enrolld.SubscriptionCancelling, end
		return s, enrolld.EventCancelled, ""
	case "expired":
		s.State, s.EndsAt = enrolld.SubscriptionEnded, end
		if d.instalments(items) {
			return enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted}, enrolld.EventSubscription, ""
		}
		return s, enrolld.EventEnded, ""
	case "cancelled", "switched", "trash":
		s.State, s.EndsAt = enrolld.SubscriptionEnded, end
		return s, enrolld.EventEnded, ""
	case "draft", "auto-draft", "checkout-draft":
		return s, "", "A subscription that is still being written."
	default:
		return s, "", "The subscription has a status that WooCommerce Subscriptions does not know."
	}
	return s, enrolld.EventSubscription, ""
}

// onHold says why a subscription is on hold: nobody paid for it yet, its payment
// is due, or somebody stopped it in the midst of a paid period.
func (d delivery) onHold(next time.Time) enrolld.SubscriptionState {
	switch {
	case !next.After(d.at):
		return enrolld.SubscriptionPastDue
	case d.date("date_paid_gmt").IsZero():
		return enrolld.SubscriptionIncomplete
	}
	return enrolld.SubscriptionPaused
}

// instalments says whether all products of a subscription are sold in
// instalments.
func (d delivery) instalments(items []item) bool {
	for _, i := range items {
		if !slices.Contains(d.settings.Instalments, i.product.ID) {
			return false
		}
	}
	return len(items) > 0
}

// subscriptionDeleted reads that a subscription is gone, of which only its number
// is told. It takes no more payments then, and Subscriptions cancels it before.
func (d delivery) subscriptionDeleted() []enrolld.Event {
	id := d.n.Get("id").Text()
	e := d.event(enrolld.EventEnded, subscriptionRef(id))
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: id, Value: enrolld.SubscriptionStatus{
		State: enrolld.SubscriptionEnded,
	}}
	return []enrolld.Event{e}
}
