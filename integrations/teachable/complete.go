package teachable

import (
	"context"
	"net/url"
	"slices"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// What one delivery can make us ask about.
const (
	mostEvents = 200
	mostUsers  = 10
)

// settling says whether the API may still be behind: what it does not know of yet is
// asked for again.
func (c claim) settling() bool { return integrations.IsSettling(c.received) }

// anew is after how long an enrolment is taken for another one than the first:
// whether Teachable dates it anew is not documented.
const anew = time.Hour

// Complete asks Teachable what a delivery is about and believes that.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	if !p.settings.Get(c.Settings, read).confirm || len(parsed.Events) == 0 {
		parsed.Incomplete = false
		return parsed, nil
	}
	if c.APIKey == "" {
		return parsed, enrolld.Parkf("Teachable cannot be asked whether the delivery is true: the integration has no API key. Give it one.")
	}
	n, err := r.DecodeJSON()
	if err != nil {
		return parsed, err
	}
	list, _ := claims(n, r.ReceivedAt)
	if len(list) > mostEvents {
		return parsed, errTooMany
	}
	a := p.asker(ctx, c)
	events := make([]enrolld.Event, 0, len(list))
	for _, c := range list {
		e, err := a.confirm(c)
		switch {
		case enrolld.CodeOf(err) == enrolld.NotFound && c.settling():
			return parsed, enrolld.Errorf(enrolld.Unavailable, "Teachable's API does not know of the sale yet")
		case enrolld.CodeOf(err) == enrolld.NotFound:
			continue // what Teachable knows of beside it counts
		case err != nil:
			return parsed, err
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return parsed, enrolld.Errorf(enrolld.Invalid, "Teachable knows no such sale: the delivery is not genuine")
	}
	return finish(events, false)
}

var errTooMany = enrolld.Errorf(enrolld.Invalid, "the delivery has more events than Teachable can be asked about")

// confirm asks about one event.
func (a asker) confirm(c claim) (enrolld.Event, error) {
	u, err := a.user(c.user)
	if err != nil {
		return enrolld.Event{}, err
	}
	f := facts{name: c.name, at: c.at, test: c.test, user: c.user, sold: c.sold}
	// Whose address cannot be written to matters only where somebody bought.
	buyer, unreachable := integrations.Buyer(u.email, "", "", u.name, "")
	f.buyer = buyer
	switch c.name {
	case saleCreated:
		if unreachable != nil {
			return enrolld.Event{}, unreachable
		}
		err = a.confirmSale(&f, c, u)
	case saleCancelled:
		err = a.confirmCancelled(&f, c, u)
	case transactionCreated, transactionRefunded:
		err = a.confirmTransaction(&f, c, u)
	default:
		err = a.confirmEnrollment(&f, c, u)
	}
	return f.event(), err
}

var errUnknown = enrolld.Errorf(enrolld.NotFound, "Teachable knows of nothing like it")

// confirmSale looks for what was paid for the sale. Nothing is paid for what is
// free, tried or given by hand: then the user must be, or have been, enrolled.
func (a asker) confirmSale(f *facts, c claim, u user) error {
	if !isID(c.sale) {
		return errUnknown
	}
	f.sale = c.sale
	all, err := a.transactions(c.user)
	if err != nil {
		return err
	}
	paid := all.of(c.sale)
	if len(paid) == 0 {
		return a.confirmUnpaid(f, c, u)
	}
	first := paid[0]
	for _, n := range paid[1:] {
		if paidAt(n).Before(paidAt(first)) {
			first = n
		}
	}
	f.amount = first.Get("final_price").Minor(first.Get("currency").Text())
	f.sold = or(paidAt(first), c.sold)
	_, err = a.bought(f, first, u)
	return err
}

func (a asker) confirmUnpaid(f *facts, c claim, u user) error {
	in, ok := u.enrolled(c.course)
	if !ok {
		return errUnknown
	}
	f.unproven = true
	f.course, f.productName = c.course, integrations.Clean(in.Get("course_name").Text())
	f.sold = or(in.Get("enrolled_at").Time(), c.sold)
	f.amount = enrolld.Money{Currency: c.amount.Currency}
	if !active(in) {
		f.status = &enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: c.at}
		return nil
	}
	p, err := a.plan(c.plan)
	if err != nil || p.course != c.course {
		return err // the plan that is claimed is another course's
	}
	f.plan = c.plan
	switch {
	case p.recurring && p.trialDays > 0:
		f.status = &enrolld.SubscriptionStatus{
			State: enrolld.SubscriptionTrialing, PaidUntil: f.sold.AddDate(0, 0, p.trialDays),
		}
	case c.amount.Minor > 0 && c.settling():
		return errUnknown // its transaction is to come
	}
	return nil
}

// bought says what a transaction was for.
func (a asker) bought(f *facts, transaction integrations.Node, u user) (plan, error) {
	f.plan = transaction.Get("pricing_plan_id").Text()
	p, err := a.plan(f.plan)
	if err != nil {
		return p, err
	}
	f.course, f.productName = p.course, p.name
	if in, ok := u.enrolled(p.course); ok {
		f.productName = pick(integrations.Clean(in.Get("course_name").Text()), p.name)
	}
	return p, nil
}

