package integrations

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
)

// nodeKind is what a Node is.
type nodeKind uint8

const (
	kindNull nodeKind = iota
	kindBool
	kindNumber
	kindText
	kindList
	kindObject
)

// Node is a value of a decoded body, whether it came as JSON, as a form or as
// multipart. Senders differ in how they write the same thing ("12", 12, "12.0";
// null, "null", nothing at all), so a Node is asked for what is wanted and
// answers with it or with nothing. A nil Node is one that is not there: every
// method works on it.
type Node struct {
	kind   nodeKind
	text   string // of a bool, number or text
	items  []*Node
	fields map[string]*Node
	next   int // what a form's a[] is numbered with
}

// null is how form senders write that there is nothing.
const null = "null"

// Get walks down the tree by field names and list indexes.
func (n *Node) Get(path ...string) *Node {
	for _, p := range path {
		if n == nil {
			return nil
		}
		switch n.kind {
		case kindObject:
			n = n.fields[p]
		case kindList:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(n.items) {
				return nil
			}
			n = n.items[i]
		default:
			return nil
		}
	}
	return n
}

// First returns the first of several fields that says something.
func (n *Node) First(names ...string) *Node {
	for _, name := range names {
		if c := n.Get(name); !c.Empty() {
			return c
		}
	}
	return nil
}

// Empty says whether there is nothing: no such node, null, "null", blank text,
// an empty list or object.
func (n *Node) Empty() bool {
	if n == nil {
		return true
	}
	switch n.kind {
	case kindNull:
		return true
	case kindList:
		return len(n.items) == 0
	case kindObject:
		return len(n.fields) == 0
	}
	return n.Text() == ""
}

// Exists says whether the sender wrote the field at all, be it null.
func (n *Node) Exists() bool { return n != nil }

// IsText says whether the node is text, not a number, a list or an object.
func (n *Node) IsText() bool { return n != nil && n.kind == kindText }

// IsObject says whether the node has fields.
func (n *Node) IsObject() bool { return n != nil && n.kind == kindObject }

// Text returns a scalar as trimmed text. It is not called String so that no
// format verb prints a buyer's data by accident.
func (n *Node) Text() string {
	if n == nil || n.kind >= kindList {
		return ""
	}
	if s := strings.TrimSpace(n.text); s != null {
		return s
	}
	return ""
}

// Raw returns a scalar's text as it was sent, for comparing secrets.
func (n *Node) Raw() string {
	if n == nil || n.kind >= kindList {
		return ""
	}
	return n.text
}

// Int returns a whole number; "12.00" is one.
func (n *Node) Int() (int64, bool) {
	s := n.Text()
	if whole, decimals, ok := strings.Cut(s, "."); ok && strings.Trim(decimals, "0") == "" {
		s = whole
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

// Bool says whether the node affirms something.
func (n *Node) Bool() bool {
	switch strings.ToLower(n.Text()) {
	case "true", "1", "yes", "on", "y", "t":
		return true
	}
	return false
}

// maxUnix is the last second of the year 9999, the last that databases hold.
const maxUnix = 253402300799

// Unix returns a time written in seconds since 1970; zero when it is not one.
func (n *Node) Unix() time.Time {
	if i, ok := n.Int(); ok && i > 0 && i <= maxUnix {
		return time.Unix(i, 0).UTC()
	}
	return time.Time{}
}

// timeLayouts are the ways in which senders write times. Without a zone UTC is
// meant.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02 15:04",
	time.RFC1123Z, time.RFC1123, time.DateOnly,
}

// Time returns a time written in seconds since 1970 or as a date; zero when it
// is neither.
func (n *Node) Time() time.Time {
	if t := n.Unix(); !t.IsZero() {
		return t
	}
	s := n.Text()
	if len(s) > 64 {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Unix() > 0 && t.Unix() <= maxUnix {
			return t.UTC()
		}
	}
	return time.Time{}
}

// Decimal returns an amount written with decimals, as text or as a number; zero
// when there is none.
func (n *Node) Decimal(currency string) (enrolld.Money, error) {
	if n.Empty() {
		return enrolld.Money{Currency: strings.ToUpper(currency)}, nil
	}
	if n.kind >= kindList {
		return enrolld.Money{}, enrolld.Errorf(enrolld.Invalid, "an amount of money is a list or an object")
	}
	if n.kind == kindNumber {
		return numberMoney(n.text, currency)
	}
	return enrolld.ParseDecimal(n.Text(), currency)
}

// numberMoney reads a JSON number exactly. In it a dot is always the decimal
// one, while ParseDecimal has to guess.
func numberMoney(s, currency string) (enrolld.Money, error) {
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

// Minor returns an amount written in minor units.
func (n *Node) Minor(currency string) enrolld.Money {
	i, _ := n.Int()
	return enrolld.Money{Minor: i, Currency: strings.ToUpper(currency)}
}

// List returns the members of a list. A form's a[0], a[3] are a list in the
// order of their indexes; a single value where a list is wanted is one of one.
func (n *Node) List() []*Node {
	if n.Empty() {
		return nil
	}
	switch n.kind {
	case kindList:
		return n.items
	case kindObject:
		return n.indexed()
	}
	return []*Node{n}
}

func (n *Node) indexed() []*Node {
	indexes := make([]int, 0, len(n.fields))
	for k := range n.fields {
		i, ok := index(k)
		if !ok {
			return []*Node{n}
		}
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	out := make([]*Node, len(indexes))
	for i, at := range indexes {
		out[i] = n.fields[strconv.Itoa(at)]
	}
	return out
}

// index reads what PHP takes for a number in brackets: no sign, no leading zero.
func index(s string) (int, bool) {
	i, err := strconv.Atoi(s)
	return i, err == nil && i >= 0 && strconv.Itoa(i) == s
}

// Keys returns the names of an object's fields, sorted.
func (n *Node) Keys() []string {
	if n == nil {
		return nil
	}
	keys := make([]string, 0, len(n.fields))
	for k := range n.fields {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Minor makes money of a number in minor units.
func Minor(n int64, currency string) enrolld.Money {
	return enrolld.Money{Minor: n, Currency: strings.ToUpper(currency)}
}
