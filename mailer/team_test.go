package mailer

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

const sampleLink = "https://admin.example/invitations/Zk3vQ9xW2bN7mT5rLc8HZk3vQ9xW2bN7"

// sampleTeam is the data of an event with everything that there can be.
func sampleTeam(event enrolld.TeamEvent) *enrolld.TeamData {
	until := time.Date(2026, 5, 3, 16, 5, 0, 0, time.FixedZone("CEST", 7200))
	d := &enrolld.TeamData{
		Event: event, Account: "Ink & Wash", Actor: "Maya Lind", Subject: "bob@shop.example",
		Detail: "View products, Manage users until 1 June 2026", Addr: "203.0.113.9", Agent: "Firefox on Linux",
		At: testTime, Until: &until, Link: enrolld.Link{Path: "/invitations/"}, URL: sampleLink,
	}
	switch event {
	case enrolld.EventTeamChanged:
		d.Detail = "was deactivated"
	case enrolld.EventCodeUsed:
		d.Detail = "7 codes are left."
	case enrolld.EventNewSignIn:
		d.Detail = "password and app code"
	case enrolld.EventImportDone, enrolld.EventImportCancelled, enrolld.EventImportPaused:
		d.Subject, d.Detail = "members-2026", "412 new customers, 3 rows not taken"
	case enrolld.EventFailures:
		d.Detail = "3 deliveries, 1 email"
	case enrolld.EventFactorAdded, enrolld.EventFactorRemoved:
		d.Subject = "the passkey 'Phone'"
	}
	return d
}

// teamMessage is a message to the team about data.
func teamMessage(data *enrolld.TeamData) *enrolld.Message {
	m := sampleMessage(enrolld.MessageTeam)
	m.Data.Team = data
	return m
}

// renderTeam renders a message about data.
func renderTeam(t *testing.T, data *enrolld.TeamData) Rendered {
	t.Helper()
	r, err := Render(teamMessage(data))
	if err != nil {
		t.Fatalf("Render %s: %v", data.Event, err)
	}
	return r
}

// teamEvents finds every constant of type TeamEvent where they are declared.
func teamEvents(t *testing.T) []enrolld.TeamEvent {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../message.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var events []enrolld.TeamEvent
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "TeamEvent" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, enrolld.TeamEvent(value))
		return true
	})
	if len(events) < 20 {
		t.Fatalf("found only the events %q", events)
	}
	return events
}

func TestEveryTeamEventHasWords(t *testing.T) {
	t.Parallel()
	want := slices.Sorted(slices.Values(teamEvents(t)))
	got := slices.Sorted(maps.Keys(teamWords))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events with words (-declared +written):\n%s", diff)
	}
	if sum := len(loginWords) + len(factorWords) + len(invitationWords) + len(memberWords) + len(importWords) + len(failureWords); sum != len(teamWords) {
		t.Errorf("%d events in the tables, %d different ones: one stands in two tables", sum, len(teamWords))
	}
}

// linked are the events that make no sense without their link.
var linked = []enrolld.TeamEvent{
	enrolld.EventInvitation, enrolld.EventInvitationReminder, enrolld.EventSetPassword, enrolld.EventPasswordReset,
	enrolld.EventEmailChangeOld, enrolld.EventEmailChangeNew, enrolld.EventTransferOffered,
}

// linkless are the events that lead nowhere, for who gets them may have nothing
// to sign in to.
var linkless = []enrolld.TeamEvent{enrolld.EventNoLogin, enrolld.EventDeactivated, enrolld.EventRemoved}

var (
	htmlTag   = regexp.MustCompile(`(?s)<head>.*</head>|<[^>]*>`)
	manySpace = regexp.MustCompile(`\s+`)
)

// flat is text on one line, as a reader of either kind of body sees it.
func flat(s string) string { return strings.TrimSpace(manySpace.ReplaceAllString(s, " ")) }

// visible is the text of an HTML body.
func visible(s string) string { return flat(html.UnescapeString(htmlTag.ReplaceAllString(s, ""))) }

