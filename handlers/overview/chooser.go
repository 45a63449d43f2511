package overview

import (
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// searchFrom is the number of accounts from which the chooser can be searched.
const searchFrom = 8

type chooserPage struct {
	page.Base
	Email  string
	Any    bool // some account is open to the login
	Search bool
	Query  string
	Rows   []choice
}

// choice is an account that can be entered. Of a client account that is out of
// the person's own scope only what is below it can be: URL is "".
type choice struct {
	Name, URL string
	Role      string
	Subs      []choice
}

var chooserView = page.New[chooserPage](files, "accounts")

// home sends everybody to where they begin.
func (s *Screens) home(r *gate.Request) error {
	if !r.SignedIn() {
		return r.Redirect(gate.SignInURL)
	}
	if all := reachable(r.Viewer); len(all) == 1 {
		return r.Redirect(gate.AccountPath(all[0].ID))
	}
	return r.Redirect(chooserURL)
}

func (s *Screens) choose(r *gate.Request) error {
	count, query := len(reachable(r.Viewer)), strings.TrimSpace(r.URL.Query().Get("q"))
	title := "Choose an account"
	if count == 0 {
		title = "No account yet"
	}
	return gate.Show(r, chooserView, &chooserPage{
		Base: r.Base(title), Email: r.Viewer.Login.Email, Any: count > 0, Search: count >= searchFrom || query != "", Query: query,
		Rows: choices(r.Viewer, strings.ToLower(query)),
	})
}

// reachable lists the accounts and sub-accounts that somebody can enter.
func reachable(v team.Viewer) []enrolld.Account {
	var out []enrolld.Account
	for _, m := range v.Memberships {
		if m.Scope.In(m.Account.ID) {
			out = append(out, m.Account)
		}
		out = append(out, m.Subs...)
	}
	return out
}

// choices lists client accounts with what is below them; of those whose name does
// not have the words, only what has them.
func choices(v team.Viewer, words string) []choice {
	var out []choice
	for _, m := range v.Memberships {
		c := choice{Name: m.Account.Name, Role: m.Type.Title()}
		if m.Scope.In(m.Account.ID) {
			c.URL = gate.AccountPath(m.Account.ID)
		}
		whole := has(m.Account.Name, words)
		for _, sub := range m.Subs {
			if whole || has(sub.Name, words) {
				c.Subs = append(c.Subs, choice{Name: sub.Name, URL: gate.AccountPath(sub.ID)})
			}
		}
		if whole && c.URL != "" || len(c.Subs) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func has(name, words string) bool {
	for word := range strings.FieldsSeq(words) {
		if !strings.Contains(strings.ToLower(name), word) {
			return false
		}
	}
	return true
}
