package wordpress

import (
	"strings"
	"testing"
	"unicode/utf8"

	"enrolld"
)

func TestCleanName(t *testing.T) {
	for s, want := range map[string]string{
		"Tom & Jerry": "Tom &amp; Jerry", "Tom &amp; Jerry": "Tom &amp; Jerry",
		"&bogus; &":    "&amp;bogus; &amp;",
		`O'Neil "Bob"`: `O'Neil "Bob"`, "<b>Bold</b>": "Bold", "<script>alert(1)</script>Ann": "Ann",
		"a < b": "a &lt; b", "x<y": "x&lt;y", "a > b": "a &gt; b", "<<b>script>x": "&lt;script&gt;x",
		"  two\r\nlines\t ": "two lines", "nul\x00l": "null", "bad\xffutf": "badutf", "50%41off": "50off",
		"Zoë 😀": "Zoë 😀", "a\u202eb": "ab", "\u2028x": "x", "&#60;b&#0;": "&#060;b&amp;#0;",
		strings.Repeat("ä", 300): strings.Repeat("ä", 250), strings.Repeat("x",
			248) + "& y": strings.Repeat("x", 248),
	} {
		if got := CleanName(s); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	for email, want := range map[string]string{
		" Jane+X@Example.com ": "Jane+X@Example.com", "a@b.co": "a@b.co",
		"a@bücher.example": "a@xn--bcher-kva.example",
		"josé@example.com": "", "a b@example.com": "", strings.Repeat("a", 90) + "@example.com": "",
		"x@-bad.example": "", "x@a_b.example": "", "o'neil&co@example.com": "o'neil&co@example.com",
	} {
		got, _, err := Address(email)
		if got != want || (want == "") != (enrolld.CodeOf(err) == enrolld.Invalid) {
			t.Errorf("Address(%q) = %q, %v; want %q", email, got, err, want)
		}
	}
}

func TestFitCharset(t *testing.T) {
	for charset, want := range map[string]string{
		"utf8mb4": "é€Ж😀", "utf8mb3": "é€Ж", "utf8": "é€Ж", "latin1": "é€", "ascii": "eE",
	} {
		if got := fitCharset("é€Ж😀", charset); got != want {
			t.Errorf("%s: got %q, want %q", charset, got, want)
		}
	}
}

func TestRemoveAccents_decomposed(t *testing.T) {
	if got := removeAccents("Zoe\u0308 Łódź ß Ж"); got != "Zoe Lodz s Ж" {
		t.Errorf("got %q", got)
	}
}

func TestHashSuffix(t *testing.T) {
	seen := map[string]bool{}
	for n := 1; n <= 300; n++ {
		s := hashSuffix("a@example.com", n)
		if !matches(`^[0-9a-z]{6}$`, s) || seen[s] {
			t.Fatalf("suffix %d is %q: malformed or seen before", n, s)
		}
		seen[s] = true
	}
	if again := hashSuffix("a@example.com", 300); !seen[again] {
		t.Errorf("the last suffix is %q now: it changes", again)
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"Tom & Jerry", "<b>x</b>", "a<<b>>", "&#x3c;", "<!-- -->", "%3%33C",
		"\xff<\x00script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanName(s)
		if strings.ContainsAny(got, "<>\x00\r\n") || !utf8.ValidString(got) ||
			utf8.RuneCountInString(got) > maxName {
			t.Errorf("CleanName(%q) = %q", s, got)
		}
		if again := EscapeHTML(got); again != got {
			t.Errorf("%q is escaped twice: %q", got, again)
		}
	})
}

func FuzzSanitizeUser(f *testing.F) {
	for _, s := range []string{"jane+tag", "Zoë", "<b>", "%41", "&amp;x", "a  b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		login := SanitizeUser(s)
		if !matches(`^[A-Za-z0-9 _.@-]*$`, login) || strings.TrimSpace(login) != login {
			t.Errorf("SanitizeUser(%q) = %q", s, login)
		}
		if slug := SanitizeNicename(login); !matches(`^[a-z0-9_-]{0,50}$`, slug) {
			t.Errorf("SanitizeNicename(%q) = %q", login, slug)
		}
	})
}