// TestTeamMail reads every event's mail, with everything known and with nothing
// but its link.
func TestTeamMail(t *testing.T) {
	t.Parallel()
	for _, event := range teamEvents(t) {
		bare := &enrolld.TeamData{Event: event, Link: enrolld.Link{Path: "/x"}, URL: sampleLink}
		for name, data := range map[string]*enrolld.TeamData{"whole": sampleTeam(event), "bare": bare} {
			t.Run(string(event)+" "+name, func(t *testing.T) {
				t.Parallel()
				m := teamMessage(data)
				v, err := newView(m)
				if err != nil {
					t.Fatal(err)
				}
				r := renderTeam(t, data)
				checkWording(t, r)
				checkSameFacts(t, v, r)
				checkLink(t, event, r)
				checkHeaders(t, m, r)
			})
		}
	}
}

// checkWording looks at the form of a mail's sentences.
func checkWording(t *testing.T, r Rendered) {
	t.Helper()
	if n := utf8.RuneCountInString(r.Subject); n == 0 || n > 200 || strings.ContainsFunc(r.Subject, unicode.IsControl) {
		t.Errorf("subject of %d runes: %q", n, r.Subject)
	}
	for _, s := range []string{"%!", "{", "}", "!", "<nil>", "0001", "ZgotmplZ", "  "} {
		if all := r.Subject + "\n" + visible(r.HTML) + "\n" + r.Text; strings.Contains(strings.ReplaceAll(all, "\n  ", "\n"), s) {
			t.Errorf("the mail says %q:\n%s\n%s", s, r.Subject, r.Text)
		}
	}
	if first, _ := utf8.DecodeRuneInString(r.Subject); !unicode.IsUpper(first) && first != '‘' && !strings.HasPrefix(r.Subject, "bob@") {
		t.Errorf("the subject begins with a small letter: %q", r.Subject)
	}
}

// checkSameFacts wants everything that the mail has to say in both bodies.
func checkSameFacts(t *testing.T, v *view, r Rendered) {
	t.Helper()
	said := []string{v.Hello, v.Team.Note.String(), v.Team.Advice.String(), v.Team.Why.String(), v.Button.Text}
	for _, p := range v.Team.Text {
		said = append(said, p.String())
	}
	for _, f := range v.Team.Facts {
		said = append(said, f.Name+": "+f.Value)
	}
	if len(v.Team.Text) == 0 || len(v.Team.Text) > 4 || len(v.Team.Why) == 0 || len(v.Team.Title) == 0 || v.Preheader == "" {
		t.Errorf("%d paragraphs, title %q, preheader %q, footer %q", len(v.Team.Text), v.Team.Title, v.Preheader, v.Team.Why)
	}
	text, page := flat(r.Text), strings.ReplaceAll(visible(r.HTML), ": ", ":")
	for _, s := range said {
		if !strings.Contains(text, s) {
			t.Errorf("the text does not say %q:\n%s", s, r.Text)
		}
		if !strings.Contains(page, strings.ReplaceAll(s, ": ", ":")) {
			t.Errorf("the HTML does not say %q:\n%s", s, page)
		}
	}
}

// checkLink wants the link once in each body, or nowhere.
func checkLink(t *testing.T, event enrolld.TeamEvent, r Rendered) {
	t.Helper()
	want := 1
	if slices.Contains(linkless, event) {
		want = 0
	}
	if got := strings.Count(r.Text, "://"); got != want || strings.Count(r.Text, "\n"+sampleLink+"\n") != want {
		t.Errorf("%d links in the text, want %d:\n%s", got, want, r.Text)
	}
	if got := strings.Count(r.HTML, "href="); got != want || strings.Count(r.HTML, `href="`+sampleLink+`"`) != want {
		t.Errorf("%d links in the HTML, want %d", got, want)
	}
}

func TestTeamMailWithoutLink(t *testing.T) {
	t.Parallel()
	for _, event := range teamEvents(t) {
		for _, url := range []string{"", "javascript:alert(1)", "/invitations/abc"} {
			data := sampleTeam(event)
			data.URL = url
			r, err := Render(teamMessage(data))
			if slices.Contains(linked, event) {
				if enrolld.CodeOf(err) != enrolld.Invalid {
					t.Errorf("%s with the link %q: %v, want an error with code invalid", event, url, err)
				}
				continue
			}
			if err != nil || strings.Contains(r.HTML+r.Text, "href=") || strings.Contains(r.Text, "://") {
				t.Errorf("%s with the link %q: %v, or it shows a link", event, url, err)
			}
		}
	}
}

