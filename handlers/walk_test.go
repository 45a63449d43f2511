package handlers

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
)

// actor is somebody who calls every route, and what they hold in the account.
type actor struct {
	name    string
	browser *gatetest.Browser
	// in says whether they may enter the account at all; owner and holds what they
	// may do there.
	signedIn, in, owner bool
	edits               bool // may change and delete products
	every               bool // may use every product
	holds               func(enrolld.Permission) bool
}

// TestEveryRouteEveryActor walks every screen with every kind of actor and asserts
// the outcome that the catalogue says. What the screens do is not called: that
// somebody got there is what is looked at.
func TestEveryRouteEveryActor(t *testing.T) {
	t.Parallel()
	screens := newRig(t).screens
	rig := gatetest.New(t, func(*gate.Frame) []gate.Route {
		var out []gate.Route
		for _, s := range screens {
			s.Handle = func(r *gate.Request) error {
				_, err := fmt.Fprint(r.Writer, reached)
				return err
			}
			out = append(out, s)
		}
		return out
	})
	actors := makeActors(rig)
	for _, s := range screens {
		path := pathOf(s.Path, rig.Account.ID)
		for _, a := range actors {
			var got gatetest.Answer
			if s.Method == http.MethodGet {
				got = a.browser.Get(path)
			} else {
				got = a.browser.Post(path, nil)
			}
			want := outcome(s, a)
			if did := did(got); did != want {
				t.Errorf("%s calls %s %s: %s (%d %s), want %s", a.name, s.Method, s.Path, did, got.Status, got.Location, want)
			}
		}
	}
	if n := len(screens) * len(actors); n < 1000 {
		t.Errorf("%d calls were made; are there so few screens or actors?", n)
	}
}

const reached = "reached"

func did(a gatetest.Answer) string {
	switch {
	case a.Status == http.StatusOK && a.Body == reached:
		return reached
	case a.Status == http.StatusSeeOther && strings.HasPrefix(a.Location, "/sign-in?next="):
		return "sign in"
	case a.Status == http.StatusUnauthorized:
		return "sign in"
	case a.Status == http.StatusForbidden:
		return "forbidden"
	case a.Status == http.StatusNotFound:
		return "not found"
	}
	return "something else"
}

// outcome is what the catalogue says.
func outcome(s gate.Route, a actor) string {
	switch {
	case s.Access == gate.Anyone:
		return reached
	case !a.signedIn:
		return "sign in"
	case s.Access == gate.Partial || s.Access == gate.Person:
		return reached
	case !a.in:
		return "not found"
	case s.OwnerOnly && !a.owner, s.Permission != "" && !a.holds(s.Permission), (s.EditProducts || s.DeleteProducts) && !a.edits,
		s.EveryProduct && !a.every:
		return "forbidden"
	}
	return reached
}

func makeActors(rig *gatetest.Rig) []actor {
	nothing := func(enrolld.Permission) bool { return false }
	everything := func(enrolld.Permission) bool { return true }
	other := rig.AddAccount("Another academy", 0)
	stranger, _ := rig.Owner("other@example.org", other.ID)
	owner, _ := rig.Owner("owner@example.org", rig.Account.ID)
	admin, _ := rig.Person("admin@example.org", rig.Account.ID, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	all, _ := rig.Person("all@example.org", rig.Account.ID, enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: enrolld.Everything()})
	gone, m := rig.Person("gone@example.org", rig.Account.ID, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	rig.Exec("UPDATE enrolld_members SET deactivated_at = ? WHERE id = ?", rig.DB.Now(), m.ID)
	sub := rig.AddAccount("North", rig.Account.ID)
	aside, _ := rig.Person("aside@example.org", rig.Account.ID, enrolld.Terms{
		Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Scope{Accounts: []int64{sub.ID}, AllProducts: true},
	})
	out := []actor{
		{name: "a stranger", browser: rig.Browser(), holds: nothing},
		{name: "another account's owner", browser: rig.As(stranger), signedIn: true, holds: nothing},
		{name: "the owner", browser: rig.As(owner), signedIn: true, in: true, owner: true, edits: true, every: true, holds: everything},
		{name: "an admin", browser: rig.As(admin), signedIn: true, in: true, edits: true, every: true, holds: everything},
		{name: "a user with everything", browser: rig.As(all), signedIn: true, in: true, edits: true, every: true, holds: notAdminOnly},
		{name: "a deactivated admin", browser: rig.As(gone), signedIn: true, holds: nothing},
		{name: "an admin of a sub-account only", browser: rig.As(aside), signedIn: true, holds: nothing},
	}
	for i, p := range enrolld.TypeAdmin.Holdable() {
		terms := enrolld.Terms{
			Type: enrolld.TypeAdmin, Rights: map[enrolld.Permission]time.Time{p.Key: {}}, Scope: enrolld.Scope{AllAccounts: true},
		}
		login, _ := rig.Person(fmt.Sprintf("one%d@example.org", i), rig.Account.ID, terms)
		out = append(out, actor{
			name: "an admin with " + string(p.Key) + " alone and no product", browser: rig.As(login), signedIn: true, in: true,
			holds: func(q enrolld.Permission) bool { return q == p.Key },
		})
		terms.Rights = map[enrolld.Permission]time.Time{p.Key: rig.DB.Now()}
		login, _ = rig.Person(fmt.Sprintf("over%d@example.org", i), rig.Account.ID, terms)
		out = append(out, actor{
			name: "an admin whose " + string(p.Key) + " is over", browser: rig.As(login), signedIn: true, in: true, holds: nothing,
		})
		terms = enrolld.Terms{
			Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{p.Key: {}}, Scope: enrolld.Everything(),
		}
		login, _ = rig.Person(fmt.Sprintf("user%d@example.org", i), rig.Account.ID, terms)
		out = append(out, actor{
			name: "a user with " + string(p.Key), browser: rig.As(login), signedIn: true, in: true, edits: true, every: true,
			holds: func(q enrolld.Permission) bool { return q == p.Key && notAdminOnly(q) },
		})
	}
	return out
}

// notAdminOnly says what type User can hold, however it got into the tables.
func notAdminOnly(p enrolld.Permission) bool {
	info, ok := p.Info()
	return ok && !info.AdminOnly
}

var pathVariable = regexp.MustCompile(`\{[^}]+\}`)

// pathOf fills in a route's variables.
func pathOf(path string, accountID int64) string {
	path = strings.ReplaceAll(path, "{account}", fmt.Sprint(accountID))
	return pathVariable.ReplaceAllString(path, "1")
}

// TestNothingUnreadyIsOffered: a permission whose screen does not exist guards no
// route, and one that can be given guards one.
func TestNothingUnreadyIsOffered(t *testing.T) {
	t.Parallel()
	var guards []enrolld.Permission
	for _, s := range newRig(t).screens {
		guards = append(guards, s.Permission)
	}
	for _, p := range enrolld.Permissions() {
		if p.Ready != slices.Contains(guards, p.Key) {
			t.Errorf("permission %s: ready %t, guards a route %t", p.Key, p.Ready, !p.Ready)
		}
	}
}
