package shopify

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// given is a refund: what it took back, and when.
type given struct {
	id     string // "refund:1"
	order  string
	at     time.Time
	lines  []givenLine
	rest   enrolld.Money // money beyond the lines
	failed bool          // money that was to be given back was not
	test   bool
}

type givenLine struct {
	line   string
	pieces int
	amount enrolld.Money
}

// refund reads refunds/create. It names no buyer; the order does.
func (d delivery) refund() (integrations.Parsed, error) {
	g, err := readRefund(d.n, "")
	if err != nil {
		return integrations.Parsed{}, err
	}
	if g.order == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the refund does not say of which order it is")
	}
	e := enrolld.Event{
		Kind: enrolld.EventRefund, At: or(g.at, d.at), Refs: []string{g.order}, Test: d.test || g.test,
		Refunds: g.parts(g.order, d.at),
	}
	if len(e.Refunds) == 0 {
		return integrations.Parsed{Ignored: "The refund gives back no money and takes back no item."}, nil
	}
	return done(e)
}

// readRefund reads a refund, which is the same in an order and alone. currency is
// the order's, where the refund does not say its own.
func readRefund(n integrations.Node, currency string) (given, error) {
	g := given{id: ref("refund", n.Get("id")), order: ref("order", n.Get("order_id"))}
	if g.id == "" {
		return g, enrolld.Errorf(enrolld.Invalid, "a refund has no id")
	}
	g.at = later(n.Get("created_at").Time(), n.Get("processed_at").Time())
	items, transactions := n.Get("refund_line_items").List(), n.Get("transactions").List()
	for _, t := range transactions {
		currency = pick(currency, t.Get("currency").Text())
	}
	for _, i := range items {
		if c := i.Get("subtotal_set", "shop_money", "currency_code").Text(); c != "" {
			currency = c
			break
		}
	}
	left, foreign, err := g.money(transactions, strings.ToUpper(currency))
	if err != nil {
		return g, err
	}
	if err := g.items(items, strings.ToUpper(currency), left, foreign); err != nil {
		return g, err
	}
	return g, nil
}

// money adds up what went back, or is under way. In a shop that sells in several
// currencies a buyer's own cannot be set against the order's.
func (g *given) money(transactions []integrations.Node, currency string) (sum enrolld.Money, foreign bool, err error) {
	sum.Currency = currency
	for _, t := range transactions {
		g.test = g.test || t.Get("test").Bool()
		if kind := t.Get("kind").Text(); kind != "refund" && kind != "" {
			continue
		}
		g.at = later(g.at, later(t.Get("created_at").Time(), t.Get("processed_at").Time()))
		switch t.Get("status").Text() {
		case "failure", "error":
			g.failed = true
			continue
		}
		own := strings.ToUpper(pick(t.Get("currency").Text(), currency))
		m, err := t.Get("amount").Decimal(own)
		if err != nil {
			return sum, false, err
		}
		if own != currency {
			foreign = true
			continue
		}
		sum.Minor += max(m.Minor, -m.Minor)
	}
	return sum, foreign, nil
}

// items gives each item its part of the money: its price with its tax, as long as
// there is money. Where prices contain the tax, the money is less than both
// together, and is the price alone.
func (g *given) items(items []integrations.Node, currency string, left enrolld.Money, foreign bool) error {
	sum := int64(0)
	tax := make([]int64, len(items))
	for i, n := range items {
		subtotal, err := n.Get("subtotal").Decimal(currency)
		if err != nil {
			return err
		}
		t, err := n.Get("total_tax").Decimal(currency)
		if err != nil {
			return err
		}
		line := number(pick(n.Get("line_item_id").Text(), n.Get("line_item", "id").Text()))
		if line == "" {
			return enrolld.Errorf(enrolld.Invalid, "a refund does not say which item it takes back")
		}
		tax[i] = max(0, t.Minor)
		subtotal.Minor = max(0, subtotal.Minor)
		sum += subtotal.Minor + tax[i]
		g.lines = append(g.lines, givenLine{line, pieces(n.Get("quantity")), subtotal})
	}
	for i := range g.lines {
		l := &g.lines[i]
		if foreign {
			continue
		}
		if sum <= left.Minor {
			l.amount.Minor += tax[i]
		}
		l.amount.Minor = min(l.amount.Minor, left.Minor-g.spent(i))
	}
	left.Minor -= g.spent(len(g.lines))
	if !foreign {
		g.rest = left
	}
	return nil
}

// spent is the money of the first lines.
func (g *given) spent(n int) int64 {
	sum := int64(0)
	for _, l := range g.lines[:n] {
		sum += l.amount.Minor
	}
	return sum
}

// parts says what the refund takes from an order. A refund that failed is dated
// by the word that it did, as its own date is that of the attempt.
func (g given) parts(order string, told time.Time) []enrolld.EventPart[enrolld.Refund] {
	at := or(g.at, told)
	if g.failed {
		at = later(at, told)
	}
	var out []enrolld.EventPart[enrolld.Refund]
	at1 := map[string]int{} // a line may stand there twice: restocked here, and not there
	for _, l := range g.lines {
		if i, ok := at1[l.line]; ok {
			out[i].Value.Quantity += l.pieces
			out[i].Value.Amount.Minor += l.amount.Minor
			continue
		}
		at1[l.line] = len(out)
		out = append(out, enrolld.EventPart[enrolld.Refund]{
			ID: g.id + ":" + l.line, At: at,
			Value: enrolld.Refund{Line: l.line, Quantity: l.pieces, Amount: l.amount},
		})
	}
	if g.rest.Minor > 0 || g.failed {
		out = append(out, enrolld.EventPart[enrolld.Refund]{
			ID: g.id, At: at, Value: enrolld.Refund{Payment: order, Amount: g.rest},
		})
	}
	return out
}

// dispute reads where a dispute stands.
func (d delivery) dispute() (integrations.Parsed, error) {
	order := ref("order", d.n.Get("order_id"))
	if order == "" {
		return integrations.Parsed{Ignored: "The dispute is about no order."}, nil
	}
	id, status := ref("dispute", d.n.Get("id")), d.n.Get("status").Text()
	if status == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the dispute does not say how it stands")
	}
	e := enrolld.Event{Refs: []string{order}, Test: d.test}
	initiated := d.n.Get("initiated_at").Time()
	state, at := enrolld.DisputeOpen, or(initiated, d.at)
	e.Kind = enrolld.EventDisputeOpened
	switch status {
	case "won", "charge_refunded":
		state, e.Kind = enrolld.DisputeWon, enrolld.EventDisputeWon
	case "lost", "accepted":
		state, e.Kind = enrolld.DisputeLost, enrolld.EventDisputeLost
	}
	if state != enrolld.DisputeOpen {
		// finalized_on may be a day, and then as early as the day it began on.
		at = later(or(d.n.Get("finalized_on").Time(), d.at), initiated)
	}
	e.At = at
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: id, Value: enrolld.Dispute{State: state, Payment: order}}
	return done(e)
}
