package enrolld_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"enrolld"

	"github.com/google/go-cmp/cmp"
)

func TestPostalAddress_postalCodes(t *testing.T) {
	t.Parallel()
	tests := []struct{ country, in, want string }{ // "!": refused
		{"GB", "sw1a1aa", "SW1A 1AA"}, {"GB", "M1 1AE", "M1 1AE"}, {"GB", "cr2-6xh", "CR2 6XH"}, {"GB", "gir0aa", "GIR 0AA"}, {"GB", "SW1A", "!"}, {"GB", "", "!"},
		{"NL", "1234ab", "1234 AB"}, {"NL", "NL-1234 ab", "1234 AB"}, {"NL", "1234", "!"},
		{"US", "94107", "94107"}, {"US", "941071234", "94107-1234"}, {"US", "94107–1234", "94107-1234"}, {"US", "9410", "!"}, {"US", "SW1A 1AA", "!"},
		{"CA", "k1a0b1", "K1A 0B1"}, {"CA", "11A 0B1", "!"},
		{"DE", "D-10115", "10115"}, {"DE", "de 10115", "10115"}, {"DE", "1011", "!"}, {"DE", "", "!"},
		{"AT", "A-1010", "1010"}, {"CH", "CH-8001", "8001"}, {"LU", "L-1009", "1009"}, {"FI", "FIN-00100", "00100"},
		{"SE", "11129", "111 29"}, {"SE", "SE-111 29", "111 29"}, {"CZ", "11000", "110 00"}, {"SK", "81101", "811 01"}, {"GR", "10557", "105 57"},
		{"PL", "00001", "00-001"}, {"PT", "1000001", "1000-001"}, {"PT", "1000", "!"}, {"BR", "01001000", "01001-000"}, {"JP", "１００－０００１", "100-0001"},
		{"LV", "1010", "LV-1010"}, {"LV", "lv1010", "LV-1010"}, {"LT", "01100", "LT-01100"}, {"MT", "vlt1117", "VLT 1117"},
		{"AR", "c1002aap", "C1002AAP"}, {"AR", "1002", "1002"}, {"IS", "101", "101"}, {"IN", "110 001", "110001"}, {"ZA", "0001", "0001"},
		{"IE", "d02af30", "D02 AF30"}, {"IE", "D6WXY00", "D6W XY00"}, {"IE", "", ""}, {"IE", "Dublin 2", "!"}, {"CL", "", ""}, {"IL", "", ""},
		{"HK", "", ""}, {"AE", "", ""}, {"AE", "po box 12", "PO BOX 12"}, {"KE", "123456789012", "123456789012"}, {"KE", "1234567890123", "!"},
	}
	for _, tt := range tests {
		t.Run(tt.country+" "+tt.in, func(t *testing.T) {
			t.Parallel()
			a := enrolld.PostalAddress{Line1: "1 High St", City: "Town", Country: tt.country, PostalCode: tt.in}
			if regions := enrolld.Regions(tt.country); regions != nil {
				a.Region = regions[0].Code
			}
			if problems := a.Problems(); (len(problems) > 0) != (tt.want == "!") || len(problems) > 0 && problems[0].Field != "postal_code" {
				t.Errorf("problems %+v; want %q", problems, tt.want)
			}
			if got := a.Normalized().PostalCode; tt.want != "!" && got != tt.want {
				t.Errorf("postal code %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPostalAddress_Normalized(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		in, want enrolld.PostalAddress
	}{
		{"nothing", enrolld.PostalAddress{Line1: " \t", City: "\u200b"}, enrolld.PostalAddress{}},
		{"cleaned",
			enrolld.PostalAddress{Line1: " 1\tHigh\r\nSt\x00 ", Line2: "\u202eFlat  2", City: "Mu\u0308nchen", Region: " Bayern ", PostalCode: " 80331 ", Country: "de"},
			enrolld.PostalAddress{Line1: "1 High St", Line2: "Flat 2", City: "München", Region: "Bayern", PostalCode: "80331", Country: "DE"}},
		{"state by name", enrolld.PostalAddress{Region: "new  york", Country: "us"}, enrolld.PostalAddress{Region: "NY", Country: "US"}},
		{"state with dots", enrolld.PostalAddress{Region: "D.C.", Country: "US"}, enrolld.PostalAddress{Region: "DC", Country: "US"}},
		{"province with an accent", enrolld.PostalAddress{Region: "Québec", Country: "CA"}, enrolld.PostalAddress{Region: "QC", Country: "CA"}},
		{"Australian", enrolld.PostalAddress{Region: "Victoria", Country: "AU"}, enrolld.PostalAddress{Region: "VIC", Country: "AU"}},
		{"a region elsewhere", enrolld.PostalAddress{Region: "Victoria", Country: "GB"}, enrolld.PostalAddress{Region: "Victoria", Country: "GB"}},
		{"no country", enrolld.PostalAddress{City: "X", Country: "AUT"}, enrolld.PostalAddress{City: "X"}},
		{"what a country does not have stays", enrolld.PostalAddress{PostalCode: "abc", Region: "Bavaria", Country: "US"}, enrolld.PostalAddress{PostalCode: "ABC", Region: "Bavaria", Country: "US"}},
		{"joiners stay", enrolld.PostalAddress{City: "می\u200cدان"}, enrolld.PostalAddress{City: "می\u200cدان"}},
		{"lengths",
			enrolld.PostalAddress{Line1: strings.Repeat("ü", 101), Line2: strings.Repeat("b ", 101), City: strings.Repeat("c", 81), Region: strings.Repeat("d", 81), PostalCode: strings.Repeat("1", 17)},
			enrolld.PostalAddress{Line1: strings.Repeat("ü", 100), Line2: strings.Repeat("b ", 49) + "b", City: strings.Repeat("c", 80), Region: strings.Repeat("d", 80), PostalCode: strings.Repeat("1", 16)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.in.Normalized()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestPostalAddress_Problems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   enrolld.PostalAddress
		want []enrolld.FieldProblem
	}{
		{"nothing", enrolld.PostalAddress{}, nil},
		{"nothing but blanks", enrolld.PostalAddress{Line1: " ", Country: "\t"}, nil},
		{"good", enrolld.PostalAddress{Line1: "1 Main St", City: "Austin", Region: "tx", PostalCode: "78701", Country: "US"}, nil},
		{"one city", enrolld.PostalAddress{Line1: "1 Orchard Rd", PostalCode: "238801", Country: "SG"}, nil},
		{"no country", enrolld.PostalAddress{Line1: "1 Main St"}, []enrolld.FieldProblem{
			{Field: "city", Message: "write the city or town"}, {Field: "country", Message: "choose a country from the list"}}},
		{"country only", enrolld.PostalAddress{Country: "US"}, []enrolld.FieldProblem{
			{Field: "line1", Message: "write the street and the house number"}, {Field: "city", Message: "write the city or town"},
			{Field: "region", Message: "choose the state"}, {Field: "postal_code", Message: "write the postal code, for example 94107"}}},
		{"a country that is none", enrolld.PostalAddress{Line1: "1", City: "X", Country: "XX"}, []enrolld.FieldProblem{{Field: "country", Message: "choose a country from the list"}}},
		{"wrong for the country", enrolld.PostalAddress{Line1: "1", City: "X", Region: "Bavaria", PostalCode: "80331", Country: "CA"}, []enrolld.FieldProblem{
			{Field: "region", Message: "write the province or territory by its name or its code, for example AB"},
			{Field: "postal_code", Message: "this is not how postal codes of Canada look; for example K1A 0B1"}}},
		{"too long", enrolld.PostalAddress{Line1: strings.Repeat("a", 101), Line2: strings.Repeat("b", 101), City: strings.Repeat("c", 81), Region: strings.Repeat("d", 81), PostalCode: strings.Repeat("1", 13), Country: "KE"},
			[]enrolld.FieldProblem{
				{Field: "line1", Message: "shorten this to at most 100 characters; it has 101"}, {Field: "line2", Message: "shorten this to at most 100 characters; it has 101"},
				{Field: "city", Message: "shorten this to at most 80 characters; it has 81"}, {Field: "region", Message: "shorten this to at most 80 characters; it has 81"},
				{Field: "postal_code", Message: "shorten this to at most 12 characters; it has 13"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.in.Problems()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func FuzzPostalAddressNormalized(f *testing.F) {
	f.Add("1 High St", "Flat 2", "London", "", "sw1a1aa", "gb")
	f.Add("a\u0301\x00", "\u202e", "\u200c", "québec", "１００－０００１", "CA")
	f.Add("", "", "", "D.C."+strings.Repeat(".", 90)+"x", "a˘", "US") // what is cut becomes a code; a letter becomes a space and a mark
	f.Add("", "", "", "", "0 1 0 0 1 0 0 0 9", "BR")
	f.Add("\xff", strings.Repeat("e\u0301 ", 120), "ŉ", "ǰ", "lv ŉ", "ß")
	f.Fuzz(func(t *testing.T, line1, line2, city, region, code, country string) {
		a := enrolld.PostalAddress{Line1: line1, Line2: line2, City: city, Region: region, PostalCode: code, Country: country}
		once := a.Normalized()
		if diff := cmp.Diff(once, once.Normalized()); diff != "" {
			t.Fatalf("normalizing again changes it: -once +twice\n%s", diff)
		}
		if problems := a.Problems(); len(problems) == 0 {
			if again := once.Problems(); len(again) > 0 {
				t.Fatalf("%+v is fine, but normalized it has %+v", a, again)
			}
		}
		for i, s := range []string{once.Line1, once.Line2, once.City, once.Region, once.PostalCode, once.Country} {
			limit := []int{100, 100, 80, 80, 16, 2}[i]
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit || strings.ContainsFunc(s, unicode.IsControl) || s != strings.TrimSpace(s) {
				t.Fatalf("normalized to %q", s)
			}
		}
	})
}
