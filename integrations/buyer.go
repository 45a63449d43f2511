package integrations

import (
	"html"
	"strings"

	"enrolld"
)

// Buyer makes a buyer of what a checkout says of a person. Where only a full
// name is known, its last word is the last name. The error has code Invalid and
// says what is wrong with the address, without the address.
func Buyer(email, first, last, full, country string) (*enrolld.Buyer, error) {
	addr, _, err := enrolld.ParseEmail(email)
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err,
			"the delivery names no buyer we can write to: %s", enrolld.MessageOf(err))
	}
	first, last, full = Clean(first), Clean(last), Clean(full)
	if first == "" && last == "" {
		first = full
		if i := strings.LastIndexByte(full, ' '); i > 0 {
			first, last = full[:i], full[i+1:]
		}
	}
	country = strings.ToUpper(strings.TrimSpace(country))
	if len(country) != 2 {
		country = ""
	}
	return &enrolld.Buyer{Email: addr, First: first, Last: last, Country: country}, nil
}

// Clean is a text for people as it was meant: no HTML entities, which PHP
// programs leave in product names, no control characters, single blanks.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, html.UnescapeString(s))
	return strings.Join(strings.Fields(s), " ")
}

// isClean says of most texts that Clean would not change them.
func isClean(s string) bool {
	blank := true // before
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == '&' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return s == "" || !blank
}
