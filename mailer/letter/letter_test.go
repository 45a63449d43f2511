package letter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/mailer/letter"
)

func values() letter.Values {
	return letter.Values{
		Text: map[string]string{
			"first_name": "Maya", "site": "Acme", "site_link": "https://acme.example", "login_link": "https://acme.example/wp-login.php",
			"set_password_link": "https://acme.example/set", "contact": "help@acme.example", "order": "17", "until": "3 May 2026",
		},
		Courses: []letter.Course{{Title: "Ink", URL: "https://acme.example/ink"}, {Title: "Wash", Until: "open to you until 3 May 2026"}},
	}
}

func welcome(body string) enrolld.Wording {
	return enrolld.Wording{Kind: enrolld.MessageWelcome, Lang: "en", Subject: "Hello", Body: body, Button: "Choose"}
}

func TestText(t *testing.T) {
	t.Parallel()
	without := func(names ...string) func(*letter.Values) {
		return func(v *letter.Values) {
			for _, n := range names {
				delete(v.Text, n)
			}
		}
	}
	as := func(*letter.Values) {}
	tests := map[string]struct {
		body   string
		change func(*letter.Values)
		want   string
	}{
		"paragraphs and lines":      {"One\ntwo\n\nthree", as, "One\ntwo\n\nthree\n"},
		"a name":                    {"Hello {first_name},", as, "Hello Maya,\n"},
		"no name":                   {"Hello {first_name},", without("first_name"), "Hello,\n"},
		"no name after a comma":     {"Hola, {first_name}:", without("first_name"), "Hola:\n"},
		"no name, which begins":     {"{first_name}, welcome", without("first_name"), "welcome\n"},
		"capitals and spaces":       {"{First Name}", as, "Maya\n"},
		"no order":                  {"Order {order}\nThanks", without("order"), "Thanks\n"},
		"the button":                {"Go:\n\n{login_link}", as, "Go:\n\nChoose:\n\nhttps://acme.example/wp-login.php\n"},
		"the button, without space": {"Go:\n{login_link}\nBye", as, "Go:\n\nChoose:\n\nhttps://acme.example/wp-login.php\n\nBye\n"},
		"one button":                {"{login_link}\n\n{site_link}", as, "Choose:\n\nhttps://acme.example/wp-login.php\n\nhttps://acme.example\n"},
		"a link":                    {"[log **in**]({login_link})", as, "log in (https://acme.example/wp-login.php)\n"},
		"a link of one's own":       {"See [this](https://x.example/a_b).", as, "See this (https://x.example/a_b).\n"},
		"an address as it stands":   {"See https://x.example/a_b now", as, "See https://x.example/a_b now\n"},
		"a link without address":    {"Never? [Choose]({set_password_link})\nBye", without("set_password_link"), "Bye\n"},
		"courses":                   {"## Yours\n\n{courses}", as, "Yours\n\n- Ink\n  https://acme.example/ink\n\n- Wash (open to you until 3 May 2026)\n"},
		"courses in a line":         {"You have {courses}.", as, "You have Ink, Wash.\n"},
		"no courses":                {"## Yours\n\n{courses}\n\nBye", func(v *letter.Values) { v.Courses = nil }, "Bye\n"},
		"lists":                     {"- a\n- **b**\n\n1. c\n2. d", as, "- a\n- b\n\n1. c\n2. d\n"},
		"escapes":                   {`\{first_name\} \*x\*`, as, "{first_name} *x*\n"},
		"no HTML":                   {"<b>x</b> &amp; `y`", as, "<b>x</b> &amp; `y`\n"},
	}
	for name, tt := range tests {
		v := values()
		tt.change(&v)
		if got := letter.Fill(welcome(tt.body), v).Text(); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tt.want)
		}
	}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	v := values()
	v.Courses = append(v.Courses, letter.Course{Title: "More"})
	tests := map[string]struct{ lang, subject, want string }{
		"english":      {"en", "Yours: {courses}", "Yours: Ink and 2 more courses"},
		"german":       {"de-AT", "{courses}", "Ink (+2 Kurse)"},
		"unknown":      {"sv", "{courses}", "Ink (+2)"},
		"no name":      {"en", "Hi, {name}!", "Hi!"},
		"a name first": {"en", "{name}: {courses}", "Ink and 2 more courses"},
	}
	for name, tt := range tests {
		w := welcome("x")
		w.Lang, w.Subject = tt.lang, tt.subject
		if got := letter.Fill(w, v).Subject; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const link = "{set_password_link}"
	tests := map[string]struct {
		change func(*enrolld.Wording)
		want   string // "" for none
	}{
		"good":                     {func(*enrolld.Wording) {}, ""},
		"unknown":                  {func(w *enrolld.Wording) { w.Body += "{sit}" }, "There is no placeholder {sit} in this email. Did you mean {site}?"},
		"unknown, like none":       {func(w *enrolld.Wording) { w.Body += "{price of the course}" }, "There is no placeholder {price of the course} in this email."},
		"of another kind":          {func(w *enrolld.Wording) { w.Body += "{until}" }, "There is no placeholder {until} in this email. Did you mean {link_until}?"},
		"missing":                  {func(w *enrolld.Wording) { w.Body = "Hello" }, "The text needs {set_password_link}: without it this email is of no use."},
		"missing, but for escapes": {func(w *enrolld.Wording) { w.Body = `\{set_password_link\}` }, "The text needs {set_password_link}: without it this email is of no use."},
		"as a link":                {func(w *enrolld.Wording) { w.Body = "[here]({set_password_link})" }, ""},
		"two pairs of braces":      {func(w *enrolld.Wording) { w.Body = "{{site}} " + link }, "There is a { or } that belongs to no placeholder. One pair of braces is enough: {first_name}."},
		"a lone brace":             {func(w *enrolld.Wording) { w.Subject = "Hello {site" }, "There is a { or } that belongs to no placeholder. One pair of braces is enough: {first_name}."},
		"a script":                 {func(w *enrolld.Wording) { w.Body = "[x](javascript:alert) " + link }, "A link leads to a page that begins with https://, not to “javascript:alert”."},
		"a data address":           {func(w *enrolld.Wording) { w.Body = "[x](data:text/html,x) " + link }, "A link leads to a page that begins with https://, not to “data:text/html,x”."},
		"half an address":          {func(w *enrolld.Wording) { w.Body = "[x](https://x.example/{order}) " + link }, "A placeholder cannot be a part of an address: “https://x.example/{order}”. It can be the whole of it."},
		"a link to a name":         {func(w *enrolld.Wording) { w.Body = "[x]({site}) " + link }, "A link cannot lead to {site}: it is no address of a page."},
		"a picture":                {func(w *enrolld.Wording) { w.Body = "![x](https://x.example/x.png) " + link }, "Pictures cannot be put into an email: take the ! away, and it becomes a link."},
		"a header":                 {func(w *enrolld.Wording) { w.Subject = "Hello\r\nBcc: x@evil.example" }, "The subject is one line, without control characters."},
		"a separator":              {func(w *enrolld.Wording) { w.Button = "a\u2028b" }, "The button is one line, without control characters."},
		"an address in a subject":  {func(w *enrolld.Wording) { w.Subject = "{site_link}" }, "The subject cannot hold an address: take {site_link} out."},
		"a long subject":           {func(w *enrolld.Wording) { w.Subject = strings.Repeat("é", 151) }, "The subject has at most 150 characters."},
		"a long text":              {func(w *enrolld.Wording) { w.Body = link + strings.Repeat("é", 10_000) }, "The text has at most 10000 characters."},
		"a placeholder as button":  {func(w *enrolld.Wording) { w.Button = "{site}" }, "The button has words only, no placeholder."},
		"another kind":             {func(w *enrolld.Wording) { w.Kind = "team" }, "There are no emails of this kind."},
	}
	for name, tt := range tests {
		w := welcome("Hello {first_name}\n\n" + link)
		tt.change(&w)
		var got []string
		for _, p := range letter.Check(w) {
			got = append(got, p.Text)
		}
		if s := strings.Join(got, " | "); s != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", name, s, tt.want)
		}
	}
}

