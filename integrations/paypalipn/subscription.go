package paypalipn

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// lineSubscription is the one line of a subscription.
const lineSubscription = "subscription"

func (d delivery) line() []enrolld.EventLine {
	l := enrolld.EventLine{Key: lineSubscription, Product: d.product(""), Subscription: d.subID()}
	if l.Product.ID == "" {
		return nil
	}
	return []enrolld.EventLine{l}
}

func (d delivery) stated(state enrolld.SubscriptionState, paidUntil, endsAt time.Time) *enrolld.EventPart[enrolld.SubscriptionStatus] {
	return &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: d.subID(), Value: enrolld.SubscriptionStatus{
		State: state, PaidUntil: paidUntil, EndsAt: endsAt,
	}}
}

// about begins an event about a subscription.
func (d delivery) about(kind enrolld.EventKind, at time.Time, state enrolld.SubscriptionState) enrolld.Event {
	e := d.event(kind, at, refSub+d.subID())
	if state != "" {
		e.Subscription = d.stated(state, time.Time{}, time.Time{})
	}
	return e
}

// signup reads that a subscription was taken. The money is told by itself, before or
// after; only a free trial needs none.
func (d delivery) signup() (integrations.Parsed, error) {
	at := d.at("subscr_date")
	trial, err := d.money("mc_amount1")
	if err != nil {
		return integrations.Parsed{}, err
	}
	e, err := d.begun(at)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if end := integrations.AfterText(at, d.text("period1")); trial.Minor == 0 && !end.IsZero() {
		// A second free trial follows the first.
		if second, err := d.money("mc_amount2"); err == nil && second.Minor == 0 && d.text("period2") != "" {
			end = integrations.AfterText(end, d.text("period2"))
		}
		e.Subscription = d.stated(enrolld.SubscriptionTrialing, end, time.Time{})
	}
	return done(e)
}

// begun is a subscription that waits for its first payment.
func (d delivery) begun(at time.Time) (enrolld.Event, error) {
	buyer, err := d.buyer()
	if err != nil {
		return enrolld.Event{}, err
	}
	e := d.about(enrolld.EventPurchase, at, enrolld.SubscriptionIncomplete)
	e.Buyer, e.Lines = buyer, d.line()
	if e.Lines == nil {
		return enrolld.Event{}, enrolld.Parkf("PayPal does not say what was subscribed to. Give your buttons an item number.")
	}
	e.Lines[0].Sale = &enrolld.Sale{Paid: true, SoldAt: at}
	return e, nil
}

// period is how far a payment reaches by the settings; "" when they do not say.
func (d delivery) period() string { return d.Periods[d.product("").ID] }

// profile reads that a recurring payment was set up, with what was paid at once.
func (d delivery) profile() (integrations.Parsed, error) {
	at := d.at("time_created")
	e, err := d.begun(at)
	if err != nil {
		return integrations.Parsed{}, err
	}
	next := date(d.text("next_payment_date"))
	if strings.EqualFold(d.text("period_type"), "trial") && !next.IsZero() {
		e.Subscription = d.stated(enrolld.SubscriptionTrialing, next, time.Time{})
	}
	first, err := d.money("initial_payment_amount")
	if err != nil {
		return integrations.Parsed{}, err
	}
	txn := d.text("initial_payment_txn_id")
	if txn == "" || first.Minor <= 0 || d.text("initial_payment_status") != "Completed" {
		return done(e)
	}
	p := d.event(enrolld.EventPayment, at, refSub+d.subID(), refPayment+txn)
	p.Payment = &enrolld.EventPart[enrolld.Payment]{
		ID: txn, Value: enrolld.Payment{Amount: first, Subscription: d.subID(), PaidUntil: next},
	}
	return done(e, p)
}

