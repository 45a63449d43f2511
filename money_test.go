package enrolld_test

import (
	"math"
	"strings"
	"testing"

	"enrolld"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, currency string
		want         int64
		ok           bool
	}{
		{"49.00", "USD", 4900, true},
		{"49", "USD", 4900, true},
		{"49.5", "usd", 4950, true},
		{"49.", "USD", 4900, true},
		{".50", "USD", 50, true},
		{"$.50", "USD", 50, true},
		{"0", "USD", 0, true},
		{"0.00", "USD", 0, true},
		{"0.500", "USD", 50, true},
		{"-0.00", "USD", 0, true},
		{"49.0000", "USD", 4900, true},
		{"1,234.50", "USD", 123450, true},
		{"1.234,50", "EUR", 123450, true},
		{"1 234,50", "EUR", 123450, true},
		{"1\u202f234,50 €", "EUR", 123450, true},
		{"1'234.50", "CHF", 123450, true},
		{"1,23,456.00", "INR", 12345600, true},
		{"1,234,567", "USD", 123456700, true},
		{"1,234", "USD", 123400, true},
		{"1.234", "EUR", 123400, true},
		{"1234.500", "USD", 123450, true}, // no thousands: the group before is too long
		{"49,00", "EUR", 4900, true},
		{"49,5", "EUR", 4950, true},
		{"4900", "JPY", 4900, true},
		{"4,900", "JPY", 4900, true},
		{"49.00", "JPY", 49, true},
		{"1.234", "KWD", 1234, true},
		{"1,234", "KWD", 1234, true},
		{"1,234.567", "KWD", 1234567, true},
		{"5", "KWD", 5000, true},
		{"$49.00", "USD", 4900, true},
		{"USD 49.00", "USD", 4900, true},
		{"49,00 kr.", "SEK", 4900, true},
		{"Rs. 500", "INR", 50000, true},
		{"Rs.500", "INR", 50000, true},
		{"-3", "USD", -300, true},
		{"−3.00", "USD", -300, true},
		{"-$3.00", "USD", -300, true},
		{"$-3.00", "USD", -300, true},
		{"3.00-", "USD", -300, true},
		{"(3.00)", "USD", -300, true},
		{"+3", "USD", 300, true},
		{"-.5", "USD", -50, true},
		{"9999999999999999.99", "USD", 999999999999999999, true},

		{"", "USD", 0, false},
		{"free", "USD", 0, false},
		{"-", "USD", 0, false},
		{"49.001", "USD", 4900100, true}, // thousands, by the documented rule
		{"49.0010", "USD", 0, false},
		{"1.50", "JPY", 0, false},
		{"1.2.3", "USD", 0, false},
		{"1,2,3", "USD", 0, false},
		{"1,234,5", "USD", 0, false},
		{"1.234,56.78", "USD", 0, false},
		{"1e3", "USD", 0, false},
		{"0x10", "USD", 0, false},
		{"12-34", "USD", 0, false},
		{"49 - 50", "USD", 0, false},
		{"49/50", "USD", 0, false},
		{"5%", "USD", 0, false},
		{"--3", "USD", 0, false},
		{"-(3)", "USD", 0, false},
		{"(3", "USD", 0, false},
		{"1..5", "USD", 0, false},
		{"٤٩", "USD", 0, false},
		{"NaN", "USD", 0, false},
		{"9999999999999999999", "USD", 0, false},
		{"99999999999999999.99", "USD", 0, false},
		{"10000000000000000", "USD", 0, false}, // as much as 10000000000000000.00
		{"49.00000000000000000000", "USD", 4900, true},
	}
	for _, tt := range tests {
		got, err := enrolld.ParseDecimal(tt.in, tt.currency)
		if (err == nil) != tt.ok || got.Minor != tt.want {
			t.Errorf("ParseDecimal(%q, %s) = %d, %v; want %d, ok %v", tt.in, tt.currency, got.Minor, err, tt.want, tt.ok)
		}
		if err == nil && got.Currency != strings.ToUpper(tt.currency) {
			t.Errorf("ParseDecimal(%q, %s) has currency %q", tt.in, tt.currency, got.Currency)
		}
		if err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("ParseDecimal(%q, %s) has code %s", tt.in, tt.currency, enrolld.CodeOf(err))
		}
	}
}

func TestMoneyString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   enrolld.Money
		want string
	}{
		{enrolld.Money{Minor: 4900, Currency: "USD"}, "49.00 USD"},
		{enrolld.Money{Minor: 5, Currency: "USD"}, "0.05 USD"},
		{enrolld.Money{Minor: -5, Currency: "USD"}, "-0.05 USD"},
		{enrolld.Money{Minor: 4900, Currency: "JPY"}, "4900 JPY"},
		{enrolld.Money{Minor: -1, Currency: "JPY"}, "-1 JPY"},
		{enrolld.Money{Minor: 1234, Currency: "KWD"}, "1.234 KWD"},
		{enrolld.Money{Minor: 1, Currency: "CLF"}, "0.0001 CLF"},
		{enrolld.Money{}, "0.00"},
		{enrolld.Money{Minor: math.MinInt64, Currency: "USD"}, "-92233720368547758.08 USD"},
	}
	for _, tt := range tests {
		if got := tt.in.String(); got != tt.want {
			t.Errorf("%#v.String() = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"49.00", "1,234.50", "1.234,50", "(3)", "-$3", "Rs. 500", "1e3", ".5", "5.", "1'234", "0.500"} {
		for _, c := range []string{"USD", "JPY", "KWD", "CLF", ""} {
			f.Add(s, c)
		}
	}
	f.Fuzz(func(t *testing.T, s, currency string) {
		m, err := enrolld.ParseDecimal(s, currency)
		if err != nil {
			if enrolld.CodeOf(err) != enrolld.Invalid || m != (enrolld.Money{}) {
				t.Fatalf("ParseDecimal(%q, %q) = %v, %v", s, currency, m, err)
			}
			return
		}
		// What we write ourselves reads back as the same, unless the currency
		// is junk that stands in the way.
		if len(currency) != 3 || strings.Trim(strings.ToUpper(currency), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return
		}
		if again, err := enrolld.ParseDecimal(m.String(), currency); err != nil || again != m {
			t.Fatalf("ParseDecimal(%q, %q) = %v, which reads back as %v, %v", s, currency, m, again, err)
		}
	})
}
