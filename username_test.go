package enrolld_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"enrolld"

	"golang.org/x/text/unicode/norm"
)

func TestParseUsername(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want, key string
		message             string // part of the refusal; empty: it is fine
	}{
		{"plain", "ann", "ann", "ann", ""},
		{"case is kept, but not in the key", "Ann.Lee_7-x", "Ann.Lee_7-x", "ann.lee_7-x", ""},
		{"trimmed", " \u200bann\n", "ann", "ann", ""},
		{"decomposed", "jose\u0301", "josé", "josé", ""},
		{"full width", "ａｎｎ", "ann", "ann", ""},
		{"sharp s folds", "Straße", "Straße", "strasse", ""},
		{"final sigma folds", "ΜΆΓΟΣ", "ΜΆΓΟΣ", "μάγοσ", ""},
		{"Cyrillic", "Анна", "Анна", "анна", ""},
		{"Latin and Han", "ann李", "ann李", "ann李", ""},
		{"Devanagari has marks", "हिन्दी", "हिन्दी", "हिन्दी", ""},
		{"digits", "1234", "1234", "1234", ""},
		{"60 long", strings.Repeat("a", 60), strings.Repeat("a", 60), strings.Repeat("a", 60), ""},
		{"reserved word within", "adminton", "adminton", "adminton", ""},

		{"empty", "", "", "", "3 to 60 characters"},
		{"two", "ab", "", "", "3 to 60 characters"},
		{"61", strings.Repeat("a", 61), "", "", "3 to 60 characters"},
		{"a book", strings.Repeat("e\u0301", 500_000), "", "", "3 to 60 characters"},
		{"key too long", strings.Repeat("ß", 60), "", "", "shorten"},
		{"address", "ann@example.org", "", "", "no @"},
		{"full-width at", "ann＠example", "", "", "no @"},
		{"space", "ann lee", "", "", "letters and digits"},
		{"a letter that becomes words", "ﷺ", "", "", "letters and digits"},
		{"slash", "ann/lee", "", "", "letters and digits"},
		{"NUL", "ann\x00lee", "", "", "letters and digits"},
		{"hidden", "an\u200bn", "", "", "letters and digits"},
		{"two dots", "ann..lee", "", "", "letters and digits"},
		{"dot in front", ".ann", "", "", "letters and digits"},
		{"hyphen behind", "ann-", "", "", "letters and digits"},
		{"a heap of marks", "a\u0330\u0331\u0332\u0333nn", "", "", "letters and digits"},
		{"not UTF-8", "ann\xe9", "", "", "not text"},
		{"Latin with a Cyrillic a", "\u0430nna", "", "", "alphabets"},
		{"Latin with a Greek o", "b\u03bfb", "", "", "alphabets"},
		{"Greek with Cyrillic", "\u03b1\u03b2\u0430", "", "", "alphabets"},
		{"reserved", "Admin", "", "", "kept for the service"},
		{"reserved, dressed up", "sys.tem", "", "", "kept for the service"},
		{"the product", "ENROLLD", "", "", "kept for the service"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name, key, err := enrolld.ParseUsername(tt.in)
			if name != tt.want || key != tt.key {
				t.Errorf("ParseUsername(%q) = %q, %q; want %q, %q", tt.in, name, key, tt.want, tt.key)
			}
			if got := enrolld.MessageOf(err); (err != nil) != (tt.message != "") || !strings.Contains(got, tt.message) {
				t.Errorf("ParseUsername(%q): %q; want something with %q", tt.in, got, tt.message)
			}
		})
	}
}

func FuzzParseUsername(f *testing.F) {
	for _, s := range []string{"ann", "Ann.Lee", "ß\u0345ŉ", "a@b", "\u0430nn", "हिन्दी", "ﬁﬁﬁ", "İstanbul", "ᾼᾼᾼ", "a\u0300\u0301b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, key, err := enrolld.ParseUsername(s)
		if err != nil {
			if name != "" || key != "" || enrolld.CodeOf(err) != enrolld.Invalid {
				t.Fatalf("ParseUsername(%q) = %q, %q, %v", s, name, key, err)
			}
			return
		}
		if utf8.RuneCountInString(name) > 60 || utf8.RuneCountInString(key) > 60 || !norm.NFKC.IsNormalString(name) || !norm.NFKC.IsNormalString(key) ||
			strings.ContainsAny(name+key, "@ \x00<>\"'/\\") {
			t.Fatalf("ParseUsername(%q) lets through %q, %q", s, name, key)
		}
		if again, k, err := enrolld.ParseUsername(name); err != nil || again != name || k != key {
			t.Fatalf("ParseUsername(%q) = %q, %q; of its name %q, %q, %v", s, name, key, again, k, err)
		}
	})
}
