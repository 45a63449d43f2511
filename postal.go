package enrolld

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// PostalAddress is where a person lives or a business sits: what sales tax is
// calculated from. The zero value is no address, which is fine.
type PostalAddress struct {
	Line1, Line2, City string
	Region             string // US, CA and AU: the code of the state, e.g. "CA"; elsewhere as people write it
	PostalCode         string
	Country            string // ISO 3166-1 alpha-2
}

// FieldProblem is what is wrong with one field of a form, for people.
type FieldProblem struct {
	Field   string // the name of the input, e.g. "postal_code"
	Message string
}

// Lengths of the parts of an address, in characters.
const (
	maxAddressLine = 100
	maxPlaceName   = 80 // cities and regions
	maxPostalCode  = 16
	// maxFreePostalCode holds where we know no rule.
	maxFreePostalCode = 12
)

// Normalized returns the address as it is stored: trimmed, with single spaces and
// nothing that is not seen, within its lengths, the codes of country and region
// in upper case and the postal code as the country writes it ("sw1a1aa" becomes
// "SW1A 1AA"). Ask Problems of what was typed first: what is too long is cut
// here, and a country that is none is left out.
func (a PostalAddress) Normalized() PostalAddress {
	a = a.cleaned()
	a.Line1, a.Line2 = cutRunes(a.Line1, maxAddressLine), cutRunes(a.Line2, maxAddressLine)
	a.City, a.Region = cutRunes(a.City, maxPlaceName), cutRunes(a.Region, maxPlaceName)
	a.PostalCode = cutRunes(a.PostalCode, maxPostalCode)
	a = a.cleaned() // what was cut may be a code now
	if _, ok := CountryByCode(a.Country); !ok {
		a.Country = ""
	}
	return a
}

// cleaned is Normalized without the lengths.
func (a PostalAddress) cleaned() PostalAddress {
	a.Line1, a.Line2, a.City = oneLine(a.Line1), oneLine(a.Line2), oneLine(a.City)
	a.Country = upperCode(oneLine(a.Country))
	a.Region = oneLine(a.Region)
	if code, ok := regionCode(a.Country, a.Region); ok {
		a.Region = code
	}
	a.PostalCode = oneLine(upperCode(oneLine(a.PostalCode)))
	if code, ok := postalRules[a.Country].write(a.PostalCode, a.Country); ok {
		a.PostalCode = code
	}
	return a
}

// Problems says what has to be mended before the address can be used, field by
// field in the order of the form: line1, line2, city, region, postal_code,
// country. There are none when the whole address is empty.
func (a PostalAddress) Problems() []FieldProblem {
	a = a.cleaned()
	if a == (PostalAddress{}) {
		return nil
	}
	var out []FieldProblem
	add := func(field, message string) {
		if message != "" {
			out = append(out, FieldProblem{field, message})
		}
	}
	rule := postalRules[a.Country]
	add("line1", missingOrLong(a.Line1, maxAddressLine, "write the street and the house number"))
	add("line2", missingOrLong(a.Line2, maxAddressLine, ""))
	if rule.noCity {
		add("city", missingOrLong(a.City, maxPlaceName, ""))
	} else {
		add("city", missingOrLong(a.City, maxPlaceName, "write the city or town"))
	}
	add("region", a.regionProblem())
	add("postal_code", rule.problem(a.PostalCode, a.Country))
	if _, ok := CountryByCode(a.Country); !ok {
		add("country", "choose a country from the list")
	}
	return out
}

func (a PostalAddress) regionProblem() string {
	kind := regionKinds[a.Country]
	if kind == "" {
		return missingOrLong(a.Region, maxPlaceName, "")
	}
	if a.Region == "" {
		return "choose the " + kind
	}
	if _, ok := regionCode(a.Country, a.Region); !ok {
		return "write the " + kind + " by its name or its code, for example " + Regions(a.Country)[0].Code
	}
	return ""
}

// missingOrLong is the message for a text that is too long, or the given one if
// there is none.
func missingOrLong(s string, limit int, missing string) string {
	if s == "" {
		return missing
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return fmt.Sprintf("shorten this to at most %d characters; it has %d", limit, n)
	}
	return ""
}

// oneLine returns text in Unicode NFC with single spaces, and without control
// characters and what is not seen. Joiners stay: some scripts are written with them.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

// cutRunes returns the first n characters of text that oneLine returned.
func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n]))
}

// upperCode writes a code in plain capitals: full-width ones, as Japanese
// keyboards make them, become the usual ones.
func upperCode(s string) string {
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, norm.NFKC.String(s)))
}
