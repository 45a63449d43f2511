package sendowl

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

const base = "https://api.sendowl.com/api/v1/"

// call is a question with the account's key. SendOwl answers only who says which
// format they want.
func call(c integrations.Config, method, path, what string) integrations.Call {
	basic := base64.StdEncoding.EncodeToString([]byte(c.APIKey.Reveal()))
	return integrations.Call{Method: method, URL: base + path, What: what, Header: http.Header{
		"Authorization": {"Basic " + basic}, "Accept": {"application/json"},
	}}
}

// Bounds of a catalogue.
const (
	mostPages = 50
	perPage   = 50 // the most that SendOwl gives
)

// burst is how many questions in a row SendOwl allows; then one a second.
const burst = 3

// Catalogue lists the products, bundles and subscriptions.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	if c.APIKey == "" {
		return nil, noKey("list what is for sale")
	}
	var out []integrations.Listed
	asked := 0
	for _, kind := range []string{kindProduct, kindPackage, kindSubscription} {
		for page := 1; page <= mostPages; page++ {
			if asked++; asked > burst {
				if err := pause(ctx); err != nil {
					return nil, err
				}
			}
			path := kind + "s?per_page=" + strconv.Itoa(perPage) + "&page=" + strconv.Itoa(page)
			n, err := p.api.JSON(ctx, call(c, "", path, "what is for sale"))
			if err != nil {
				return nil, err
			}
			list := n.List()
			for _, item := range list {
				if inner := item.Get(kind); inner.IsObject() {
					item = inner
				}
				if ref := refOf(kind, item, integrations.Node{}); ref.ID != "" {
					out = append(out, integrations.Listed{Product: ref, Bundle: kind == kindPackage})
				}
			}
			if len(list) < perPage {
				break
			}
		}
	}
	return out, nil
}

func noKey(what string) error {
	return enrolld.Errorf(enrolld.Invalid, "give the integration an API key of SendOwl's (KEY:SECRET) to %s", what)
}

// pause waits as long as SendOwl wants between two questions.
func pause(ctx context.Context) error {
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return enrolld.Wrap(enrolld.Unavailable, ctx.Err(), "SendOwl could not be asked in time")
	case <-t.C:
		return nil
	}
}

// Refund gives money back. The subscription goes on and the downloads stay: what
// it means for access, the rule of the product says. SendOwl has no key by which
// it would know a second try.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	if c.APIKey == "" {
		return noKey("give money back")
	}
	id, amount, err := refundable(r)
	if err != nil {
		return err
	}
	text, _, _ := strings.Cut(amount.String(), " ")
	ask := call(c, http.MethodPost, "orders/"+id+"/refund", "a refund")
	ask.Header.Set("Content-Type", "application/json")
	if ask.Body, err = json.Marshal(struct {
		Amount string `json:"amount"`
		Cancel bool   `json:"cancel_subscription"`
		Revoke bool   `json:"revoke_access"`
	}{Amount: text}); err != nil {
		return enrolld.Wrap(enrolld.Internal, err, "the refund cannot be asked for")
	}
	answer, err := p.api.Do(ctx, ask)
	switch {
	case err != nil || answer.Status >= http.StatusInternalServerError || answer.Status == http.StatusRequestTimeout:
		return enrolld.Errorf(enrolld.Conflict,
			"SendOwl did not say whether the refund was made: look at the order there before trying again")
	case answer.Status == http.StatusUnprocessableEntity || answer.Status == http.StatusBadRequest:
		return enrolld.Errorf(enrolld.Invalid, "SendOwl refuses the refund: look at the order there; "+
			"perhaps less is left to give back, or the gateway is not set up for refunds")
	}
	return p.api.Problem(answer, ask.What)
}

// refundable finds the order to refund, and how much.
func refundable(r integrations.Refund) (id string, amount enrolld.Money, err error) {
	for _, ref := range r.Order.Refs.Sorted() {
		if n, ok := strings.CutPrefix(ref, "order:"); ok && isNumber(n) {
			id = n
		}
	}
	left, ok := remaining(r.Order, r.Payment)
	switch amount = r.Amount; {
	case id == "":
		return "", amount, enrolld.Errorf(enrolld.Invalid, "the order has no number of SendOwl's")
	case amount.Minor < 0 || !ok || amount.Minor > 0 && amount.Currency != left.Currency:
		return "", amount, enrolld.Errorf(enrolld.Invalid, "give an amount in the currency in which the order was paid")
	case left.Minor <= 0:
		return "", amount, enrolld.Errorf(enrolld.Invalid, "nothing of the order is left to give back")
	case amount.Minor > left.Minor:
		return "", amount, enrolld.Errorf(enrolld.Invalid, "only %s can still be given back", left)
	case amount.Minor == 0:
		amount = left
	}
	return id, amount, nil
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// remaining is what was paid, by one payment or all, and not given back yet; false
// where that is in several currencies.
func remaining(o enrolld.Order, payment string) (enrolld.Money, bool) {
	var left enrolld.Money
	ok := true
	add := func(m enrolld.Money, sign int64) {
		if left.Currency == "" {
			left.Currency = m.Currency
		}
		ok = ok && (m.Minor == 0 || m.Currency == left.Currency)
		left.Minor += sign * m.Minor
	}
	for id, p := range o.Payments {
		if payment == "" || payment == id {
			add(p.Value.Amount, 1)
		}
	}
	for _, r := range o.Refunds {
		if payment == "" || payment == r.Value.Payment {
			add(r.Value.Amount, -1)
		}
	}
	return left, ok
}
