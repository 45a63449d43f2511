package warriorplus

import (
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// The actions that Identify has to know too.
const (
	actionSale      = "sale"
	actionCreated   = "subscr_created"
	actionPaid      = "subscr_completed"
	actionRefund    = "refund"
	actionSubRefund = "subscr_refunded"
)

// Parse translates a delivery.
func (Platform) Parse(_ integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	n, err := r.Decode()
	if err != nil {
		return integrations.Parsed{}, err
	}
	d := delivery{n: n, received: r.ReceivedAt}
	if reason := d.ignored(); reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	e, err := d.understand()
	if err == nil {
		err = e.Check()
	}
	if err != nil {
		return integrations.Parsed{}, err
	}
	return integrations.Parsed{Events: []enrolld.Event{e}}, nil
}

// ignored says why a delivery has no effect; "" when it may have one.
func (d delivery) ignored() string {
	if strings.EqualFold(d.text(fieldTo), "aff") {
		return "Sent to an affiliate: it says nothing of a buyer."
	}
	switch action := d.action(); action {
	case "":
		return "The delivery names no action."
	case actionSale, actionCreated, actionPaid:
		switch strings.ToLower(d.text("WP_PAYMENT_STATUS")) {
		case "", "completed", "refunded":
		case "pending":
			return "The payment is pending: the sale comes again once it is made."
		default:
			return "The payment is not completed."
		}
	default:
		if handlers[action] == nil && !strings.HasPrefix(action, "subscr_failed") {
			return "WarriorPlus's action has no meaning for access that we know of."
		}
	}
	return ""
}

// handlers lists the actions that matter to access.
var handlers = map[string]func(delivery) (enrolld.Event, error){
	actionSale:           delivery.bought,
	actionCreated:        delivery.bought,
	actionPaid:           delivery.rebill,
	actionRefund:         delivery.refund,
	actionSubRefund:      delivery.refund,
	"dispute":            delivery.dispute,
	"subscr_cancelled":   delivery.cancelled,
	"subscr_ended":       delivery.cancelled,
	"subscr_suspended":   delivery.suspended,
	"subscr_paused":      delivery.paused,
	"subscr_reactivated": delivery.reactivated,
}

func (d delivery) understand() (enrolld.Event, error) {
	action := d.action()
	switch {
	case strings.HasPrefix(action, "subscr_failed"):
		return d.failed()
	case once[action] && strings.EqualFold(d.text("WP_PAYMENT_STATUS"), "refunded"):
		return d.refund()
	}
	return handlers[action](d)
}
