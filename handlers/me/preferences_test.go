package me_test

import (
	"net/http"
	"strconv"
	"testing"

	"enrolld"
)

func TestPreferences(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := r.AddAccount("Elsewhere", 0)
	foreign := r.AddAccount("Foreign", 0)
	owner, om := r.Owner("owner@example.org", r.Account.ID)
	ann := r.AddLogin("ann@example.org")
	terms := user(enrolld.PermUsers)
	terms.Type = enrolld.TypeAdmin
	m := r.Join(ann.ID, r.Account.ID, terms)
	r.GiveFactor(ann.ID)
	r.Join(ann.ID, other.ID, user())
	for _, id := range []int64{om.ID, m.ID} {
		r.Exec(`INSERT INTO enrolld_member_topics (member_id, topic) VALUES (?,?)`, id, string(enrolld.TopicTeam))
	}
	b := r.As(ann)
	a := b.Get("/me/emails")
	has(t, "the page", a, http.StatusOK, "Ink &amp; Wash", "Elsewhere", "There is no mail to choose here", "Mail that always comes",
		`value="`+string(enrolld.TopicTeam)+`" checked`)
	if contains(a.Body, string(enrolld.TopicFailures)) || contains(a.Body, "Foreign") {
		t.Error("it offers what Ann may not know of, or is somebody else's")
	}
	account := strconv.FormatInt(r.Account.ID, 10)
	goes(t, "save", b.Post("/me/emails", form("account", account, "topic", string(enrolld.TopicAccepted), "topic", string(enrolld.TopicExpired))), "/me/emails")
	has(t, "then", b.Get("/me/emails"), http.StatusOK, "Your email preferences for Ink &amp; Wash are saved.",
		`value="`+string(enrolld.TopicAccepted)+`" checked`, `value="`+string(enrolld.TopicExpired)+`" checked`)
	topics := func(member int64) (n int64) {
		return r.Number(`SELECT COUNT(*) FROM enrolld_member_topics WHERE member_id = ?`, member)
	}
	if got, owners := topics(m.ID), topics(om.ID); got != 2 || owners != 1 {
		t.Errorf("Ann has %d topics, the owner %d; want 2 and 1", got, owners)
	}
	goes(t, "none", b.Post("/me/emails", form("account", account)), "/me/emails")
	if got := topics(m.ID); got != 0 {
		t.Errorf("%d topics, want none", got)
	}
	for what, f := range map[string]struct {
		account, topic string
		want           int
	}{
		"somebody else's account": {strconv.FormatInt(foreign.ID, 10), "", http.StatusNotFound},
		"no account":              {"", "", http.StatusNotFound},
		"no such topic":           {account, "everything", http.StatusUnprocessableEntity},
		"without the permission":  {strconv.FormatInt(other.ID, 10), string(enrolld.TopicTeam), http.StatusUnprocessableEntity},
	} {
		v := form("account", f.account)
		if f.topic != "" {
			v.Add("topic", f.topic)
		}
		has(t, what, b.Post("/me/emails", v), f.want)
	}
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_member_topics`); n != 1 {
		t.Errorf("%d topics of all, want the owner's", n)
	}
	has(t, "the owner", r.As(owner).Get("/me/emails"), http.StatusOK, `value="`+string(enrolld.TopicTeam)+`" checked`)
}

func TestPreferences_noAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	has(t, "nowhere", r.As(r.AddLogin("ann@example.org")).Get("/me/emails"), http.StatusOK, "No account, no mail to choose")
}
