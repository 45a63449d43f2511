package signin

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
	"enrolld/store/team"
)

// invite invites an address and returns the link.
func invite(rig *gatetest.Rig, by enrolld.Login, accountID int64, terms enrolld.Terms, email string) string {
	rig.T.Helper()
	out, err := rig.Team.Invite(rig.T.Context(), enrolld.Actor{LoginID: by.ID, Name: by.Label()}, accountID, team.Batch{
		Invitees: enrolld.ParseInvitees(email), Terms: terms,
	})
	if err != nil || len(out) != 1 || out[0].Verdict != team.VerdictInvited {
		rig.T.Fatalf("invite: %+v, %v", out, err)
	}
	for _, m := range rig.Mails(email) {
		if m.Data.Team.Event == enrolld.EventInvitation {
			return rig.LinkOf(m)
		}
	}
	rig.T.Fatal("no invitation was mailed")
	return ""
}

// invited is a rig with an invitation to zoe@ink.example.
func invited(t *testing.T, terms enrolld.Terms) (*gatetest.Rig, enrolld.Login, string) {
	t.Helper()
	rig := newRig(t)
	owner, _ := rig.Owner("maya@ink.example", rig.Account.ID)
	return rig, owner, invite(rig, owner, rig.Account.ID, terms, "zoe@ink.example")
}

func newcomerForm() url.Values {
	return url.Values{"name": {"Zoe Park"}, "username": {"zoe.park"}, "password": {newPassword}}
}

func TestInvitation_create(t *testing.T) {
	t.Parallel()
	rig, _, link := invited(t, user)
	b := rig.Browser()
	page := b.Get(link)
	for _, text := range []string{"Join Ink & Wash", "Maya invites zoe@ink.example", "Type User", "View products", "Create login and join"} {
		wants(t, "the page", page, http.StatusOK, text)
	}
	leads(t, "create", b.Post(link+"/create", newcomerForm()), gatetest.Path(rig.Account.ID, ""))
	if who := inside(b); who != "zoe@ink.example" {
		t.Errorf("inside is %q", who)
	}
	wants(t, "the link again", rig.Browser().Get(link), http.StatusGone, "was accepted")
	leads(t, "sign in by the user name", signIn(rig.Browser(), "zoe.park", newPassword), "/")
}

