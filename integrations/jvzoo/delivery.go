package jvzoo

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

const usd = "USD" // JVZoo has no other

// delivery is a decoded delivery of either version.
type delivery struct {
	n        integrations.Node
	received time.Time
	v2       bool
	event    string // JVZoo's name of it

	paykey        string // v2
	receipt, base string // of this transaction, and of the sale
	rebill        bool
	product, name string
	recurring     bool
	amount        enrolld.Money
	email         string
	confirmed     bool // by the API: what is not signed is true as well
}

func newDelivery(n integrations.Node, received time.Time) delivery {
	d := delivery{n: n, received: received, v2: isV2(n)}
	if d.v2 {
		d.event, d.paykey = n.Get("transaction_type").Text(), n.Get("paykey").Text()
		d.product, d.name = n.Get("product_id").Text(), n.Get("product_name").Text()
		d.recurring = isRecurring(n.Get("product_type").Text())
		d.amount, d.email = dollars(n.Get("total")), n.Get("customer_email").Text()
		d.setReceipt(n.Get("transaction_id").Text())
		return d
	}
	d.event = n.Get("ctransaction").Text()
	d.product, d.name = n.Get("cproditem").Text(), n.Get("cprodtitle").Text()
	d.recurring = isRecurring(n.Get("cprodtype").Text())
	d.amount, d.email = v1Amount(n.Get("ctransamount")), n.Get("ccustemail").Text()
	d.setReceipt(n.Get("ctransreceipt").Text())
	if d.isTest() {
		// All tests have the receipt of zeros.
		d.base += "@" + n.Get("ctranstime").Text()
	}
	return d
}

func isRecurring(productType string) bool { return strings.EqualFold(productType, "RECURRING") }

// rebillReceipt ends the receipt of a rebill: -B001, -B002.
var rebillReceipt = regexp.MustCompile(`-B[0-9]{1,5}$`)

func (d *delivery) setReceipt(receipt string) {
	d.receipt, d.base = receipt, receipt
	if at := rebillReceipt.FindStringIndex(receipt); at != nil && at[0] > 0 {
		d.base, d.rebill = receipt[:at[0]], true
	}
}

func dollars(n integrations.Node) enrolld.Money {
	m, err := n.Decimal(usd)
	if err != nil {
		return enrolld.Money{Currency: usd}
	}
	return m
}

// v1Amount reads an amount of v1, which the documentation has in pennies and some
// accounts in dollars: "1000" and "10.00" are the same.
func v1Amount(n integrations.Node) enrolld.Money {
	if strings.Contains(n.Text(), ".") {
		return dollars(n)
	}
	return n.Minor(usd)
}

// eastern is where JVZoo keeps its clock.
var eastern = func() *time.Location {
	l, err := time.LoadLocation("America/New_York")
	if err != nil {
		return time.FixedZone("EST", -5*60*60)
	}
	return l
}()

// clock is the delivery's own date, which may be that of the sale.
func (d delivery) clock() time.Time {
	if !d.v2 {
		return d.n.Get("ctranstime").Unix()
	}
	t, err := time.ParseInLocation(time.DateTime, d.n.Get("date").Text(), eastern)
	if err != nil || t.Year() < 2000 || t.Year() > 9998 {
		return time.Time{}
	}
	return t.UTC()
}

// at is when what the delivery tells happened. A refund's date is the sale's and
// does no harm, as a refund names its payment. The date of a cancellation would,
// for payments that came since would seem to be later.
func (d delivery) at() time.Time {
	t := d.clock()
	if t.IsZero() || (d.event == typeCancel || d.event == typeUncancel) && d.received.After(t) {
		return d.received.UTC()
	}
	return t
}

// isTest says whether this is the transaction by which JVZoo tries a URL.
func (d delivery) isTest() bool {
	return d.product == "0" && strings.Trim(d.receipt, "0") == ""
}

// refs name the order, in v2 by nothing that is not signed.
func (d delivery) refs() []string {
	if !d.v2 {
		return []string{"receipt:" + bounded(d.base, 150)}
	}
	refs := []string{"paykey:" + d.paykey}
	if d.base != "" {
		// Hashed, for references outlive the buyer's data.
		own := sha256.Sum256([]byte(integrations.Key(d.base, strings.ToLower(d.email), d.name)))
		refs = append(refs, "own-receipt:"+hex.EncodeToString(own[:]))
	}
	if d.base != "" && d.confirmed {
		refs = append(refs, "v2-receipt:"+bounded(d.base, 150))
	}
	return refs
}

// payment names the payment that the delivery is about.
func (d delivery) payment() string {
	switch {
	case d.v2:
		return d.paykey
	case d.event == typeBill && !d.rebill:
		// Should a rebill have the receipt of its sale, its time tells it apart.
		return d.receipt + "@" + strconv.FormatInt(d.at().Unix(), 10)
	}
	return d.receipt
}

// line is the key of the one line that an order has.
func (d delivery) line() string {
	if d.v2 {
		return "product:" + bounded(d.name, 150)
	}
	return "product-" + d.product
}

// period is the setting of the product: in v2 by number and name, of which the
// number alone is not signed.
func (d delivery) period(s reading) string {
	if d.v2 {
		return s.Periods[d.ref().ID]
	}
	return s.Periods[d.product]
}

// knownPaykey is what a paykey looks like: it becomes a part of an address.
var knownPaykey = regexp.MustCompile(`^[A-Za-z0-9_-]{3,100}$`)

var productNumber = regexp.MustCompile(`^[0-9]{1,18}$`)

// ref is the product. In v2 the name belongs to its identity; the number has
// nothing but digits, so that no number and name together look like others.
func (d delivery) ref() enrolld.ProductRef {
	out := enrolld.ProductRef{ID: d.product, Name: integrations.Clean(d.name)}
	if d.v2 {
		out.ID = d.product + ":" + bounded(d.name, 200)
	}
	return out
}

// bounded shortens a text that is too long for a key, by putting a hash of it in
// the place of its end.
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:most-33], "") + "#" + hex.EncodeToString(sum[:16])
}

func (d delivery) buyer() (*enrolld.Buyer, error) {
	if d.v2 {
		return integrations.Buyer(d.email, d.n.Get("customer_first_name").Text(), d.n.Get("customer_last_name").Text(), "",
			country(d.n.Get("delivery_country").Text()))
	}
	return integrations.Buyer(d.email, "", "", d.n.Get("ccustname").Text(), d.n.Get("ccustcc").Text())
}

// countries turns the words of v2 into codes, for those where most buyers live.
var countries = map[string]string{
	"UNITED_STATES": "US", "CANADA": "CA", "UNITED_KINGDOM": "GB", "AUSTRALIA": "AU", "NEW_ZEALAND": "NZ", "IRELAND": "IE",
	"GERMANY": "DE", "AUSTRIA": "AT", "SWITZERLAND": "CH", "FRANCE": "FR", "BELGIUM": "BE", "NETHERLANDS": "NL",
	"SPAIN": "ES", "PORTUGAL": "PT", "ITALY": "IT", "DENMARK": "DK", "SWEDEN": "SE", "NORWAY": "NO", "FINLAND": "FI",
	"POLAND": "PL", "INDIA": "IN", "SINGAPORE": "SG", "MALAYSIA": "MY", "PHILIPPINES": "PH", "JAPAN": "JP",
	"SOUTH_AFRICA": "ZA", "NIGERIA": "NG", "BRAZIL": "BR", "MEXICO": "MX", "ISRAEL": "IL",
}

func country(name string) string {
	if code, ok := countries[strings.ToUpper(name)]; ok {
		return code
	}
	return name
}
