package users

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
)

func TestMember(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	olga, adam := s.As(s.owner), s.As(s.admin)
	s.As(s.user)

	uma := olga.Get(s.at("/%d", s.userMember.ID))
	wantStatus(t, "a user", uma, http.StatusOK)
	wantWords(t, "a user", uma, "uma@school.example", "View products", "1 chosen product", "Set up", "Change permissions", "End sessions",
		"Reset second factor", "Deactivate", "Remove")
	wantNoWords(t, "a user", uma, "Reactivate")
	owner := adam.Get(s.at("/%d", s.ownerMember.ID))
	wantWords(t, "the owner", owner, "Nobody can change the owner")
	wantNoWords(t, "the owner", owner, "Change permissions", "/deactivate", "/remove", "/second-factor")
	own := adam.Get(s.at("/%d", s.adminMember.ID))
	wantWords(t, "oneself", own, "This is you", `href="/me"`)
	wantNoWords(t, "oneself", own, "Change permissions", "/deactivate", "/remove", "/second-factor")
	for _, id := range []int64{s.ownerMember.ID, s.adminMember.ID} {
		for _, below := range []string{"/rights", "/deactivate", "/remove", "/sessions/end", "/second-factor/reset"} {
			wantStatus(t, "GET "+below, adam.Get(s.at("/%d%s", id, below)), http.StatusForbidden)
			wantStatus(t, "POST "+below, adam.Post(s.at("/%d%s", id, below), sound("products", "chosen", fieldRevision, "1")), http.StatusForbidden)
		}
	}
}

func TestDeeds(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.invited(s.owner, s.Account.ID, "vera@school.example")
	olga, uma := s.As(s.owner), s.As(s.user)
	open := func() int64 {
		return s.Number(`SELECT COUNT(*) FROM enrolld_sessions s JOIN enrolld_logins l ON l.id = s.login_id
			WHERE l.id = ? AND s.ended_at IS NULL AND s.epoch = l.session_epoch`, s.user.ID)
	}
	if open() != 1 {
		t.Fatalf("open sessions of Uma: got %d, want 1", open())
	}
	steps := []struct {
		path, question, done string
		check                func() bool
	}{
		{"/sessions/end", "End all sessions of Uma?", "Uma is signed out everywhere.", func() bool { return open() == 0 }},
		{"/second-factor/reset", "Reset the second factor of Uma?", "The second factor of Uma is reset.", func() bool {
			l, err := s.Team.Login(context.Background(), s.user.ID)
			return err == nil && !l.SecondFactor()
		}},
		{"/deactivate", "Deactivate Uma?", "Uma is deactivated", func() bool {
			return s.Number(`SELECT COUNT(*) FROM enrolld_members WHERE id = ? AND deactivated_at IS NOT NULL`, s.userMember.ID) == 1
		}},
		{"/reactivate", "Reactivate Uma?", "Uma is active again.", func() bool {
			return s.Number(`SELECT COUNT(*) FROM enrolld_members WHERE id = ? AND deactivated_at IS NULL`, s.userMember.ID) == 1
		}},
		{"/remove", "Remove Uma?", "Uma is removed from this account.", func() bool {
			return s.Number(`SELECT COUNT(*) FROM enrolld_members WHERE id = ?`, s.userMember.ID) == 0
		}},
	}
	for _, step := range steps {
		path := s.at("/%d%s", s.userMember.ID, step.path)
		wantWords(t, "GET "+step.path, olga.Get(path), step.question, `action="`+path+`"`)
		if step.check() {
			t.Errorf("%s: asking did it", step.path)
		}
		answer := olga.Post(path, nil)
		wantStatus(t, "POST "+step.path, answer, http.StatusSeeOther)
		wantWords(t, "after "+step.path, olga.Get(answer.Location), step.done)
		if !step.check() {
			t.Errorf("%s: it was not done", step.path)
		}
	}
	if a := uma.Get(s.at("")); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, gate.SignInURL) {
		t.Errorf("Uma's browser afterwards: got %d to %q, want the sign-in", a.Status, a.Location)
	}
}

func TestDeeds_freshProof(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.owner)
	s.Clock.Advance(16 * time.Minute)
	path := s.at("/%d/second-factor/reset", s.userMember.ID)
	for name, a := range map[string]gatetest.Answer{"GET": b.Get(path), "POST": b.Post(path, nil)} {
		if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, gate.ConfirmURL) {
			t.Errorf("%s: got %d to %q, want %s", name, a.Status, a.Location, gate.ConfirmURL)
		}
	}
	if l, err := s.Team.Login(t.Context(), s.user.ID); err != nil || !l.SecondFactor() {
		t.Errorf("second factor: got %v, %v, want it kept", l.SecondFactor(), err)
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.owner)
	path := s.at("/%d/rights", s.userMember.ID)
	form := b.Get(path)
	wantWords(t, "form", form, "Permissions of", `name="revision" value="1"`, "Change the account&#39;s profile", ">Wash<")

	wrong := b.Post(path, sound("permission", "users.manage", "until", "2026-05-31", fieldRevision, "1"))
	wantStatus(t, "an admin's permission for a user", wrong, http.StatusUnprocessableEntity)
	wantWords(t, "an admin's permission for a user", wrong, "Only an Admin can hold", `value="2026-05-31"`)
	if diff := cmp.Diff(s.userMember.Terms, s.terms(s.userMember.ID)); diff != "" {
		t.Errorf("terms after a mistake (-want +got):\n%s", diff)
	}

	done := b.Post(path, sound("permission", "products.view account.profile", "until.account.profile", "2026-05-31", "edit", "1", fieldRevision, "1"))
	wantStatus(t, "save", done, http.StatusSeeOther)
	wantWords(t, "saved", b.Get(done.Location), "The permissions of Uma are changed", "Until 31 May 2026", "All products, may edit")
	want := enrolld.Terms{
		Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}, enrolld.PermProfile: endOfMay},
		Scope: enrolld.Scope{AllAccounts: true, AllProducts: true, EditProducts: true},
	}
	if diff := cmp.Diff(want, s.terms(s.userMember.ID)); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
	wantWords(t, "form again", b.Get(path), `name="until.account.profile" type="date" value="2026-05-31"`)
}

func TestRights_changedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.owner)
	path := s.at("/%d/rights", s.userMember.ID)
	theirs := enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}
	actor := enrolld.Actor{LoginID: s.owner.ID, Name: "Olga"}
	if err := s.Team.SetTerms(t.Context(), actor, s.Account.ID, s.userMember.ID, 1, theirs); err != nil {
		t.Fatal(err)
	}
	mine := sound("permission", "account.profile", "until", "2026-05-31", fieldRevision, "1")
	answer := b.Post(path, mine)
	wantStatus(t, "save", answer, http.StatusUnprocessableEntity)
	wantWords(t, "both", answer, "Somebody changed this user since", "What holds now", "<dd>Admin</dd>", "<dd>All</dd>", `value="2026-05-31"`,
		`name="revision" value="2"`)
	if diff := cmp.Diff(theirs, s.terms(s.userMember.ID)); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
	mine.Set(fieldRevision, "2")
	wantStatus(t, "save once more", b.Post(path, mine), http.StatusSeeOther)
	if got := s.terms(s.userMember.ID); got.Type != enrolld.TypeUser || got.All {
		t.Errorf("terms: got %+v, want what was typed", got)
	}
}