// TestLinkOfBefore: a text about new courses that was saved while it could promise a
// link to choose a password goes out without that line, and cannot be saved again.
func TestLinkOfBefore(t *testing.T) {
	t.Parallel()
	v := values()
	delete(v.Text, "set_password_link")
	for _, line := range []string{"[Choose one]({set_password_link})", "Choose one: {set_password_link}", "{set_password_link}"} {
		w := welcome("Hello {first_name},\n\n" + line + "\n\nBye")
		w.Kind = enrolld.MessageAccess
		if got, want := letter.Fill(w, v).Text(), "Hello Maya,\n\nBye\n"; got != want {
			t.Errorf("%s: went out as %q, want %q", line, got, want)
		}
		want := []letter.Problem{{Part: "body", Text: "There is no placeholder {set_password_link} in this email. Did you mean {lost_password_link}?"}}
		if diff := cmp.Diff(want, letter.Check(w)); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", line, diff)
		}
	}
}

// TestStandards holds our own texts to what we ask of others, and every language to
// what the English text says.
func TestStandards(t *testing.T) {
	t.Parallel()
	for _, about := range letter.Abouts() {
		english := letter.Standard(about.Kind, "en")
		for _, lang := range enrolld.BuiltInLanguages {
			w := letter.Standard(about.Kind, lang)
			for _, p := range letter.Check(w) {
				t.Errorf("%s in %s: %s: %s", about.Kind, lang, p.Part, p.Text)
			}
			if w.Button == "" || strings.Count(w.Body, "{") != strings.Count(english.Body, "{") ||
				strings.Count(w.Body, "\n\n") != strings.Count(english.Body, "\n\n") {
				t.Errorf("%s in %s is built otherwise than in English", about.Kind, lang)
			}
			if letter.TongueOf(lang).Why(about.Kind) == "" {
				t.Errorf("%s in %s does not say why", about.Kind, lang)
			}
		}
	}
}

