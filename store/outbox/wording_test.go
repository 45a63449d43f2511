package outbox_test

import (
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/mailer"
	"enrolld/store"
	pt "enrolld/store/provision/provisiontest"
)

// save saves a text of the account and returns it.
func save(w *pt.World, x enrolld.Wording) enrolld.Wording {
	w.T.Helper()
	var saved enrolld.Wording
	w.Check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) (err error) {
		saved, err = tx.SaveWording(w.T.Context(), w.Account.ID, 0, x)
		return err
	}))
	return saved
}

func text(lang, name, subject string) enrolld.Wording {
	return enrolld.Wording{Kind: enrolld.MessageWelcome, Lang: lang, Name: name, Subject: subject, Body: "{set_password_link}"}
}

// TestLanguage sends a welcome in the words that are right for the member.
func TestLanguage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		site, member, account string // WPLANG, the user's locale, the account's choice
		template              string
		own                   []enrolld.Wording
		want                  string // the subject
	}{
		"nobody chose":            {"", "", "", "", nil, "Welcome to Art School: set your password"},
		"the site's":              {"it_IT", "", "", "", nil, "Ti diamo il benvenuto su Art School: scegli la tua password"},
		"the account's":           {"it_IT", "", "nl", "", nil, "Welkom bij Art School: kies je wachtwoord"},
		"the member's":            {"it_IT", "de_DE_formal", "nl", "", nil, "Willkommen bei Art School: Lege dein Passwort fest"},
		"the member's base":       {"", "pt_BR", "", "", nil, "Damos-lhe as boas-vindas a Art School: escolha a sua senha"},
		"one that we have not":    {"", "sv_SE", "nl", "", nil, "Welkom bij Art School: kies je wachtwoord"},
		"own, in the region":      {"", "pt_BR", "", "", []enrolld.Wording{text("pt", "", "pt"), text("pt-BR", "", "br")}, "br"},
		"own, in the base":        {"", "pt_BR", "", "", []enrolld.Wording{text("pt", "", "pt"), text("en", "", "en")}, "pt"},
		"own, in the account's":   {"", "sv_SE", "nl", "", []enrolld.Wording{text("nl", "", "nl"), text("en", "", "en")}, "nl"},
		"own, in a third":         {"", "de_DE", "", "", []enrolld.Wording{text("nl", "", "nl")}, "Willkommen bei Art School: Lege dein Passwort fest"},
		"a variant":               {"", "", "", "Moved", []enrolld.Wording{text("en", "Moved", "moved"), text("en", "", "en")}, "moved"},
		"a variant of elsewhere":  {"", "de_DE", "", "Moved", []enrolld.Wording{text("nl", "Moved", "moved"), text("de", "", "de")}, "de"},
		"a variant that is gone":  {"", "", "", "Moved", nil, "Welcome to Art School: set your password"},
		"a locale that is no one": {"", "../x", "", "", nil, "Welcome to Art School: set your password"},
	}
	w := newWorld(t)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	for name, tt := range tests {
		w.Exec(`DELETE FROM enrolld_mail_templates`)
		w.Exec(`REPLACE INTO wp_options (option_name, option_value) VALUES ('WPLANG', ?), ('blogname', 'Art School')`, tt.site)
		w.Exec(`UPDATE wp_usermeta SET meta_value = ? WHERE meta_key = 'locale'`, tt.member)
		w.Exec(`UPDATE enrolld_messages SET data = JSON_SET(data, '$.template', ?, '$.site_name', 'Art School'), due_at = ?,
			template_id = NULL, template_lang = ''`, tt.template, w.Clock.Now())
		w.Exec(`REPLACE INTO enrolld_mail_settings (account_id, lang, remind_days, updated_at) VALUES (?,?,7,?)`, w.Account.ID, tt.account, w.Clock.Now())
		for _, x := range tt.own {
			save(w, x)
		}
		if got := subjectOf(t, claim(w)); got != tt.want {
			t.Errorf("%s: subject %q, want %q", name, got, tt.want)
		}
	}
}

func subjectOf(t *testing.T, list []*enrolld.Message) string {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("%d messages, want 1", len(list))
	}
	r, err := mailer.Render(list[0])
	if err != nil {
		t.Fatal(err)
	}
	return r.Subject
}

// TestWordsStayThroughAllAttempts: what was decided for the first attempt is what
// the others say, and what the history names.
func TestWordsStayThroughAllAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := save(w, text("de", "", "first"))
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	list := claim(w)
	if got := subjectOf(t, list); got != "first" {
		t.Fatalf("subject %q", got)
	}
	finish(w, list, enrolld.SendRetry, time.Hour)
	first.Subject = "second"
	second := save(w, first)
	w.Pass(day)
	if got := subjectOf(t, claim(w)); got != "first" {
		t.Errorf("the second attempt says %q, want what the first said", got)
	}
	w.Want(`SELECT t.subject, t.revision, t.current, m.template_lang FROM enrolld_messages m JOIN enrolld_mail_templates t ON t.id = m.template_id`,
		"first|1|NULL|de")
	if second.Revision != 2 {
		t.Errorf("revision %d, want 2", second.Revision)
	}
	w.Receive("next", pt.Buy("2", "bob@example.org", "paint"))
	for _, m := range claim(w) {
		if m.To == "bob@example.org" && m.Wording.Subject != "second" {
			t.Errorf("a new message says %q", m.Wording.Subject)
		}
	}
}

// TestTestMessage goes out in its own words, with no link of anybody's.
func TestTestMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := text("de", "", "Probe")
	m := mailer.Sample(w.Account, enrolld.MessageWelcome, "usual", w.Clock.Now())
	m.Cause, m.To, m.Data.Test = "test:1:1", "maya@example.org", &x
	w.Check(w.DB.InTx(t.Context(), func(tx *store.Tx) error { return tx.QueueMessages(t.Context(), []enrolld.Message{*m}) }))
	list := claim(w)
	if got := subjectOf(t, list); got != "[Test] Probe" {
		t.Errorf("subject %q", got)
	}
	if r, err := mailer.Render(list[0]); err != nil || strings.Contains(r.Text, "key=") {
		t.Errorf("%v, text %q", err, r.Text)
	}
	w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE template_id IS NOT NULL`, "0")
}
