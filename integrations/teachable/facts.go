package teachable

import (
	"time"

	"enrolld"
)

// enrollment is the name of the subscription that says whether a user is enrolled.
const enrollment = "enrollment"

// facts is what an event says, once it is clear what to believe.
type facts struct {
	name                    string
	at                      time.Time
	test                    bool
	sale, transaction, user string
	course, plan            string
	productName             string
	buyer                   *enrolld.Buyer
	amount, refunded        enrolld.Money
	full                    bool
	sold, paid, refundedAt  time.Time
	paidUntil               time.Time
	status                  *enrolld.SubscriptionStatus
	unproven                bool // that the sale is the user's: Teachable knows of no payment for it
}

func (f facts) refs() []string {
	var refs []string
	if f.sale != "" && !f.unproven {
		refs = append(refs, "sale:"+f.sale)
	}
	if f.transaction != "" {
		refs = append(refs, "transaction:"+f.transaction)
	}
	if f.user != "" && f.course != "" {
		refs = append(refs, enrollment+":"+f.user+"/"+f.course)
	}
	return refs
}

// product is what was bought; its ID is empty where only a plan is known, whose
// course may be known to other deliveries.
func (f facts) product() enrolld.ProductRef {
	switch {
	case f.course != "":
		return enrolld.ProductRef{ID: f.course, Variant: f.plan, Name: f.productName}
	case f.plan != "" && f.name == saleCreated:
		return enrolld.ProductRef{ID: planID(f.plan), Name: f.productName}
	}
	return enrolld.ProductRef{}
}

func planID(plan string) string { return "plan-" + plan }

// lineKey is the identity of the sale's line.
func (f facts) lineKey() string { return "sale-" + f.sale }

// line is the sale's line.
func (f facts) line() enrolld.EventLine {
	return enrolld.EventLine{Key: f.lineKey(), Product: f.product(), Subscription: enrollment}
}

func (f facts) event() enrolld.Event {
	e := enrolld.Event{At: f.at, Test: f.test, Refs: f.refs(), Buyer: f.buyer}
	if f.status != nil {
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: enrollment, Value: *f.status}
	}
	switch f.name {
	case saleCreated:
		e.Kind, e.At = enrolld.EventPurchase, f.sold
		l := f.line()
		l.Sale = &enrolld.Sale{Paid: true, SoldAt: f.sold, Amount: f.amount}
		e.Lines = []enrolld.EventLine{l}
		if e.Subscription != nil {
			// The enrolment that comes with the sale says less.
			e.Subscription.At = f.sold.Add(time.Second)
		}
	case saleCancelled:
		e.Kind = enrolld.EventCancelled
	case transactionCreated, transactionRefunded:
		f.money(&e)
	case enrollmentDisabled:
		e.Kind = enrolld.EventEnded
	default:
		e.Kind = enrolld.EventSubscription
	}
	return e
}

// money tells a transaction: what was paid, and what of it was given back so far. It
// paid for its sale and no other of the same course.
func (f facts) money(e *enrolld.Event) {
	e.Kind = enrolld.EventPayment
	if f.name == transactionRefunded {
		e.Kind = enrolld.EventRefund
	}
	id := "transaction:" + f.transaction
	if f.transaction == "" {
		id = ""
	}
	p := enrolld.Payment{Amount: f.amount, Subscription: enrollment, PaidUntil: f.paidUntil}
	if f.sale != "" {
		p.Lines, p.Subscription = []string{f.lineKey()}, ""
		e.Lines = []enrolld.EventLine{f.line()}
	}
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, At: f.paid, Value: p}
	if e.Subscription != nil {
		e.Subscription.At = f.paid
	}
	if f.full || f.refunded.Minor > 0 {
		e.Refunds = []enrolld.EventPart[enrolld.Refund]{{
			ID: id, At: f.refundedAt, Value: enrolld.Refund{Amount: f.refunded, Full: f.full, Payment: id},
		}}
	}
}
