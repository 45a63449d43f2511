package mailer

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/mailer/letter"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

func TestRenderGolden(t *testing.T) {
	plain := func(m *enrolld.Message) {}
	bare := func(m *enrolld.Message) {
		m.Data.FirstName, m.Data.Login, m.Data.Order, m.ReplyTo = "", "", "", ""
		m.Data.Courses = m.Data.Courses[:1]
	}
	tests := []struct {
		name   string
		kind   enrolld.MessageKind
		change func(*enrolld.Message)
	}{
		{"welcome", enrolld.MessageWelcome, plain},
		{"welcome-bare", enrolld.MessageWelcome, bare},
		{"access", enrolld.MessageAccess, plain},
		{"access-bare", enrolld.MessageAccess, bare},
		{"refunded", enrolld.MessageRefunded, plain},
		{"refunded-bare", enrolld.MessageRefunded, bare},
		{"access-odd", enrolld.MessageAccess, oddCourses},
		{"expiring", enrolld.MessageExpiring, stoppable},
		{"expiring-own", enrolld.MessageExpiring, func(m *enrolld.Message) {
			ownWords(m)
			stoppable(m)
		}},
		{"expired", enrolld.MessageExpired, plain},
		{"payment_failed", enrolld.MessagePaymentFailed, plain},
		{"email_changed", enrolld.MessageEmailChanged, plain},
		{"access-own", enrolld.MessageAccess, ownWords},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sampleMessage(tt.kind)
			tt.change(m)
			r, err := Render(m)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name+".html", r.HTML)
			golden(t, tt.name+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
		})
	}
}

// stoppable gives a message the link that ends such mail, unless nobody can end it.
func stoppable(m *enrolld.Message) {
	if !m.Kind.Transactional() {
		m.UnsubscribeURL = "https://hub.acme.example/unsubscribe/1.9.expiring.Zk3vQ9xW2bN7mT5rLc8H"
	}
}

// ownWords is a text of an account, written from right to left.
func ownWords(m *enrolld.Message) {
	m.Wording = enrolld.Wording{
		Lang: "ar", Subject: "{first_name}: {courses}", Button: "ابدأ",
		Body: "# مرحبا {first_name}\n\n{courses}\n{login_link}\n\n- **{site}**\n- *x* [y](https://acme.example/y?a=1&b=2)\n  1. z\n\n{site_link} {contact}",
	}
	m.Data.FirstName = "<b>[نورا]({site_link})"
}

// TestLanguages keeps every kind in every language of ours, as plain text.
func TestLanguages(t *testing.T) {
	for _, lang := range enrolld.BuiltInLanguages {
		var all strings.Builder
		for _, kind := range enrolld.MemberKinds {
			m := sampleMessage(kind)
			m.Wording.Lang = lang
			stoppable(m)
			r, err := Render(m)
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString("== " + string(kind) + "\nSubject: " + r.Subject + "\n\n" + r.Text + "\n")
		}
		golden(t, "language-"+lang+".txt", all.String())
	}
}

// TestSamples: every kind can be tried with everybody.
func TestSamples(t *testing.T) {
	for _, kind := range enrolld.MemberKinds {
		for _, p := range SamplePeople {
			if _, err := Render(Sample(enrolld.Account{ID: 7, Name: "Acme", LinkDays: 7}, kind, p.Key, testTime)); err != nil {
				t.Errorf("%s to %s: %v", kind, p.Key, err)
			}
		}
	}
}

