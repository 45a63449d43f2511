package paypal

import (
	"math/big"
	"strings"

	"enrolld"
)

// That PayPal signs a payment says nothing of its amount: where a shop's page makes
// the order in the buyer's browser, the buyer can make it of a cent.

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

// enough says whether an amount is no less than the price of some pieces of a
// product. What has no price may cost anything.
func (s Settings) enough(product string, paid enrolld.Money, pieces int) bool {
	price, priced := s.Prices[product]
	for _, least := range leastOf(price) {
		if least.Currency == paid.Currency {
			return paid.Minor/int64(max(1, pieces)) >= least.Minor
		}
	}
	return !priced
}

// judge lets a person look at what was sold for less than the settings' prices.
// Lines have their share of what the order asks for, and no more than that came.
func (s Settings) judge(events []enrolld.Event) error {
	plans := map[string]string{}
	for _, e := range events {
		for _, l := range e.Lines {
			if l.Subscription != "" {
				plans[l.Subscription] = l.Product.ID
			}
		}
	}
	for _, e := range events {
		var asked int64
		for _, l := range e.Lines {
			if l.Sale == nil || l.Subscription != "" {
				continue
			}
			if !s.enough(l.Product.ID, l.Sale.Amount, l.Sale.Quantity) {
				return tooLittle()
			}
			if s.Prices[l.Product.ID] != "" {
				asked += l.Sale.Amount.Minor
			}
		}
		p := e.Payment
		if p == nil {
			continue
		}
		sub := p.Value.Subscription
		if sub == "" && p.Value.Amount.Minor < asked || sub != "" && !s.enough(plans[sub], p.Value.Amount, 1) {
			return tooLittle()
		}
	}
	return nil
}

func tooLittle() error {
	return enrolld.Parkf("Less was paid than the settings' price of the product, or in a currency in which it has none: " +
		"the buyer may have changed the order. Look at the payment in PayPal; if all is well, change \"prices\" and try again.")
}

// shareOut makes the amounts of a unit's items add up to what was paid for it: they
// know nothing of the order's discount, nor of its shipping.
func shareOut(amounts []enrolld.Money, paid enrolld.Money) {
	var sum int64
	for _, a := range amounts {
		if a.Minor < 0 || a.Currency != paid.Currency || sum+a.Minor < sum {
			return
		}
		sum += a.Minor
	}
	if sum == paid.Minor || sum == 0 || paid.Minor < 0 {
		return
	}
	// What is left of the items' prices takes what is left of the money, so that
	// nothing is lost by rounding.
	left := paid.Minor
	for i := range amounts {
		price := amounts[i].Minor
		if sum == 0 {
			break
		}
		share := new(big.Int).Mul(big.NewInt(left), big.NewInt(price))
		share.Quo(share, big.NewInt(sum))
		amounts[i].Minor = share.Int64()
		sum, left = sum-price, left-amounts[i].Minor
	}
}