// paid reads a payment of a subscription, the first or a later one.
func (d delivery) paid() (integrations.Parsed, error) {
	txn, sub, at := d.text("txn_id"), d.subID(), d.moved()
	switch d.came() {
	case moneyHeld:
		return integrations.Parsed{Ignored: "The money is not there yet: PayPal tells when it comes."}, nil
	case moneyFailed:
		e := d.event(enrolld.EventPaymentFailed, at, refSub+sub, refPayment+txn)
		e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: txn, Value: enrolld.Failure{Subscription: sub}}
		return done(e)
	}
	buyer, err := d.buyer()
	if err != nil {
		return integrations.Parsed{}, err
	}
	amount, err := d.money("mc_gross")
	if err != nil {
		return integrations.Parsed{}, err
	}
	e := d.event(enrolld.EventPayment, at, refSub+sub, refPayment+txn)
	e.Buyer, e.Lines = buyer, d.line()
	if sub == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery does not say which subscription was paid")
	}
	until := date(d.text("next_payment_date"))
	if until.IsZero() {
		until = integrations.AfterText(at, d.period())
	}
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: txn, Value: enrolld.Payment{
		Amount: amount, Subscription: sub, PaidUntil: until,
	}}
	// Whoever pays is a subscriber: a trial is over.
	e.Subscription = d.stated(enrolld.SubscriptionActive, until, time.Time{})
	return done(e)
}

// failed reads that a payment was tried and did not come. Such messages have no
// date of their own; but the next try, of which they tell, is days later, and may
// have brought the money by the time a message comes that was sent again.
func (d delivery) failed() (integrations.Parsed, error) {
	const between = 24 * time.Hour // at least
	at := d.moved()
	if next := date(d.text("retry_at")); !next.IsZero() && at.After(next.Add(-between)) {
		at = next.Add(-between)
	}
	e := d.about(enrolld.EventPaymentFailed, at, "")
	id := pick(d.text("ipn_track_id"), d.text("txn_id"), e.At.Format(time.RFC3339))
	e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: "failed:" + id, Value: enrolld.Failure{Subscription: d.subID()}}
	return done(e)
}

// cancelled reads that no more payments will come. What is paid stays: the end of the
// term is told by itself, and is a period away at most.
func (d delivery) cancelled() (integrations.Parsed, error) {
	// subscr_date is when it was cancelled; where it is when it began, the message
	// came later.
	at := later(d.at("subscr_date"), d.received)
	e := d.about(enrolld.EventCancelled, at, enrolld.SubscriptionCancelled)
	if end := integrations.AfterText(at, d.text("period3")); !end.IsZero() && d.period() == "" {
		e.Subscription = d.stated(enrolld.SubscriptionCancelling, time.Time{}, end)
	}
	e.Lines = d.line()
	return done(e)
}

// resent is a little longer than PayPal goes on sending a message that nobody takes.
const resent = 5 * 24 * time.Hour

// ended reads that the paid term is over. Nothing comes after that, so that it counts
// more than a cancellation that was on its way for longer, whose date is not known.
func (d delivery) ended() (integrations.Parsed, error) {
	e := d.about(enrolld.EventEnded, d.received, "")
	e.Subscription = d.stated(enrolld.SubscriptionEnded, time.Time{}, d.received)
	e.Subscription.At = d.received.Add(resent)
	return done(e)
}

// modified reads that the buyer agreed to another price or item.
func (d delivery) modified() (integrations.Parsed, error) {
	e := d.about(enrolld.EventSubscription, d.at("subscr_effective", "subscr_date"), "")
	e.Lines = d.line()
	return done(e)
}

// profileCancelled reads that a recurring payment was stopped: its payments said how
// far they reach.
func (d delivery) profileCancelled() (integrations.Parsed, error) {
	return done(d.about(enrolld.EventCancelled, d.received, enrolld.SubscriptionCancelled))
}

// expired reads that a recurring payment has run its course.
func (d delivery) expired() (integrations.Parsed, error) {
	return done(d.about(enrolld.EventEnded, d.received, enrolld.SubscriptionCancelled))
}

func (d delivery) suspended() (integrations.Parsed, error) {
	return done(d.about(enrolld.EventSubscription, d.received, enrolld.SubscriptionPaused))
}
