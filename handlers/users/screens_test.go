package users

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, listView, invitationsView, inviteView, outcomeView, memberView, rightsView, byHandView)
}

// school is an account with an owner, an admin, a user and two products.
type school struct {
	*gatetest.Rig
	owner, admin, user                   enrolld.Login
	ownerMember, adminMember, userMember enrolld.Member
	ink, wash                            int64
}

func newSchool(t *testing.T) *school {
	t.Helper()
	s := &school{Rig: gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f).Routes() }, Nav...)}
	s.owner, s.ownerMember = s.Owner("olga@school.example", s.Account.ID)
	s.ink, s.wash = s.product(s.Account.ID, "Ink"), s.product(s.Account.ID, "Wash")
	s.admin, s.adminMember = s.Person("adam@school.example", s.Account.ID, enrolld.Terms{
		Type: enrolld.TypeAdmin, Rights: map[enrolld.Permission]time.Time{enrolld.PermUsers: {}, enrolld.PermProductsView: {}},
		Scope: enrolld.Scope{AllAccounts: true, Products: []int64{s.ink}},
	})
	s.user, s.userMember = s.Person("uma@school.example", s.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}},
		Scope: enrolld.Scope{AllAccounts: true, Products: []int64{s.ink}},
	})
	return s
}

func (s *school) product(accountID int64, name string) int64 {
	s.T.Helper()
	return s.Insert(`INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES (?,?,?,?,'[]',?)`,
		accountID, "generic", strings.ToLower(name), name, s.DB.Now())
}

// at is an address below the account's users.
func (s *school) at(format string, args ...any) string {
	return gatetest.Path(s.Account.ID, usersPath+fmt.Sprintf(format, args...))
}

func (s *school) terms(memberID int64) enrolld.Terms {
	s.T.Helper()
	m, err := s.Team.Member(s.T.Context(), s.Account.ID, memberID)
	if err != nil {
		s.T.Fatal(err)
	}
	return m.Terms
}

// counts tells what a mistaken form could have made.
func (s *school) counts() [3]int64 {
	s.T.Helper()
	return [3]int64{
		s.Number(`SELECT COUNT(*) FROM enrolld_invitations`), s.Number(`SELECT COUNT(*) FROM enrolld_logins`),
		s.Number(`SELECT SUM(revision) FROM enrolld_members`),
	}
}

func wantStatus(t *testing.T, what string, a gatetest.Answer, want int) {
	t.Helper()
	if a.Status != want {
		t.Errorf("%s: got status %d, want %d\n%s", what, a.Status, want, plain(a.Body))
	}
}

func wantWords(t *testing.T, what string, a gatetest.Answer, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(a.Body, w) {
			t.Errorf("%s: the page has no %q\n%s", what, w, plain(a.Body))
		}
	}
}

func wantNoWords(t *testing.T, what string, a gatetest.Answer, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.Body, w) {
			t.Errorf("%s: the page has %q", what, w)
		}
	}
}

// plain is the main part of a page without its tags, for messages of tests.
func plain(body string) string {
	if _, main, ok := strings.Cut(body, "<main"); ok {
		body = main
	}
	var b strings.Builder
	for part := range strings.SplitSeq(body, "<") {
		_, text, _ := strings.Cut(part, ">")
		if text = strings.TrimSpace(text); text != "" {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

func TestLists(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	olga := s.As(s.owner)

	list := olga.Get(s.at(""))
	wantStatus(t, "list", list, http.StatusOK)
	wantWords(t, "list", list, "Olga", "Adam", "Uma", "All permissions", "2 permissions", "View products", `href="/me"`,
		`href="`+s.at("/%d", s.userMember.ID)+`"`)
	wantWords(t, "nobody deactivated", olga.Get(s.at("/deactivated")), "Nobody is deactivated")
	wantWords(t, "nobody invited", olga.Get(s.at("/invitations")), "No invitation is pending")

	if a := olga.Post(s.at("/%d/deactivate", s.userMember.ID), nil); a.Location != s.at("/%d", s.userMember.ID) {
		t.Fatalf("deactivate: got %d to %q", a.Status, a.Location)
	}
	wantNoWords(t, "active", olga.Get(s.at("")), "uma@")
	gone := olga.Get(s.at("/deactivated"))
	wantWords(t, "deactivated", gone, "Uma", "Reactivate")
	wantNoWords(t, "deactivated", gone, "Adam")
}

func TestPaging(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	for i := range perPage {
		login := s.AddLogin(fmt.Sprintf("zoe%03d@school.example", i))
		s.Join(login.ID, s.Account.ID, s.userMember.Terms)
	}
	b := s.As(s.owner)
	first, second := b.Get(s.at("")), b.Get(s.at("?page=2"))
	wantWords(t, "first page", first, "Olga", "1–100 of 103", "page=2")
	wantNoWords(t, "first page", first, "Zoe099")
	wantWords(t, "second page", second, "Zoe099", "101–103 of 103", "page=1")
	wantNoWords(t, "second page", second, "adam@")
	wantWords(t, "a page that there is not", b.Get(s.at("?page=99")), "Zoe099")
}

// Nobody but members with the permission come in, and what is not theirs does
// not exist.
func TestForbidden(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	other := s.AddAccount("Bread", 0)
	stranger, strangerMember := s.Owner("eve@bread.example", other.ID)
	invitation := s.invited(stranger, other.ID, "zed@bread.example")
	for _, route := range New(s.Frame).Routes() {
		path := strings.NewReplacer("{account}", idText(s.Account.ID), "{member}", idText(s.adminMember.ID), "{invitation}", "1").Replace(route.Path)
		send := func(b *gatetest.Browser) gatetest.Answer {
			if route.Method == http.MethodGet {
				return b.Get(path)
			}
			return b.Post(path, sound(fieldEmails, "x@y.example"))
		}
		if got := send(s.As(s.user)).Status; got != http.StatusForbidden {
			t.Errorf("%s for a user without the permission: got %d, want 403", route.Name, got)
		}
		if got := send(s.As(stranger)).Status; got != http.StatusNotFound {
			t.Errorf("%s for another account's owner: got %d, want 404", route.Name, got)
		}
	}
	before := s.counts()
	olga := s.As(s.owner)
	for _, below := range []string{"", "/rights", "/deactivate", "/reactivate", "/remove", "/sessions/end", "/second-factor/reset"} {
		path := s.at("/%d%s", strangerMember.ID, below)
		wantStatus(t, "GET "+below+" of another account's member", olga.Get(path), http.StatusNotFound)
		if below != "" {
			wantStatus(t, "POST "+below+" of another account's member", olga.Post(path, sound(fieldRevision, "1")), http.StatusNotFound)
		}
	}
	for _, below := range []string{"/resend", "/remove"} {
		wantStatus(t, below+" of another account's invitation", olga.Post(s.at("/invitations/%d%s", invitation, below), nil), http.StatusNotFound)
	}
	if diff := cmp.Diff(before, s.counts()); diff != "" {
		t.Errorf("invitations, logins and revisions changed (-want +got):\n%s", diff)
	}
}
