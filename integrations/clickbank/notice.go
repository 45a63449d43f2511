package clickbank

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

const usd = "USD"

// notice is a notification, read, of whatever version, or what the API says of
// the same transaction.
type notice struct {
	event string // ClickBank's name of it
	kind  string // the same without the marks of a test
	test  bool
	at    time.Time

	receipt string // of this transaction
	base    string // of the sale
	rebill  int    // which rebill it is, 0 for the sale

	vendor, role                      string
	email, first, last, full, country string
	currency                          string
	total                             enrolld.Money
	lines                             []line
}

// line is an item of a notification.
type line struct {
	item, title string
	recurring   bool
	quantity    int
	amount      enrolld.Money // of all pieces; no currency: not known
	was         string        // the item that it came in place of

	paidUntil time.Time // by the API or the old form
	completed bool      // nothing is left to pay, by the same
}

func (l line) key() string { return "item-" + l.item }

func (l line) product() enrolld.ProductRef { return enrolld.ProductRef{ID: l.item, Name: l.title} }

// notice reads a request: an envelope, what is stored in its place, or the old
// form.
func (p *Platform) notice(c integrations.Config, r integrations.Request) (notice, bool) {
	n, err := r.Decode()
	if err != nil {
		return notice{}, false
	}
	if kept := n.Get(fieldStored); kept.IsObject() {
		return readNotice(kept), true
	}
	if !n.Get(fieldVerify).Empty() {
		return legacyNotice(n), n.Get("ctransaction").IsText()
	}
	o, ok := p.open(c.Secrets, n, p.settings.Get(c.Settings, read))
	if !ok {
		return notice{}, false
	}
	return readNotice(o.n), true
}

// readNotice reads a decrypted notification.
func readNotice(n integrations.Node) notice {
	out := notice{
		event: n.Get("transactionType").Text(), at: moment(n.Get("transactionTime")),
		vendor: n.Get("vendor").Text(), role: n.Get("role").Text(),
		currency: strings.ToUpper(cmp.Or(n.Get("currency").Text(), usd)),
	}
	out.setReceipt(n.Get("receipt").Text())
	out.setType()
	for _, part := range []string{"billing", "shipping"} {
		who := n.Get("customer", part)
		if out.email == "" {
			out.email = who.Get("email").Text()
		}
		if out.first+out.last+out.full == "" {
			out.first, out.last, out.full = who.Get("firstName").Text(), who.Get("lastName").Text(), who.Get("fullName").Text()
		}
		out.country = cmp.Or(out.country, who.Get("address", "country").Text(), who.Get("country").Text())
	}
	out.total = money(n.Get("totalOrderAmount"), out.currency)
	out.readLines(n.Get("lineItems").List())
	return out
}

// setReceipt takes a receipt apart: CWOGBLFN-B002 is the second rebill of
// CWOGBLFN. A masked one is none.
func (n *notice) setReceipt(receipt string) {
	if strings.Contains(receipt, "*") || !knownReceipt.MatchString(receipt) {
		return
	}
	n.receipt, n.base = receipt, receipt
	if base, number, ok := strings.Cut(receipt, "-B"); ok {
		if i, err := strconv.Atoi(number); err == nil && i > 0 {
			n.base, n.rebill = base, i
		}
	}
}

// setType takes the mark of a test out of the type's name.
func (n *notice) setType() {
	n.kind = n.event
	if n.kind == typeTest {
		return
	}
	if plain, ok := strings.CutPrefix(n.kind, "TEST_"); ok {
		n.kind, n.test = plain, true
	}
	if plain := strings.Replace(n.kind, "-TEST-", "-", 1); plain != n.kind {
		n.kind, n.test = plain, true
	}
}

// readLines reads the items; rows of one item are one line.
func (n *notice) readLines(rows []integrations.Node) {
	priced := len(rows) > 0
	for _, row := range rows {
		priced = priced && row.Get("productPrice").Exists()
	}
	for _, row := range rows {
		l := line{
			item: row.Get("itemNo").Text(), title: integrations.Clean(row.Get("productTitle").Text()),
			recurring: row.Get("recurring").Bool(),
		}
		if q, ok := row.Get("quantity").Int(); ok && q > 0 {
			l.quantity = int(min(q, 1<<30))
		}
		l.was, l.item = changed(l.item)
		if !knownItem.MatchString(l.item) {
			continue
		}
		switch {
		case !priced:
			l.amount = money(row.Get("accountAmount"), usd)
		case len(rows) > 1:
			l.amount = n.price(row, 1)
		}
		n.add(l)
	}
	switch {
	case !priced:
	case len(n.lines) == 1:
		// The one amount that leaves nothing to guess.
		n.lines[0].amount = n.total
	case n.sum() != n.total.Minor:
		n.perPiece(rows)
	}
}

func (n *notice) add(l line) {
	for i := range n.lines {
		if n.lines[i].item == l.item {
			n.lines[i].amount.Minor += l.amount.Minor
			n.lines[i].quantity += l.quantity
			return
		}
	}
	n.lines = append(n.lines, l)
}

// price is what the buyer paid for a row, tax and shipping included.
func (n *notice) price(row integrations.Node, pieces int64) enrolld.Money {
	out := enrolld.Money{Currency: n.currency}
	for name, sign := range map[string]int64{
		"productPrice": pieces, "productDiscount": -pieces, "taxAmount": 1, "shippingAmount": 1,
	} {
		out.Minor += sign * money(row.Get(name), n.currency).Minor
	}
	return out
}

// money reads an amount; what is none is zero, as most of a row's amounts are.
func money(n integrations.Node, currency string) enrolld.Money {
	if s := n.Raw(); s == "0.0" || s == "0" || s == "0.00" {
		return enrolld.Money{Currency: currency}
	}
	m, err := n.Decimal(currency)
	if err != nil {
		return enrolld.Money{Currency: currency}
	}
	return m
}

func (n *notice) sum() int64 {
	var sum int64
	for _, l := range n.lines {
		sum += l.amount.Minor
	}
	return sum
}

// perPiece reads prices as those of one piece, where the total bears that out.
func (n *notice) perPiece(rows []integrations.Node) {
	again := *n
	again.lines = nil
	for _, row := range rows {
		l := line{item: row.Get("itemNo").Text()}
		if q, ok := row.Get("quantity").Int(); ok {
			l.amount = n.price(row, min(q, 1<<20))
		}
		again.add(l)
	}
	if again.sum() != n.total.Minor || len(again.lines) != len(n.lines) {
		return
	}
	for i := range n.lines {
		n.lines[i].amount = again.lines[i].amount
	}
}

// changed reads the itemNo of a changed subscription: "old->new".
func changed(item string) (was, is string) {
	if was, is, ok := strings.Cut(item, "->"); ok {
		return strings.TrimSpace(was), strings.TrimSpace(is)
	}
	return "", item
}

// moment reads ClickBank's time, "20260301T101500-0800"; the API writes others.
func moment(n integrations.Node) time.Time {
	if t, err := time.Parse("20060102T150405-0700", n.Text()); err == nil && t.Year() > 2000 {
		return t.UTC()
	}
	if !n.IsText() {
		return time.Time{}
	}
	return n.Time()
}

// identity is what tells one notification from another.
func (n notice) identity() []string {
	id := []string{n.event, n.receipt, strconv.FormatInt(n.at.Unix(), 10), n.role}
	for _, l := range n.lines {
		id = append(id, l.item)
	}
	return append(id, strconv.FormatInt(n.total.Minor, 10))
}