func (a asker) confirmTransaction(f *facts, c claim, u user) error {
	all, err := a.transactions(c.user)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(n integrations.Node) bool {
		return isID(c.transaction) && n.Get("id").Text() == c.transaction
	})
	if at < 0 {
		return errUnknown
	}
	n := all[at]
	currency := n.Get("currency").Text()
	f.transaction, f.sale = c.transaction, n.Get("sale_id").Text()
	f.amount, f.refunded = n.Get("final_price").Minor(currency), n.Get("amount_refunded").Minor(currency)
	f.paid = or(paidAt(n), c.paid)
	p, err := a.bought(f, n, u)
	if err != nil {
		return err
	}
	f.paidUntil = p.after(f.paid)
	given, _ := n.Get("amount_refunded").Int()
	charge, _ := n.Get("charge").Int()
	stamped := n.Get("refunded_at").Time()
	// charge is in dollars, and whether the refund is too is not documented.
	f.full = given > 0 && (given >= f.amount.Minor || given == charge) || given == 0 && !stamped.IsZero()
	f.refundedAt = or(stamped, c.at)
	if c.name == transactionRefunded && given == 0 && stamped.IsZero() {
		return errUnknown
	}
	if in, ok := u.enrolled(p.course); ok && active(in) && !p.recurring && f.sale != "" {
		return a.confirmAnew(f, all, in)
	}
	return nil
}

// confirmAnew says that an enrolment stands which is older than the first payment of
// what has no end: what was said of it until now, that a trial or a subscription ends
// it, is of another sale.
func (a asker) confirmAnew(f *facts, all transactions, in integrations.Node) error {
	for _, n := range all.of(f.sale) {
		if paidAt(n).Before(f.paid) {
			return nil
		}
	}
	began := in.Get("enrolled_at").Time()
	_, before, err := a.others(all, f.sale, f.course, f.paid)
	if before || !began.IsZero() && f.paid.Sub(began) > anew {
		f.status = &enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive}
	}
	return err
}

// others looks at what else of a course a user paid for, and was not given back:
// how far it reaches, far beyond all dates where it has no end, and whether any of
// it was paid before a moment.
func (a asker) others(all transactions, sale, course string, moment time.Time) (until time.Time, before bool, err error) {
	for _, n := range all {
		if n.Get("sale_id").Text() == sale || course == "" {
			continue
		}
		p, err := a.plan(n.Get("pricing_plan_id").Text())
		if err != nil {
			return until, before, err
		}
		if p.course != course {
			continue
		}
		before = before || paidAt(n).Before(moment)
		end := p.after(paidAt(n))
		if end.IsZero() {
			end = forever
		}
		if given, _ := n.Get("amount_refunded").Int(); given == 0 && n.Get("refunded_at").Empty() && end.After(until) {
			until = end
		}
	}
	return until, before, nil
}

var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// confirmCancelled finds how far the cancelled subscription is paid. That it was
// cancelled no API tells. Where the user has more of the course by another sale, the
// cancelled one ends with what it paid for, and nothing is said of the enrolment.
func (a asker) confirmCancelled(f *facts, c claim, u user) error {
	if !isID(c.sale) {
		return errUnknown
	}
	f.sale = c.sale
	all, err := a.transactions(c.user)
	if err != nil {
		return err
	}
	paid := all.of(c.sale)
	if len(paid) == 0 {
		if _, ok := u.enrolled(c.course); !ok {
			return errUnknown
		}
		f.course, f.unproven = c.course, true
		return nil
	}
	var until time.Time
	for _, n := range paid {
		p, err := a.bought(f, n, u)
		if err != nil {
			return err
		}
		if end := p.after(paidAt(n)); end.After(until) {
			until = end
		}
	}
	more, _, err := a.others(all, c.sale, f.course, time.Time{})
	if !until.IsZero() && !more.After(until) {
		f.status = &enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelled, PaidUntil: until}
	}
	return err
}

// confirmEnrollment says whether the user is enrolled now, whatever the event said
// of then.
func (a asker) confirmEnrollment(f *facts, c claim, u user) error {
	in, ok := u.enrolled(c.course)
	if !ok {
		return errUnknown
	}
	f.course = c.course
	began := in.Get("enrolled_at").Time()
	if !active(in) {
		f.status = &enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: c.at}
		return nil
	}
	if c.name == enrollmentDisabled && c.settling() {
		return errUnknown // the API is still behind
	}
	f.status = &enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive}
	if c.name == enrollmentCreated && !began.IsZero() && f.at.Sub(began) < anew {
		f.at = began
	}
	if c.until.IsZero() || began.IsZero() || !isID(c.course) {
		return nil
	}
	n, err := a.get("courses/"+c.course+"/enrollments", url.Values{
		"enrolled_in_after":  {began.Add(-time.Second).Format(time.RFC3339)},
		"enrolled_in_before": {began.Add(time.Second).Format(time.RFC3339)},
	}, "an enrolment")
	if err != nil {
		return err
	}
	for _, e := range n.Get("enrollments").List() {
		if e.Get("user_id").Text() == c.user {
			f.status.PaidUntil = e.Get("expires_at").Time()
		}
	}
	return nil
}

// active says whether an enrolment stands; one that does not say so does.
func active(in integrations.Node) bool {
	n := in.Get("is_active_enrollment")
	return n.Empty() || n.Bool()
}

func paidAt(n integrations.Node) time.Time {
	return firstTime(n.Get("purchased_at"), n.Get("created_at"))
}
