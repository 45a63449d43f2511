package samcart

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// fact is what a webhook tells, under whichever of its names.
type fact uint8

const (
	factNone fact = iota
	factPurchase
	factPayment
	factFailed
	factDelinquent
	factRunning // recovered, restarted
	factCancelled
	factPlanned // a cancellation that is to come, or not any more
	factCompleted
	factRefund
	factPartRefund
)

// facts lists the types of webhooks, as they are sent and as the rules that send
// them are called, in small letters without blanks.
var facts = map[string]fact{
	"order": factPurchase, "purchase": factPurchase, "productpurchased": factPurchase, "upsellpurchased": factPurchase,
	"productaddedtoorder": factPurchase, "ordercompleted": factPurchase, "checkoutcharged": factPurchase,
	"subscriptionstarted": factPurchase,

	"recurringpaymentsucceeded": factPayment, "subscriptioncharged": factPayment, "recurringpaymentrecovered": factPayment,
	"recurringpaymentfailed": factFailed, "subscriptionchargefailed": factFailed,
	"subscriptiondelinquent": factDelinquent, "delinquent": factDelinquent,
	"subscriptionrecovered": factRunning, "subscriptionrestarted": factRunning, "restarted": factRunning,
	"cancel": factCancelled, "canceled": factCancelled, "cancelled": factCancelled,
	"subscriptioncanceled": factCancelled, "subscriptioncancelled": factCancelled,
	"subscriptioncancelscheduled": factPlanned, "subscriptioncancelscheduledstopped": factPlanned,
	"completed": factCompleted, "subscriptioncompleted": factCompleted,

	"refund": factRefund, "productrefunded": factRefund, "subscriptionchargerefunded": factRefund,
	"partialrefund": factPartRefund, "productpartiallyrefunded": factPartRefund,
	"subscriptionchargepartiallyrefunded": factPartRefund,
}

var kinds = [...]enrolld.EventKind{
	factPurchase: enrolld.EventPurchase, factPayment: enrolld.EventPayment, factFailed: enrolld.EventPaymentFailed,
	factDelinquent: enrolld.EventEnded, factRunning: enrolld.EventSubscription, factCancelled: enrolld.EventCancelled,
	factPlanned: enrolld.EventSubscription, factCompleted: enrolld.EventSubscription,
	factRefund: enrolld.EventRefund, factPartRefund: enrolld.EventRefund,
}

func (f fact) kind() enrolld.EventKind { return kinds[f] }

var unspelled = strings.NewReplacer(" ", "", "_", "", "-", "")

// delivery is a decoded webhook.
type delivery struct {
	n        integrations.Node
	received time.Time
	fact     fact
	currency string // of the settings
}

func newDelivery(n integrations.Node, received time.Time, s reading) delivery {
	return delivery{n: n, received: received, fact: factOf(n), currency: s.Currency}
}

func factOf(n integrations.Node) fact {
	return facts[unspelled.Replace(strings.ToLower(n.Get(fieldType).Text()))]
}

// number returns an id; "" where it is none. It becomes a part of addresses.
func number(n integrations.Node) string {
	s := n.Text()
	if len(s) > len("9223372036854775807") || s == "" || strings.Trim(s, "0123456789") != "" || strings.Trim(s, "0") == "" {
		return ""
	}
	return s
}

// listed splits what SamCart lists with commas: one thing as it is, whatever
// commas its name has, several where there are as many as wanted.
func listed(n integrations.Node, wanted int) []string {
	s := n.Text()
	if wanted == 1 {
		return []string{s}
	}
	parts := strings.Split(s, ",")
	if len(parts) != wanted {
		return make([]string, wanted)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// products returns the numbers of the products that the webhook is about.
func (d delivery) products() []string {
	var ids []string
	for id := range strings.SplitSeq(d.n.Get("product", "id").Text(), ",") {
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

func (d delivery) orderID() string { return number(d.n.Get("order", "id")) }

// subscriptionID returns the subscription's number, where there is one of one.
func (d delivery) subscriptionID() string { return number(d.n.Get("order", "subscription_id")) }

// refs lists what names the order.
func (d delivery) refs() []string {
	refs := make([]string, 0, 2)
	if id := d.orderID(); id != "" {
		refs = append(refs, "order:"+id)
	}
	for id := range strings.SplitSeq(d.n.Get("order", "subscription_id").Text(), ",") {
		if id = strings.TrimSpace(id); id != "" && id != "0" {
			refs = append(refs, "sub:"+id)
		}
	}
	return refs
}

// placedAt is when the order was placed; SamCart dates nothing else, and not always that.
func (d delivery) placedAt() time.Time {
	if t := d.n.Get("order", "created_at").Time(); !t.IsZero() {
		return t
	}
	return d.received
}

func (d delivery) buyer() (*enrolld.Buyer, error) {
	c := d.n.Get("customer")
	return integrations.Buyer(c.Get("email").Text(), c.Get("first_name").Text(), c.Get("last_name").Text(), "",
		c.Get("billing_country").Text())
}
