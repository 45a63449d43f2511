package kajabi

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// flat is a delivery of the webhooks that are made on Kajabi's settings pages. Its
// fields stand at the top, under "payload", or in parts named "offer", "member" and
// "payment_transaction", as Kajabi's docs of different years have it.
type flat struct {
	id          string // of the delivery, which the docs call the transaction's
	transaction string
	member      string
	email       string
	first, last string
	full        string
	country     string
	offers      []flatOffer
	amount      enrolld.Money
	payment     bool // "Payment Succeeded", not "Purchase Created"
	at          time.Time
}

type flatOffer struct{ id, title string }

func newFlat(n integrations.Node) *flat {
	in := n
	if p := n.Get("payload"); p.IsObject() {
		in = p
	}
	member, money := in.Get("member"), in.First("payment_transaction", "transaction")
	extra := in.Get("extra_contact_information")
	f := &flat{
		id:          n.Get("id").Text(),
		transaction: text(in.Get("transaction_id"), in.Get("payment_transaction_id"), money.Get("id")),
		member:      text(in.Get("member_id"), member.Get("id")),
		email:       text(in.Get("member_email"), member.Get("email"), in.Get("email")),
		first:       text(in.Get("member_first_name"), member.Get("first_name"), in.Get("first_name")),
		last:        text(in.Get("member_last_name"), member.Get("last_name"), in.Get("last_name")),
		full:        text(in.Get("member_name"), member.Get("name"), in.Get("name")),
		country:     text(in.Get("contact_address_country"), extra.Get("address_country")),
		at:          firstTime(in.Get("created_at"), money.Get("created_at"), n.Get("created_at")),
	}
	name := strings.ToLower(n.Get("event").Text())
	f.payment = strings.Contains(name, "payment") || name == "" && money.IsObject()
	f.amount = flatAmount(in, money)
	f.add(in.Get("offer"))
	f.add(in)
	for _, list := range []string{"order_items", "line_items", "items", "offers", "purchases"} {
		for _, item := range in.Get(list).List() {
			f.add(item.Get("offer"))
			f.add(item)
			if (list == "offers" || list == "items") && item.IsObject() {
				f.put(item.Get("id").Text(), item.First("title", "name").Text())
			}
		}
	}
	return f
}

// add takes the offer that a part of the delivery names.
func (f *flat) add(n integrations.Node) {
	id := text(n.Get("offer_id"), n.Get("item_id"))
	title := text(n.Get("offer_title"), n.Get("title"))
	if id == "" && n.Get("title").Exists() && !n.Get("offer").IsObject() && n.Get("member").Empty() {
		id = n.Get("id").Text()
	}
	f.put(id, title)
}

func (f *flat) put(id, title string) {
	if id == "" {
		return
	}
	for i := range f.offers {
		if f.offers[i].id == id {
			f.offers[i].title = pick(f.offers[i].title, title)
			return
		}
	}
	f.offers = append(f.offers, flatOffer{id, title})
}

// flatAmount prefers the amount that is written with decimals: it says what it is.
func flatAmount(in, money integrations.Node) enrolld.Money {
	currency := text(money.Get("currency"), in.Get("currency"))
	for _, n := range []integrations.Node{money.Get("amount_paid_decimal"), in.Get("amount_paid_decimal")} {
		if n.Empty() {
			continue
		}
		if m, err := n.Decimal(currency); err == nil {
			return m
		}
	}
	for _, n := range []integrations.Node{money.Get("amount_paid"), in.Get("amount_paid"), in.Get("amount_in_cents")} {
		if !n.Empty() {
			return n.Minor(currency)
		}
	}
	return enrolld.Money{Currency: strings.ToUpper(currency)}
}

func text(nodes ...integrations.Node) string {
	for _, n := range nodes {
		if s := n.Text(); s != "" {
			return s
		}
	}
	return ""
}

func pick(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func firstTime(nodes ...integrations.Node) time.Time {
	for _, n := range nodes {
		if t := n.Time(); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// identity is what the delivery is known by.
func (f *flat) identity(name string) []string {
	if f.id == "" && f.transaction == "" || len(f.offers) == 0 {
		return nil
	}
	parts := []string{"settings", name, f.id, f.transaction}
	for _, o := range f.offers {
		parts = append(parts, o.id)
	}
	return parts
}

// number is the transaction's, by which Kajabi can be asked; "" where there is
// none. Other ids than numbers are those of deliveries.
func (f *flat) number() string {
	for _, s := range []string{f.transaction, f.id} {
		if isNumber(s) && s != sampleID {
			return s
		}
	}
	return ""
}

func isNumber(s string) bool {
	return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}

// events is what the delivery claims.
func (f *flat) events(received time.Time) ([]enrolld.Event, error) {
	buyer, err := integrations.Buyer(f.email, f.first, f.last, f.full, f.country)
	if err != nil {
		return nil, err
	}
	e := enrolld.Event{Kind: enrolld.EventPurchase, At: or(f.at, received), Buyer: buyer}
	if f.payment {
		e.Kind = enrolld.EventPayment
	}
	name := pick(f.number(), pick(f.transaction, f.id))
	if name != "" {
		e.Refs = append(e.Refs, "transaction:"+name)
	}
	var keys []string
	for _, o := range f.offers {
		if f.member != "" {
			e.Refs = append(e.Refs, looseRef("member", f.member, o.id))
		}
		l := enrolld.EventLine{Key: o.id, Product: enrolld.ProductRef{ID: o.id, Name: integrations.Clean(o.title)}}
		if f.payment && name != "" {
			// Whose first payment stands for its sale: a rebill must not move that.
			l.Subscription = o.id
		} else {
			l.Sale = &enrolld.Sale{Paid: true, SoldAt: e.At}
			if len(f.offers) == 1 {
				l.Sale.Amount = f.amount
			}
		}
		e.Lines, keys = append(e.Lines, l), append(keys, o.id)
	}
	if name != "" && (f.amount.Minor > 0 || f.payment) {
		e.Payment = &enrolld.EventPart[enrolld.Payment]{
			ID: "transaction:" + name, Value: enrolld.Payment{Amount: f.amount, Lines: keys},
		}
	}
	return []enrolld.Event{e}, nil
}
