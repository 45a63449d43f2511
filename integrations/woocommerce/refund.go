package woocommerce

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Refund gives money of one order of the shop back, by the payment method it was
// paid with. WooCommerce knows no key by which a second try would be recognised:
// when it is not known whether the first one did it, a person has to look.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	s, err := p.shop(c)
	if err != nil {
		return err
	}
	id, err := orderOf(r)
	if err != nil {
		return err
	}
	order, err := s.api.JSON(ctx, s.call("orders/"+id, nil, "the order"))
	if err != nil {
		return err
	}
	body, err := refundBody(delivery{n: order}, r)
	if err != nil {
		return err
	}
	call := s.call("orders/"+id+"/refunds", nil, "a refund")
	call.Method, call.Body = http.MethodPost, body
	call.Header = s.header.Clone()
	call.Header.Set("Content-Type", "application/json")
	answer, err := s.api.Do(ctx, call)
	if err != nil {
		return unknown(err)
	}
	switch status := answer.Status; {
	case status == http.StatusTooManyRequests:
		return s.api.Problem(answer, "a refund")
	case status < 200, status >= 300 && status < 400, status == http.StatusRequestTimeout, status >= 500:
		return unknown(s.api.Problem(answer, "a refund"))
	}
	return s.api.Problem(answer, "a refund")
}

// unknown says that the money may be back or not: a shop also answers an error
// when its payment method cannot give money back by itself.
func unknown(cause error) error {
	return enrolld.Wrap(enrolld.Conflict, cause, "WooCommerce did not say that the money was given back. "+
		"Look at the order in WooCommerce, also whether its payment method can refund by itself, before you try again.")
}

// orderOf finds which order of the shop was paid with the money to give back.
func orderOf(r integrations.Refund) (string, error) {
	payment := r.Payment
	if payment == "" {
		var candidates []string
		for id, p := range r.Order.Payments {
			if r.Line == "" || slices.Contains(p.Value.Lines, r.Line) ||
				p.Value.Subscription != "" && p.Value.Subscription == r.Order.Lines[r.Line].Subscription.Value {
				candidates = append(candidates, id)
			}
		}
		if len(candidates) > 1 {
			return "", enrolld.Errorf(enrolld.Invalid, "several orders in WooCommerce were paid: say which payment to give back")
		}
		if len(candidates) == 1 {
			payment = candidates[0]
		}
	}
	id, ok := strings.CutPrefix(payment, "order:")
	if !ok || id == "" || strings.Trim(id, "0123456789") != "" {
		return "", enrolld.Errorf(enrolld.Invalid, "there is no payment in WooCommerce to give back")
	}
	return id, nil
}

// refundBody asks for no more than is left of the order. A line is only the
// amount here: which line it is WooCommerce keeps for its own stock and reports.
func refundBody(d delivery, r integrations.Refund) ([]byte, error) {
	total, err := d.sum(d.n.Get("total"))
	if err != nil {
		return nil, err
	}
	left := total
	for _, row := range d.n.Get("refunds").List() {
		back, err := d.sum(row.Get("total"))
		if err != nil {
			return nil, err
		}
		left.Minor -= max(back.Minor, -back.Minor)
	}
	amount := r.Amount
	if amount.Minor == 0 && r.Line != "" {
		items, err := d.items("line_items")
		if err != nil {
			return nil, err
		}
		i := find(items, r.Line)
		if i == nil {
			return nil, enrolld.Errorf(enrolld.Invalid, "the order in WooCommerce has no such line")
		}
		amount = i.amount
	}
	if amount.Minor == 0 {
		amount = left
	}
	switch {
	case amount.Currency != "" && amount.Currency != left.Currency:
		return nil, enrolld.Errorf(enrolld.Invalid, "the order was paid in %s", left.Currency)
	case left.Minor <= 0:
		return nil, enrolld.Errorf(enrolld.Invalid, "nothing is left to give back of the order in WooCommerce")
	case amount.Minor < 0 || amount.Minor > left.Minor:
		return nil, enrolld.Errorf(enrolld.Invalid, "only %s are left to give back of the order in WooCommerce", left)
	}
	decimals, _, _ := strings.Cut(enrolld.Money{Minor: amount.Minor, Currency: left.Currency}.String(), " ")
	return json.Marshal(struct {
		Amount    string `json:"amount"`
		Reason    string `json:"reason,omitempty"`
		APIRefund bool   `json:"api_refund"`
	}{decimals, r.Reason, true})
}
