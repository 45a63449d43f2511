package enrolld

import (
	"slices"
	"strings"
)

// Country is a country or territory of ISO 3166-1.
type Country struct {
	Code string // alpha-2, e.g. "DE"
	Name string // in English, e.g. "Germany"
}

// Countries returns all of them, sorted by name.
func Countries() []Country { return slices.Clone(countries) }

// CountryByCode finds a country by its alpha-2 code, in upper or lower case.
func CountryByCode(code string) (Country, bool) {
	code = strings.ToUpper(code)
	i := slices.IndexFunc(countries, func(c Country) bool { return c.Code == code })
	if i < 0 {
		return Country{}, false
	}
	return countries[i], true
}
