package wording

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/mailer/letter"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, listView, editView, resetView)
}

// world is an account whose owner is signed in.
type world struct {
	*gatetest.Rig
	owner *gatetest.Browser
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Rig: gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f).Routes() }, Nav...)}
	login, _ := w.Owner("maya@example.org", w.Account.ID)
	w.owner = w.As(login)
	return w
}

func (w *world) at(page string) string { return gate.AccountPath(w.Account.ID) + below + page }

// german is a good text, as a form sends it.
func german(change ...string) url.Values {
	v := url.Values{
		"kind": {"welcome"}, "lang": {"de"}, "revision": {"0"}, "subject": {"Hallo {first_name}"}, "button": {"Los"},
		"body": {"Hallo,\r\n\r\n{set_password_link}"},
	}
	for i := 0; i < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

func (w *world) texts(t *testing.T) []enrolld.Wording {
	t.Helper()
	saved, err := w.DB.Wordings(t.Context(), w.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	var out []enrolld.Wording
	for _, s := range saved {
		s.ID = 0
		out = append(out, s.Wording)
	}
	return out
}

func TestSaveAndReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := enrolld.Wording{
		Kind: enrolld.MessageWelcome, Lang: "de", Revision: 1, Subject: "Hallo {first_name}", Button: "Los", Body: "Hallo,\n\n{set_password_link}",
	}
	if a := w.owner.Post(w.at("/edit"), german()); a.Status != http.StatusSeeOther {
		t.Fatalf("save: %d %s", a.Status, a.Body)
	}
	if diff := cmp.Diff([]enrolld.Wording{want}, w.texts(t)); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	wantText(t, w.owner.Get(w.at("/edit?kind=welcome&lang=de")), http.StatusOK, "Hallo {first_name}", "Your own text")
	wantText(t, w.owner.Get(w.at("")), http.StatusOK, "Your own text", ">German<")

	a := w.owner.Post(w.at("/edit"), german("subject", "Mine"))
	wantText(t, a, http.StatusUnprocessableEntity, "Somebody else changed this text meanwhile", "Mine", "Hallo {first_name}", `name="revision" value="1"`)
	if a := w.owner.Post(w.at("/edit"), german("subject", "Mine", "revision", "1")); a.Status != http.StatusSeeOther {
		t.Errorf("save once more: %d", a.Status)
	}

	wantText(t, w.owner.Get(w.at("/reset?kind=welcome&lang=de")), http.StatusOK, "<del>", "Subject: Mine", "Willkommen bei {site}")
	gone := url.Values{"kind": {"welcome"}, "lang": {"de"}, "revision": {"1"}}
	if a := w.owner.Post(w.at("/reset"), gone); a.Status != http.StatusConflict {
		t.Errorf("reset of an old revision: %d, want 409", a.Status)
	}
	gone.Set("revision", "2")
	if a := w.owner.Post(w.at("/reset"), gone); a.Status != http.StatusSeeOther || len(w.texts(t)) != 0 {
		t.Errorf("reset: %d, texts %v", a.Status, w.texts(t))
	}
	if a := w.owner.Get(w.at("/reset?kind=welcome&lang=de")); a.Status != http.StatusNotFound {
		t.Errorf("reset of ours: %d, want 404", a.Status)
	}
	actions := "emails.template emails.template emails.standard"
	if got := strings.Join(auditOf(t, w), " "); got != actions {
		t.Errorf("audit %q, want %q", got, actions)
	}
}

func auditOf(t *testing.T, w *world) (out []string) {
	t.Helper()
	rows, err := w.DB.Conn().QueryContext(t.Context(), "SELECT action FROM enrolld_audit WHERE action LIKE 'emails.%' AND subject LIKE 'Welcome, de%' ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNamesAlike: the database takes names that differ in capitals or accents for one.
func TestNamesAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if a := w.owner.Post(w.at("/edit"), german("name", "Moved")); a.Status != http.StatusSeeOther {
		t.Fatalf("save: %d", a.Status)
	}
	wantText(t, w.owner.Post(w.at("/edit"), german("name", "moved", "subject", "Not saved yet")), http.StatusUnprocessableEntity,
		"There is a variant “Moved” already", "Not saved yet")
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := map[string]struct {
		form   url.Values
		status int
		want   string
	}{
		"an unknown placeholder": {german("body", "{set_password_link} {firstname}"), 422, "Did you mean {first_name}?"},
		"without the link":       {german("body", "Hallo"), 422, "The text needs {set_password_link}"},
		"no subject":             {german("subject", " "), 422, "Enter a subject."},
		"a second header":        {german("subject", "Hi\r\nBcc: x@evil.example"), 422, "The subject is one line"},
		"no such email":          {german("kind", "party"), 404, "there is no such email"},
		"no such language":       {german("lang", "Deutsch"), 404, "there is no such email"},
	}
	for name, tt := range tests {
		a := w.owner.Post(w.at("/edit"), tt.form)
		if a.Status != tt.status || !strings.Contains(strings.ToLower(a.Body), strings.ToLower(tt.want)) {
			t.Errorf("%s: %d, want %d with %q in\n%s", name, a.Status, tt.status, tt.want, a.Body)
		}
	}
	if got := w.texts(t); len(got) != 0 {
		t.Errorf("saved %v", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := url.Values{"revision": {"0"}, "remind_days": {"14"}, "language": {"nl"}, "sent": {"access", "refunded"}}
	if a := w.owner.Post(w.at(""), form); a.Status != http.StatusSeeOther {
		t.Fatalf("save: %d %s", a.Status, a.Body)
	}
	want := enrolld.MailSettings{Language: "nl", RemindDays: 14, Revision: 1, Off: []enrolld.MessageKind{
		enrolld.MessageExpiring, enrolld.MessageExpired, enrolld.MessagePaymentFailed,
	}}
	got, err := w.DB.MailSettings(t.Context(), w.Account.ID)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("settings, %v (-want +got):\n%s", err, diff)
	}
	for _, always := range []enrolld.MessageKind{enrolld.MessageWelcome, enrolld.MessageEmailChanged} {
		if (enrolld.MailSettings{Off: []enrolld.MessageKind{always}}).Validate() == nil || strings.Contains(w.owner.Get(w.at("")).Body, `value="`+string(always)+`"`) {
			t.Errorf("%s can be switched off", always)
		}
	}
	wantText(t, w.owner.Post(w.at(""), form), http.StatusUnprocessableEntity, "Somebody else changed the choices")
	form.Set("remind_days", "many")
	wantText(t, w.owner.Post(w.at(""), form), http.StatusUnprocessableEntity, "Enter a number of days", `value="many"`)
}

// TestPreview looks at what stands in the frame, and at what it may do.
func TestPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.owner.Get(w.at("/preview?kind=welcome&lang=de&scheme=dark&width=phone"))
	wantText(t, a, http.StatusOK, "Willkommen bei Ink &amp; Wash", `class="phone"`, "@media all")
	policy := a.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") ||
		a.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("policy %q, frames %q", policy, a.Header.Get("X-Frame-Options"))
	}
	a = w.owner.Post(w.at("/preview"), german("body", "<script>alert(1)</script> {nothing}"))
	wantText(t, a, http.StatusOK, "There is no placeholder {nothing}")
	if strings.Contains(a.Body, "<script") || strings.Contains(a.Body, "&lt;script&gt;alert(1)&lt;/script&gt;\"") {
		t.Errorf("the preview has a script:\n%s", a.Body)
	}
	if p := w.owner.Get(w.at("/edit?kind=welcome&lang=de")).Header.Get("Content-Security-Policy"); !strings.Contains(p, "frame-src 'self'") {
		t.Errorf("the editor's policy %q holds no frames", p)
	}
	for _, about := range letter.Abouts() {
		for _, person := range []string{"usual", "long", "right", "bare"} {
			path := w.at("/preview?kind=" + string(about.Kind) + "&lang=en&person=" + person)
			if a := w.owner.Get(path); a.Status != http.StatusOK || !strings.Contains(a.Body, "srcdoc") {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
	}
}

// TestTest sends what is typed to whoever typed it, and to nobody else.
func TestTest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wantText(t, w.owner.Post(w.at("/test"), german("to", "else@example.org")), http.StatusOK, "A test is on its way to maya@example.org", "Hallo {first_name}")
	if got := w.Number("SELECT COUNT(*) FROM enrolld_messages WHERE recipient = 'maya@example.org' AND customer_id = 0"); got != 1 || len(w.texts(t)) != 0 {
		t.Errorf("%d messages, texts %v", got, w.texts(t))
	}
	wantText(t, w.owner.Post(w.at("/test"), german("body", "Hallo")), http.StatusUnprocessableEntity, "The text needs")
	var last gatetest.Answer
	for range 12 {
		last = w.owner.Post(w.at("/test"), german("subject", "Not saved yet"))
	}
	wantText(t, last, http.StatusTooManyRequests, "Too many tries: wait ", "Not saved yet")
	if last.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
}

func TestWhoSeesTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	product := w.Insert(`INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES (?,?,?,?,?,?)`,
		w.Account.ID, "stripe", "p", "P", "[]", w.DB.Now())
	narrow, _ := w.Person("narrow@example.org", w.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, All: true, Scope: enrolld.Scope{AllAccounts: true, Products: []int64{product}},
	})
	if a := w.As(narrow).Get(w.at("")); a.Status != http.StatusForbidden {
		t.Errorf("who was given one product: %d, want 403", a.Status)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	got := compare("a\nb\nc", "a\nx\nc\nd")
	want := []change{{"a", "same"}, {"b", "mine"}, {"x", "ours"}, {"c", "same"}, {"d", "ours"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("compare (-want +got):\n%s", diff)
	}
}

func wantText(t *testing.T, a gatetest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("status %d, want %d", a.Status, status)
	}
	for _, s := range texts {
		if !strings.Contains(a.Body, s) {
			t.Errorf("no %q in\n%s", s, a.Body)
		}
	}
}

// TestOpensInWhatGoesOut: the list leads to the text that members get who chose no
// language: in the account's language, or else in the site's.
func TestOpensInWhatGoesOut(t *testing.T) {
	t.Parallel()
	site := pt.New(t)
	w := &world{Rig: gatetest.On(t, site.DB, site.Clock, func(f *gate.Frame) []gate.Route { return New(f).Routes() }, Nav...)}
	w.Account = site.Account
	login, _ := w.Owner("maya@example.org", w.Account.ID)
	w.owner = w.As(login)
	tests := map[string]struct{ site, account, own, want string }{
		"nobody chose":            {"", "", "", "en"},
		"the site's":              {"de_DE_formal", "", "", "de"},
		"the account's":           {"de_DE", "nl", "", "nl"},
		"own, in the region":      {"de_DE", "", "de-DE", "de-DE"},
		"own, in the base":        {"", "de-AT", "de", "de"},
		"one that we have not":    {"sv_SE", "", "", "sv"},
		"its region is known":     {"zh_CN", "", "", "zh-CN"},
		"own, but in a third":     {"de_DE", "", "nl", "de"},
		"the site cannot be read": {"broken", "fr", "", "fr"},
	}
	for name, tt := range tests {
		w.Exec(`DELETE FROM enrolld_mail_templates`)
		w.Exec(`REPLACE INTO wp_options (option_name, option_value) VALUES ('WPLANG', ?)`, tt.site)
		w.Exec(`REPLACE INTO enrolld_mail_settings (account_id, lang, remind_days, updated_at) VALUES (?,?,7,?)`, w.Account.ID, tt.account, w.DB.Now())
		if tt.own != "" {
			w.Exec(`INSERT INTO enrolld_mail_templates (account_id, kind, name, lang, revision, subject, body, saved_at)
				VALUES (?, 'welcome', '', ?, 1, 'Own', '{set_password_link}', ?)`, w.Account.ID, tt.own, w.DB.Now())
		}
		if tt.site == "broken" {
			w.Exec(`UPDATE enrolld_accounts SET blog_id = 7 WHERE id = ?`, w.Account.ID)
		}
		if a := w.owner.Get(w.at("")); !strings.Contains(a.Body, `<h3><a href="`+w.at("/edit?kind=welcome&amp;lang="+tt.want)+`"`) {
			t.Errorf("%s: %d, want a link to the text in %s in\n%s", name, a.Status, tt.want, a.Body)
		}
		w.Exec(`UPDATE enrolld_accounts SET blog_id = 1 WHERE id = ?`, w.Account.ID)
	}
}
