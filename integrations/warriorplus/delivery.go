package warriorplus

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// usd is the currency of all sales (article 1658556).
const usd = "USD"

// delivery is a decoded delivery.
type delivery struct {
	n        integrations.Node
	received time.Time
}

func (d delivery) text(name string) string { return d.n.Get(name).Text() }

func (d delivery) action() string { return strings.ToLower(d.text(fieldAction)) }

// sale names the sale.
func (d delivery) sale() string { return cmp.Or(d.text("WP_SALE"), d.text("WP_SALEID")) }

// refs lists what names the order: the sale in both of its forms, and the
// subscription that began with it. A transaction does so only where there is
// nothing else.
func (d delivery) refs() []string {
	refs := make([]string, 0, 3)
	for _, ref := range []struct{ kind, field string }{
		{"sale:", "WP_SALE"}, {"saleid:", "WP_SALEID"}, {"sub:", "WP_SUBSCR_ID"},
	} {
		if id := d.text(ref.field); id != "" && id != "0" {
			refs = append(refs, ref.kind+id)
		}
	}
	if txn := d.text("WP_TXNID"); len(refs) == 0 && txn != "" {
		refs = append(refs, "txn:"+txn)
	}
	return slices.Clip(refs)
}

// product reads the item.
func (d delivery) product() enrolld.ProductRef {
	return enrolld.ProductRef{ID: d.text("WP_ITEM_NUMBER"), Name: integrations.Clean(d.text("WP_ITEM_NAME"))}
}

// recurring says whether the delivery is about a subscription.
func (d delivery) recurring() bool {
	id := d.text("WP_SUBSCR_ID")
	return strings.HasPrefix(d.action(), "subscr_") || id != "" && id != "0"
}

// nextPayment is the end of the period that is paid; zero when it is not told.
func (d delivery) nextPayment() time.Time { return d.n.Get("WP_SUBSCR_NEXT_PAYMENT_DATE").Time() }

func (d delivery) amount(names ...string) (enrolld.Money, error) {
	return d.n.First(names...).Decimal(cmp.Or(strings.ToUpper(d.text("WP_SALE_CURRENCY")), usd))
}

// event begins an event of the delivery's order, which names its line.
func (d delivery) event(kind enrolld.EventKind) (enrolld.Event, error) {
	p := d.product()
	if p.ID == "" {
		return enrolld.Event{}, enrolld.Errorf(enrolld.Invalid, "the delivery does not say which item it is about")
	}
	line := enrolld.EventLine{Key: p.ID, Product: p}
	if d.recurring() {
		line.Subscription = p.ID
	}
	e := enrolld.Event{Kind: kind, At: d.received, Refs: d.refs(), Number: d.sale(), Lines: []enrolld.EventLine{line}}
	// Who bought matters only where somebody did; see bought.
	e.Buyer, _ = d.buyer()
	return e, nil
}

// buyer reads who bought; there is one field for the whole name.
func (d delivery) buyer() (*enrolld.Buyer, error) {
	return integrations.Buyer(d.text("WP_BUYER_EMAIL"), "", "", d.text("WP_BUYER_NAME"), d.text("WP_BUYER_COUNTRY"))
}

// firstPayment names the payment of the sale itself.
func (d delivery) firstPayment() string {
	return "txn:" + cmp.Or(d.text("WP_TXNID"), d.text("WP_SUBSCR_PAYMENT_TXNID"), d.sale())
}

// payment names the payment of a subscription that the delivery is about: by its
// transaction, its number, the date of the next one.
func (d delivery) payment() string {
	if txn := d.text("WP_SUBSCR_PAYMENT_TXNID"); txn != "" {
		return "txn:" + txn
	}
	if n := d.text("WP_SUBSCR_PAYMENT_NUM"); n != "" {
		return "number:" + n
	}
	return "next:" + cmp.Or(d.text("WP_SUBSCR_NEXT_PAYMENT_DATE"), d.text(fieldIPN))
}

// subscription completes an event with a statement about the line's subscription.
func subscription(e *enrolld.Event, s enrolld.SubscriptionStatus) {
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: e.Lines[0].Key, Value: s}
}
