package clickbank

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

const apiRoot = "https://" + host + "/rest/1.3"

// ask makes a call with the account's key, which stands in the header as it is.
func (p *Platform) ask(ctx context.Context, c integrations.Config, call integrations.Call) (integrations.Answer, error) {
	h := http.Header{"Authorization": {c.APIKey.Reveal()}, "Accept": {"application/json"}}
	maps.Copy(h, call.Header)
	call.Header = h
	answer, err := p.api.Do(ctx, call)
	if err != nil {
		return answer, err
	}
	if answer.Status == http.StatusForbidden {
		return answer, forbidden(answer.Body, call.What)
	}
	return answer, p.api.Problem(answer, call.What)
}

// forbidden reads the one status that ClickBank has for four things: no such
// receipt, not yours, no such right, too many questions today.
func forbidden(body []byte, what string) error {
	if strings.Contains(strings.ToLower(string(body[:min(len(body), 1000)])), "limit") {
		return enrolld.Errorf(enrolld.Unavailable, "ClickBank has had enough questions for now (asked for %s)", what)
	}
	return enrolld.Parkf("ClickBank does not show %s to the integration's API key. Either there is none and the notification "+
		"is not genuine, or the key lacks the roles API Order Read (orders), API Products Client (products) "+
		"or API Order Write (refunds), or it is of another account.", what)
}

// Complete has ClickBank confirm a notification. What counts is what it says of
// the receipt: the address, the items, the amounts.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	n, ok := p.notice(c, r)
	if s.err != nil || !ok || n.receipt == "" || c.APIKey == "" {
		return parsed, s.err
	}
	call := integrations.Call{URL: apiRoot + "/orders2/" + url.PathEscape(n.asked()), What: "the receipt"}
	answer, err := p.ask(ctx, c, call)
	if err == nil {
		n, err = n.confirmed(answer, s)
	}
	unknown := enrolld.OutcomeOf(err) == enrolld.OutcomeDead || err != nil && answer.Status == http.StatusForbidden
	switch {
	case unknown && integrations.IsSettling(r.ReceivedAt):
		return parsed, enrolld.Errorf(enrolld.Unavailable, "ClickBank does not list yet what it told of")
	case err != nil:
		return parsed, err
	}
	return n.parsed(s)
}

// confirmed is the notice as the API's answer has it.
func (n notice) confirmed(answer integrations.Answer, s reading) (notice, error) {
	unknown := enrolld.Errorf(enrolld.Invalid, "ClickBank knows no such transaction of the receipt: the notification is not genuine")
	if answer.Status == http.StatusNoContent {
		return n, unknown
	}
	list, err := integrations.DecodeJSON(answer.Body)
	if err != nil || !list.IsObject() {
		return n, enrolld.Errorf(enrolld.Unavailable, "ClickBank's answer about the receipt cannot be read")
	}
	row, own := n.row(list.Get("orderData").List(), s)
	if !row.IsObject() {
		return n, unknown
	}
	if row.Get("email").Empty() {
		return n, enrolld.Parkf("ClickBank does not tell the buyer's address of the receipt, so the notification cannot be confirmed.")
	}
	n.email, n.country = row.Get("email").Text(), row.Get("country").Text()
	n.first, n.last, n.full = row.Get("firstName").Text(), row.Get("lastName").Text(), row.Get("fullName").Text()
	claimed := n.lines
	n.lines = nil
	if own {
		if at := moment(row.Get("transactionTime")); !at.IsZero() {
			n.at = at
		}
		if currency := row.Get("currency").Text(); currency != "" {
			n.currency = strings.ToUpper(currency)
		}
		n.total = money(row.Get("totalOrderAmount"), n.currency)
	}
	for _, item := range row.Get("lineItemData").List() {
		n.confirmLine(item, claimed, own)
	}
	if len(n.lines) == 0 {
		return n, enrolld.Errorf(enrolld.Invalid,
			"ClickBank knows none of the notification's items on the receipt: the notification is not genuine")
	}
	return n, nil
}

