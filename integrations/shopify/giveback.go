package shopify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

const refundMutation = `mutation GiveBack($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id }
    userErrors { field message }
  }
}`

// Refund gives money back with refundCreate, the only way that Shopify keeps from
// happening twice: the key goes with it. The money goes back where it came from,
// so the order's transactions are asked for first.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	a, err := p.connect(c)
	if err != nil {
		return err
	}
	order, err := orderOf(r)
	if err != nil {
		return err
	}
	id := number(strings.TrimPrefix(order, "order:"))
	n, err := a.api.JSON(ctx, a.call("/orders/"+id+"/transactions.json", nil, nil, "an order's transactions"))
	if err != nil {
		return err
	}
	want, whole := wanted(r)
	if whole && want.Minor == 0 {
		return enrolld.Errorf(enrolld.Invalid, "say how much to give back: the price of the line is not known")
	}
	back, err := takeFrom(n.Get("transactions").List(), want, id)
	if err != nil {
		return err
	}
	input := map[string]any{"orderId": gid("Order", id), "transactions": back}
	if r.Reason != "" {
		input["note"] = r.Reason
	}
	if whole {
		input["refundLineItems"] = []map[string]any{{
			"lineItemId": gid("LineItem", r.Line), "restockType": "NO_RESTOCK",
			"quantity": max(1, r.Order.Lines[r.Line].Sale.Value.Quantity),
		}}
	}
	data, err := a.graphQL(ctx, refundMutation, map[string]any{"input": input, "key": uuid(r.Key)}, "refunds")
	if err != nil {
		return err
	}
	if len(data.Get("refundCreate", "userErrors").List()) > 0 {
		return enrolld.Errorf(enrolld.Invalid, "Shopify refuses the refund. Look at the order in Shopify for the reason.")
	}
	return nil
}

// orderOf finds which of Shopify's orders the money is of: a subscription has one
// for each period.
func orderOf(r integrations.Refund) (string, error) {
	if strings.HasPrefix(r.Payment, "order:") {
		return r.Payment, nil
	}
	var found []string
	for id, p := range r.Order.Payments {
		if r.Line == "" || slices.Contains(p.Value.Lines, r.Line) {
			found = append(found, id)
		}
	}
	if len(found) == 0 {
		for ref := range r.Order.Refs {
			if i := strings.Index(ref, "order:"); i >= 0 {
				found = append(found, ref[i:])
			}
		}
	}
	if len(found) != 1 {
		return "", enrolld.Errorf(enrolld.Invalid, "say which payment to give back: the order has %d", len(found))
	}
	return found[0], nil
}

// wanted is the sum to give back, zero for all there is, and whether it is the
// whole of a line, which is then taken out of the order too.
func wanted(r integrations.Refund) (sum enrolld.Money, whole bool) {
	price := r.Order.Lines[r.Line].Sale.Value.Amount
	switch {
	case r.Line == "":
		return r.Amount, false
	case r.Amount.Minor == 0:
		return price, true
	}
	return r.Amount, price.Minor > 0 && r.Amount.Minor >= price.Minor
}

// source is a transaction that money can go back to.
type source struct {
	id, gateway string
	left        enrolld.Money
}

func sources(transactions []integrations.Node) ([]source, error) {
	var out []source
	for _, t := range transactions {
		kind, status := t.Get("kind").Text(), t.Get("status").Text()
		if kind != "sale" && kind != "capture" || status != "success" {
			continue
		}
		m, err := t.Get("amount").Decimal(t.Get("currency").Text())
		if err != nil {
			return nil, err
		}
		out = append(out, source{number(t.Get("id").Text()), t.Get("gateway").Text(), m})
	}
	for _, t := range transactions {
		status := t.Get("status").Text()
		if t.Get("kind").Text() != "refund" || status != "success" && status != "pending" {
			continue
		}
		m, err := t.Get("amount").Decimal(t.Get("currency").Text())
		if err != nil {
			return nil, err
		}
		for i := range out {
			if out[i].id == number(t.Get("parent_id").Text()) {
				out[i].left.Minor -= m.Minor
			}
		}
	}
	return out, nil
}

// takeFrom spreads the sum over the transactions that have some left.
func takeFrom(transactions []integrations.Node, want enrolld.Money, order string) ([]map[string]any, error) {
	from, err := sources(transactions)
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	all, missing := want.Minor == 0, want.Minor
	for _, s := range from {
		part := s.left
		if part.Minor <= 0 || s.id == "" {
			continue
		}
		if !all {
			if want.Currency != "" && want.Currency != part.Currency {
				return nil, enrolld.Errorf(enrolld.Invalid, "the buyer paid in %s: say the sum in it", part.Currency)
			}
			part.Minor = min(part.Minor, missing)
			missing -= part.Minor
		}
		if part.Minor == 0 {
			continue
		}
		amount, _, _ := strings.Cut(part.String(), " ")
		out = append(out, map[string]any{
			"orderId": gid("Order", order), "parentId": gid("OrderTransaction", s.id),
			"gateway": s.gateway, "kind": "REFUND", "amount": amount,
		})
	}
	switch {
	case len(out) == 0:
		return nil, enrolld.Errorf(enrolld.Conflict, "Shopify has nothing left of the order to give back. Look at it there.")
	case !all && missing > 0:
		return nil, enrolld.Errorf(enrolld.Invalid, "Shopify has less left of the order than is to be given back")
	}
	return out, nil
}

// uuid makes the kind of key that Shopify recommends of any.
func uuid(key string) string {
	sum := sha256.Sum256([]byte(key))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
