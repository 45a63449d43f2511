package thrivecart

import (
	"enrolld"
	"enrolld/integrations"
)

// Parse translates a delivery.
func (Platform) Parse(_ integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	n, err := r.Decode()
	if err != nil {
		return integrations.Parsed{}, err
	}
	name := n.Get(fieldEvent).Text()
	handle, ok := handlers[name]
	if !ok {
		return integrations.Parsed{Ignored: ignored(name)}, nil
	}
	events, err := handle(newDelivery(n, r.ReceivedAt))
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

// handlers lists the events of both surfaces that matter to access.
var handlers = map[string]func(delivery) ([]enrolld.Event, error){
	"order.success":                delivery.purchase,
	"order.subscription_payment":   delivery.rebill,
	"order.rebill_failed":          delivery.failed,
	"order.refund":                 delivery.refund,
	"order.subscription_cancelled": delivery.cancelled,
	"order.subscription_paused":    delivery.paused,
	"order.subscription_resumed":   delivery.resumed,

	"order_created":          delivery.purchase,
	"order_payment_product":  delivery.purchase,
	"order_payment_bump":     delivery.purchase,
	"order_payment_upsell":   delivery.purchase,
	"order_payment_downsell": delivery.purchase,
	"order_rebill":           delivery.rebill,
	"order_rebill_completed": delivery.completed,
	"order_rebill_failed":    delivery.failed,
	"order_rebill_cancelled": delivery.cancelled,
	"order_refund":           delivery.refund,
	"order_refund_product":   delivery.refund,
	"order_refund_bump":      delivery.refund,
	"order_refund_upsell":    delivery.refund,
	"order_refund_downsell":  delivery.refund,
	"subscription_paused":    delivery.paused,
	"subscription_resumed":   delivery.resumed,
}

// ignored says why an event has no effect.
func ignored(event string) string {
	switch event {
	case "cart.abandoned", "cart_abandoned":
		return "A cart that was left at the checkout: nothing was bought."
	case "affiliate.commission_earned", "affiliate.commission_payout", "affiliate.commission_refund",
		"affiliate_approved", "affiliate_rejected", "affiliate_commission_earned",
		"affiliate_commission_payout", "affiliate_commission_refund":
		return "About an affiliate, not about a buyer's access."
	case "customer_updated":
		return "The buyer's details changed at ThriveCart; access stays with the address it was bought with."
	case "":
		return "The delivery names no event."
	}
	return "ThriveCart's event has no meaning for access that we know of."
}