// TestEveryPlaceholderIsFilled: what the editor's help offers of a kind is there when
// such a message goes out.
func TestEveryPlaceholderIsFilled(t *testing.T) {
	for _, about := range letter.Abouts() {
		v, err := valuesOf(sampleMessage(about.Kind), letter.TongueOf("en"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range about.Fields {
			if v.Text[f.Name] == "" && (f.Name != "courses" || len(v.Courses) == 0) {
				t.Errorf("%s offers {%s}, which has no value", about.Kind, f.Name)
			}
		}
	}
}

func oddCourses(m *enrolld.Message) {
	m.Data.FirstName = "نورا"
	m.Data.Courses = []enrolld.MessageCourse{
		{Title: "الخط العربي للمبتدئين", URL: "https://acme.example/arabic/"},
		{Title: "Botany 🌿 \r\n for <b>Illustrators</b>", URL: "javascript:alert(1)"},
		{Title: strings.Repeat("A very long title that goes on ", 20), URL: "https://acme.example/long/"},
		{Title: strings.Repeat("Donaudampfschifffahrt", 8)},
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./mailer -run Golden -update makes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestSubjects(t *testing.T) {
	title := func(s string) func(*enrolld.Message) {
		return func(m *enrolld.Message) {
			m.Data.Courses = []enrolld.MessageCourse{{Title: s, URL: "https://acme.example/x"}}
		}
	}
	tests := []struct {
		name   string
		kind   enrolld.MessageKind
		change func(*enrolld.Message)
		want   string
	}{
		{"welcome", enrolld.MessageWelcome, func(*enrolld.Message) {},
			"Welcome to Acme Academy: set your password"},
		{"one course", enrolld.MessageAccess, title("Ink & Wash"), "Your access to Ink & Wash"},
		{"two courses", enrolld.MessageAccess, func(*enrolld.Message) {},
			"Your access to Ink & Wash and 1 more course"},
		{"refund", enrolld.MessageRefunded, title("Ink & Wash"), "Refunded: your access to Ink & Wash has ended"},
		{"line break", enrolld.MessageAccess, title("A\r\nBcc: x@evil.example"),
			"Your access to A Bcc: x@evil.example"},
		{"encoded word", enrolld.MessageAccess, title("=?utf-8?q?=0D=0ABcc?="),
			"Your access to = ?utf-8?q?=0D=0ABcc?="},
		{"reordering", enrolld.MessageAccess, title("a\u202Eb\u2066c"), "Your access to abc"},
		{"emoji", enrolld.MessageAccess, title("👩🏽‍🎨 Art"), "Your access to 👩🏽‍🎨 Art"},
		{"no title", enrolld.MessageAccess, title(" \t"), "Your access to Your course"},
		{"long", enrolld.MessageAccess, title(strings.Repeat("x", 500)),
			"Your access to " + strings.Repeat("x", maxSubjectTitle-1) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sampleMessage(tt.kind)
			tt.change(m)
			r, err := Render(m)
			if err != nil {
				t.Fatal(err)
			}
			if r.Subject != tt.want {
				t.Errorf("Subject = %q, want %q", r.Subject, tt.want)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	tests := []struct {
		name   string
		kind   enrolld.MessageKind
		change func(*enrolld.Message)
	}{
		{"unknown kind", "party", func(*enrolld.Message) {}},
		{"welcome without link", enrolld.MessageWelcome, func(m *enrolld.Message) { m.Data.SetPasswordURL = "" }},
		{"welcome with a script", enrolld.MessageWelcome,
			func(m *enrolld.Message) { m.Data.SetPasswordURL = "javascript:x" }},
		{"access without course", enrolld.MessageAccess, func(m *enrolld.Message) { m.Data.Courses = nil }},
		{"refund without course", enrolld.MessageRefunded, func(m *enrolld.Message) { m.Data.Courses = nil }},
		{"changed to nothing", enrolld.MessageEmailChanged, func(m *enrolld.Message) { m.Data.NewAddress = "" }},
		{"no site", enrolld.MessageAccess, func(m *enrolld.Message) { m.Data.SiteURL, m.Data.LoginURL = "", "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sampleMessage(tt.kind)
			tt.change(m)
			if _, err := Render(m); enrolld.CodeOf(err) != enrolld.Invalid {
				t.Errorf("Render: %v, want an error with code invalid", err)
			}
		})
	}
}

func TestGreetingName(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Maya", "Maya"}, {" Anna  Maria ", "Anna Maria"}, {"J.R.", "J.R."}, {"O'Neil-Çelik", "O'Neil-Çelik"},
		{"", ""}, {"Win at casino.example", ""}, {"https://evil", ""}, {"a@b", ""}, {strings.Repeat("n", 41), ""},
		{"Ma\r\nya", "Ma ya"},
	}
	for _, tt := range tests {
		if got := greetingName(tt.in); got != tt.want {
			t.Errorf("greetingName(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	in := "\n\none two three four\n- five six seven eight\n\n\n\n  https://acme.example/a/very/long/address\n"
	want := "one two\nthree four\n- five six\n  seven\n  eight\n\n  https://acme.example/a/very/long/address\n"
	if diff := cmp.Diff(want, fold(in, 10)); diff != "" {
		t.Errorf("fold (-want +got):\n%s", diff)
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"short", 5, "short"}, {"shorter", 5, "shor…"}, {"a b c d", 4, "a b…"},
		{"👩🏽‍🎨👩🏽‍🎨", 5, "…"}, {"xy👩🏽‍🎨 painter", 5, "xy…"},
	}
	for _, tt := range tests {
		if got := letter.Cut(tt.in, tt.n); len([]rune(got)) > tt.n || got != tt.want && !strings.Contains(tt.in, "👩") {
			t.Errorf("letter.Cut(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

// FuzzRender puts one text wherever text comes from outside, and looks for what
// escaped from its place.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"Ink & Wash",
		"a\r\nBcc: b@evil.example\r\n\r\n<script>", `"><img src=x onerror=y>`,
		"=?utf-8?b?DQo=?=", "\x00\x1b[31m", "\u202Egpj", "</title><script>", "{{.Site}}", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range kinds {
			m := sampleMessage(kind)
			m.ToName, m.FromName = s, s
			m.Data.FirstName, m.Data.Login, m.Data.Order, m.Data.SiteName = s, s, s, s
			m.Data.Courses = []enrolld.MessageCourse{{Title: s, URL: s}, {Title: s, URL: "https://acme.example/" + s}}
			r, err := Render(m)
			if err != nil {
				t.Fatalf("Render: %v", err)
			}
			n := utf8.RuneCountInString(r.Subject)
			if n > maxSubject || strings.ContainsFunc(r.Subject, unicode.IsControl) {
				t.Errorf("subject of %d runes: %q", n, r.Subject)
			}
			clean, err := Render(sampleMessage(kind))
			if err != nil {
				t.Fatal(err)
			}
			for _, tag := range []string{"<script", "<img", "<body", "<h1", "</html"} {
				got, want := strings.Count(strings.ToLower(r.HTML), tag), strings.Count(clean.HTML, tag)
				if got != want {
					t.Errorf("%d times %q in the HTML, want %d", got, tag, want)
				}
			}
			if strings.Contains(strings.ToLower(r.HTML), `href="javascript:`) {
				t.Error("the HTML has a script behind a link")
			}
			checkHeaders(t, m, r)
		}
	})
}

// TestLastDay: who gives access until the end of a day, gives it until midnight; what
// the member reads is that day, not the next.
func TestLastDay(t *testing.T) {
	midnight := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	m := sampleMessage(enrolld.MessageExpiring)
	m.Data.Until, m.Data.Courses = &midnight, []enrolld.MessageCourse{{Title: "Ink & Wash", Until: &midnight}}
	r, err := Render(m)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Your access to Ink & Wash ends on 31 March 2026"; r.Subject != want {
		t.Errorf("subject %q, want %q", r.Subject, want)
	}
	if !strings.Contains(r.Text, "open to you until 31 March 2026") || strings.Contains(r.Text, "April") {
		t.Errorf("the text names another day:\n%s", r.Text)
	}
}
