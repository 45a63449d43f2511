package users

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
)

func TestByHand(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.admin)
	form := b.Get(s.at("/new"))
	wantWords(t, "form", form, "an invitation is better", "View products", `name="must_change" value="1" checked`)
	wantNoWords(t, "form", form, "Manage users", `name="type"`)

	answer := b.Post(s.at("/new"), handForm())
	wantStatus(t, "create", answer, http.StatusSeeOther)
	wantWords(t, "created", b.Get(answer.Location), "The login of Hanna works now.", "login made by hand", "hanna@school.example", "hanna.h")
	c, ok, err := s.Team.Credentials(t.Context(), "hanna.h")
	if err != nil || !ok || !c.Login.MustChange {
		t.Fatalf("login: got %v, %v, must change %v", ok, err, c.Login.MustChange)
	}
	if right, err := s.Team.VerifyPassword(t.Context(), c.Hash, "violet tram 29 harbour"); err != nil || !right {
		t.Errorf("the password: got %v, %v, want it to be right", right, err)
	}
	for _, m := range s.Mails("hanna@school.example") {
		if strings.Contains(fmt.Sprintf("%+v", *m.Data.Team), "violet") {
			t.Error("the mail has the password")
		}
	}
}

func handForm(with ...string) url.Values {
	v := url.Values{
		"name": {"Hanna"}, "username": {"hanna.h"}, "email": {"hanna@school.example"}, "password": {"violet tram 29 harbour"},
		"must_change": {"1"}, "permission": {"products.view"}, "products": {"chosen"},
	}
	for i := 0; i < len(with); i += 2 {
		v.Set(with[i], with[i+1])
	}
	return v
}

func TestByHand_mistakes(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.Exec(`UPDATE enrolld_logins SET username = 'uma', username_key = 'uma' WHERE id = ?`, s.user.ID)
	b := s.As(s.admin)
	before := s.counts()
	for name, c := range map[string]struct {
		values      url.Values
		field, want string
	}{
		"no name":                   {handForm("name", ""), "name", "Enter a name."},
		"a user name that is kept":  {handForm("username", "admin"), "username", "is kept for the service"},
		"a user name that is taken": {handForm("username", "Uma"), "username", "is taken"},
		"no address":                {handForm("email", "hanna"), "email", ""},
		"an address with a login":   {handForm("email", "uma@school.example"), "email", "has a login already: invite it instead."},
		"a short password":          {handForm("password", "short"), "password", "at least 10 characters"},
		"a password of the name":    {handForm("password", "hanna.hanna.1"), "password", "choose"},
		"an admin":                  {handForm("type", "admin"), "type", ""},
		"an admin's permission":     {handForm("permission", "users.manage"), "permission", "not yours to give"},
		"a product out of scope":    {handForm("product", idText(s.wash)), "product", "not yours to give"},
	} {
		answer := b.Post(s.at("/new"), c.values)
		wantStatus(t, name, answer, http.StatusUnprocessableEntity)
		wantWords(t, name, answer, `href="#field-`+c.field+`"`, c.want)
		wantNoWords(t, name, answer, "violet tram")
		if c.field != "name" {
			wantWords(t, name, answer, `value="Hanna"`)
		}
	}
	if diff := cmp.Diff(before, s.counts()); diff != "" {
		t.Errorf("invitations, logins and revisions changed (-want +got):\n%s", diff)
	}
}

// Sub-accounts and their products are offered where they are, and the users are
// those of the client account wherever one looks.
func TestSubAccounts(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.owner)
	wantNoWords(t, "without sub-accounts", b.Get(s.at("/invite")), "Which accounts")
	sub := s.AddAccount("Bakery", s.Account.ID)
	rye := s.product(sub.ID, "Rye")
	form := b.Get(s.at("/invite"))
	wantWords(t, "form", form, "Which accounts", "Bakery", ">Rye<")
	wantWords(t, "list at the sub-account", b.Get(gatetest.Path(sub.ID, usersPath)), "Uma")

	answer := b.Post(s.at("/%d/rights", s.userMember.ID), sound("accounts", "chosen", "account", idText(sub.ID),
		"products", "chosen", "product", idText(rye), fieldRevision, "1"))
	wantStatus(t, "save", answer, http.StatusSeeOther)
	want := enrolld.Scope{Accounts: []int64{sub.ID}, Products: []int64{rye}}
	if diff := cmp.Diff(want, s.terms(s.userMember.ID).Scope); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
	wantWords(t, "user", b.Get(s.at("/%d", s.userMember.ID)), "<bdi>Bakery</bdi>", "1 chosen product")
}

// Whoever manages one sub-account gives that one, and is not asked.
func TestSubAccounts_ofOne(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	sub := s.AddAccount("Bakery", s.Account.ID)
	login, _ := s.Person("bob@school.example", s.Account.ID, enrolld.Terms{
		Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Scope{Accounts: []int64{sub.ID}, AllProducts: true},
	})
	b := s.As(login)
	path := gatetest.Path(sub.ID, invitePath)
	wantNoWords(t, "form", b.Get(path), "Which accounts", ">Ink<", "May edit")
	wantStatus(t, "invite", b.Post(path, sound(fieldEmails, "vera@school.example")), http.StatusOK)
	pending, err := s.Team.Invitations(t.Context(), s.Account.ID)
	if err != nil || len(pending) != 1 {
		t.Fatalf("pending invitations: got %d, %v, want 1", len(pending), err)
	}
	if diff := cmp.Diff(enrolld.Scope{Accounts: []int64{sub.ID}, AllProducts: true}, pending[0].Terms.Scope); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
	wantStatus(t, "the client account", b.Get(s.at("")), http.StatusNotFound)
	wantStatus(t, "a user of more accounts", b.Get(gatetest.Path(sub.ID, usersPath+"/"+idText(s.userMember.ID)+"/rights")), http.StatusForbidden)
}
