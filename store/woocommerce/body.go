package woocommerce

import (
	"strconv"
	"strings"
	"time"
)

// layout is how a body writes dates.
const layout = "2006-01-02T15:04:05"

// body is an order as the REST API writes it, in its order of fields.
type body struct {
	ID               int64   `json:"id"`
	ParentID         int64   `json:"parent_id"`
	Status           string  `json:"status"`
	Currency         string  `json:"currency"`
	Version          string  `json:"version"`
	PricesIncludeTax bool    `json:"prices_include_tax"`
	DateCreated      *string `json:"date_created"`
	DateModified     *string `json:"date_modified"`
	DiscountTotal    string  `json:"discount_total"`
	DiscountTax      string  `json:"discount_tax"`
	ShippingTotal    string  `json:"shipping_total"`
	ShippingTax      string  `json:"shipping_tax"`
	CartTax          string  `json:"cart_tax"`
	Total            string  `json:"total"`
	TotalTax         string  `json:"total_tax"`
	CustomerID       int64   `json:"customer_id"`
	OrderKey         string  `json:"order_key"`
	Billing          billing `json:"billing"`
	Shipping         address `json:"shipping"`
	PaymentMethod    string  `json:"payment_method"`
	PaymentTitle     string  `json:"payment_method_title"`
	TransactionID    *string `json:"transaction_id,omitempty"` // of orders
	IPAddress        string  `json:"customer_ip_address"`
	UserAgent        string  `json:"customer_user_agent"`
	CreatedVia       string  `json:"created_via"`
	CustomerNote     string  `json:"customer_note"`
	DateCompleted    *string `json:"date_completed"`
	DatePaid         *string `json:"date_paid"`
	CartHash         *string `json:"cart_hash,omitempty"` // of orders
	Number           string  `json:"number"`

	MetaData  []shownRow  `json:"meta_data"`
	LineItems []lineItem  `json:"line_items"`
	Refunds   []refundRow `json:"refunds,omitzero"` // of orders, also when there are none

	DateCreatedGMT   *string `json:"date_created_gmt"`
	DateModifiedGMT  *string `json:"date_modified_gmt"`
	DateCompletedGMT *string `json:"date_completed_gmt"`
	DatePaidGMT      *string `json:"date_paid_gmt"`

	*subscription
}

// subscription is what a subscription has besides.
type subscription struct {
	BillingPeriod   string     `json:"billing_period"`
	BillingInterval string     `json:"billing_interval"`
	TrialPeriod     string     `json:"trial_period"`
	Suspensions     int64      `json:"suspension_count"`
	Manual          bool       `json:"requires_manual_renewal"`
	Start           string     `json:"start_date_gmt"`
	TrialEnd        string     `json:"trial_end_date_gmt"`
	NextPayment     string     `json:"next_payment_date_gmt"`
	LastPayment     string     `json:"last_payment_date_gmt"`
	Cancelled       string     `json:"cancelled_date_gmt"`
	End             string     `json:"end_date_gmt"`
	From            string     `json:"resubscribed_from"`
	TakenUp         string     `json:"resubscribed_subscription"`
	Removed         []lineItem `json:"removed_line_items"`
}

type address struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Company   string `json:"company"`
	Address1  string `json:"address_1"`
	Address2  string `json:"address_2"`
	City      string `json:"city"`
	State     string `json:"state"`
	Postcode  string `json:"postcode"`
	Country   string `json:"country"`
	Phone     string `json:"phone"`
}

type billing struct {
	address
	Email string `json:"email"`
}

type refundRow struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
	Total  string `json:"total"`
}

