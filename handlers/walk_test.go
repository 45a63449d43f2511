package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/integrations"
)

// whoMay is the map of the admin once more, by hand: whom each screen is for. A
// route that is not in it, or is for somebody else, fails the test. "fresh" asks
// for a new proof of who one is.
var whoMay = map[string]string{
	"GET /":                           "anyone",
	"GET /a/{account}":                "member",
	"GET /a/{account}/customers":      "member customers.browse",
	"GET /a/{account}/customers.csv":  "member customers.browse",
	"GET /a/{account}/customers/find": "member customers.search",
	"GET /a/{account}/customers/found/{customer:[0-9]+}":              "member customers.search",
	"GET /a/{account}/customers/new":                                  "member customers.browse",
	"GET /a/{account}/customers/{customer:[0-9]+}":                    "member customers.browse",
	"GET /a/{account}/customers/{customer:[0-9]+}/access":             "member customers.browse",
	"GET /a/{account}/customers/{customer:[0-9]+}/log-in-as":          "member customers.login_as fresh",
	"GET /a/{account}/customers/{customer:[0-9]+}/mail":               "member customers.browse every product",
	"GET /a/{account}/emails/templates":                               "member emails.templates every product",
	"GET /a/{account}/emails/templates/edit":                          "member emails.templates every product",
	"GET /a/{account}/emails/templates/preview":                       "member emails.templates every product",
	"GET /a/{account}/emails/templates/reset":                         "member emails.templates every product",
	"GET /a/{account}/imports":                                        "member customers.browse every product",
	"GET /a/{account}/imports/new":                                    "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}":                        "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/cancel":                 "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/edit":                   "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/events":                 "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/rejects.csv":            "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/rows":                   "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/undo":                   "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/block":              "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/erase":              "member customers.browse every product fresh",
	"GET /a/{account}/customers/{customer:[0-9]+}/remove":             "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/take-back":          "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/unblock":            "member customers.browse every product",
	"GET /a/{account}/ownership":                                      "member fresh",
	"GET /a/{account}/products":                                       "member products.view",
	"GET /a/{account}/products/{product}":                             "member products.view",
	"GET /a/{account}/products/{product}/delete":                      "member products.view delete",
	"GET /a/{account}/products/{product}/edit":                        "member products.view edit",
	"GET /a/{account}/settings":                                       "member account.profile",
	"GET /a/{account}/settings/audit":                                 "member audit.view every product",
	"GET /a/{account}/settings/audit.csv":                             "member audit.view every product",
	"GET /a/{account}/settings/leave":                                 "member",
	"GET /a/{account}/settings/ownership":                             "member owner fresh",
	"GET /a/{account}/settings/ownership/{member:[0-9]+}":             "member owner fresh",
	"GET /a/{account}/settings/security":                              "member owner",
	"GET /a/{account}/settings/security/take-back":                    "member owner fresh",
	"GET /a/{account}/settings/sub-accounts":                          "member users.manage",
	"GET /a/{account}/settings/sub-accounts/new":                      "member users.manage",
	"GET /a/{account}/settings/sub-accounts/{sub}/rename":             "member users.manage",
	"GET /a/{account}/settings/users":                                 "member users.manage",
	"GET /a/{account}/settings/users/deactivated":                     "member users.manage",
	"GET /a/{account}/settings/users/invitations":                     "member users.manage",
	"GET /a/{account}/settings/users/invitations/{invitation}/remove": "member users.manage",
	"GET /a/{account}/settings/users/invite":                          "member users.manage",
	"GET /a/{account}/settings/users/new":                             "member users.manage",
	"GET /a/{account}/settings/users/{member}":                        "member users.manage",
	"GET /a/{account}/settings/users/{member}/deactivate":             "member users.manage",
	"GET /a/{account}/settings/users/{member}/reactivate":             "member users.manage",
	"GET /a/{account}/settings/users/{member}/remove":                 "member users.manage",
	"GET /a/{account}/settings/users/{member}/rights":                 "member users.manage",
	"GET /a/{account}/settings/users/{member}/second-factor/reset":    "member users.manage fresh",
	"GET /a/{account}/settings/users/{member}/sessions/end":           "member users.manage",
	"GET /accounts":                     "person",
	"GET /email/{token}":                "anyone",
	"GET /forgot":                       "anyone",
	"GET /invitations/{token}":          "anyone",
	"GET /me":                           "person",
	"GET /me/email":                     "person fresh",
	"GET /me/emails":                    "person",
	"GET /me/passkeys/{passkey}":        "person",
	"GET /me/passkeys/{passkey}/remove": "person fresh",
	"GET /me/password":                  "partial",
	"GET /me/recovery-codes":            "partial fresh",
	"GET /me/second-factor":             "partial",
	"GET /me/second-factor/app":         "partial fresh",
	"GET /me/second-factor/app/remove":  "person fresh",
	"GET /me/security":                  "person",
	"GET /me/sessions":                  "person",
	"GET /reset/{token}":                "anyone",
	"GET /set-password/{token}":         "anyone",
	"GET /sign-in":                      "anyone",
	"GET /sign-in/code":                 "anyone",
	"GET /sign-in/confirm":              "partial",
	"GET /sign-in/recovery":             "anyone",
	"GET /unsubscribe/{token}":          "anyone",
	"POST /a/{account}/customers/find":  "member customers.search",
	"POST /a/{account}/customers/new":   "member customers.browse",
	"POST /a/{account}/customers/{customer:[0-9]+}/access":             "member customers.browse",
	"POST /a/{account}/customers/{customer:[0-9]+}/log-in-as":          "member customers.login_as fresh",
	"POST /a/{account}/customers/{customer:[0-9]+}/visits/{entry}/end": "member customers.login_as",
	"POST /a/{account}/customers/{customer:[0-9]+}/mail":               "member customers.browse every product",
	"POST /a/{account}/emails/templates":                               "member emails.templates every product",
	"POST /a/{account}/emails/templates/edit":                          "member emails.templates every product",
	"POST /a/{account}/emails/templates/preview":                       "member emails.templates every product",
	"POST /a/{account}/emails/templates/reset":                         "member emails.templates every product",
	"POST /a/{account}/emails/templates/test":                          "member emails.templates every product",
	"POST /a/{account}/imports/new":                                    "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/cancel":                 "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/check":                  "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/edit":                   "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/pause":                  "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/resume":                 "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/start":                  "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/undo":                   "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/block":              "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/erase":              "member customers.browse every product fresh",
	"POST /a/{account}/customers/{customer:[0-9]+}/remove":             "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/take-back":          "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/unblock":            "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/export":             "member customers.browse every product fresh",
	"POST /a/{account}/ownership":                                      "member fresh",
	"POST /a/{account}/products/{product}/delete":                      "member products.view delete",
	"POST /a/{account}/products/{product}/edit":                        "member products.view edit",
	"POST /a/{account}/settings":                                       "member account.profile",
	"POST /a/{account}/settings/leave":                                 "member",
	"POST /a/{account}/settings/ownership/withdraw":                    "member owner fresh",
	"POST /a/{account}/settings/ownership/{member:[0-9]+}":             "member owner fresh",
	"POST /a/{account}/settings/security":                              "member owner fresh",
	"POST /a/{account}/settings/security/take-back":                    "member owner fresh",
	"POST /a/{account}/settings/sub-accounts/new":                      "member users.manage",
	"POST /a/{account}/settings/sub-accounts/{sub}/rename":             "member users.manage",
	"POST /a/{account}/settings/users/invitations/resend":              "member users.manage",
	"POST /a/{account}/settings/users/invitations/{invitation}/remove": "member users.manage",
	"POST /a/{account}/settings/users/invitations/{invitation}/resend": "member users.manage",
	"POST /a/{account}/settings/users/invite":                          "member users.manage",
	"POST /a/{account}/settings/users/new":                             "member users.manage",
	"POST /a/{account}/settings/users/{member}/deactivate":             "member users.manage",
	"POST /a/{account}/settings/users/{member}/reactivate":             "member users.manage",
	"POST /a/{account}/settings/users/{member}/remove":                 "member users.manage",
	"POST /a/{account}/settings/users/{member}/rights":                 "member users.manage",
	"POST /a/{account}/settings/users/{member}/second-factor/reset":    "member users.manage fresh",
	"POST /a/{account}/settings/users/{member}/sessions/end":           "member users.manage",
	"POST /email/{token}":                                              "anyone",
	"POST /forgot":                                                     "anyone",
	"POST /invitations/{token}/create":                                 "anyone",
	"POST /invitations/{token}/join":                                   "person",
	"POST /me":                                                         "person",
	"POST /me/email":                                                   "person fresh",
	"POST /me/emails":                                                  "person",
	"POST /me/passkeys/begin":                                          "partial fresh",
	"POST /me/passkeys/finish":                                         "partial fresh",
	"POST /me/passkeys/{passkey}":                                      "person",
	"POST /me/passkeys/{passkey}/remove":                               "person fresh",
	"POST /me/password":                                                "partial",
	"POST /me/recovery-codes":                                          "partial fresh",
	"POST /me/recovery-codes/download":                                 "partial fresh",
	"POST /me/recovery-codes/kept":                                     "partial",
	"POST /me/second-factor/app":                                       "partial fresh",
	"POST /me/second-factor/app/remove":                                "person fresh",
	"POST /me/sessions/end-others":                                     "person",
	"POST /me/sessions/{session}/end":                                  "person",
	"POST /reset/{token}":                                              "anyone",
	"POST /set-password/{token}":                                       "anyone",
	"POST /sign-in":                                                    "anyone",
	"POST /sign-in/code":                                               "anyone",
	"POST /sign-in/confirm":                                            "partial",
	"POST /sign-in/passkey":                                            "anyone",
	"POST /sign-in/passkey/finish":                                     "anyone",
	"POST /sign-in/recovery":                                           "anyone",
	"POST /sign-out":                                                   "anyone",
	"POST /unsubscribe/{token}":                                        "anyone",

	"GET /a/{account}/customers/{customer:[0-9]+}/addresses":                          "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/addresses/{address:[0-9]+}/remove":  "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/merge":                              "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/merge/{other:[0-9]+}":               "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/merges/{merge:[0-9]+}/undo":         "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/profile":                            "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/addresses":                         "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/addresses/{address:[0-9]+}/remove": "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/merge":                             "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/merge/{other:[0-9]+}":              "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/merges/{merge:[0-9]+}/undo":        "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/profile":                           "member customers.browse every product",

	"GET /a/{account}/customers/bulk":                                             "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}":                               "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}/cancel":                        "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}/result.csv":                    "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}/undo":                          "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/emails/{message:[0-9]+}":        "member emails.view every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/emails/{message:[0-9]+}/again":  "member emails.view every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/password":                       "member customers.passwords",
	"GET /a/{account}/emails":                                                     "member emails.view every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}":                              "member customers.browse every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}/cancel":                       "member customers.browse every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}/start":                        "member customers.browse every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}/undo":                         "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/emails/{message:[0-9]+}/again": "member emails.view every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/password":                      "member customers.passwords",
	"POST /a/{account}/customers/select":                                          "member customers.browse",
}

