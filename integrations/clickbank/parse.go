package clickbank

import (
	"cmp"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// The types of notifications, without the marks of tests.
const (
	typeSale     = "SALE"
	typeBill     = "BILL"
	typeRefund   = "RFND"
	typeDispute  = "CGBK"
	typeBounced  = "INSF"
	typeCancel   = "CANCEL-REBILL"
	typeUncancel = "UNCANCEL-REBILL"
	typeChange   = "SUBSCRIPTION-CHG"
	typeFailed   = "CUSTOMER_AUTH_FAILURE"
	typeTest     = "TEST"
)

// Parse translates a notification. With an API key it is only a claim, which
// Complete has ClickBank confirm.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return integrations.Parsed{}, s.err
	}
	n, ok := p.notice(c, r)
	if !ok {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid,
			"the notification cannot be decrypted with the integration's secret keys")
	}
	if reason := n.ignored(s); reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	parsed, err := n.parsed(s)
	parsed.Incomplete = err == nil && c.APIKey != ""
	return parsed, err
}

// parsed are the events of a notice, checked.
func (n notice) parsed(s reading) (integrations.Parsed, error) {
	events, err := n.events(s)
	if err != nil {
		return integrations.Parsed{}, err
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return integrations.Parsed{Events: events}, nil
}

// isForOthers says whether a notification tells somebody else of their share.
func isForOthers(role string) bool { return role != "" && !strings.EqualFold(role, "VENDOR") }

// ignored says why a notification has no effect; "" when it may have one.
func (n notice) ignored(s reading) string {
	switch {
	case isForOthers(n.role):
		return "ClickBank tells an affiliate or a partner of their share; the seller is told of the sale itself."
	case n.kind == typeTest:
		return "A test of the URL from ClickBank's settings: all is well."
	case !s.ours(n.vendor):
		return "The notification is of another seller."
	case n.kind == "ABANDONED_ORDER":
		return "An order form that was left: nothing was bought."
	case n.kind == "CUSTOMER_EMAIL_UPDATE":
		return "The buyer's address changed at ClickBank; access stays with the address it was bought with."
	case n.kind == "CUSTOMER_UPDATE_CC_NOTIFICATION", n.kind == "PURCHASE_DETAILS_EMAIL_RESPONSE":
		return "About mails and cards of the buyer, not about access."
	case n.test && n.receipt == "":
		return "A test without a receipt."
	case handlers[n.kind] == nil:
		return "ClickBank's notification has no meaning for access that we know of."
	}
	return ""
}

// handlers lists the notifications that matter to access.
var handlers = map[string]func(notice, reading) ([]enrolld.Event, error){
	typeSale:     notice.sale,
	typeBill:     notice.bill,
	typeRefund:   notice.refund,
	typeDispute:  notice.lost,
	typeBounced:  notice.lost,
	typeCancel:   notice.cancelled,
	typeUncancel: notice.resumed,
	typeChange:   notice.changed,
	typeFailed:   notice.failed,
}

func (n notice) events(s reading) ([]enrolld.Event, error) {
	switch {
	case n.receipt == "":
		return nil, enrolld.Errorf(enrolld.Invalid, "the notification has no receipt")
	case len(n.lines) == 0:
		return nil, enrolld.Errorf(enrolld.Invalid, "the notification names no item")
	}
	return handlers[n.kind](n, s)
}

// about begins an event of the notice's order.
func (n notice) about(kind enrolld.EventKind) enrolld.Event {
	return enrolld.Event{Kind: kind, At: n.at, Test: n.test, Refs: []string{"receipt:" + n.base}, Number: n.base}
}

// each makes an event of each line.
func (n notice) each(kind enrolld.EventKind, fill func(*enrolld.Event, line)) []enrolld.Event {
	events := make([]enrolld.Event, 0, len(n.lines))
	for _, l := range n.lines {
		e := n.about(kind)
		fill(&e, l)
		events = append(events, e)
	}
	return events
}

// subscribed lists a recurring line without anything of its sale.
func subscribed(l line) []enrolld.EventLine {
	return []enrolld.EventLine{{Key: l.key(), Product: l.product(), Subscription: l.key()}}
}

func status(l line, s enrolld.SubscriptionStatus) *enrolld.EventPart[enrolld.SubscriptionStatus] {
	return &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: l.key(), Value: s}
}

// payment names the payment of a line. A rebill that has the receipt of its sale
// is told from it by its time.
func (n notice) payment(l line) string {
	id := n.receipt
	if n.kind == typeBill && n.rebill == 0 {
		id += "@" + strconv.FormatInt(n.at.Unix(), 10)
	}
	return id + ":" + l.key()
}

func (n notice) buyer() (*enrolld.Buyer, error) {
	return integrations.Buyer(n.email, n.first, n.last, n.full, n.country)
}

