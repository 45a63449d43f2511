package paypalipn

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// That PayPal vouches for a payment says nothing of its amount: anybody can make a
// button that pays a cent to the seller's account for any item number, or begins
// with a trial of years.

// leastOf reads prices as the settings have them, "49.00 USD" or "49.00 USD, 45.00
// EUR"; nil when they are none.
func leastOf(text string) []enrolld.Money {
	var out []enrolld.Money
	for part := range strings.SplitSeq(text, ",") {
		number, currency, ok := strings.Cut(strings.TrimSpace(part), " ")
		m, err := enrolld.ParseDecimal(number, currency)
		if !ok || err != nil || len(currency) != len("USD") || m.Minor <= 0 {
			return nil
		}
		out = append(out, m)
	}
	return out
}

// least is what some pieces of a product cost at least in a currency; false where it
// has prices, but none in that currency. What has no price may cost anything.
func (s Settings) least(product, currency string, pieces int) (int64, bool) {
	price, priced := s.Prices[product]
	for _, m := range leastOf(price) {
		if m.Currency == currency {
			return m.Minor * int64(max(1, pieces)), true
		}
	}
	return 0, !priced
}

// enough says whether an amount is no less than a product's price.
func (s Settings) enough(product string, paid enrolld.Money, pieces int) bool {
	least, ok := s.least(product, paid.Currency, pieces)
	return ok && (least == 0 || paid.Minor >= least)
}

// enoughForAll says whether what was bought once cost enough: line by line, and all
// of it, since a discount may stand beside the lines.
func (s Settings) enoughForAll(e enrolld.Event) bool {
	var sum int64
	for _, l := range e.Lines {
		if l.Sale == nil || l.Subscription != "" {
			continue
		}
		if !s.enough(l.Product.ID, l.Sale.Amount, l.Sale.Quantity) {
			return false
		}
		least, _ := s.least(l.Product.ID, l.Sale.Amount.Currency, l.Sale.Quantity)
		sum += least
	}
	return e.Payment == nil || e.Payment.Value.Amount.Minor >= sum
}

// judge lets a person look at what was sold for less than the settings' prices, or
// with a longer trial than they offer.
func (s Settings) judge(product string, events []enrolld.Event) error {
	for _, e := range events {
		if !s.enoughForAll(e) {
			return tooLittle()
		}
		if p := e.Payment; p != nil && p.Value.Subscription != "" && !s.enough(product, p.Value.Amount, 1) {
			return tooLittle()
		}
		const slack = 24 * time.Hour // PayPal may round to whole days
		sub, priced := e.Subscription, s.Prices[product] != ""
		if sub == nil || sub.Value.State != enrolld.SubscriptionTrialing || !priced {
			continue
		}
		if offered := integrations.AfterText(e.At, s.Trials[product]); offered.IsZero() || sub.Value.PaidUntil.After(offered.Add(slack)) {
			return enrolld.Parkf("A subscription began with a longer free trial than the settings offer for its product: " +
				"its button may not be yours. Look at it in PayPal; if all is well, change \"trials\" and try again.")
		}
	}
	return nil
}

func tooLittle() error {
	return enrolld.Parkf("Less was paid than the settings' price of the product, or in a currency in which it has none: " +
		"the button may not be yours. Look at the payment in PayPal; if all is well, change \"prices\" and try again.")
}
