package integrations

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"enrolld"
)

// Int returns a whole number; "12.00" is one.
func (n Node) Int() (int64, bool) {
	s := n.Text()
	if s == "" || s[0] > '9' || s[len(s)-1] > '9' {
		return 0, false // most texts, without an error being made
	}
	if whole, decimals, ok := strings.Cut(s, "."); ok && strings.Trim(decimals, "0") == "" {
		s = whole
	}
	if len(s) >= len("2006-01-02") && s[4] == '-' {
		return 0, false // most dates
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

// Bool says whether the node affirms something.
func (n Node) Bool() bool {
	switch strings.ToLower(n.Text()) {
	case "true", "1", "yes", "on", "y", "t":
		return true
	}
	return false
}

// maxUnix is the last second of the year 9999, the last that databases hold.
const maxUnix = 253402300799

// Unix returns a time written in seconds since 1970; zero when it is not one.
func (n Node) Unix() time.Time {
	if i, ok := n.Int(); ok && i > 0 && i <= maxUnix {
		return time.Unix(i, 0).UTC()
	}
	return time.Time{}
}

// The layouts in which senders write times, by what follows the date. Without a
// zone UTC is meant.
var (
	layoutsT     = []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"}
	layoutsTime  = []string{"2006-01-02T15:04:05"}
	layoutsBlank = []string{
		"2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04",
	}
	layoutsDate = []string{time.DateOnly}
	layoutsBare = []string{"20060102T150405Z0700", "20060102T150405"}
	layoutsName = []string{time.RFC1123Z, time.RFC1123}
)

// layouts returns the layouts that a text may have; trying all of them is slow.
func layouts(s string) []string {
	const date = len(time.DateOnly)
	switch {
	case len(s) < date || len(s) > 64:
		return nil
	case s[0] < '0' || s[0] > '9':
		return layoutsName
	case len(s) == date:
		return layoutsDate
	case s[date] == 'T' && len(s) == len("2006-01-02T15:04:05"):
		return layoutsTime
	case s[date] == 'T':
		return layoutsT
	case s[date] == ' ':
		return layoutsBlank
	case s[len("20060102")] == 'T':
		return layoutsBare
	}
	return nil
}

// Time returns a time written in seconds since 1970 or as a date; zero when it
// is neither.
func (n Node) Time() time.Time {
	if t := n.Unix(); !t.IsZero() {
		return t
	}
	s := n.Text()
	for _, layout := range layouts(s) {
		if t, err := time.Parse(layout, s); err == nil && t.Unix() > 0 && t.Unix() <= maxUnix {
			return t.UTC()
		}
	}
	return time.Time{}
}

// Decimal returns an amount written with decimals, as text or as a number; zero
// when there is none.
func (n Node) Decimal(currency string) (enrolld.Money, error) {
	if n.Empty() {
		return enrolld.Money{Currency: strings.ToUpper(currency)}, nil
	}
	if n.kind() >= kindList {
		return enrolld.Money{}, enrolld.Errorf(enrolld.Invalid, "an amount of money is a list or an object")
	}
	if n.kind() == kindNumber {
		return numberMoney(n.Raw(), currency)
	}
	s := n.Text()
	if i := len(s) - len(".00"); i > 0 && s[i] == '.' && enrolld.Exponent(currency) == 2 {
		if m, ok := plainMoney(s, currency); ok {
			return m, nil // as nearly all amounts are written
		}
	}
	return enrolld.ParseDecimal(s, currency)
}

// numberMoney reads a JSON number exactly. In it a dot is always the decimal
// one, while ParseDecimal has to guess.
func numberMoney(s, currency string) (enrolld.Money, error) {
	if m, ok := plainMoney(s, currency); ok {
		return m, nil
	}
	bad := enrolld.Errorf(enrolld.Invalid, "an amount of money is not a number we can hold")
	if _, exp, ok := strings.Cut(strings.ToLower(s), "e"); ok {
		// A short text may stand for a number of gigabytes.
		if e, err := strconv.Atoi(exp); err != nil || e > 18 || e < -18 {
			return enrolld.Money{}, bad
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || len(s) > 64 {
		return enrolld.Money{}, bad
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(enrolld.Exponent(currency))), nil)
	r.Mul(r, new(big.Rat).SetInt(scale))
	if !r.IsInt() || !r.Num().IsInt64() {
		return enrolld.Money{}, bad
	}
	return enrolld.Money{Minor: r.Num().Int64(), Currency: strings.ToUpper(currency)}, nil
}

// plainMoney reads what nearly all amounts look like, "49", "49.5" or "49.00",
// without the detour over fractions.
func plainMoney(s, currency string) (enrolld.Money, bool) {
	whole, decimals, _ := strings.Cut(s, ".")
	exponent := enrolld.Exponent(currency)
	if len(whole) > 12 || len(decimals) > exponent || whole == "" || whole[0] == '-' && len(whole) == 1 {
		return enrolld.Money{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return enrolld.Money{}, false
	}
	var fraction int64
	for i := range exponent {
		n, fraction = n*10, fraction*10
		if i < len(decimals) {
			if decimals[i] < '0' || decimals[i] > '9' {
				return enrolld.Money{}, false
			}
			fraction += int64(decimals[i] - '0')
		}
	}
	if whole[0] == '-' {
		fraction = -fraction
	}
	return enrolld.Money{Minor: n + fraction, Currency: strings.ToUpper(currency)}, true
}

// Minor returns an amount written in minor units.
func (n Node) Minor(currency string) enrolld.Money {
	i, _ := n.Int()
	return enrolld.Money{Minor: i, Currency: strings.ToUpper(currency)}
}

// Minor makes money of a number in minor units.
func Minor(n int64, currency string) enrolld.Money {
	return enrolld.Money{Minor: n, Currency: strings.ToUpper(currency)}
}
