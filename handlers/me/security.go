package me

import (
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// recent is how much of what happened is shown at first.
const recent = 8

type securityPage struct {
	page.Base
	Tabs     []page.Tab
	Now      time.Time
	Login    enrolld.Login
	Passkeys []passkeyRow
	Required bool   // a second factor is
	Last     string // why the last second factor cannot be removed; "" when it can
	Codes    int
	Few      bool
	Sessions int
	Entries  []page.Entry
	AllURL   string // everything that happened; "" when it is shown
	URLs     securityURLs
}

// securityURLs are where the page leads.
type securityURLs struct{ Email, Password, Factor, App, RemoveApp, Codes, Sessions string }

type passkeyRow struct {
	team.Passkey
	URL, RemoveURL string
}

var securityView = page.New[securityPage](files, "security")

// GET /me/security
func (s *Screens) security(r *gate.Request) error {
	login := r.Viewer.Login
	p := &securityPage{
		Base: r.Base("Security"), Tabs: tabs(r), Now: r.Now(), Login: login, Last: lastOwed(r), Required: r.Viewer.NeedsSecondFactor(r.Now()),
		URLs: securityURLs{emailURL, gate.PasswordURL, gate.SecondFactorURL, appURL, appRemoveURL, codesURL, sessionsURL},
	}
	if err := s.readFactors(r, p); err != nil {
		return err
	}
	open, err := s.team.SessionsOf(r.Context(), login.ID, r.Session().Token())
	if err != nil {
		return err
	}
	p.Sessions = len(open)
	if err := s.readActivity(r, p); err != nil {
		return err
	}
	return gate.Show(r, securityView, p)
}

func (s *Screens) readFactors(r *gate.Request, p *securityPage) (err error) {
	keys, err := s.team.Passkeys(r.Context(), p.Login.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		p.Passkeys = append(p.Passkeys, passkeyRow{k, passkeyURL(k), passkeyURL(k) + "/remove"})
	}
	p.Codes, err = s.team.RecoveryCodesLeft(r.Context(), p.Login.ID)
	p.Few = p.Codes <= fewCodes
	return err
}

func (s *Screens) readActivity(r *gate.Request, p *securityPage) error {
	rows, err := s.team.AuditRowsOf(r.Context(), p.Login.ID)
	if err != nil {
		return err
	}
	p.Entries = activity(rows, p.Login.ID)
	if len(p.Entries) > recent && r.URL.Query().Get("activity") != "all" {
		p.Entries, p.AllURL = p.Entries[:recent], page.SecurityURL+"?activity=all#activity"
	}
	return nil
}
