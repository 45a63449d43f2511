package paypal

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Refund gives money back: of a capture, or of a sale where the payment is a
// subscription's. PayPal knows the refund by its key, so that asking again for the
// same one gives nothing twice.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return s.err
	}
	if c.APIKey == "" {
		return enrolld.Errorf(enrolld.Invalid, "to give money back give the integration an API key: %s", keyForm)
	}
	id, payment, err := refundedPayment(r)
	if err != nil {
		return err
	}
	amount := r.Amount
	if line, ok := r.Order.Lines[r.Line]; ok && amount.Minor == 0 && len(r.Order.Lines) > 1 {
		if amount = line.Sale.Value.Amount; amount.Minor == 0 && line.Subscription.Value == "" {
			// Without an amount PayPal gives all of the payment back.
			return enrolld.Errorf(enrolld.Invalid, "nothing was paid for the line that could be given back: name an amount")
		}
	}
	path, body := "/v2/payments/captures/"+url.PathEscape(id)+"/refund", map[string]any{}
	price := map[string]string{"value": decimal(amount), "currency_code": amount.Currency}
	note := "note_to_payer"
	if payment.Subscription != "" {
		path, note = "/v1/payments/sale/"+url.PathEscape(id)+"/refund", "description"
		price = map[string]string{"total": decimal(amount), "currency": amount.Currency}
	}
	if amount.Minor != 0 {
		body["amount"] = price
	}
	if reason := clip(integrations.Clean(r.Reason)); reason != "" {
		body[note] = reason
	}
	text, err := json.Marshal(body)
	if err != nil {
		return enrolld.Wrap(enrolld.Invalid, err, "the refund cannot be written")
	}
	answer, err := p.do(ctx, c, s.Settings, integrations.Call{
		Method: http.MethodPost, URL: path, Body: text, What: "a refund",
		Header: http.Header{"Paypal-Request-Id": {requestID(r.Key)}},
	})
	if err != nil {
		return err
	}
	return p.refusal(s.Settings, answer)
}

// refundedPayment finds the payment to give back.
func refundedPayment(r integrations.Refund) (string, enrolld.Payment, error) {
	if p, ok := r.Order.Payments[r.Payment]; ok {
		return r.Payment, p.Value, nil
	}
	if r.Payment != "" {
		return "", enrolld.Payment{}, enrolld.Errorf(enrolld.Invalid, "the order has no such payment")
	}
	sub := r.Order.Lines[r.Line].Subscription.Value
	var ids []string
	for id, p := range r.Order.Payments {
		of := p.Value
		if r.Line == "" || slices.Contains(of.Lines, r.Line) || len(of.Lines) == 0 && of.Subscription == sub {
			ids = append(ids, id)
		}
	}
	if len(ids) != 1 {
		return "", enrolld.Payment{}, enrolld.Errorf(enrolld.Invalid,
			"there are %d payments that this could be a refund of: say which one", len(ids))
	}
	return ids[0], r.Order.Payments[ids[0]].Value, nil
}

// decimal writes an amount as PayPal wants it: without decimals in the currencies
// in which it takes none.
func decimal(m enrolld.Money) string {
	text, _, _ := strings.Cut(enrolld.Money{Minor: max(m.Minor, -m.Minor), Currency: m.Currency}.String(), " ")
	if slices.Contains([]string{"HUF", "TWD"}, m.Currency) {
		text, _, _ = strings.Cut(text, ".")
	}
	return text
}

// clip keeps a note within what PayPal takes.
func clip(s string) string {
	const most = 255
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// requestID is a key as PayPal takes it: of 38 characters at most for some calls.
func requestID(key string) string {
	const most = 38
	if len(key) <= most {
		return key
	}
	return integrations.BodyKey([]byte(key))[len("sha256:"):][:most]
}

// issue is the word by which PayPal names what is wrong.
var issue = regexp.MustCompile(`^[A-Z_]{3,60}$`)

// refusal is what an answer says of a refund.
func (p *Platform) refusal(s Settings, answer integrations.Answer) error {
	switch answer.Status {
	case http.StatusNotFound:
		return enrolld.Errorf(enrolld.NotFound, "PayPal knows no such payment to give back")
	case http.StatusConflict: // the same refund is being made this moment
		return enrolld.Errorf(enrolld.Unavailable, "PayPal is still busy with the same refund")
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		n, err := integrations.DecodeJSON(answer.Body)
		why := cmp.Or(n.Get("details", "0", "issue").Text(), n.Get("name").Text())
		if err != nil || !issue.MatchString(why) {
			why = "no reason given"
		}
		return enrolld.Errorf(enrolld.Invalid, "PayPal refuses the refund (%s)", why)
	}
	return p.api(s).Problem(answer, "a refund")
}
