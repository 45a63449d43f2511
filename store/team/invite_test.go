package team_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

// verdicts invites a paste and says what became of each.
func (h *house) verdicts(actor enrolld.Login, paste string, terms enrolld.Terms) []string {
	h.t.Helper()
	out, err := h.team.Invite(h.t.Context(), by(actor), h.account.ID, team.Batch{Invitees: enrolld.ParseInvitees(paste), Terms: terms})
	h.check(err)
	var got []string
	for _, o := range out {
		got = append(got, o.Invitee.Email+" "+string(o.Verdict))
		if (o.Reason == "") != (o.Verdict == team.VerdictInvited) {
			h.t.Errorf("%s has the reason %q", got[len(got)-1], o.Reason)
		}
	}
	return got
}

func TestInvite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.invite(h.account.ID, h.ann, "open@example.org", userTerms())
	h.clock.Advance(enrolld.InvitationTTL)
	old := h.invite(h.account.ID, h.ann, "late@example.org", userTerms())
	_, err := h.team.Offer(t.Context(), old)
	h.check(err)
	h.invite(h.account.ID, h.ann, "fresh@example.org", userTerms())
	h.forget()
	paste := "Nora New <new@example.org>\nopen@example.org\nfresh@example.org\nANN@example.org\ndan@example.org\nnot an address\n" +
		"new@example.org\nx@mailinator.com\neve@example.org"
	want := []string{
		"new@example.org invited", "open@example.org invited", "fresh@example.org invited_already", "ANN@example.org member_already",
		"dan@example.org member_already", " malformed", "new@example.org twice", "x@mailinator.com disposable", "eve@example.org invited",
	}
	if diff := cmp.Diff(want, h.verdicts(h.bob, paste, userTerms())); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	h.wantActions("Bob Ray invitation.sent", "Bob Ray invitation.sent", "Bob Ray invitation.sent")
	h.wantMail("invitation to new@example.org", "invitation to open@example.org", "invitation to eve@example.org")
	mail := h.mail()[0]
	if mail.ToName != "Nora New" || mail.Data.Team.Detail != "User: View products" || mail.Data.Team.Actor != "Bob Ray" {
		t.Errorf("the mail is %+v to %q", mail.Data.Team, mail.ToName)
	}
	list, err := h.team.Invitations(t.Context(), h.account.ID)
	h.check(err)
	if len(list) != 5 {
		t.Errorf("%d invitations are open or expired, want 5", len(list))
	}
	var stored string
	h.check(h.db.Conn().QueryRowContext(t.Context(), `SELECT GROUP_CONCAT(HEX(token)) FROM enrolld_invitations`).Scan(&stored))
	for _, m := range h.mail() {
		if strings.Contains(stored, fmt.Sprintf("%X", h.db.Keys().Token(m.Data.Team.Link.Purpose))) {
			t.Error("a token is stored in clear")
		}
	}
}

