package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/integrations"
	"enrolld/store"
	"enrolld/store/team"
)

// TestMailLinksLeadSomewhere has everything happen that the team is mailed about,
// and opens the link of each mail as whoever got it: one who enters a sub-account
// alone, too.
func TestMailLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	rig := gatetest.New(t, func(f *gate.Frame) []gate.Route {
		routes, err := screens(f, noCourses, integrations.Registry{}, noAccess{})
		if err != nil {
			t.Fatal(err)
		}
		return routes
	})
	logins, accept := busyTeam(rig)
	browsers := map[string]*gatetest.Browser{}
	for address, login := range logins {
		browsers[address] = rig.As(login)
	}
	opened := openMail(rig, browsers)
	accept()
	maps.Copy(opened, openMail(rig, browsers))
	for _, event := range []enrolld.TeamEvent{
		enrolld.EventInvitation, enrolld.EventInvitationReminder, enrolld.EventInvitationAccepted, enrolld.EventInvitationExpired,
		enrolld.EventLoginCreated, enrolld.EventLoginMade, enrolld.EventSetPassword, enrolld.EventPasswordReset, enrolld.EventTermsChanged,
		enrolld.EventReactivated, enrolld.EventTeamChanged, enrolld.EventTransferOffered, enrolld.EventTransferDone,
		enrolld.EventFactorReset, enrolld.EventFactorPolicy,
	} {
		if !opened[event] {
			t.Errorf("no mail %q with a link was queued", event)
		}
	}
}

// openMail opens the links of the mail that is queued, and says of which events.
func openMail(rig *gatetest.Rig, browsers map[string]*gatetest.Browser) map[enrolld.TeamEvent]bool {
	rig.T.Helper()
	mail, err := rig.DB.ClaimMessages(rig.T.Context(), 1000, enrolld.RankMany, store.NewLease(), time.Hour)
	if err != nil {
		rig.T.Fatal(err)
	}
	opened := map[enrolld.TeamEvent]bool{}
	for _, m := range mail {
		event, path := m.Data.Team.Event, rig.LinkOf(m)
		if path == "" {
			continue
		}
		opened[event] = true
		b := browsers[m.To]
		if b == nil { // an address without a login
			b = rig.Browser()
		}
		a := b.Get(path)
		if a.Status == http.StatusSeeOther { // to sign in, or to where the owner looks after the offer
			a = b.Get(a.Location)
		}
		over := strings.HasPrefix(path, "/invitations/") && a.Status == http.StatusGone // accepted or run out, and the page says so
		if !over && a.Status != http.StatusOK {
			rig.T.Errorf("the mail %q to %s leads to %s: %d %s", event, m.To, path, a.Status, a.Location)
		}
	}
	return opened
}

// busyTeam is an account in which all of that has happened, a while ago where it
// needs to be, but that the ownership was accepted; with everybody who has a login
// by address.
func busyTeam(rig *gatetest.Rig) (logins map[string]enrolld.Login, accept func()) {
	t, ctx, id := rig.T, rig.T.Context(), rig.Account.ID
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	sub := rig.AddAccount("North", id)
	below := enrolld.Scope{Accounts: []int64{sub.ID}, AllProducts: true}
	owner, _ := rig.Owner("owner@example.org", id)
	admin, adminIn := rig.Person("admin@example.org", id, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	aside, asideIn := rig.Person("aside@example.org", id, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: below})
	lacking := rig.AddLogin("lacking@example.org")
	rig.Join(lacking.ID, id, enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: enrolld.Everything()})
	for _, m := range []enrolld.Member{adminIn, asideIn} {
		for _, topic := range []enrolld.Topic{enrolld.TopicAccepted, enrolld.TopicExpired, enrolld.TopicTeam} {
			rig.Exec(`INSERT INTO enrolld_member_topics (member_id, topic) VALUES (?,?)`, m.ID, string(topic))
		}
	}
	by := func(l enrolld.Login) enrolld.Actor { return enrolld.Actor{LoginID: l.ID, Name: l.Label()} }
	offered := enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: below}
	invite := func(address string) string {
		t.Helper()
		_, err := rig.Team.Invite(ctx, by(aside), id, team.Batch{Invitees: enrolld.ParseInvitees(address), Terms: offered})
		check(err)
		return rig.DB.Keys().Token("invitation " + fmt.Sprint(rig.Number(`SELECT MAX(id) FROM enrolld_invitations`)) + " 1")
	}

	invite("late@example.org")
	rig.Clock.Advance(enrolld.InvitationTTL - time.Hour)
	_, err := rig.Team.Sweep(ctx)
	check(err)
	rig.Clock.Advance(2 * time.Hour)
	_, err = rig.Team.Sweep(ctx)
	check(err)
	loginID, _, err := rig.Team.AcceptNew(ctx, enrolld.Actor{}, invite("new@example.org"), team.NewLogin{Name: "New", Hash: "hash"})
	check(err)
	invite("open@example.org")
	member := rig.Number(`SELECT id FROM enrolld_members WHERE login_id = ?`, loginID)
	check(rig.Team.SetTerms(ctx, by(admin), id, member, 1, enrolld.Terms{
		Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}}, Scope: below,
	}))
	check(rig.Team.Deactivate(ctx, by(admin), id, member))
	check(rig.Team.Reactivate(ctx, by(admin), id, member))
	rig.GiveFactor(loginID)
	check(rig.Team.ResetSecondFactor(ctx, by(admin), id, member))
	_, err = rig.Team.AddByHand(ctx, by(admin), id, team.ByHand{Name: "Hal", Email: "hal@example.org", Hash: "hash", Terms: offered})
	check(err)
	_, _, err = rig.Team.AddLogin(ctx, enrolld.Actor{Name: "command"}, enrolld.Login{Email: "first@example.org", Name: "First"})
	check(err)
	check(rig.Team.RequestReset(ctx, enrolld.Actor{}, "lacking@example.org"))
	from := rig.Clock.Now().AddDate(0, 1, 0)
	check(rig.Team.SetPolicy(ctx, by(owner), id, &from))
	check(rig.Team.OfferTransfer(ctx, by(owner), id, adminIn.ID))
	newcomer, err := rig.Team.Login(ctx, loginID)
	check(err)
	logins = map[string]enrolld.Login{
		owner.Email: owner, admin.Email: admin, aside.Email: aside, lacking.Email: lacking, newcomer.Email: newcomer,
	}
	return logins, func() { check(rig.Team.AcceptTransfer(ctx, by(admin), id)) }
}
