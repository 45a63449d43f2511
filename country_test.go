package enrolld_test

import (
	"slices"
	"testing"

	"enrolld"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

func TestCountries(t *testing.T) {
	t.Parallel()
	all := enrolld.Countries()
	if len(all) != 249 {
		t.Errorf("there are %d countries; ISO 3166-1 has 249", len(all))
	}
	english := collate.New(language.English)
	if !slices.IsSortedFunc(all, func(a, b enrolld.Country) int { return english.CompareString(a.Name, b.Name) }) {
		t.Error("they are not sorted by name")
	}
	codes, names := map[string]bool{}, map[string]bool{}
	for _, c := range all {
		if region, err := language.ParseRegion(c.Code); err != nil || !region.IsCountry() || region.String() != c.Code || c.Name == "" {
			t.Errorf("%+v is no country: %v", c, err)
		}
		if codes[c.Code] || names[c.Name] {
			t.Errorf("%+v is there twice", c)
		}
		codes[c.Code], names[c.Name] = true, true
	}
	all[0].Name = "changed by a caller"
	if got := enrolld.Countries()[0].Name; got != "Afghanistan" {
		t.Errorf("a caller changed the list: it begins with %q", got)
	}
}

func TestCountryByCode(t *testing.T) {
	t.Parallel()
	tests := []struct{ code, name string }{
		{"DE", "Germany"}, {"gb", "United Kingdom"}, {"TR", "Türkiye"}, {"SZ", "Eswatini"}, {"MK", "North Macedonia"}, {"HK", "Hong Kong"},
		{"UK", ""}, {"EU", ""}, {"XK", ""}, {"", ""}, {"DEU", ""},
	}
	for _, tt := range tests {
		if got, ok := enrolld.CountryByCode(tt.code); got.Name != tt.name || ok != (tt.name != "") {
			t.Errorf("CountryByCode(%q) = %+v, %v; want %q", tt.code, got, ok, tt.name)
		}
	}
}