func TestTeamMailRefuses(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]*enrolld.TeamData{"no data": nil, "unknown event": sampleTeam("party"), "no event": {}} {
		if _, err := Render(teamMessage(data)); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: %v, want an error with code invalid", name, err)
		}
	}
}

// TestAddressThatHasALogin: there is nothing to confirm.
func TestAddressThatHasALogin(t *testing.T) {
	t.Parallel()
	data := sampleTeam(enrolld.EventEmailChangeNew)
	data.Link, data.URL = enrolld.Link{}, ""
	r := renderTeam(t, data)
	if want := "This address has a login at Enrolld already"; r.Subject != want {
		t.Errorf("subject = %q, want %q", r.Subject, want)
	}
	if strings.Contains(r.Text+r.HTML, "Confirm") || strings.Contains(r.HTML, "href=") {
		t.Errorf("it asks to confirm:\n%s", r.Text)
	}
}

// TestWhoIsToldWhere: mail about what somebody else did does not say from where
// they did it, and a stranger does not read who asked.
func TestWhoIsToldWhere(t *testing.T) {
	t.Parallel()
	own := []enrolld.TeamEvent{
		enrolld.EventPasswordReset, enrolld.EventNoLogin, enrolld.EventPasswordChanged, enrolld.EventNewSignIn,
		enrolld.EventEmailChangeOld, enrolld.EventEmailChanged, enrolld.EventFactorAdded, enrolld.EventFactorRemoved,
		enrolld.EventCodesMade, enrolld.EventCodeUsed,
	}
	for _, event := range teamEvents(t) {
		r, want := renderTeam(t, sampleTeam(event)), slices.Contains(own, event)
		for _, s := range []string{"203.0.113.9", "Firefox on Linux"} {
			if got := strings.Contains(r.Text, s); got != want {
				t.Errorf("%s says %q: %t, want %t", event, s, got, want)
			}
		}
	}
	for _, event := range []enrolld.TeamEvent{enrolld.EventNoLogin, enrolld.EventEmailChangeNew} {
		if r := renderTeam(t, sampleTeam(event)); strings.Contains(r.Text, "Lind") || strings.Contains(r.Text, "bob@") {
			t.Errorf("%s tells a stranger names:\n%s", event, r.Text)
		}
	}
}

func TestHostileNamesInTeamMail(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"lines", "Maya\r\nBcc: x@evil.example\r\n\r\nhello", "Maya Bcc: x@evil.example hello"},
		{"reordering", "a\u202Eb\u2066c\u200Fd", "abcd"},
		{"address of a page", "win at https://evil.example/now", "win at https: //evil. example/now"},
		{"host", "www.evil.example", "www. evil. example"},
		{"short host", "t.co", "t. co"},
		{"foreign dot", "evil。example", "evil。 example"},
		{"script", "<script>alert(1)</script>", "<script>alert(1)</script>"},
		{"placeholder", "{actor} {{Site}} %s", "{actor} {{Site}} %s"},
		{"not UTF-8", "\xff\xfeMaya", "�Maya"},
		{"initials", "J.R. O'Neil-Çelik", "J.R. O'Neil-Çelik"},
		{"email address", "maya@ink.example", "maya@ink.example"},
		{"page like an address", "evil.example/x@ink.example", "evil. example/x@ink. example"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, event := range []enrolld.TeamEvent{enrolld.EventInvitation, enrolld.EventTeamChanged} {
				data := sampleTeam(event)
				data.Account, data.Actor, data.Subject, data.Detail, data.Agent, data.Addr = tt.in, tt.in, tt.in, tt.in, tt.in, tt.in
				m := teamMessage(data)
				m.ToName = tt.in
				r := renderTeam(t, data)
				if text := flat(r.Text); !strings.Contains(text, ": "+tt.want+" ") {
					t.Errorf("the text does not say %q:\n%s", tt.want, text)
				}
				if got := visible(r.HTML); !strings.Contains(got, ":"+tt.want) {
					t.Errorf("the HTML does not say %q:\n%s", tt.want, got)
				}
				checkHeaders(t, m, r)
			}
		})
	}
	data := sampleTeam(enrolld.EventInvitation)
	data.Actor = "=?utf-8?b?DQo=?="
	if r := renderTeam(t, data); strings.Contains(r.Subject, "=?") {
		t.Errorf("the subject has an encoded word: %q", r.Subject)
	}
	m := teamMessage(sampleTeam(enrolld.EventNewSignIn))
	m.ToName = "t.co"
	if r, err := Render(m); err != nil || !strings.HasPrefix(r.Text, "Hello,\n") {
		t.Errorf("a greeting with a link (%v):\n%s", err, r.Text)
	}
}

