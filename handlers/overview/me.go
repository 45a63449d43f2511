package overview

import (
	"fmt"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// me is who the person is in the account, and what they may do.
type me struct {
	Role     string
	Sum      string // in a sentence
	Rights   []right
	Products string // which of them; "" when they are not shown at all
	Accounts []string
	LeaveURL string // "" for the owner, who cannot
}

type right struct {
	Title, Guards string
	Until         time.Time // zero: without end
}

func meIn(r *gate.Request) me {
	m := r.Membership
	out := me{Role: m.Type.Title(), Sum: sum(m.Terms), Rights: rights(m.Terms, r.Now())}
	if m.Type != enrolld.TypeOwner {
		out.LeaveURL = r.Path("/settings/leave")
	}
	if r.May(enrolld.PermProductsView) {
		out.Products = productWords(m.Scope)
	}
	if len(m.Subs) > 0 || !m.Scope.In(m.Account.ID) {
		out.Accounts = accountWords(m)
	}
	return out
}

// sum says in a sentence what need not be listed.
func sum(t enrolld.Terms) string {
	switch {
	case t.Type == enrolld.TypeOwner:
		return "The account is yours: you may do everything in it."
	case t.All:
		return fmt.Sprintf("You hold every permission that a member of type %s can have, and those that are added later.", t.Type.Title())
	}
	return ""
}

// rights lists what was chosen for the person; nothing when they hold everything.
func rights(t enrolld.Terms, now time.Time) []right {
	if t.Type == enrolld.TypeOwner || t.All {
		return nil
	}
	var out []right
	for _, p := range t.Held(now) {
		if p.Ready {
			out = append(out, right{p.Title, p.Guards, t.Rights[p.Key]})
		}
	}
	return out
}

func productWords(s enrolld.Scope) string {
	which := page.Plural(len(s.Products), "product", "products")
	if s.AllProducts {
		which = "all products"
	}
	switch {
	case s.EditProducts && s.DeleteProducts:
		return "You may see, change and delete " + which + "."
	case s.EditProducts:
		return "You may see and change " + which + "."
	case s.DeleteProducts:
		return "You may see and delete " + which + "."
	}
	return "You may see " + which + ", and change none."
}

// accountWords names the accounts that the person can enter.
func accountWords(m team.Membership) []string {
	var out []string
	if m.Scope.In(m.Account.ID) {
		out = append(out, m.Account.Name)
	}
	for _, sub := range m.Subs {
		out = append(out, sub.Name)
	}
	return out
}