func TestInvitation_createOfAnAdmin(t *testing.T) {
	t.Parallel()
	rig, _, link := invited(t, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	b := rig.Browser()
	wants(t, "the page", b.Get(link), http.StatusOK, "Admins need a second factor.")
	if got := b.Post(link+"/create", newcomerForm()); got.Status != http.StatusSeeOther {
		t.Fatalf("create: %d %s", got.Status, words(got))
	}
	leads(t, "before anything else", b.Get("/inside"), "/me/second-factor")
}

func TestInvitation_createMends(t *testing.T) {
	t.Parallel()
	rig, _, link := invited(t, user)
	rig.Exec(`UPDATE enrolld_logins SET username = 'taken', username_key = 'taken'`)
	tests := map[string]struct {
		field, value, want string
	}{
		"no name":         {"name", " ", "Enter a name."},
		"a long name":     {"name", strings.Repeat("x", 101), "at most 100 characters"},
		"a bad user name": {"username", "a@b", "A username has no @"},
		"one of another":  {"username", "Taken", "taken"},
		"no password":     {"password", "", "Enter a password."},
		"a short one":     {"password", "short", "Use at least 10 characters"},
		"a common one":    {"password", "password1234", "tried first"},
		"the address":     {"password", "zoe@ink.example1", "others know"},
	}
	for name, tt := range tests {
		form := newcomerForm()
		form.Set(tt.field, tt.value)
		got := rig.Browser().Post(link+"/create", form)
		wants(t, name, got, http.StatusUnprocessableEntity, tt.want)
		for _, field := range []string{"name", "username"} {
			if field != tt.field && !strings.Contains(got.Body, `value="`+form.Get(field)+`"`) {
				t.Errorf("%s: the %s that was typed is gone", name, field)
			}
		}
	}
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_logins`); n != 1 {
		t.Errorf("%d logins, want 1: none was made", n)
	}
}

// CVE-2022-39306: whoever has the link chooses no address.
func TestInvitation_isForItsAddress(t *testing.T) {
	t.Parallel()
	rig, _, link := invited(t, user)
	form := newcomerForm()
	form.Set("email", "thief@evil.example")
	rig.Browser().Post(link+"/create", form)
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_logins WHERE email LIKE '%evil%'`); n != 0 {
		t.Error("a login was made with the address of the form")
	}

	rig, _, link = invited(t, user)
	ann := rig.AddLogin("ann@ink.example")
	b := rig.As(ann)
	page := b.Get(link)
	wants(t, "signed in as somebody else", page, http.StatusOK, "You are signed in as ann@ink.example, and it was sent to zoe@ink.example.")
	if strings.Contains(page.Body, "/join") || strings.Contains(page.Body, "/create") {
		t.Error("the page offers to accept")
	}
	wants(t, "join all the same", b.Post(link+"/join", nil), http.StatusForbidden, "for another address")
	wants(t, "create all the same", b.Post(link+"/create", newcomerForm()), http.StatusConflict, "You are signed in as")
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_members WHERE login_id = ?`, ann.ID); n != 0 {
		t.Error("somebody else has joined")
	}
	leads(t, "sign out", b.Post("/sign-out", url.Values{"next": {link}}), link)
	wants(t, "then", b.Get(link), http.StatusOK, "Create login and join")
}

func TestInvitation_join(t *testing.T) {
	t.Parallel()
	rig, _, link := invited(t, user)
	rig.AddLogin("zoe@ink.example")
	b := rig.Browser()
	page := b.Get(link)
	wants(t, "signed out", page, http.StatusOK, "Sign in to join")
	to := "/sign-in?next=" + url.QueryEscape(link)
	if !strings.Contains(page.Body, `href="`+to+`"`) || strings.Contains(page.Body, "/create") {
		t.Error("the page should lead to the sign-in and back, and make no second login")
	}
	wants(t, "create all the same", b.Post(link+"/create", newcomerForm()), http.StatusConflict, "Sign in to join")
	wants(t, "join as a stranger", b.Post(link+"/join", nil), http.StatusUnauthorized, "signed out")
	form := credentials("zoe@ink.example", gatetest.Password)
	form.Set("next", link)
	leads(t, "sign in", b.Post("/sign-in", form), link)
	wants(t, "signed in", b.Get(link), http.StatusOK, "Join Ink & Wash")
	leads(t, "join", b.Post(link+"/join", nil), gatetest.Path(rig.Account.ID, ""))
	wants(t, "again", b.Post(link+"/join", nil), http.StatusGone, "was accepted")
}

func TestInvitation_over(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end    func(*gatetest.Rig)
		status int
		want   string
	}{
		"expired": {func(rig *gatetest.Rig) { rig.Clock.Advance(enrolld.InvitationTTL) }, http.StatusGone, "Ask Maya to send a new link."},
		"removed": {func(rig *gatetest.Rig) {
			rig.Exec(`UPDATE enrolld_invitations SET state = 'removed', open_key = NULL, ended_at = ?`, rig.DB.Now())
		}, http.StatusGone, "taken back"},
		"superseded": {func(rig *gatetest.Rig) { rig.Exec(`UPDATE enrolld_invitations SET token = REPEAT('x', 32)`) }, http.StatusNotFound, "newer link"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig, _, link := invited(t, user)
			zoe := rig.AddLogin("zoe@ink.example")
			tt.end(rig)
			wants(t, "GET", rig.Browser().Get(link), tt.status, tt.want)
			wants(t, "create", rig.Browser().Post(link+"/create", newcomerForm()), tt.status, tt.want)
			wants(t, "join", rig.As(zoe).Post(link+"/join", nil), tt.status, tt.want)
			if n := rig.Number(`SELECT COUNT(*) FROM enrolld_members WHERE login_id = ?`, zoe.ID); n != 0 {
				t.Error("somebody has joined")
			}
		})
	}
}

func TestInvitation_once(t *testing.T) {
	t.Parallel()
	rig, _, link := invited(t, user)
	statuses := make([]int, 6)
	var wg sync.WaitGroup
	for i := range statuses {
		form := newcomerForm()
		form.Set("username", "zoe."+strings.Repeat("z", i+1))
		wg.Go(func() { statuses[i] = rig.Browser().Post(link+"/create", form).Status })
	}
	wg.Wait()
	in := 0
	for _, status := range statuses {
		switch status {
		case http.StatusSeeOther:
			in++
		case http.StatusGone, http.StatusConflict, http.StatusUnprocessableEntity:
		default:
			t.Errorf("status %d", status)
		}
	}
	logins := rig.Number(`SELECT COUNT(*) FROM enrolld_logins WHERE email = 'zoe@ink.example'`)
	if in != 1 || logins != 1 {
		t.Errorf("one invitation let %d in and made %d logins", in, logins)
	}
}

func TestInvitation_subAccountOnly(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("maya@ink.example", rig.Account.ID)
	sub := rig.AddAccount("North", rig.Account.ID)
	terms := user
	terms.Scope = enrolld.Scope{Accounts: []int64{sub.ID}, AllProducts: true}
	terms.Rights = map[enrolld.Permission]time.Time{enrolld.PermProductsView: rig.DB.Now().Add(48 * time.Hour).Truncate(time.Hour)}
	link := invite(rig, owner, rig.Account.ID, terms, "zoe@ink.example")
	b := rig.Browser()
	page := b.Get(link)
	wants(t, "the page", page, http.StatusOK, "1 chosen account")
	wants(t, "the page", page, http.StatusOK, "View products, until 6 March 2026")
	leads(t, "create", b.Post(link+"/create", newcomerForm()), "/")
}
