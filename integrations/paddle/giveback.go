package paddle

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// The body of POST /adjustments
// (developer.paddle.com/api-reference/adjustments/create-adjustment). Amounts
// have their taxes in them unless tax_mode says otherwise.
type newAdjustment struct {
	Action      string    `json:"action"`
	Type        string    `json:"type"`
	Transaction string    `json:"transaction_id"`
	Reason      string    `json:"reason"`
	Items       []newItem `json:"items,omitempty"`
}

type newItem struct {
	Item   string `json:"item_id"`
	Type   string `json:"type"`
	Amount string `json:"amount,omitempty"`
}

const (
	wholeOf = "full"
	partOf  = "partial"
)

// Refund asks Paddle to give money back. Paddle knows no key by which a request
// made twice would be one, so it is made once; most refunds of live accounts wait
// for Paddle's approval after that.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	if c.APIKey == "" {
		return enrolld.Errorf(enrolld.Invalid, "give the integration a Paddle API key with the permission adjustment.write")
	}
	txn, err := refundedTransaction(r)
	if err != nil {
		return err
	}
	q := p.question(c)
	a := newAdjustment{
		Action: "refund", Type: wholeOf, Transaction: txn, Reason: cmp.Or(strings.TrimSpace(r.Reason), "Refund asked for by the seller"),
	}
	paid := r.Order.Payments[txn].Value.Amount.Minor
	if r.Line != "" || r.Amount.Minor > 0 && r.Amount.Minor != paid {
		item, err := q.refundedItem(ctx, txn, r)
		if err != nil {
			return err
		}
		a.Type, a.Items = partOf, []newItem{item}
	}
	body, err := json.Marshal(a)
	if err != nil {
		return enrolld.Wrap(enrolld.Internal, err, "the refund cannot be written")
	}
	call := q.call("a refund (permission adjustment.write)", "", "adjustments")
	call.Method, call.Body = http.MethodPost, body
	call.Header.Set("Content-Type", "application/json")
	answer, err := p.api.Do(ctx, call)
	if err != nil {
		return unknown()
	}
	return refundError(p.api, call, answer)
}

func unknown() error {
	return enrolld.Errorf(enrolld.Conflict, "Paddle did not say whether it took the refund. "+
		"Look at the transaction in Paddle before trying again.")
}

// refundError is what an answer to a refund means.
func refundError(api *integrations.API, call integrations.Call, answer integrations.Answer) error {
	switch s := answer.Status; {
	case s >= 200 && s < 300:
		return nil
	case s == http.StatusTooManyRequests:
		return enrolld.Errorf(enrolld.Unavailable, "Paddle is asked too much; it did nothing yet")
	case s < 400 || s >= 500 || s == http.StatusRequestTimeout:
		return unknown()
	case s == http.StatusBadRequest || s == http.StatusConflict:
		return enrolld.Errorf(enrolld.Invalid, "Paddle refuses the refund%s", problemCode(answer.Body))
	}
	return api.Problem(answer, call.What)
}

// problemCode is Paddle's word for what is wrong, which is a plain name like
// adjustment_total_amount_above_remaining_allowed. Its sentences may quote.
func problemCode(body []byte) string {
	n, err := integrations.DecodeJSON(body)
	if err != nil {
		return ""
	}
	code := n.Get("error", "code").Text()
	plain := func(r rune) bool { return r == '_' || r >= 'a' && r <= 'z' }
	if code == "" || len(code) > 80 || strings.ContainsFunc(code, func(r rune) bool { return !plain(r) }) {
		return ""
	}
	return " (" + code + ")"
}

// refundedTransaction is the one transaction that a refund is of.
func refundedTransaction(r integrations.Refund) (string, error) {
	if r.Payment != "" {
		if !strings.HasPrefix(r.Payment, "txn_") {
			return "", enrolld.Errorf(enrolld.Invalid, "the payment is no transaction of Paddle's")
		}
		return r.Payment, nil
	}
	var of []string
	for _, id := range slices.Sorted(maps.Keys(r.Order.Payments)) {
		lines := r.Order.Payments[id].Value.Lines
		if r.Line == "" || slices.Contains(lines, r.Line) {
			of = append(of, id)
		}
	}
	if len(of) != 1 {
		return "", enrolld.Errorf(enrolld.Invalid, "say which payment to give back: %d come into question", len(of))
	}
	return of[0], nil
}

// refundedItem is the item of the transaction that a refund of a part is of: the
// line's, or the only one.
func (q question) refundedItem(ctx context.Context, txn string, r integrations.Refund) (newItem, error) {
	out := newItem{Item: r.Line, Type: wholeOf}
	if r.Amount.Minor > 0 {
		out.Type, out.Amount = partOf, strconv.FormatInt(r.Amount.Minor, 10)
	}
	if strings.HasPrefix(r.Line, "txnitm_") {
		return out, nil
	}
	n, err := q.get(ctx, "transactions (permission transaction.read)", "transactions", txn)
	if err != nil {
		return out, err
	}
	all := items(n)
	all = slices.DeleteFunc(all, func(i item) bool { return r.Line != "" && i.key() != r.Line })
	if len(all) != 1 || all[0].id == "" {
		return out, enrolld.Errorf(enrolld.Invalid, "say which line to give back a part of: %d come into question", len(all))
	}
	out.Item = all[0].id
	return out, nil
}