// body writes an order.
func (s shop) body(r *record) body {
	b := body{
		ID: r.id, ParentID: r.parent, Status: r.status, Number: strconv.FormatInt(r.id, 10),
		Currency: r.props["_order_currency"], Version: r.props["_order_version"],
		PricesIncludeTax: r.props["_prices_include_tax"] == "yes",
		DiscountTotal:    s.amount(orZero(r.props["_cart_discount"])), DiscountTax: s.amount(orZero(r.props["_cart_discount_tax"])),
		ShippingTotal: s.amount(orZero(r.props["_order_shipping"])), ShippingTax: s.amount(orZero(r.props["_order_shipping_tax"])),
		CartTax: s.amount(orZero(r.props["_order_tax"])), Total: s.amount(orZero(r.props["_order_total"])),
		TotalTax:   s.amount(orZero(r.props["_order_tax"]), r.props["_order_shipping_tax"]),
		CustomerID: whole(r.props["_customer_user"]), OrderKey: r.props["_order_key"],
		Billing:       billing{addressOf(r.props, "_billing_"), r.props["_billing_email"]},
		Shipping:      addressOf(r.props, "_shipping_"),
		PaymentMethod: r.props["_payment_method"], PaymentTitle: r.props["_payment_method_title"],
		IPAddress: r.props["_customer_ip_address"], UserAgent: r.props["_customer_user_agent"],
		CreatedVia: r.props["_created_via"], CustomerNote: r.props[propNote],
		MetaData: shown(r.meta), LineItems: s.lineItems(r.items, false),
	}
	paid, completed := r.paid, r.completed
	if r.kind == typeSubscription {
		paid = r.lastOf(func(o related) string { return o.paid })
		completed = r.lastOf(func(o related) string { return o.completed })
		b.subscription = s.subscription(r)
	} else {
		transaction, hash := r.props["_transaction_id"], r.props["_cart_hash"]
		b.TransactionID, b.CartHash = &transaction, &hash
		b.Refunds = make([]refundRow, 0, len(r.refunds))
		for _, f := range r.refunds {
			b.Refunds = append(b.Refunds, refundRow{f.id, f.reason, "-" + s.amount(f.amount)})
		}
	}
	b.DateCreated, b.DateCreatedGMT = s.local(r.created), orNull(r.created)
	b.DateModified, b.DateModifiedGMT = s.local(r.modified), orNull(r.modified)
	b.DateCompleted, b.DateCompletedGMT = s.local(completed), orNull(completed)
	b.DatePaid, b.DatePaidGMT = s.local(paid), orNull(paid)
	return b
}

// subscription writes what subscriptions have besides.
func (s shop) subscription(r *record) *subscription {
	sub := &subscription{
		BillingPeriod: r.props["_billing_period"], BillingInterval: r.props["_billing_interval"],
		TrialPeriod: r.props["_trial_period"], Suspensions: whole(r.props["_suspension_count"]),
		Start: scheduled(r.props["_schedule_start"]), TrialEnd: scheduled(r.props["_schedule_trial_end"]),
		NextPayment: scheduled(r.props["_schedule_next_payment"]), LastPayment: r.lastPayment(),
		Cancelled: scheduled(r.props["_schedule_cancelled"]), End: scheduled(r.props["_schedule_end"]),
		From: r.props[metaResubscribe], Removed: s.lineItems(r.items, true),
	}
	if sub.Start == "" {
		sub.Start = r.created
	}
	switch strings.ToLower(r.props["_requires_manual_renewal"]) {
	case "true", "yes", "1":
		sub.Manual = true
	}
	if id := r.takenUp(); id != 0 {
		sub.TakenUp = strconv.FormatInt(id, 10)
	}
	return sub
}

// scheduled reads a date of a schedule, in UTC; "0" and "" are none.
func scheduled(date string) string {
	t, err := time.Parse(time.DateTime, date)
	if err != nil || t.Year() < 1 {
		return ""
	}
	return t.Format(layout)
}

func addressOf(props map[string]string, kind string) address {
	return address{
		props[kind+"first_name"], props[kind+"last_name"], props[kind+"company"], props[kind+"address_1"],
		props[kind+"address_2"], props[kind+"city"], props[kind+"state"], props[kind+"postcode"],
		props[kind+"country"], props[kind+"phone"],
	}
}

// local writes a date in the shop's zone, null where there is none.
func (s shop) local(gmt string) *string {
	t, err := time.Parse(layout, gmt)
	if err != nil {
		return nil
	}
	text := t.In(s.location).Format(layout)
	return &text
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

// whole reads the number at the beginning of a text, as PHP's absint.
func whole(text string) int64 {
	text = strings.TrimLeft(strings.TrimSpace(text), "-")
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
