package me

import (
	"cmp"
	"encoding/json"
	"strings"

	"enrolld/handlers/page"
	"enrolld/store/team"
)

// happened says what an action of the audit log was, to whom it happened.
type happened struct {
	title string
	kind  page.Kind
	icon  string // "" for the kind's
}

// what knows every action about a login alone.
var what = map[string]happened{
	"login.added":                  {"Your login was made", "", "plus"},
	"login.created":                {"You created your login", "", "plus"},
	"login.link_made":              {"A link to set a password was sent", "", "send"},
	"login.signed_in":              {"You signed in", page.Good, ""},
	"login.signed_out":             {"You signed out", "", "signout"},
	"login.failed":                 {"A try was refused", page.Warning, ""},
	"login.password_changed":       {"The password was changed", "", "key"},
	"login.password_reset":         {"A new password was set by a link", "", "key"},
	"login.reset_requested":        {"A link for a new password was asked for", "", "send"},
	"login.email_change_requested": {"A new email address was asked for", "", "emails"},
	"login.email_change_confirmed": {"One of two addresses confirmed the change", "", "emails"},
	"login.email_changed":          {"The email address was changed", page.Warning, "emails"},
	"login.profile_changed":        {"The profile was changed", "", "edit"},
	"login.factor_added":           {"A second factor was added", page.Good, "security"},
	"login.factor_removed":         {"A second factor was removed", page.Warning, "security"},
	"login.factor_reset":           {"Your second factors were reset", page.Warning, "security"},
	"login.passkey_renamed":        {"A passkey was renamed", "", "edit"},
	"login.codes_made":             {"New recovery codes were made", "", "key"},
	"login.code_used":              {"A recovery code was used", page.Warning, "key"},
	"login.session_ended":          {"A session was ended", "", "signout"},
	"login.sessions_ended":         {"All other sessions were ended", "", "signout"},
}

// whys are the reasons for which something was refused.
var whys = map[string]string{
	"password": "the password was wrong", "current password": "the current password was wrong",
	"second factor": "the code was wrong", "confirmation": "the confirmation was wrong", "passkey": "the passkey did not fit",
	"copied passkey": "the passkey seems to have been copied", "deactivated": "the login may enter no account",
}

// activity says in words what concerned a login, the newest first.
func activity(rows []team.AuditRow, loginID int64) []page.Entry {
	var out []page.Entry
	for _, row := range rows {
		if row.SubjectLoginID != loginID {
			continue
		}
		h, ok := what[row.Action]
		if !ok {
			h.title = strings.NewReplacer(".", " ", "_", " ").Replace(row.Action)
		}
		e := page.Entry{At: row.At, Kind: h.kind, Icon: h.icon, Title: h.title, Text: detailOf(row.Detail), Cause: row.Addr}
		if row.LoginID != loginID {
			e.Who = row.Actor
		}
		out = append(out, e)
	}
	return out
}

// detail is what entries about logins say beyond their action.
type detail struct {
	Browser string `json:"browser"`
	How     string `json:"how"`
	Known   *bool  `json:"known"`
	Why     string `json:"why"`
	Factor  string `json:"factor"`
	Name    string `json:"name"`
	Left    *int   `json:"left"`
	Ended   int    `json:"sessions_ended"`
}

func detailOf(raw json.RawMessage) string {
	var d detail
	if json.Unmarshal(raw, &d) != nil { // of another shape: the title says enough
		return ""
	}
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	add(d.Browser)
	if d.Known != nil && !*d.Known {
		add("a new browser")
	}
	if d.How != "" {
		add("by " + d.How)
	}
	add(cmp.Or(whys[d.Why], d.Why))
	add(factorWords(d))
	if d.Left != nil {
		add(page.Plural(*d.Left, "code is left", "codes are left"))
	}
	if d.Ended > 0 {
		add(page.Plural(d.Ended, "other session ended", "other sessions ended"))
	}
	return capital(strings.Join(parts, ", "))
}

func factorWords(d detail) string {
	switch {
	case d.Factor == "app":
		return "authenticator app"
	case d.Factor == "passkey" && d.Name != "":
		return "passkey ‘" + d.Name + "’"
	}
	return d.Factor
}

// capital makes the first letter, when it is one of English, a capital.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