func TestTeamSubjects(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 400)
	tests := []struct {
		event                   enrolld.TeamEvent
		account, actor, subject string
		want                    string
	}{
		{enrolld.EventInvitation, "Ink & Wash", "Maya Lind", "", "Maya Lind invited you to ‘Ink & Wash’"},
		{enrolld.EventInvitation, "", "", "", "Somebody invited you to a client account"},
		{enrolld.EventFactorAdded, "", "", "an authenticator app", "New second factor: an authenticator app"},
		{enrolld.EventTransferDone, "", "", "", "A client account has a new owner"},
		{
			enrolld.EventInvitation, long, long, "",
			long[:maxSubjectName-1] + "… invited you to ‘" + long[:maxSubjectName-1] + "…’",
		},
	}
	for _, tt := range tests {
		data := sampleTeam(tt.event)
		data.Account, data.Actor, data.Subject = tt.account, tt.actor, tt.subject
		if got := renderTeam(t, data).Subject; got != tt.want {
			t.Errorf("subject of %s = %q, want %q", tt.event, got, tt.want)
		}
	}
}

func TestTeamGolden(t *testing.T) {
	var all strings.Builder
	for _, event := range slices.Sorted(slices.Values(teamEvents(t))) {
		r := renderTeam(t, sampleTeam(event))
		fmt.Fprintf(&all, "======== %s\nSubject: %s\n\n%s\n", event, r.Subject, r.Text)
	}
	golden(t, "team.txt", all.String())
	golden(t, "team-invitation.html", renderTeam(t, sampleTeam(enrolld.EventInvitation)).HTML)
	golden(t, "team-sign-in.html", renderTeam(t, sampleTeam(enrolld.EventNewSignIn)).HTML)
}

// FuzzRenderTeam puts one text wherever text comes from outside.
func FuzzRenderTeam(f *testing.F) {
	for _, s := range []string{"Ink & Wash", "a\r\nBcc: b@evil.example\r\n\r\n<script>", `"><img src=x onerror=y>`, "-- ",
		"=?utf-8?b?DQo=?=", "\x00\x1b[31m", "\u202Egpj", "</title><script>", "{subject}", "\xff\xfe", "https://evil.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for event := range teamWords {
			data := sampleTeam(event)
			clean := renderTeam(t, data)
			data.Account, data.Actor, data.Subject, data.Detail, data.Addr, data.Agent = s, s, s, s, s, s
			m := teamMessage(data)
			m.ToName, m.FromName = s, s
			r, err := Render(m)
			if err != nil {
				t.Fatalf("Render: %v", err)
			}
			if n := utf8.RuneCountInString(r.Subject); n > maxSubject || strings.ContainsFunc(r.Subject, unicode.IsControl) {
				t.Errorf("subject of %d runes: %q", n, r.Subject)
			}
			for _, tag := range []string{"<script", "<img", "<body", "<h1", "</html", "<a "} {
				if got, want := strings.Count(strings.ToLower(r.HTML), tag), strings.Count(clean.HTML, tag); got != want {
					t.Errorf("%d times %q in the HTML, want %d", got, tag, want)
				}
			}
			if got, want := strings.Count(r.Text, "://"), strings.Count(clean.Text, "://"); got != want {
				t.Errorf("%d links in the text, want %d:\n%s", got, want, r.Text)
			}
			checkHeaders(t, m, r)
		}
	})
}
