package samcart

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Refund gives back a charge or a part of it, with one call. SamCart knows no key
// by which a second try would be the same refund, so where it does not answer
// nobody may try again without looking.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	if c.APIKey == "" {
		return enrolld.Errorf(enrolld.Invalid, "money can only be given back with an API key of SamCart")
	}
	charge, amount, err := chargeOf(r)
	if err != nil {
		return err
	}
	body := []byte("{}")
	if amount > 0 {
		if body, err = json.Marshal(map[string]int64{"amount": amount}); err != nil {
			return enrolld.Wrap(enrolld.Internal, err, "the refund cannot be written")
		}
	}
	h := header(c.APIKey)
	h.Set("Content-Type", "application/json")
	answer, err := p.api.Do(ctx, integrations.Call{
		Method: http.MethodPost, URL: apiBase + "/refunds/charges/" + charge + "/", Header: h, Body: body, What: "a refund",
	})
	if err != nil || answer.Status >= http.StatusInternalServerError || answer.Status == http.StatusRequestTimeout {
		return enrolld.Errorf(enrolld.Conflict, "SamCart did not say whether it gave the money back. "+
			"Look at the order in SamCart before trying again.")
	}
	return p.api.Problem(answer, "a refund")
}

// chargeOf finds the charge to give back, and how much of it in cents; 0 is all.
func chargeOf(r integrations.Refund) (charge string, amount int64, err error) {
	key := r.Payment
	if key == "" {
		var keys []string
		for k, p := range r.Order.Payments {
			sub := r.Order.Lines[r.Line].Subscription.Value
			if r.Line == "" || slices.Contains(p.Value.Lines, r.Line) || sub != "" && p.Value.Subscription == sub {
				keys = append(keys, k)
			}
		}
		if len(keys) != 1 {
			return "", 0, enrolld.Errorf(enrolld.Invalid, "say which of the order's %d payments to give back", len(keys))
		}
		key = keys[0]
	}
	charge, ok := strings.CutPrefix(key, "charge:")
	if !ok || charge == "" || strings.Trim(charge, "0123456789") != "" {
		return "", 0, enrolld.Errorf(enrolld.Invalid, "SamCart gives back charges, and this payment is not known as one")
	}
	if amount = r.Amount.Minor; amount == 0 && r.Line != "" && len(r.Order.Payments[key].Value.Lines) > 1 {
		// The charge paid for more than this line.
		if amount = r.Order.Lines[r.Line].Sale.Value.Amount.Minor; amount <= 0 {
			return "", 0, enrolld.Errorf(enrolld.Invalid, "say how much to give back: what the product cost is not known")
		}
	}
	if amount < 0 {
		return "", 0, enrolld.Errorf(enrolld.Invalid, "an amount to give back cannot be negative")
	}
	return charge, amount, nil
}