// sale reads a purchase, whose recurring items begin with a payment or, where
// nothing was paid, with a trial.
func (n notice) sale(s reading) ([]enrolld.Event, error) {
	buyer, err := n.buyer()
	if err != nil {
		return nil, err
	}
	var lines []enrolld.EventLine
	events := n.each(enrolld.EventPayment, func(e *enrolld.Event, l line) {
		sold := enrolld.EventLine{Key: l.key(), Product: l.product(), Sale: &enrolld.Sale{
			Paid: true, SoldAt: n.at, Quantity: l.quantity, Amount: l.amount,
		}}
		e.Buyer = buyer
		if !l.recurring {
			e.Payment = &enrolld.EventPart[enrolld.Payment]{
				ID: n.payment(l), Value: enrolld.Payment{Amount: l.amount, Lines: []string{l.key()}},
			}
			lines = append(lines, sold)
			return
		}
		sold.Subscription = l.key()
		lines = append(lines, sold)
		if l.amount.Minor == 0 {
			e.Kind = enrolld.EventSubscription
			e.Subscription = status(l, enrolld.SubscriptionStatus{State: enrolld.SubscriptionTrialing, PaidUntil: l.paidUntil})
			return
		}
		n.pay(e, l, s)
	})
	events[0].Kind, events[0].Lines = enrolld.EventPurchase, lines
	return events, nil
}

// pay completes an event with the payment of a subscription.
func (n notice) pay(e *enrolld.Event, l line, s reading) {
	until := l.paidUntil
	if until.IsZero() {
		until = integrations.AfterText(n.at, s.Periods[l.item])
	}
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: n.payment(l), Value: enrolld.Payment{
		Amount: l.amount, Subscription: l.key(), PaidUntil: until,
	}}
	state := enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: until}
	if l.completed {
		state = enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted}
	}
	e.Subscription = status(l, state)
}

func (n notice) bill(s reading) ([]enrolld.Event, error) {
	buyer, err := n.buyer()
	if err != nil {
		return nil, err
	}
	return n.each(enrolld.EventPayment, func(e *enrolld.Event, l line) {
		e.Buyer, e.Lines = buyer, subscribed(l)
		n.pay(e, l, s)
	}), nil
}

// refund reads money given back of a receipt. Where several items share it and
// their amounts do not make up the total, the money is of the receipt as a whole.
func (n notice) refund(reading) ([]enrolld.Event, error) {
	e := n.about(enrolld.EventRefund)
	id := "rfnd:" + n.receipt + ":" + strconv.FormatInt(n.at.Unix(), 10)
	abs := func(i int64) int64 { return max(i, -i) }
	for _, l := range n.lines {
		e.Lines = append(e.Lines, enrolld.EventLine{Key: l.key(), Product: l.product()})
		e.Refunds = append(e.Refunds, enrolld.EventPart[enrolld.Refund]{ID: id + ":" + l.key(), Value: enrolld.Refund{
			Payment: n.payment(l), Amount: l.amount, Full: l.amount.Minor == 0,
		}})
	}
	if len(n.lines) > 1 && n.lines[0].amount.Currency == n.total.Currency && n.total.Minor != 0 && abs(n.sum()) > abs(n.total.Minor) {
		e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: id, Value: enrolld.Refund{Amount: n.total}}}
	}
	return []enrolld.Event{e}, nil
}

// lost reads a chargeback, of a card or of an e-check.
func (n notice) lost(reading) ([]enrolld.Event, error) {
	return n.each(enrolld.EventDisputeLost, func(e *enrolld.Event, l line) {
		e.Lines = []enrolld.EventLine{{Key: l.key(), Product: l.product()}}
		e.Dispute = &enrolld.EventPart[enrolld.Dispute]{
			ID: strings.ToLower(n.kind) + ":" + n.payment(l), Value: enrolld.Dispute{State: enrolld.DisputeLost, Payment: n.payment(l)},
		}
	}), nil
}

func (n notice) cancelled(reading) ([]enrolld.Event, error) {
	return n.each(enrolld.EventCancelled, func(e *enrolld.Event, l line) {
		e.Lines = subscribed(l)
		e.Subscription = status(l, enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelled, PaidUntil: l.paidUntil})
	}), nil
}

func (n notice) resumed(reading) ([]enrolld.Event, error) {
	return n.each(enrolld.EventSubscription, func(e *enrolld.Event, l line) {
		e.Lines = subscribed(l)
		e.Subscription = status(l, enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: l.paidUntil})
	}), nil
}

// changed reads a subscription that goes on with another item: the old one ends,
// and the new one is bought by that.
func (n notice) changed(reading) ([]enrolld.Event, error) {
	var events []enrolld.Event
	for _, l := range n.lines {
		if l.was != "" && l.was != l.item && knownItem.MatchString(l.was) {
			old := line{item: l.was}
			e := n.about(enrolld.EventSubscription)
			e.Lines = []enrolld.EventLine{{Key: old.key(), Subscription: old.key()}}
			e.Subscription = status(old, enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: n.at})
			events = append(events, e)
		}
		e := n.about(enrolld.EventSubscription)
		e.Buyer, _ = n.buyer()
		e.Lines = subscribed(l)
		if l.was != "" {
			e.Lines[0].Sale = &enrolld.Sale{Paid: true, SoldAt: n.at, Quantity: l.quantity}
		}
		e.Subscription = status(l, enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: l.paidUntil})
		events = append(events, e)
	}
	return events, nil
}

// failed reads a rebill that the card refused.
func (n notice) failed(reading) ([]enrolld.Event, error) {
	return n.each(enrolld.EventPaymentFailed, func(e *enrolld.Event, l line) {
		e.Lines = subscribed(l)
		id := cmp.Or(n.receipt, n.base) + "@" + strconv.FormatInt(n.at.Unix(), 10) + ":" + l.key()
		e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: id, Value: enrolld.Failure{Subscription: l.key()}}
	}), nil
}
