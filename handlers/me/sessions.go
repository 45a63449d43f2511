package me

import (
	"fmt"
	"time"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

type sessionsPage struct {
	page.Base
	Now       time.Time
	Rows      []sessionRow
	Others    int
	OthersURL string
	Back      string
}

type sessionRow struct {
	team.Session
	Browser string // in words
	EndURL  string
}

var sessionsView = page.New[sessionsPage](files, "sessions")

// GET /me/sessions
func (s *Screens) sessions(r *gate.Request) error {
	list, err := s.team.SessionsOf(r.Context(), r.Viewer.Login.ID, r.Session().Token())
	if err != nil {
		return err
	}
	p := &sessionsPage{Base: r.Base("Sessions"), Now: r.Now(), OthersURL: sessionsURL + "/end-others", Back: page.SecurityURL}
	for _, open := range list {
		p.Rows = append(p.Rows, sessionRow{open, capital(open.Agent), fmt.Sprintf("%s/%d/end", sessionsURL, open.ID)})
		if !open.Current {
			p.Others++
		}
	}
	return gate.Show(r, sessionsView, p)
}

// POST /me/sessions/{session}/end
func (s *Screens) endSession(r *gate.Request) error {
	id, err := r.ID("session")
	if err != nil {
		return err
	}
	if err := s.team.EndSession(r.Context(), r.Actor(), r.Viewer.Login.ID, id); err != nil {
		return err
	}
	return r.Done(sessionsURL, "The session has ended: that browser has to sign in again.")
}

// POST /me/sessions/end-others
func (s *Screens) endOtherSessions(r *gate.Request) error {
	n, err := s.team.EndOtherSessions(r.Context(), r.Actor(), r.Viewer.Login.ID, r.Session().Token())
	if err != nil {
		return err
	}
	return r.Done(sessionsURL, "%s.", page.Plural(n, "other session has ended", "other sessions have ended"))
}
