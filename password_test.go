package enrolld_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"enrolld"

	"golang.org/x/text/unicode/norm"
)

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	const short, long, repeats, many, own = "at least 10", "too long", "repeats", "many people", "a name or an address"
	holder := []string{"Annelise Lee", "annelise.lee@example.org", "ann_l", "Ink & Wash Academy"}
	tests := []struct{ name, in, want string }{
		{"a few words", "horse staple battery", ""},
		{"ten characters", "vTq8#mzLw2", ""},
		{"no composition rules", "gravelmothpane", ""},
		{"only digits, but not in a row", "8305916274", ""},
		{"64 characters of another script", strings.Repeat("漢字仮名交じり文", 8), ""},
		{"256 bytes", strings.Repeat("ab cd efg hijk lm", 16)[:256], ""},
		{"a common word among others", "password for my bank", ""},
		{"own name among other words", "annelise plants seven oaks", ""},
		{"own name among other characters", "ann#9$kQ&z!x", ""},
		{"space at the ends", " vTq8#mzLw ", ""},
		{"more around a common word than decorates", "x7dragon-Q4zw", ""},

		{"empty", "", short},
		{"nine", "vTq8#mzLw", short},
		{"nine with marks", "vTq8#mzLe\u0301", short},
		{"257 bytes", strings.Repeat("ab cd efg hijk lm", 17)[:257], long},
		{"not UTF-8", "vTq8#mzLw\xff2", "not text"},
		{"one character", "aaaaaaaaaa", repeats},
		{"two halves", "aaaaabbbbb", repeats},
		{"short text again and again", "ab1!ab1!ab1!", repeats},
		{"digits", "1234567890", repeats},
		{"digits backwards", "0987654321", repeats},
		{"alphabet", "abcdefghij", repeats},
		{"alphabet backwards, in capitals", "ZYXWVUTSRQ", repeats},
		{"keyboard", "qwertyuiop", repeats},
		{"German keyboard", "qwertzuiop", repeats},
		{"keyboard and an end", "asdfghjkl!1", repeats},
		{"zigzag", "1qaz2wsx3edc", repeats},
		{"listed", "basketball", many},
		{"listed, in capitals", "BasketBall", many},
		{"listed, full width", "ｂａｓｋｅｔｂａｌｌ", many},
		{"with a year", "michael1985", many},
		{"in brackets", "((dragon))", many},
		{"leet", "P@$$w0rd12", many},
		{"leet at the ends", "$unsh1ne2024", many},
		{"ones for an i", "pr1ncess!!!!", many},
		{"twice", "dragondragon", many},
		{"more digits", "password12345", many},
		{"the product", "Enrolld-2026!", own},
		{"own name", "annelise-lee", own},
		{"own name with a year", "AnneliseLee1985", own},
		{"own address", "annelise.lee@example.org", own},
		{"own name in leet", "4nnel1se!77x", own},
		{"account's name", "inkwashacademy1", own},
		{"account's name as it is written, with a year", "Ink & Wash 2026", own},
		{"own name between symbols", "--Annelise--", own},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := enrolld.CheckPassword(tt.in, holder...)
			if got := enrolld.MessageOf(err); (err != nil) != (tt.want != "") || !strings.Contains(got, tt.want) {
				t.Errorf("CheckPassword(%q): %q; want something with %q", tt.in, got, tt.want)
			}
			if err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
				t.Errorf("CheckPassword(%q) has code %s", tt.in, enrolld.CodeOf(err))
			}
		})
	}
}

// What others know of one person is fine for another.
func TestCheckPassword_ownOnly(t *testing.T) {
	t.Parallel()
	for _, own := range [][]string{nil, {""}, {"Bo", "b@x.org", "!"}} {
		if err := enrolld.CheckPassword("quillonbrandt", own...); err != nil {
			t.Errorf("CheckPassword beside %q: %v", own, err)
		}
	}
	if err := enrolld.CheckPassword("quillonbrandt", "Brandt", "Quillon"); err == nil {
		t.Error("a password made of the holder's names is allowed")
	}
}

func FuzzCheckPassword(f *testing.F) {
	for _, s := range []string{"", "password12", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "1!1!1!1!1!", "ﷺﷺﷺﷺ", "4nnel1se!77", "bbbbbbbbשּׂ", "İİİİİİİİİİ", strings.Repeat("漢", 85)} {
		f.Add(s, "Ann Lee")
	}
	f.Fuzz(func(t *testing.T, s, own string) {
		err := enrolld.CheckPassword(s, own)
		if err != nil {
			if enrolld.CodeOf(err) != enrolld.Invalid || utf8.RuneCountInString(s) > 60 && strings.Contains(err.Error(), s) {
				t.Fatalf("CheckPassword(%q): %v", s, err)
			}
			return
		}
		if len(s) > 256 || utf8.RuneCountInString(norm.NFC.String(s)) < 10 || !utf8.ValidString(s) {
			t.Fatalf("CheckPassword(%q) lets it through", s)
		}
		if isWord(s) && enrolld.CheckPassword(s, own, s) == nil {
			t.Fatalf("CheckPassword(%q) lets through what others know", s)
		}
	})
}

// isWord says whether a text is of plain letters only.
func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}
