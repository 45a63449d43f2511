package enrolld

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Money is an amount in the minor unit of its currency: 4900 USD is 49.00
// dollars, 4900 JPY is 4900 yen. Never a float.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency,omitempty"` // ISO 4217, upper case
}

// exponents lists the currencies of ISO 4217 whose minor unit is not a
// hundredth: how many decimals they have.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// Exponent returns the number of decimals of an ISO 4217 currency, 2 for one
// that is not known.
func Exponent(currency string) int {
	if e, ok := exponents[strings.ToUpper(currency)]; ok {
		return e
	}
	return 2
}

// ParseDecimal reads an amount as platforms write it in text: "49.00", "-3",
// "1,234.50", "1.234,50", "1'234.50", "USD 49", "49,00 kr.". A currency before or
// after the number is passed over; anything within it that is not a digit or a
// separator is refused. A single separator followed by exactly three digits
// separates thousands when the currency has other than three decimals. More
// decimals than the currency has are accepted when they are zero.
func ParseDecimal(s, currency string) (Money, error) {
	exp := Exponent(currency)
	number, negative, ok := cutNumber(s)
	whole, decimals, plain := splitDecimal(number, exp)
	if !ok || !plain || len(whole)+exp > 18 {
		return Money{}, Errorf(Invalid, "the amount %q is not a number we can hold", clip(s, 32))
	}
	for len(decimals) < exp {
		decimals += "0"
	}
	if strings.Trim(decimals[exp:], "0") != "" {
		return Money{}, Errorf(Invalid, "the amount %q has more decimals than %s", clip(s, 32), currency)
	}
	n, err := strconv.ParseInt(whole+decimals[:exp], 10, 64)
	if err != nil {
		return Money{}, Errorf(Invalid, "the amount %q is not a number we can hold", clip(s, 32))
	}
	if negative {
		n = -n
	}
	return Money{Minor: n, Currency: strings.ToUpper(currency)}, nil
}

const digits = "0123456789"

// cutNumber cuts the number out of what may stand around it: one sign or a pair
// of brackets, and a currency.
func cutNumber(s string) (number string, negative, ok bool) {
	first, last := strings.IndexAny(s, digits), strings.LastIndexAny(s, digits)
	if first < 0 {
		return "", false, false
	}
	before, after := s[:first], s[last+1:]
	// ".50" begins with its separator; the dot of "Rs.50" is an abbreviation's.
	if t := strings.TrimRight(before, ".,"); len(before)-len(t) == 1 && !strings.HasSuffix(strings.TrimRight(t, " "), ".") {
		if r, _ := utf8.DecodeLastRuneInString(t); t == "" || !unicode.IsLetter(r) {
			before, first = t, first-1
		}
	}
	minus := func(s string) int { return strings.Count(s, "-") + strings.Count(s, "−") }
	signs := minus(before) + minus(after)
	brackets := strings.Count(before, "(")
	around := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsSpace(r) || unicode.Is(unicode.Sc, r) || strings.ContainsRune("-−+().,", r)
	}
	odd := strings.ContainsFunc(before+after, func(r rune) bool { return !around(r) })
	if odd || signs+brackets > 1 || brackets != strings.Count(after, ")") {
		return "", false, false
	}
	return s[first : last+1], signs+brackets == 1, true
}

// splitDecimal returns the digits before and after the decimal separator of a
// number, false where its separators make no sense.
func splitDecimal(s string, exp int) (whole, decimals string, ok bool) {
	groups := strings.FieldsFunc(s, func(r rune) bool { return !strings.ContainsRune(digits, r) })
	var seps []rune
	for _, r := range s {
		if !strings.ContainsRune(digits, r) {
			seps = append(seps, r)
		}
	}
	if len(seps) == len(groups) { // ".50"
		groups = append([]string{""}, groups...)
	}
	if len(groups) == 0 || len(seps) != len(groups)-1 {
		return "", "", false
	}
	n := len(seps)
	if n > 0 && decimalMark(seps, groups, exp) {
		whole, decimals = strings.Join(groups[:n], ""), groups[n]
		return whole, decimals, grouped(seps[:n-1], groups[:n])
	}
	return strings.Join(groups, ""), "", grouped(seps, groups)
}

// decimalMark says whether the last separator is the decimal one.
func decimalMark(seps []rune, groups []string, exp int) bool {
	n := len(seps)
	last := seps[n-1]
	if last != '.' && last != ',' || slices.Contains(seps[:n-1], last) {
		return false
	}
	thousands := n == 1 && exp != 3 && len(groups[1]) == 3 && len(groups[0]) <= 3 && strings.Trim(groups[0], "0") != "" && groups[0][0] != '0'
	return !thousands
}

// grouped says whether separators of thousands stand where they may: all the
// same, three digits after the last one, two (as in India) or three between.
func grouped(seps []rune, groups []string) bool {
	for i, r := range seps {
		n := len(groups[i+1])
		if r != seps[0] || !strings.ContainsRune(".,'’ \u00a0\u202f\u2009", r) || len(groups[0]) == 0 || len(groups[0]) > 3 {
			return false
		}
		if n != 3 && (n != 2 || i == len(seps)-1) {
			return false
		}
	}
	return true
}

// String writes the amount with its decimals and currency: "49.00 USD".
func (m Money) String() string {
	exp := Exponent(m.Currency)
	s := strconv.FormatInt(m.Minor, 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for len(s) <= exp {
		s = "0" + s
	}
	if exp > 0 {
		s = s[:len(s)-exp] + "." + s[len(s)-exp:]
	}
	return strings.TrimSpace(sign + s + " " + m.Currency)
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
