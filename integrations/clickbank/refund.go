package clickbank

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

func itoa(i int) string { return strconv.Itoa(i) }

// otherReason is the one of ClickBank's reasons that says nothing for the buyer.
const otherReason = "ticket.type.refund.8"

// Refund opens a refund ticket, which ClickBank carries out by itself. It is
// always of the type rfnd: cncl ends a subscription without giving money back, but
// gives all of it back where there is none.
//
// A refund of a recurring receipt also ends the subscription. That is what giving
// back all there is means; a part of a payment, or one payment of several, leaves
// the subscription running.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	if c.APIKey == "" {
		return enrolld.Errorf(enrolld.Invalid, "give the integration an API key of ClickBank with the role API Order Write")
	}
	id, err := whichPayment(r)
	if err != nil {
		return err
	}
	receipt, item, ok := strings.Cut(id, ":item-")
	receipt, _, _ = strings.Cut(receipt, "@")
	if !ok || !knownReceipt.MatchString(receipt) {
		return enrolld.Errorf(enrolld.Invalid, "the payment is none of ClickBank's")
	}
	q := url.Values{
		"type": {"rfnd"}, "reason": {otherReason}, "refundType": {"FULL"}, "sku": {item}, "comment": {r.Reason},
	}
	paid := r.Order.Payments[id].Value
	part := r.Amount.Minor > 0 && r.Amount.Minor != paid.Amount.Minor
	if part {
		amount, _, _ := strings.Cut(r.Amount.String(), " ")
		q.Set("refundType", "PARTIAL_AMOUNT")
		q.Set("refundAmount", amount)
	}
	if paid.Subscription != "" {
		one := r.Payment != "" && len(r.Order.Payments) > 1
		q.Set("retainSubscription", strconv.FormatBool(part || one))
	}
	for name, values := range q {
		if values[0] == "" {
			q.Del(name)
		}
	}
	_, err = p.ask(ctx, c, integrations.Call{
		Method: http.MethodPost, URL: apiRoot + "/tickets/" + url.PathEscape(receipt) + "?" + q.Encode(), What: "the refund of the receipt",
	})
	if enrolld.CodeOf(err) == enrolld.Unavailable {
		return enrolld.Wrap(enrolld.Conflict, err,
			"nobody knows whether ClickBank gave the money back: look at the receipt's tickets there before you try again")
	}
	return err
}

// whichPayment finds the one payment that a refund is of. A ticket gives back one
// receipt's money, and no more than one is opened.
func whichPayment(r integrations.Refund) (string, error) {
	if _, known := r.Order.Payments[r.Payment]; r.Payment != "" {
		if !known {
			return "", enrolld.Errorf(enrolld.Invalid, "the order has no such payment")
		}
		return r.Payment, nil
	}
	var ids []string
	for id, p := range r.Order.Payments {
		of := r.Line == "" || slices.Contains(p.Value.Lines, r.Line)
		if sub := r.Order.Lines[r.Line].Subscription.Value; sub != "" && p.Value.Subscription == sub {
			of = true
		}
		if of {
			ids = append(ids, id)
		}
	}
	switch len(ids) {
	case 0:
		return "", enrolld.Errorf(enrolld.Invalid, "nothing was paid at ClickBank that could be given back")
	case 1:
		return ids[0], nil
	}
	return "", enrolld.Errorf(enrolld.Invalid, "the order has %d payments: ClickBank gives back one at a time, so name it", len(ids))
}