// asked is the receipt to ask about. That of a rebill which failed is nowhere, and
// what is no transaction belongs to the sale anyway.
func (n notice) asked() string {
	if n.isTransaction() {
		return n.receipt
	}
	return n.base
}

// row finds what the API has of the notice's transaction: its own row or, for
// what is no transaction, that of the sale.
func (n notice) row(rows []integrations.Node, s reading) (row integrations.Node, own bool) {
	best := time.Duration(-1)
	for _, r := range rows {
		if !strings.EqualFold(r.Get("receipt").Text(), n.asked()) || !s.ours(r.Get("vendor").Text()) ||
			isForOthers(r.Get("role").Text()) {
			continue
		}
		of := notice{event: r.Get("transactionType").Text()}
		of.setType()
		if of.test != n.test {
			continue
		}
		away := moment(r.Get("transactionTime")).Sub(n.at).Abs()
		switch {
		case of.kind == n.kind && (!own || away < best):
			row, own, best = r, true, away
		case !own && !row.IsObject() && !n.isTransaction():
			row = r
		}
	}
	return row, own
}

// isTransaction says whether the API lists what a notice tells as a transaction
// of its own. A bounced e-check is listed as a chargeback, if it is.
func (n notice) isTransaction() bool {
	return slices.Contains([]string{typeSale, typeBill, typeRefund, typeDispute}, n.kind)
}

// confirmLine takes over a line of the API's, if the notice is about it: all of
// its own transaction, else those that it names.
func (n *notice) confirmLine(item integrations.Node, claimed []line, own bool) {
	l := line{
		item: item.Get("itemNo").Text(), title: integrations.Clean(item.Get("productTitle").Text()),
		recurring: item.Get("recurring").Bool(), completed: strings.EqualFold(item.Get("status").Text(), "COMPLETED"),
	}
	i := slices.IndexFunc(claimed, func(c line) bool { return c.item == l.item })
	if !knownItem.MatchString(l.item) || !own && i < 0 {
		return
	}
	if i >= 0 {
		l.amount, l.quantity, l.was = claimed[i].amount, claimed[i].quantity, claimed[i].was
	}
	if q, ok := item.Get("quantity").Int(); ok && q > 0 {
		l.quantity = int(min(q, 1<<30))
	}
	if paid := item.Get("customerAmount"); own && !paid.Empty() {
		l.amount = money(paid, n.currency)
	}
	next := moment(item.Get("nextPaymentDate"))
	count, ok := item.Get("processedPayments").Int()
	// A later answer tells of later payments, which this one is not.
	if next.After(n.at) && (!ok || count <= int64(n.rebill)+1) {
		l.paidUntil = next
	}
	n.add(l)
}

// maxPages bounds the list of products, of which a page has a hundred.
const maxPages = 50

// Catalogue lists the vendor's products.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return nil, s.err
	}
	if c.APIKey == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "give the integration an API key of ClickBank with the role API Products Client")
	}
	var out []integrations.Listed
	for page := 1; page <= maxPages; page++ {
		answer, err := p.ask(ctx, c, integrations.Call{
			URL:    apiRoot + "/products/list?site=" + url.QueryEscape(s.Vendor),
			Header: http.Header{"Page": {itoa(page)}}, What: "the products",
		})
		if err != nil {
			return nil, err
		}
		list, err := integrations.DecodeJSON(answer.Body)
		if err != nil || !list.IsObject() {
			return nil, enrolld.Errorf(enrolld.Unavailable, "ClickBank's list of products cannot be read")
		}
		for _, product := range list.Get("products", "product").List() {
			sku := product.First("@sku", "sku").Text()
			if !knownItem.MatchString(sku) {
				continue
			}
			name := integrations.Clean(product.Get("title").Text())
			if name == "" {
				name = sku
			}
			out = append(out, integrations.Listed{Product: enrolld.ProductRef{ID: sku, Name: name}})
		}
		if answer.Status != http.StatusPartialContent {
			break
		}
	}
	return out, nil
}
