package enrolld_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"enrolld"

	"golang.org/x/text/unicode/norm"
)

// long is an address of n characters.
func long(n int) string {
	label := strings.Repeat("d", 60) + "."
	s := "ann.lee+a@" + label + label + label
	return s + strings.Repeat("e", n-len(s)-3) + ".co"
}

func TestParseEmail(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, addr, key string }{
		{"plain", "ann@example.org", "ann@example.org", "ann@example.org"},
		{"trimmed", " \tann@example.org\r\n", "ann@example.org", "ann@example.org"},
		{"upper case is kept, but not in the key", "Ann.Lee@Example.ORG", "Ann.Lee@Example.ORG", "ann.lee@example.org"},
		{"tag", "ann+course@example.org", "ann+course@example.org", "ann+course@example.org"},
		{"apostrophe", "o'neil@example.org", "o'neil@example.org", "o'neil@example.org"},
		{"odd but allowed", "a!#$%&*/=?^_`{|}~-@example.org", "a!#$%&*/=?^_`{|}~-@example.org", "a!#$%&*/=?^_`{|}~-@example.org"},
		{"IDN", "ann@bücher.example", "ann@bücher.example", "ann@xn--bcher-kva.example"},
		{"IDN, punycode already", "ann@XN--Bcher-KVA.example", "ann@XN--Bcher-KVA.example", "ann@xn--bcher-kva.example"},
		{"IDN, sharp s is a letter of its own", "ann@straße.de", "ann@straße.de", "ann@xn--strae-oqa.de"},
		{"IDN, ideographic dot", "ann@例え。jp", "ann@例え。jp", "ann@xn--r8jz45g.jp"},
		{"local part outside ASCII", "JOSÉ@example.org", "JOSÉ@example.org", "josé@example.org"},
		{"decomposed", "jose\u0301@example.org", "josé@example.org", "josé@example.org"},
		{"digits", "1@2.example", "1@2.example", "1@2.example"},
		{"254 long", long(254), long(254), long(254)},
		{"copied with what nobody sees around it", "\ufeff\u200bann@example.org\u200b\u00a0", "ann@example.org", "ann@example.org"},

		{"empty", "", "", ""},
		{"blank", " \u200b", "", ""},
		{"255 long", long(255), "", ""},
		{"key longer than the address", "ann@" + strings.Repeat("ü.", 80) + "org", "", ""},
		{"key alone too long", strings.Repeat("l", 64) + "@" + strings.Repeat("ü.", 24) + "org", "", ""},
		{"a book", strings.Repeat("e\u0301", 500_000) + "@example.org", "", ""},
		{"no domain", "ann", "", ""},
		{"empty local part", "@example.org", "", ""},
		{"host without a dot", "a@b", "", ""},
		{"localhost", "root@localhost", "", ""},
		{"trailing dot", "ann@example.org.", "", ""},
		{"leading dot in the domain", "ann@.example.org", "", ""},
		{"two dots", "ann@example..org", "", ""},
		{"dot before the at", "ann.@example.org", "", ""},
		{"two ats", "ann@b@example.org", "", ""},
		{"quoted local part", `"ann lee"@example.org`, "", ""},
		{"quoted, needlessly", `"ann"@example.org`, "", ""},
		{"literal", "ann@[127.0.0.1]", "", ""},
		{"IP address", "ann@127.0.0.1", "", ""},
		{"display name", "Bob <a@b.co>", "", ""},
		{"angle brackets", "<a@b.co>", "", ""},
		{"comment", "ann(home)@example.org", "", ""},
		{"list", "a@example.org,b@example.org", "", ""},
		{"list by semicolon", "a@example.org;b@example.org", "", ""},
		{"header injection", "ann@example.org\r\nBcc: b@example.org", "", ""},
		{"newline", "ann\n@example.org", "", ""},
		{"NUL", "ann\x00@example.org", "", ""},
		{"blank within", "ann lee@example.org", "", ""},
		{"invisible within", "an\u200bn@example.org", "", ""},
		{"direction mark", "ann\u202e@example.org", "", ""},
		{"soft hyphen in the domain", "ann@exam\u00adple.org", "", ""},
		{"not UTF-8", "ann\xe9@example.org", "", ""},
		{"replacement character", "ann\ufffd@example.org", "", ""},
		{"underscore in the domain", "ann@ex_ample.org", "", ""},
		{"hyphen at an edge", "ann@-example.org", "", ""},
		{"label of 64", "ann@" + strings.Repeat("d", 64) + ".org", "", ""},
		{"bad punycode", "ann@xn--a.org", "", ""},
		{"full-width at", "ann＠example.org", "", ""},
		{"mailto", "mailto:ann@example.org", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			addr, key, err := enrolld.ParseEmail(tt.in)
			if addr != tt.addr || string(key) != tt.key {
				t.Errorf("ParseEmail(%q) = %q, %q, %v; want %q, %q", tt.in, addr, key, err, tt.addr, tt.key)
			}
			if (err != nil) != (tt.key == "") || err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
				t.Errorf("ParseEmail(%q): error %v", tt.in, err)
			}
		})
	}
}

func TestEmailKeyDomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[enrolld.EmailKey]string{"ann@example.org": "example.org", "": ""} {
		if got := in.Domain(); got != want {
			t.Errorf("EmailKey(%q).Domain() = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, s := range []string{
		"ann@example.org", "Ann.Lee@BÜCHER.example", "a@b", `"a b"@c.de`, "a@[::1]", "Bob <a@b.co>", "a@b.co\r\nBcc: x@y.z",
		"İ@example.org", "ΑΣ@example.org", "jose\u0301@x.org", "a@xn--bcher-kva.de", long(254), long(255), "a@1.2.3.4",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, key, err := enrolld.ParseEmail(s)
		if err != nil {
			if addr != "" || key != "" || enrolld.CodeOf(err) != enrolld.Invalid {
				t.Fatalf("ParseEmail(%q) = %q, %q, %v", s, addr, key, err)
			}
			return
		}
		for _, got := range []string{addr, string(key)} {
			if len(got) > 254 || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00<>\", ;") ||
				strings.Count(got, "@") != 1 || strings.ContainsFunc(got, unicode.IsControl) {
				t.Fatalf("ParseEmail(%q) lets through %q", s, got)
			}
		}
		if !norm.NFC.IsNormalString(addr) || !norm.NFC.IsNormalString(string(key)) {
			t.Fatalf("ParseEmail(%q) = %q, %q: not NFC", s, addr, key)
		}
		for _, again := range []string{addr, string(key), " " + addr + "\n", norm.NFD.String(addr)} {
			if _, k, err := enrolld.ParseEmail(again); err != nil || k != key {
				t.Fatalf("ParseEmail(%q) has key %q, but %q has %q, %v", s, key, again, k, err)
			}
		}
		for _, r := range key.Domain() {
			if r >= utf8.RuneSelf || unicode.IsUpper(r) {
				t.Fatalf("ParseEmail(%q): key %q has a domain that DNS does not know", s, key)
			}
		}
	})
}

// TestPlainEmail compares the short way with the whole, over what stands at its
// borders: signs, lengths, hyphens and dots in every place.
func TestPlainEmail(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20261122, 3))
	pieces := []string{
		"a", "b", "Z", "7", ".", "-", "_", "+", "@", "xn--", "12", "org", ".com", "é", "&", " ", "\x11", "\x00", "(", "..", ".-",
		strings.Repeat("l", 62), strings.Repeat("l", 63), strings.Repeat("d.", 60),
	}
	plain := 0
	for range 200_000 {
		var s string
		if rng.IntN(2) == 0 { // half of them are nearly addresses
			s = "a" + pieces[rng.IntN(len(pieces))] + "@" + pieces[rng.IntN(len(pieces))] + "b.c" + pieces[rng.IntN(len(pieces))]
		} else {
			for range 1 + rng.IntN(9) {
				s += pieces[rng.IntN(len(pieces))]
			}
		}
		key, ok := enrolld.PlainEmail(s)
		if !ok {
			continue
		}
		plain++
		if addr, want, err := enrolld.ParseAnyEmail(s); err != nil || addr != s || want != key {
			t.Fatalf("%q: got %q by the short way, want %q, %q, %v", s, key, addr, want, err)
		}
	}
	if plain < 1000 {
		t.Errorf("only %d texts went the short way: this proves nothing", plain)
	}
	if _, ok := enrolld.PlainEmail("ann.lee+x@mail-1.example.org"); !ok {
		t.Error("a usual address goes the long way")
	}
}

func TestMaskAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"maya@example.com": "m•••@e•••.com", "a@b.co.uk": "a•••@b•••.uk", "jörg@ölmühle.de": "j•••@ö•••.de", "öl@localhost": "ö•••@l•••",
		`"a@b"@c.org`: `"•••@c•••.org`, "": "", "@b.de": "", "a@": "", "nobody": "",
	} {
		if got := enrolld.MaskAddress(in); got != want {
			t.Errorf("MaskAddress(%q) = %q, want %q", in, got, want)
		}
	}
}
