package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

func TestWordsOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		email, first, last string
		want               []string
	}{
		{"Ann.Lee@X.org", "Ann", "Lee", []string{"ann.lee@x.org", "lee@x.org", "x.org", "ann", "lee"}},
		{"j@shop.example.co.uk", "José María", "Núñez-Åström", []string{
			"j@shop.example.co.uk", "shop.example.co.uk", "example.co.uk", "co.uk", "jose", "maria", "nunezastrom", "nunez", "astrom",
		}},
		{"a+b_c@x.org", "", "O’Neil", []string{"a+b_c@x.org", "b_c@x.org", "c@x.org", "x.org", "oneil", "o", "neil"}},
		{"a@x.org", "ＡＮＮ", "Großmann Søren Łukasz", []string{"a@x.org", "x.org", "ann", "grossmann", "soren", "lukasz"}},
		{"a@x.org", "山田 太郎", "", []string{"a@x.org", "x.org", "山田", "太郎"}},
		{"a@bücher.example", "", "", []string{"a@xn--bcher-kva.example", "xn--bcher-kva.example", "bcher-kva.example", "kva.example", "a@bucher.example", "bucher.example"}},
		{"a@x.org", "— !", "\x00", []string{"a@x.org", "x.org"}},
	}
	for _, test := range tests {
		_, key, err := enrolld.ParseEmail(test.email)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, wordsOf(test.email, key, test.first, test.last)); diff != "" {
			t.Errorf("words of %s, %s %s (-want +got):\n%s", test.email, test.first, test.last, diff)
		}
	}
}

func TestTypedWords(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][][]string{
		"":                nil,
		" , !":            nil,
		"ann  LEE":        {{"ann"}, {"lee"}},
		"O'Neil":          {{"o'neil", "oneil"}},
		"<ann@X.org>":     {{"ann@x.org", "annxorg"}},
		"José":            {{"jose"}},
		"a b c d e f g h": {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}},
		"\xff\xfe":        nil,
		"100%_":           {{"100%_", "100"}},
	} {
		if diff := cmp.Diff(want, typedWords(typed)); diff != "" {
			t.Errorf("typed %q (-want +got):\n%s", typed, diff)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("ann.lee@x.org", "Ann", "Lee")
	f.Add("ı@İ.example", "ŉ", "\u0301\u0301")
	f.Fuzz(func(t *testing.T, email, first, last string) {
		for _, w := range wordsOf(email, enrolld.EmailKey(email), first, last) {
			if w == "" || len(w) > maxWord {
				t.Errorf("the word %q has %d bytes", w, len(w))
			}
		}
		for _, starts := range typedWords(first + " " + last) {
			for _, s := range starts {
				if end := string(after(s)); s == "" || end <= s {
					t.Errorf("%q ends at %q", s, end)
				}
			}
		}
	})
}