func words(r gate.Route) string {
	s := string(r.Access)
	if r.OwnerOnly {
		s += " owner"
	}
	if r.Permission != "" {
		s += " " + string(r.Permission)
	}
	if r.EditProducts {
		s += " edit"
	}
	if r.DeleteProducts {
		s += " delete"
	}
	if r.EveryProduct {
		s += " every product"
	}
	if r.Fresh {
		s += " fresh"
	}
	return s
}

// TestWhoMay compares the map with the catalogue above.
func TestWhoMay(t *testing.T) {
	r := newRig(t)
	got := map[string]string{}
	for _, s := range r.screens {
		got[s.Method+" "+s.Path] = words(s)
	}
	if diff := cmp.Diff(whoMay, got); diff != "" {
		t.Errorf("whom screens are for (-want +got): a new one needs an entry in whoMay\n%s", diff)
	}
}

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

// TestForeignObjects calls every screen of an account and of one's own, for real,
// with the ids of somebody else's objects: nothing is found, and nothing changes.
func TestForeignObjects(t *testing.T) {
	t.Parallel()
	var routes []gate.Route
	rig := gatetest.New(t, func(f *gate.Frame) []gate.Route {
		var err error
		if routes, err = screens(f, noCourses, integrations.Registry{}, noAccess{}); err != nil {
			t.Fatal(err)
		}
		return routes
	})
	mine, _ := rig.Owner("mine@example.org", rig.Account.ID)
	ids := foreign(rig)
	b := rig.As(mine)
	before := rig.Dump()
	tried := 0
	for _, s := range routes {
		path := strings.ReplaceAll(s.Path, "{account}", fmt.Sprint(rig.Account.ID))
		path = pathVariable.ReplaceAllStringFunc(path, func(v string) string {
			name, _, _ := strings.Cut(strings.Trim(v, "{}"), ":")
			id, ok := ids[name]
			if !ok && name != "token" {
				t.Errorf("%s: there is no {%s} of somebody else to try: add it to foreign", s.Path, name)
			}
			return fmt.Sprint(id)
		})
		if path == s.Path || strings.Contains(s.Path, "{token}") || !pathVariable.MatchString(strings.ReplaceAll(s.Path, "{account}", "")) {
			continue
		}
		tried++
		var got gatetest.Answer
		if s.Method == http.MethodGet {
			got = b.Get(path)
		} else {
			got = b.Post(path, url.Values{"name": {"Changed"}, "revision": {"1"}, "type": {"user"}, "all": {"yes"}})
		}
		if got.Status != http.StatusNotFound {
			t.Errorf("%s %s with somebody else's object: %d to %q, want 404", s.Method, path, got.Status, got.Location)
		}
	}
	if tried < 20 {
		t.Errorf("%d screens were tried; are there so few with objects?", tried)
	}
	if diff := cmp.Diff(before, rig.Dump()); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

// foreign makes another account with one of everything that has an id, and
// returns the ids by the names of path variables.
func foreign(rig *gatetest.Rig) map[string]int64 {
	now := rig.DB.Now()
	other := rig.AddAccount("Another academy", 0)
	sub := rig.AddAccount("South", other.ID)
	login, _ := rig.Owner("theirs@example.org", other.ID)
	_, member := rig.Person("helper@example.org", other.ID, enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: enrolld.Everything()})
	rig.As(login)
	return map[string]int64{
		"member": member.ID, "sub": sub.ID,
		"session": rig.Number("SELECT id FROM enrolld_sessions WHERE login_id = ?", login.ID),
		"invitation": rig.Insert(`INSERT INTO enrolld_invitations (account_id, email, email_key, open_key, terms, token, state, invited_by,
			created_at, sent_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)`, other.ID, "new@example.org", "new@example.org", "new@example.org",
			`{"type":"user","all":true,"scope":{"all_accounts":true}}`, strings.Repeat("t", 32), "open", login.ID, now, now, now.Add(time.Hour)),
		"passkey": rig.Insert(`INSERT INTO enrolld_passkeys (login_id, credential, name, data, created_at) VALUES (?,?,?,?,?)`,
			login.ID, strings.Repeat("c", 32), "Phone", "{}", now),
		"bulk": rig.Insert(`INSERT INTO enrolld_bulks (account_id, state, action, terms, chosen, picks, counts, actor, created_at)
			VALUES (?, 'ready', 'give', '{}', 0, '{}', '{"foreseen":{"change":1}}', 'Theirs', ?)`, other.ID, now),
		"message": rig.Insert(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at)
			VALUES (?, 1, 'access', 'theirs', 'ann@example.org', '{}', 'sent', ?, ?)`, other.ID, now, now),
		"customer": rig.Insert(`INSERT INTO enrolld_customers (account_id, email_key, email, courses, created_at) VALUES (?,?,?,0,?)`,
			other.ID, "ann@example.org", "ann@example.org", now),
		"entry": rig.Insert(`INSERT INTO enrolld_entries (account_id, customer_id, login_id, user_id, course_id, token_hash, operator, reason,
			back_url, seconds, created_at, expires_at, taken_at, until_at) VALUES (?,1,?,5,0,?,'Theo','to look','',1800,?,?,?,?)`,
			other.ID, login.ID, strings.Repeat("h", 32), now, now, now, now.Add(time.Hour)),
		"other": rig.Insert(`INSERT INTO enrolld_customers (account_id, email_key, email, courses, created_at) VALUES (?,?,?,0,?)`,
			other.ID, "bob@example.org", "bob@example.org", now),
		"address": rig.Insert(`INSERT INTO enrolld_customers (account_id, part_of, email_key, email, courses, created_at) VALUES (?,1,?,?,0,?)`,
			other.ID, "lee@example.org", "lee@example.org", now),
		"merge": rig.Insert(`INSERT INTO enrolld_merges (account_id, kept_id, gone_id, moved, actor, merged_at) VALUES (?,1,2,'{}','Maya',?)`, other.ID, now),
		"product": rig.Insert(`INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES (?,?,?,?,?,?)`,
			other.ID, "stripe", "prod_1", "Theirs", "[]", now),
		"import": rig.Insert(`INSERT INTO enrolld_imports (account_id, file_name, size, state, plan, courses, preview, counts, undo_counts, actor, created_at)
			VALUES (?,?,?,?,?,?,?,?,?,?,?)`, other.ID, "theirs.csv", 10, "done", `{"format":"list"}`, "[]", "", "{}", "{}", "Ann", now),
	}
}

// TestProductScope calls every screen that names a product as somebody who was
// given another one (T4).
func TestProductScope(t *testing.T) {
	t.Parallel()
	var routes []gate.Route
	rig := gatetest.New(t, func(f *gate.Frame) []gate.Route {
		var err error
		if routes, err = screens(f, noCourses, integrations.Registry{}, noAccess{}); err != nil {
			t.Fatal(err)
		}
		return routes
	})
	add := func(key string) int64 {
		return rig.Insert(`INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES (?,?,?,?,?,?)`,
			rig.Account.ID, "stripe", key, "Named "+key, "[]", rig.DB.Now())
	}
	given, hidden := add("given"), add("hidden")
	login, _ := rig.Person("narrow@example.org", rig.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, All: true,
		Scope: enrolld.Scope{AllAccounts: true, Products: []int64{given}, EditProducts: true, DeleteProducts: true},
	})
	b := rig.As(login)
	for _, s := range routes {
		if s.Method != http.MethodGet || s.Access != gate.Member {
			continue
		}
		path := strings.ReplaceAll(s.Path, "{account}", fmt.Sprint(rig.Account.ID))
		if !strings.Contains(path, "{product}") {
			if pathVariable.MatchString(path) {
				continue
			}
			if a := b.Get(path); strings.Contains(a.Body, "Named hidden") {
				t.Errorf("GET %s names a product that is out of scope", path)
			}
			continue
		}
		for id, want := range map[int64]int{given: http.StatusOK, hidden: http.StatusNotFound} {
			if a := b.Get(strings.ReplaceAll(path, "{product}", fmt.Sprint(id))); a.Status != want {
				t.Errorf("GET %s for product %d: %d, want %d", path, id, a.Status, want)
			}
			if want == http.StatusNotFound {
				if a := b.Post(strings.ReplaceAll(path, "{product}", fmt.Sprint(id)), nil); a.Status == http.StatusSeeOther || a.Status == http.StatusOK {
					t.Errorf("POST %s for product %d: %d, want a refusal", path, id, a.Status)
				}
			}
		}
	}
	if rig.Number("SELECT COUNT(*) FROM enrolld_products") != 2 {
		t.Error("a product is gone")
	}
}
