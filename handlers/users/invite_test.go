package users

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/team"
)

// invited makes an invitation and returns its id.
func (s *school) invited(by enrolld.Login, accountID int64, emails ...string) int64 {
	s.T.Helper()
	out, err := s.Team.Invite(s.T.Context(), enrolld.Actor{LoginID: by.ID, Name: by.Label()}, accountID, team.Batch{
		Invitees: enrolld.ParseInvitees(strings.Join(emails, "\n")),
		Terms: enrolld.Terms{
			Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}}, Scope: enrolld.Scope{AllAccounts: true},
		},
	})
	if err != nil || out[0].Verdict != team.VerdictInvited {
		s.T.Fatalf("invite: %v, %v", out, err)
	}
	return s.Number(`SELECT MAX(id) FROM enrolld_invitations`)
}

func TestInvite(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.admin)
	form := b.Get(s.at("/invite"))
	wantStatus(t, "form", form, http.StatusOK)
	wantWords(t, "form", form, "Manage users", "View products", ">Ink<", `value="admin"`)
	wantNoWords(t, "what an admin with some permissions cannot give", form, "All permissions", "Change the account&#39;s profile", ">Wash<",
		"May edit", "tickets.manage")

	answer := b.Post(s.at("/invite"), url.Values{
		"emails": {"Vera <vera@school.example>\numa@school.example\nnonsense\nvera@school.example\nwill@mailinator.com\nxenia@school.example"},
		"type":   {"user"}, "permission": {"products.view"}, "until": {"2026-05-31"}, "product": {idText(s.ink)},
	})
	wantStatus(t, "invite", answer, http.StatusOK)
	wantWords(t, "outcome", answer, "2 invited, 4 left out", "Twice", "User already", "Not an address", "Disposable", "Invited",
		"nonsense\n&lt;will@mailinator.com&gt;</textarea>", `name="until" value="2026-05-31"`, `name="permission" value="products.view"`)
	pending, err := s.Team.Invitations(t.Context(), s.Account.ID)
	if err != nil || len(pending) != 2 {
		t.Fatalf("pending invitations: got %d, %v, want 2", len(pending), err)
	}
	want := enrolld.Terms{
		Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: endOfMay},
		Scope: enrolld.Scope{AllAccounts: true, Products: []int64{s.ink}},
	}
	for _, i := range pending {
		if diff := cmp.Diff(want, i.Terms); diff != "" {
			t.Errorf("terms of %s (-want +got):\n%s", i.Email, diff)
		}
	}
}