// TestInviteBudgets: 500 a day for an inviter, 1000 for an account, 25 for an
// address over all accounts; what is left out does not spend.
func TestInviteBudgets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	paste := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "p%d@example.org\n", i)
		}
		return b.String()
	}
	count := func(list []string, verdict team.Verdict) int {
		n := 0
		for _, v := range list {
			if strings.HasSuffix(v, " "+string(verdict)) {
				n++
			}
		}
		return n
	}
	h.join(h.account.ID, h.ann, h.eve, managerTerms())
	h.exec(`DELETE FROM enrolld_budgets`)
	for _, tt := range []struct {
		who      enrolld.Login
		from, to int
		invited  int
	}{{h.ann, 0, 400, 400}, {h.ann, 400, 502, 100}, {h.bob, 600, 1090, 490}, {h.eve, 1100, 1120, 10}} {
		got := h.verdicts(tt.who, paste(tt.from, tt.to), userTerms())
		if n := count(got, team.VerdictInvited); n != tt.invited || count(got, team.VerdictTooMany) != tt.to-tt.from-tt.invited {
			t.Errorf("%s invited %d of %d, want %d", tt.who.Name, n, tt.to-tt.from, tt.invited)
		}
	}
	h.clock.Advance(24 * time.Hour)
	if got := h.verdicts(h.ann, paste(1200, 1201), userTerms()); count(got, team.VerdictInvited) != 1 {
		t.Errorf("a day later: %v", got)
	}
	for i := range 27 {
		h.forget()
		a := h.addAccount(fmt.Sprintf("Account %d", i))
		h.check(h.team.AddOwner(t.Context(), command, a.ID, h.eve.ID))
		out, err := h.team.Invite(t.Context(), by(h.eve), a.ID, team.Batch{Invitees: []enrolld.Invitee{invitee("victim@example.org")}, Terms: userTerms()})
		h.check(err)
		if got, want := out[0].Verdict == team.VerdictInvited, i < 25; got != want {
			t.Errorf("invitation %d of one address was sent: %v, want %v", i+1, got, want)
		}
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.invite(h.account.ID, h.ann, "new@example.org", userTerms())
	id := h.invitation()
	err := h.team.Resend(t.Context(), by(h.bob), h.account.ID, id)
	if again, ok := errors.AsType[*store.TooOftenError](err); !ok || again.Wait != time.Minute {
		t.Errorf("resend at once: %v, want a wait of a minute", err)
	}
	h.clock.Advance(6 * 24 * time.Hour)
	h.check(h.team.Resend(t.Context(), by(h.bob), h.account.ID, id))
	_, err = h.team.Offer(t.Context(), first)
	h.wantCode("the link before", err, enrolld.NotFound)
	_, _, err = h.team.AcceptNew(t.Context(), stranger, first, team.NewLogin{Name: "New", Hash: "hash"})
	h.wantCode("accept with the link before", err, enrolld.NotFound)
	second := h.token(enrolld.EventInvitation, "new@example.org")
	o, err := h.team.Offer(t.Context(), second)
	h.check(err)
	if want := h.clock.Now().Add(enrolld.InvitationTTL); !o.ExpiresAt.Equal(want) || o.Generation != 2 || o.Inviter != "Bob Ray" {
		t.Errorf("after a resend: %+v of %s, want generation 2 of Bob until %v", o.Invitation, o.Inviter, want)
	}
	h.clock.Advance(enrolld.InvitationTTL)
	_, _, err = h.team.AcceptNew(t.Context(), stranger, second, team.NewLogin{Name: "New", Hash: "hash"})
	h.wantCode("accept after seven days", err, enrolld.Conflict)
	h.check(h.team.Resend(t.Context(), by(h.ann), h.account.ID, id))
	_, _, err = h.team.AcceptNew(t.Context(), stranger, h.token(enrolld.EventInvitation, "new@example.org"), team.NewLogin{Name: "New", Hash: "hash"})
	h.check(err)
	h.wantCode("resend what was accepted", h.team.Resend(t.Context(), by(h.ann), h.account.ID, id), enrolld.Conflict)
	h.wantCode("take back what was accepted", h.team.RemoveInvitation(t.Context(), by(h.ann), h.account.ID, id), enrolld.Conflict)
}

// TestResendAtOnce by many sends one link.
func TestResendAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.invite(h.account.ID, h.ann, "new@example.org", userTerms())
	id := h.invitation()
	h.clock.Advance(time.Hour)
	sent := h.crowd(8, func() (bool, error) {
		err := h.team.Resend(t.Context(), by(h.ann), h.account.ID, id)
		if _, often := errors.AsType[*store.TooOftenError](err); often {
			return false, nil
		}
		return err == nil, err
	})
	if sent != 1 {
		t.Errorf("%d links were sent within a minute, want 1", sent)
	}
}

// TestLesserAdminAndInvitations: nobody renews or takes back what offers more than
// they hold.
func TestLesserAdminAndInvitations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.member(h.account.ID, h.bob), 1, managerTerms()))
	h.invite(h.account.ID, h.ann, "boss@example.org", enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	h.clock.Advance(time.Hour)
	id := h.invitation()
	h.wantCode("resend", h.team.Resend(t.Context(), by(h.bob), h.account.ID, id), enrolld.Forbidden)
	h.wantCode("take back", h.team.RemoveInvitation(t.Context(), by(h.bob), h.account.ID, id), enrolld.Forbidden)
}

