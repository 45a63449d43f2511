package enrolld

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// postalRule says how a country writes its postal codes. The zero value is a
// country of which we know nothing: any short text is good.
type postalRule struct {
	// shapes are how a code looks: 9 stands for a digit, a for a letter, * for
	// either, anything else for itself.
	shapes   []string
	example  string
	optional bool   // an address may do without
	prefix   string // what people put in front beside the country's code, e.g. "L" in L-1234
	noCity   bool   // the country is one city
}

// separators stand within postal codes, and people leave them out.
const separators = " -."

var squeeze = strings.NewReplacer(" ", "", "-", "", ".", "", "–", "", "—", "")

// write returns a code as the country writes it; false when it is none of its.
func (r postalRule) write(code, country string) (string, bool) {
	code = squeeze.Replace(code)
	for _, try := range []string{code, strings.TrimPrefix(code, country), strings.TrimPrefix(code, r.prefix), country + code} {
		for _, shape := range r.shapes {
			if out, ok := fit(try, shape); ok {
				return out, true
			}
		}
	}
	return "", false
}

// fit lays a code without separators over a shape.
func fit(code, shape string) (string, bool) {
	var out strings.Builder
	for i := range len(shape) {
		if strings.IndexByte(separators, shape[i]) >= 0 {
			out.WriteByte(shape[i])
			continue
		}
		if code == "" || !stands(shape[i], code[0]) {
			return "", false
		}
		out.WriteByte(code[0])
		code = code[1:]
	}
	return out.String(), code == ""
}

// stands says whether a character of a shape stands for one of a code.
func stands(shape, c byte) bool {
	digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
	switch shape {
	case '9':
		return digit
	case 'a':
		return letter
	case '*':
		return digit || letter
	}
	return shape == c
}

// problem says what is wrong with a code, "" when it is fine.
func (r postalRule) problem(code, country string) string {
	if len(r.shapes) == 0 {
		return missingOrLong(code, maxFreePostalCode, "")
	}
	if code == "" && r.optional {
		return ""
	}
	if code == "" {
		return "write the postal code, for example " + r.example
	}
	if _, ok := r.write(code, country); !ok {
		name, _ := CountryByCode(country)
		return "this is not how postal codes of " + name.Name + " look; for example " + r.example
	}
	return ""
}

// Region is a state or province that has a code.
type Region struct{ Code, Name string }

// Regions returns the states or provinces of a country whose addresses must name
// one (US, CA, AU), sorted by name; nothing for others.
func Regions(country string) []Region { return slices.Clone(regions[country]) }

// regionCode finds the code of a state or province by its code or its name.
func regionCode(country, region string) (string, bool) {
	code, name := squeeze.Replace(region), bare(region)
	for _, r := range regions[country] {
		if strings.EqualFold(code, r.Code) || strings.EqualFold(name, r.Name) {
			return r.Code, true
		}
	}
	return "", false
}

// bare leaves out accents: Québec is Quebec.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}