func TestInvite_mistakes(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.admin)
	before := s.counts()
	cases := map[string]struct {
		values url.Values
		want   string
	}{
		"nobody":                 {sound(fieldEmails, "", "products", "chosen"), "Enter at least one email address."},
		"no permission":          {sound("permission", "", "products", "chosen"), "Choose at least one permission."},
		"an admin's, for a user": {sound("permission", "users.manage", "products", "chosen"), "Only an Admin can hold"},
		"what the caller lacks":  {sound("permission", "account.profile", "products", "chosen"), "not yours to give"},
		"all permissions":        {sound("rights", "all", "products", "chosen"), "do not hold all permissions"},
		"all products":           {sound(), "do not have all"},
		"a product out of scope": {sound("products", "chosen", "product", idText(s.wash)), "not yours to give"},
		"owner":                  {sound("type", "owner", "products", "chosen"), "Choose one of these types."},
		"an end that is over":    {sound("until", "2020-01-01", "products", "chosen"), "This day is over"},
	}
	for name, c := range cases {
		if !c.values.Has(fieldEmails) {
			c.values.Set(fieldEmails, "kept@school.example")
		}
		answer := b.Post(s.at("/invite"), c.values)
		wantStatus(t, name, answer, http.StatusUnprocessableEntity)
		wantWords(t, name, answer, c.want, strings.TrimSpace(c.values.Get(fieldEmails)))
	}
	if diff := cmp.Diff(before, s.counts()); diff != "" {
		t.Errorf("invitations, logins and revisions changed (-want +got):\n%s", diff)
	}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.invited(s.owner, s.Account.ID, "vera@school.example", "will@school.example")
	vera := s.Number(`SELECT id FROM enrolld_invitations WHERE email = 'vera@school.example'`)
	b := s.As(s.owner)
	list := b.Get(s.at("/invitations"))
	wantWords(t, "list", list, "vera@school.example", "will@school.example", "Open", "Olga", "in 7 days", "Resend", "Remove")
	wantNoWords(t, "list", list, "Expired", "Send new links")
	wantWords(t, "count in the tab", b.Get(s.at("")), `Pending invitations <span class="count">2</span>`)

	soon := b.Post(s.at("/invitations/%d/resend", vera), nil)
	wantStatus(t, "resend at once", soon, http.StatusTooManyRequests)
	wantWords(t, "resend at once", soon, "A link was sent to vera@school.example a moment ago. Try again in 60 seconds.")
	if got := soon.Header.Get("Retry-After"); got != "60" {
		t.Errorf("Retry-After: got %q, want 60", got)
	}
	s.Clock.Advance(61 * time.Second)
	if a := b.Post(s.at("/invitations/%d/resend", vera), nil); a.Location != s.at("/invitations") {
		t.Fatalf("resend: got %d to %q", a.Status, a.Location)
	}
	wantWords(t, "resent", b.Get(s.at("/invitations")), "A new link is on its way to vera@school.example.")

	s.Clock.Advance(enrolld.InvitationTTL)
	b = s.As(s.owner)
	wantWords(t, "expired", b.Get(s.at("/invitations")), "Expired", "Send new links to expired (2)")
	b.Post(s.at("/invitations/resend"), nil)
	after := b.Get(s.at("/invitations"))
	wantWords(t, "sent anew", after, "2 new links were sent.", "Open")
	wantNoWords(t, "sent anew", after, "Expired")

	wantWords(t, "question", b.Get(s.at("/invitations/%d/remove", vera)), "Remove the invitation of vera@school.example?", "stops working")
	b.Post(s.at("/invitations/%d/remove", vera), nil)
	gone := b.Get(s.at("/invitations"))
	wantWords(t, "removed", gone, "The invitation of vera@school.example is removed.")
	wantNoWords(t, "removed", gone, `<bdi>vera@`)
	wantStatus(t, "removed twice", b.Post(s.at("/invitations/%d/remove", vera), nil), http.StatusNotFound)
}

// An admin sees what offers more than they hold, and cannot touch it.
func TestInvitations_beyond(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	_, err := s.Team.Invite(t.Context(), enrolld.Actor{LoginID: s.owner.ID, Name: "Olga"}, s.Account.ID, team.Batch{
		Invitees: enrolld.ParseInvitees("vera@school.example"), Terms: enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := s.Number(`SELECT MAX(id) FROM enrolld_invitations`)
	s.Clock.Advance(enrolld.InvitationTTL)
	b := s.As(s.admin)
	list := b.Get(s.at("/invitations"))
	wantWords(t, "list", list, "vera@school.example", "Expired")
	wantNoWords(t, "list", list, "Resend", "Send new links", "/remove")
	for _, below := range []string{"/resend", "/remove"} {
		wantStatus(t, below, b.Post(s.at("/invitations/%d%s", id, below), nil), http.StatusForbidden)
	}
}

// What an invitation offers may be over before it is accepted: a new link would
// offer nothing.
func TestInvitations_over(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	b := s.As(s.owner)
	wantStatus(t, "invite", b.Post(s.at("/invite"), sound(fieldEmails, "vera@school.example", "until", "2026-03-05")), http.StatusOK)
	id := s.Number(`SELECT MAX(id) FROM enrolld_invitations`)
	s.Clock.Advance(enrolld.InvitationTTL)
	b = s.As(s.owner)
	wantNoWords(t, "list", b.Get(s.at("/invitations")), "Send new links")
	answer := b.Post(s.at("/invitations/%d/resend", id), nil)
	wantStatus(t, "resend", answer, http.StatusSeeOther)
	wantWords(t, "list", b.Get(answer.Location), "would be over already", "Remove this invitation and invite the address anew.", "Expired")
	b.Post(s.at("/invitations/resend"), nil)
	wantWords(t, "resend all", b.Get(s.at("/invitations")), "No invitation has expired that you could renew.")
}
