package jvzoo

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Complete asks JVZoo about the paykey of a delivery of v2. What it says of what
// is not signed counts; where it says nothing of that, the delivery is taken as it
// is taken without an API key.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	n, err := r.Decode()
	if err != nil || s.err != nil {
		return parsed, err
	}
	d := newDelivery(n, r.ReceivedAt)
	if !d.v2 || !knownPaykey.MatchString(d.paykey) || c.APIKey == "" {
		return parsed, nil
	}
	const what = "the transaction"
	answer, err := p.api.JSON(ctx, integrations.Call{
		URL:    "https://" + host + "/v2.0/transactions/summaries/" + url.PathEscape(d.paykey),
		Header: http.Header{"Authorization": {basic(c.APIKey.Reveal())}, "Accept": {"application/json"}}, What: what,
	})
	unknown := enrolld.Errorf(enrolld.Invalid, "JVZoo knows no such paykey: the delivery is not genuine")
	if integrations.IsSettling(r.ReceivedAt) {
		unknown = enrolld.Errorf(enrolld.Unavailable, "JVZoo does not know yet the paykey that it told of")
	}
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
		return parsed, unknown
	case err != nil:
		return parsed, err
	}
	// The answer's own word on how it went may differ from HTTP's.
	if status, ok := answer.Get("meta", "status", "http_status_code").Int(); ok && status != http.StatusOK {
		if status == http.StatusNotFound {
			return parsed, unknown
		}
		return parsed, p.api.Problem(integrations.Answer{Status: int(status)}, what)
	}
	if !answer.Get("results").Exists() {
		return parsed, enrolld.Errorf(enrolld.Unavailable, "JVZoo's answer about the transaction cannot be read")
	}
	rows := answer.Get("results").List()
	if len(rows) == 0 {
		return parsed, unknown
	}
	d.confirm(rows)
	return d.parsed(s)
}

// basic is the Authorization of a key. Its password is any, unless one was given.
func basic(key string) string {
	if !strings.Contains(key, ":") {
		key += ":x"
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(key))
}

// confirm takes over what the API says. Of several rows the one of the delivery's
// receipt counts, else the first.
func (d *delivery) confirm(rows []integrations.Node) {
	row := rows[0]
	for _, r := range rows {
		if receiptOf(r) != "" && receiptOf(r) == d.receipt {
			row = r
			break
		}
	}
	product := row.First("product_id", "productid", "product").Text()
	if productNumber.MatchString(product) {
		d.product = product
	}
	if receipt := receiptOf(row); receipt != "" {
		d.setReceipt(receipt)
		d.confirmed = productNumber.MatchString(product)
	}
	if paid := row.First("total", "price", "amount"); !paid.Empty() {
		d.amount = dollars(paid)
	}
}

func receiptOf(row integrations.Node) string { return row.First("transaction_id", "receipt").Text() }