func TestTongues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 1, 23, 5, 0, 0, time.UTC)
	got := map[string]string{}
	for _, lang := range []string{"en", "de", "es", "fr", "it", "nl", "pt-BR", "sv", "ar"} {
		got[lang] = letter.TongueOf(lang).Moment(at)
	}
	want := map[string]string{
		"en": "1 August 2026, 23:05 UTC", "de": "1. August 2026, 23:05 UTC", "es": "1 de agosto de 2026, 23:05 UTC",
		"fr": "1er août 2026, 23:05 UTC", "it": "1 agosto 2026, 23:05 UTC", "nl": "1 augustus 2026, 23:05 UTC",
		"pt-BR": "1 de agosto de 2026, 23:05 UTC", "sv": "2026-08-01, 23:05 UTC", "ar": "2026-08-01, 23:05 UTC",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
	if !letter.TongueOf("ar").Right || letter.TongueOf("en").Right {
		t.Error("Arabic is written from right to left, and English is not")
	}
}

// FuzzFill: whatever a text and a value say, every link of the letter leads to a
// page or an address that the text itself names or that is a placeholder's, and the
// value's words are where the value was, and nowhere read as more than words.
func FuzzFill(f *testing.F) {
	for _, s := range []string{"Maya", "[x](javascript:alert(1))", "{set_password_link}", "**x** <b>", "https://evil.example", "a]({site_link})", "\\"} {
		f.Add("Hello {first_name}, [{first_name}](https://x.example)\n\n- {first_name}\n\n# {first_name}", s)
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, body, value string) {
		v := values()
		v.Text["first_name"], v.Text["order"], v.Courses[0].Title = value, value, value
		plain := values()
		with, without := letter.Fill(welcome(body), v), letter.Fill(welcome(body), plain)
		if value != "" && strings.TrimSpace(value) != "" {
			if diff := cmp.Diff(urls(without.Blocks), urls(with.Blocks)); diff != "" {
				t.Errorf("%q brings links into %q:\n%s", value, body, diff)
			}
		}
		for _, u := range urls(with.Blocks) {
			if !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "mailto:") {
				t.Errorf("%q leads to %q", body, u)
			}
		}
		_ = with.Text()
		_ = letter.Check(welcome(body))
	})
}

func urls(blocks []letter.Block) (out []string) {
	for _, b := range blocks {
		if b.Button.URL != "" {
			out = append(out, b.Button.URL)
		}
		for _, item := range b.Items {
			out = append(out, urls(item)...)
		}
		for _, l := range b.Lines {
			for _, s := range l {
				if s.URL != "" {
					out = append(out, s.URL)
				}
			}
		}
	}
	return out
}

func TestTitleOf(t *testing.T) {
	t.Parallel()
	for _, kind := range enrolld.MemberKinds {
		if about, ok := letter.Of(kind); !ok || letter.TitleOf(string(kind)) != about.Title {
			t.Errorf("%s: got %q, want the title of its texts", kind, letter.TitleOf(string(kind)))
		}
	}
	if got := letter.TitleOf("of_later"); got != "of later" {
		t.Errorf("a kind that is unknown: got %q, want %q", got, "of later")
	}
}
