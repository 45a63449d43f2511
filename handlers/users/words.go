package users

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// right is a permission that somebody holds, for a list.
type right struct {
	Title, Guards string
	Until         time.Time // zero: without end
}

// rightsOf lists what was chosen for somebody and is not over; nothing when they
// hold everything.
func rightsOf(t enrolld.Terms, now time.Time) []right {
	if everything(t) {
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

func everything(t enrolld.Terms) bool { return t.All || t.Type == enrolld.TypeOwner }

// rightWords says in one line of a table what somebody may do.
func rightWords(t enrolld.Terms, now time.Time) string {
	if everything(t) {
		return "All permissions"
	}
	switch held := rightsOf(t, now); len(held) {
	case 0:
		return "No permissions"
	case 1:
		return held[0].Title
	default:
		return fmt.Sprintf("%d permissions", len(held))
	}
}

// firstEnd is when the first of somebody's permissions ends; zero: none does.
func firstEnd(t enrolld.Terms, now time.Time) (first time.Time) {
	for _, r := range rightsOf(t, now) {
		if !r.Until.IsZero() && (first.IsZero() || r.Until.Before(first)) {
			first = r.Until
		}
	}
	return first
}

// productWords says what somebody may do with which products.
func productWords(s enrolld.Scope) string {
	which := page.Plural(len(s.Products), "chosen product", "chosen products")
	if s.AllProducts {
		which = "All products"
	} else if len(s.Products) == 0 {
		return "None"
	}
	switch {
	case s.EditProducts && s.DeleteProducts:
		return which + ", may edit and delete"
	case s.EditProducts:
		return which + ", may edit"
	case s.DeleteProducts:
		return which + ", may delete"
	}
	return which
}

// accountWords names the accounts of a scope that the caller knows of.
func accountWords(s enrolld.Scope, m team.Membership) string {
	if s.AllAccounts {
		return "All of them, later ones too"
	}
	var names []string
	for _, a := range append([]enrolld.Account{m.Account}, m.Subs...) {
		if slices.Contains(s.Accounts, a.ID) {
			names = append(names, a.Name)
		}
	}
	return strings.Join(names, ", ")
}

// sentence makes one of a remark that begins small and has no end.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