// TestAcceptWithAnotherAddress is CVE-2022-39306: the link is for its address only.
func TestAcceptWithAnotherAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.invite(h.account.ID, h.ann, "new@example.org", userTerms())
	_, err := h.team.AcceptAs(t.Context(), by(h.eve), token, h.eve.ID)
	h.wantCode("accept with another address", err, enrolld.Forbidden)
	_, err = h.team.AcceptAs(t.Context(), by(h.eve), token, h.uma.ID)
	h.wantCode("accept for another login", err, enrolld.Forbidden)
	evesOwn := h.invite(h.account.ID, h.ann, "eve@example.org", userTerms())
	_, err = h.team.AcceptAs(t.Context(), by(h.bob), evesOwn, h.eve.ID)
	h.wantCode("accept in the name of the invited login", err, enrolld.Forbidden)
	login, account, err := h.team.AcceptNew(t.Context(), stranger, token, team.NewLogin{Name: "Nora New", Username: "nora", Hash: "hash"})
	h.check(err)
	if l := h.login(login); l.Email != "new@example.org" || l.Name != "Nora New" || l.Username != "nora" || account != h.account.ID {
		t.Errorf("the new login is %+v in account %d", l, account)
	}
	if _, err := h.team.Offer(t.Context(), "no such token"); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("an unknown token: %v, want not found", err)
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.check(h.team.SetTopics(t.Context(), by(h.ann), h.account.ID, h.ann.ID, []enrolld.Topic{enrolld.TopicAccepted}))
	token := h.invite(h.account.ID, h.bob, "eve@example.org", managerTerms())
	if o, err := h.team.Offer(t.Context(), token); err != nil || !o.HasLogin || o.Account.Name != "Ink & Wash" || o.Inviter != "Bob Ray" {
		t.Errorf("Offer = %+v, %v", o, err)
	}
	_, _, err := h.team.AcceptNew(t.Context(), stranger, token, team.NewLogin{Name: "Mallory", Hash: "hash"})
	h.wantCode("make a second login for the address", err, enrolld.Conflict)
	h.forget()
	_, err = h.team.AcceptAs(t.Context(), by(h.eve), token, h.eve.ID)
	h.check(err)
	h.wantMail("invitation_accepted to bob@example.org")
	if diff := cmp.Diff(managerTerms(), h.view(h.eve).Terms); diff != "" {
		t.Errorf("terms after accepting (-want +got):\n%s", diff)
	}
	on, err := h.team.Topics(t.Context(), h.member(h.account.ID, h.eve))
	h.check(err)
	if diff := cmp.Diff(map[enrolld.Topic]bool{enrolld.TopicAccepted: true}, on); diff != "" {
		t.Errorf("topics of the new member, copied from the owner's (-want +got):\n%s", diff)
	}
	_, err = h.team.AcceptAs(t.Context(), by(h.eve), token, h.eve.ID)
	h.wantCode("accept again", err, enrolld.Conflict)

	h.forget()
	token = h.invite(h.account.ID, h.bob, "new@example.org", userTerms())
	_, _, err = h.team.AcceptNew(t.Context(), stranger, token, team.NewLogin{Name: "Nora New", Username: "ann.lee", Hash: "hash"})
	h.wantCode("with a user name that is taken", err, enrolld.Conflict)
	h.forget()
	_, _, err = h.team.AcceptNew(t.Context(), stranger, token, team.NewLogin{Name: "Nora New", Hash: "hash"})
	h.check(err)
	h.wantActions("Nora New login.created", "Nora New invitation.accepted")
	h.wantMail("invitation_accepted to bob@example.org", "login_created to Ann@example.org")
}

