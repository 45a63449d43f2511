package thrivecart

import (
	"time"

	"enrolld"
	"enrolld/integrations"
)

// paid returns what was paid for a row: the gross amount where it is stated.
func paid(row integrations.Node, currency string) enrolld.Money {
	if gross := amount(row, "amount_gross", currency); gross.Minor > 0 {
		return gross
	}
	return amount(row, "amount", currency)
}

// amount reads one amount of a row. ThriveCart writes hundredths for every
// currency, and beside them the amount with its decimals (…_str); where the two
// disagree, as for yen, the text is right.
func amount(row integrations.Node, name, currency string) enrolld.Money {
	if s := row.Get(name + "_str"); !s.Empty() {
		if m, err := s.Decimal(currency); err == nil {
			return m
		}
	}
	n, _ := row.Get(name).Int()
	m := enrolld.Money{Minor: n, Currency: currency}
	if inMinor(row, currency) {
		return m
	}
	for e := enrolld.Exponent(currency); e != 2; {
		if e < 2 {
			m.Minor, e = m.Minor/10, e+1
		} else {
			m.Minor, e = m.Minor*10, e-1
		}
	}
	return m
}

// inMinor says whether the row's numbers turn out to be in the currency's own
// minor unit, by the one amount that is written both ways.
func inMinor(row integrations.Node, currency string) bool {
	text, number := row.Get("amount_str"), row.Get("amount")
	if text.Empty() || number.Empty() {
		return false
	}
	m, err := text.Decimal(currency)
	n, ok := number.Int()
	return err == nil && ok && n == m.Minor
}

// after returns the end of a billing period that begins at a time, by the row's
// frequency; zero when it has none.
func after(row integrations.Node, from time.Time) time.Time {
	if end := integrations.After(from, 1, row.Get("frequency").Text()); !end.IsZero() {
		return end
	}
	const most = 3660
	if days, ok := row.Get("frequency_days").Int(); ok && days > 0 && days <= most {
		return from.AddDate(0, 0, int(days))
	}
	return time.Time{}
}

// periodEnd is how far a subscription is paid by what its part of an event says.
// A date that is not ahead of the event is that of the period before.
func periodEnd(sub integrations.Node, at time.Time) time.Time {
	for _, name := range []string{
		"next_payment_date", "billing_period_end", "next_payment_date_iso8601", "billing_period_end_iso8601",
	} {
		if t := sub.Get(name).Time(); t.After(at) {
			return t
		}
	}
	return time.Time{}
}
