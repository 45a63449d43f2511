package me

import (
	"embed"
	"net/http"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/handlers/passkey"
	"enrolld/store/team"
)

//go:embed templates/*.tmpl
var files embed.FS

// Addresses of the pages that no other package knows.
const (
	emailURL     = "/me/email"
	appURL       = gate.SecondFactorURL + "/app"
	appRemoveURL = appURL + "/remove"
	passkeysURL  = "/me/passkeys"
	codesURL     = "/me/recovery-codes"
	sessionsURL  = "/me/sessions"
)

// Screens are the pages of this package.
type Screens struct {
	frame *gate.Frame
	team  *team.Team
	keys  *passkey.Keys
}

// New makes the screens.
func New(f *gate.Frame) (*Screens, error) {
	keys, err := passkey.New(f.Base(), f.Team)
	if err != nil {
		return nil, err
	}
	return &Screens{f, f.Team, keys}, nil
}

// Routes lists the screens. What settles what is owed is open to those who owe it.
// Fixed paths stand before those with a variable.
func (s *Screens) Routes() []gate.Route {
	return []gate.Route{
		person("me.profile", http.MethodGet, page.ProfileURL, s.profile),
		person("me.profile.save", http.MethodPost, page.ProfileURL, s.saveProfile),
		fresh(person("me.email", http.MethodGet, emailURL, s.email)),
		fresh(person("me.email.change", http.MethodPost, emailURL, s.changeEmail)),
		owing("me.password", http.MethodGet, gate.PasswordURL, s.password),
		owing("me.password.change", http.MethodPost, gate.PasswordURL, s.changePassword),

		person("me.security", http.MethodGet, page.SecurityURL, s.security),
		owing("me.factor", http.MethodGet, gate.SecondFactorURL, then(s.factor)),
		fresh(owing("me.app", http.MethodGet, appURL, then(s.app))),
		fresh(owing("me.app.confirm", http.MethodPost, appURL, then(s.confirmApp))),
		fresh(person("me.app.remove.ask", http.MethodGet, appRemoveURL, s.askRemoveApp)),
		fresh(person("me.app.remove", http.MethodPost, appRemoveURL, s.removeApp)),
		fresh(owing("me.passkey.begin", http.MethodPost, passkeysURL+"/begin", then(s.keys.BeginMake))),
		fresh(owing("me.passkey.finish", http.MethodPost, passkeysURL+"/finish", then(s.addPasskey))),
		person("me.passkey", http.MethodGet, passkeysURL+"/{passkey}", s.passkey),
		person("me.passkey.rename", http.MethodPost, passkeysURL+"/{passkey}", s.renamePasskey),
		fresh(person("me.passkey.remove.ask", http.MethodGet, passkeysURL+"/{passkey}/remove", s.askRemovePasskey)),
		fresh(person("me.passkey.remove", http.MethodPost, passkeysURL+"/{passkey}/remove", s.removePasskey)),
		fresh(owing("me.codes", http.MethodGet, codesURL, then(s.codes))),
		fresh(owing("me.codes.make", http.MethodPost, codesURL, then(s.newCodes))),
		fresh(owing("me.codes.download", http.MethodPost, codesURL+"/download", then(s.downloadCodes))),
		owing("me.codes.kept", http.MethodPost, codesURL+"/kept", then(s.keptCodes)),

		person("me.sessions", http.MethodGet, sessionsURL, s.sessions),
		person("me.sessions.end-others", http.MethodPost, sessionsURL+"/end-others", s.endOtherSessions),
		person("me.sessions.end", http.MethodPost, sessionsURL+"/{session}/end", s.endSession),
		person("me.emails", http.MethodGet, page.PreferencesURL, s.preferences),
		person("me.emails.save", http.MethodPost, page.PreferencesURL, s.savePreferences),
	}
}

func person(name, method, path string, handle func(*gate.Request) error) gate.Route {
	return gate.Route{Name: name, Method: method, Path: path, Access: gate.Person, Handle: handle}
}

// owing is open even while something is owed.
func owing(name, method, path string, handle func(*gate.Request) error) gate.Route {
	return gate.Route{Name: name, Method: method, Path: path, Access: gate.Partial, Handle: handle}
}

// then comes after the password, where that has to be changed: whoever else knows
// it shall not leave a second factor of theirs behind.
func then(handle func(*gate.Request) error) func(*gate.Request) error {
	return func(r *gate.Request) error {
		if r.Viewer.Login.MustChange {
			return r.Redirect(gate.PasswordURL)
		}
		return handle(r)
	}
}

func fresh(r gate.Route) gate.Route {
	r.Fresh = true
	return r
}

// tabs are the pages of the person's menu.
func tabs(r *gate.Request) []page.Tab {
	list := []page.Tab{
		{Title: "Profile", URL: page.ProfileURL}, {Title: "Security", URL: page.SecurityURL},
		{Title: "Email preferences", URL: page.PreferencesURL},
	}
	for i := range list {
		list[i].Current = list[i].URL == r.URL.Path
	}
	return list
}