// TestAcceptOnce: however many accept at once, one does, and none half.
func TestAcceptOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	asEve, asNew := h.invite(h.account.ID, h.ann, "eve@example.org", userTerms()), h.invite(h.account.ID, h.ann, "new@example.org", userTerms())
	for name, accept := range map[string]func() error{
		"with a login": func() error {
			_, err := h.team.AcceptAs(t.Context(), by(h.eve), asEve, h.eve.ID)
			return err
		},
		"with a new one": func() error {
			_, _, err := h.team.AcceptNew(t.Context(), stranger, asNew, team.NewLogin{Name: "New", Hash: "hash"})
			return err
		},
	} {
		n := h.crowd(8, func() (bool, error) {
			err := accept()
			if enrolld.CodeOf(err) == enrolld.Conflict {
				return false, nil
			}
			return err == nil, err
		})
		if n != 1 {
			t.Errorf("%s: %d accepted one invitation, want 1", name, n)
		}
	}
	h.want(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'invitation.accepted' AND actor IN ('Eve Un', 'New')`, "2")
	h.want(`SELECT COUNT(*) FROM enrolld_logins WHERE email = 'new@example.org'`, "1")
}

// TestDeactivatedAcceptsAnew: a new invitation lets a deactivated member in, with
// its terms. (Inviting their present address is refused; this one they moved to.)
func TestDeactivatedAcceptsAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.invite(h.account.ID, h.ann, "moved@example.org", managerTerms())
	h.exec(`UPDATE enrolld_logins SET email = 'moved@example.org', email_key = 'moved@example.org' WHERE id = ?`, h.dan.ID)
	_, err := h.team.AcceptAs(t.Context(), by(h.dan), token, h.dan.ID)
	h.check(err)
	if m := h.view(h.dan); !m.Active() || m.Type != enrolld.TypeAdmin {
		t.Errorf("after accepting: active %v, %s", m.Active(), m.Type)
	}
}

// TestAcceptOfALoginMadeByHand: who chose its first password elsewhere does not
// come along.
func TestAcceptOfALoginMadeByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.team.AddByHand(t.Context(), by(h.ann), h.account.ID, team.ByHand{Name: "Hal", Email: "hal@example.org", Hash: "hash", Terms: userTerms()})
	h.check(err)
	creds, _, err := h.team.Credentials(t.Context(), "hal@example.org")
	h.check(err)
	if creds.Login.MustChange {
		t.Fatal("must change the password though nobody said so")
	}
	h.join(h.other.ID, h.eve, creds.Login, userTerms())
	if !h.login(creds.Login.ID).MustChange {
		t.Error("a login whose first password another account knows entered without having to change it")
	}
}

func TestAddByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := team.ByHand{Name: "Hal", Username: "hal", Email: "hal@example.org", Hash: "a hash", MustChange: true, Terms: userTerms()}
	id, err := h.team.AddByHand(t.Context(), by(h.bob), h.account.ID, n)
	h.check(err)
	m, err := h.team.Member(t.Context(), h.account.ID, id)
	h.check(err)
	if !m.ByHand || !m.Login.MustChange || m.Login.Username != "hal" || !m.Active() {
		t.Errorf("made by hand: %+v", m)
	}
	h.wantMail("login_made to hal@example.org", "login_created to Ann@example.org")
	h.wantActions("Bob Ray member.made_by_hand")
	for name, n := range map[string]team.ByHand{
		"address":   {Name: "X", Email: "Eve@example.org", Hash: "h", Terms: userTerms()},
		"user name": {Name: "X", Username: "HAL", Email: "x@example.org", Hash: "h", Terms: userTerms()},
	} {
		_, err := h.team.AddByHand(t.Context(), by(h.bob), h.account.ID, n)
		h.wantCode("a taken "+name, err, enrolld.Conflict)
	}
	n.Terms.Type = enrolld.TypeAdmin
	_, err = h.team.AddByHand(t.Context(), by(h.ann), h.account.ID, n)
	h.wantCode("an Admin by hand", err, enrolld.Invalid)
	made := 1
	for i := range 55 {
		_, err := h.team.AddByHand(t.Context(), by(h.ann), h.account.ID, team.ByHand{
			Name: "N", Email: fmt.Sprintf("n%d@example.org", i), Hash: "h", Terms: userTerms(),
		})
		if _, often := errors.AsType[*store.TooOftenError](err); !often {
			h.check(err)
			made++
		}
	}
	if made != 48 {
		t.Errorf("%d logins were made by hand in a day, want 48: two of 50 tries found something taken", made)
	}
}

// TestSweep: one reminder and one notice of the end, with two replicas at work.
func TestSweep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 7 {
		h.invite(h.account.ID, h.ann, fmt.Sprintf("new%d@example.org", i), userTerms())
	}
	link := h.token(enrolld.EventInvitation, "new0@example.org")
	h.forget()
	replicas := make(chan *team.Team, 4)
	for range 4 {
		db := storetest.Open(t, h.db.Name(), 4)
		db.SetClock(h.clock.Now)
		replicas <- team.New(db)
	}
	sweep := func() {
		h.crowd(4, func() (bool, error) {
			_, err := (<-replicas).Sweep(t.Context())
			return true, err
		})
		for range 4 {
			replicas <- h.team
		}
	}
	sweep()
	h.wantMail()
	h.clock.Advance(enrolld.InvitationTTL - enrolld.InvitationReminder)
	sweep()
	sweep()
	h.want(`SELECT COUNT(*), COUNT(DISTINCT recipient) FROM enrolld_messages`, "7|7")
	if got := h.token(enrolld.EventInvitationReminder, "new0@example.org"); got != link {
		t.Error("the reminder has another link")
	}
	h.forget()
	h.clock.Advance(enrolld.InvitationReminder)
	sweep()
	sweep()
	h.want(`SELECT recipient, COUNT(*) FROM enrolld_messages GROUP BY recipient`, "Ann@example.org|7", "bob@example.org|7")
	h.want(`SELECT actor, action, COUNT(*) FROM enrolld_audit GROUP BY 1, 2`, "clock|invitation.expired|7")
	list, err := h.team.Invitations(t.Context(), h.account.ID)
	h.check(err)
	if len(list) != 7 || list[0].StateAt(h.clock.Now()) != enrolld.InvitationExpired {
		t.Errorf("%d invitations are shown as %q, want 7 expired", len(list), list[0].StateAt(h.clock.Now()))
	}
}
