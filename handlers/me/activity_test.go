package me

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"enrolld/store/team"
)

// Every action that the store notes about a login has words.
func TestActivity_knowsAll(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../../store/team/*.go")
	if err != nil || len(sources) < 10 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	found := map[string]bool{}
	for _, path := range sources {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(login\.[a-z_]+)"`).FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
	}
	if len(found) < 15 {
		t.Errorf("%d actions found in the sources, want more", len(found))
	}
	for action := range found {
		if _, ok := what[action]; !ok {
			t.Errorf("action %s has no words", action)
		}
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	row := func(action, detail string) team.AuditRow {
		return team.AuditRow{At: at, Action: action, LoginID: 7, SubjectLoginID: 7, Actor: "Ann", Addr: "192.0.2.7", Detail: json.RawMessage(detail)}
	}
	for _, test := range []struct{ action, detail, title, text string }{
		{"login.signed_in", `{"how":"password and app code","browser":"Firefox on Linux","known":false}`, "You signed in", "Firefox on Linux, a new browser, by password and app code"},
		{"login.signed_in", `{"how":"passkey","browser":"a browser","known":true}`, "You signed in", "A browser, by passkey"},
		{"login.failed", `{"why":"password"}`, "A try was refused", "The password was wrong"},
		{"login.failed", `{"why":"something new"}`, "A try was refused", "Something new"},
		{"login.factor_added", `{"factor":"passkey","name":"Phone"}`, "A second factor was added", "Passkey ‘Phone’"},
		{"login.factor_removed", `{"factor":"app"}`, "A second factor was removed", "Authenticator app"},
		{"login.code_used", `{"left":1}`, "A recovery code was used", "1 code is left"},
		{"login.password_changed", `{"sessions_ended":2}`, "The password was changed", "2 other sessions ended"},
		{"login.codes_made", `{}`, "New recovery codes were made", ""},
		{"login.new_thing", `[]`, "login new thing", ""},
	} {
		got := activity([]team.AuditRow{row(test.action, test.detail)}, 7)
		if len(got) != 1 || got[0].Title != test.title || got[0].Text != test.text || got[0].Who != "" || got[0].Cause != "192.0.2.7" {
			t.Errorf("%s %s: %+v; want %q, %q", test.action, test.detail, got, test.title, test.text)
		}
	}
	by := row("login.link_made", "{}")
	by.LoginID, by.Actor = 0, "command"
	others := row("login.added", "{}")
	others.SubjectLoginID = 8
	if got := activity([]team.AuditRow{by, others}, 7); len(got) != 1 || got[0].Who != "command" {
		t.Errorf("%+v; want one entry, by command", got)
	}
}
