package me

import (
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

type preferencesPage struct {
	page.Base
	Tabs   []page.Tab
	Email  string
	Action string
	Lists  []accountMail
}

// accountMail is the mail of one account that the person can choose.
type accountMail struct {
	ID     int64
	Name   string
	Form   *page.Form
	Topics []page.Option // none: nothing can be chosen there
}

var preferencesView = page.New[preferencesPage](files, "emails")

// GET /me/emails
func (s *Screens) preferences(r *gate.Request) error {
	p := &preferencesPage{Base: r.Base("Email preferences"), Tabs: tabs(r), Email: r.Viewer.Login.Email, Action: page.PreferencesURL}
	for _, m := range r.Viewer.Memberships {
		list := accountMail{ID: m.Account.ID, Name: m.Account.Name, Form: page.NewForm(), Topics: topicOptions(m, r.Now())}
		list.Form.Prefix = strconv.FormatInt(m.Account.ID, 10) + "-"
		if len(list.Topics) > 0 {
			on, err := s.team.Topics(r.Context(), m.ID)
			if err != nil {
				return err
			}
			list.Form.Set("topic", chosen(on)...)
		}
		p.Lists = append(p.Lists, list)
	}
	return gate.Show(r, preferencesView, p)
}

// topicOptions are the topics that a member may choose of now.
func topicOptions(m team.Membership, now time.Time) []page.Option {
	var out []page.Option
	for _, t := range enrolld.TopicsFor(m.Terms, now) {
		out = append(out, page.Option{Value: string(t.Key), Label: t.Title, Hint: t.Hint})
	}
	return out
}

func chosen(on map[enrolld.Topic]bool) []string {
	var out []string
	for topic, yes := range on {
		if yes {
			out = append(out, string(topic))
		}
	}
	slices.Sort(out)
	return out
}

// POST /me/emails
func (s *Screens) savePreferences(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Viewer.Memberships, func(m team.Membership) bool {
		return strconv.FormatInt(m.Account.ID, 10) == form.Get("account")
	})
	if i < 0 {
		return enrolld.Errorf(enrolld.NotFound, "there is no such account, or you have no access to it")
	}
	var on []enrolld.Topic
	for _, topic := range form.All("topic") {
		on = append(on, enrolld.Topic(topic))
	}
	account := r.Viewer.Memberships[i].Account
	if err := s.team.SetTopics(r.Context(), r.Actor(), account.ID, r.Viewer.Login.ID, on); err != nil {
		return err
	}
	return r.Done(page.PreferencesURL, "Your email preferences for %s are saved.", account.Name)
}
