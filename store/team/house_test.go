package team_test

import (
	"fmt"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// house is a desk with a client account: Ann owns it, Bob is an Admin with
// everything, Uma a User, Dan a deactivated User; and another client account that
// Eve owns.
type house struct {
	*desk
	account, other enrolld.Account
	uma, dan, eve  enrolld.Login
	members        map[int64]int64 // of account, by login
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{desk: newDesk(t)}
	h.account, h.other = h.addAccount("Ink & Wash"), h.addAccount("Rivals")
	h.uma, _ = h.add(enrolld.Login{Email: "uma@example.org", Name: "Uma Ix"})
	h.dan, _ = h.add(enrolld.Login{Email: "dan@example.org", Name: "Dan Po"})
	h.eve, _ = h.add(enrolld.Login{Email: "eve@example.org", Name: "Eve Un"})
	h.check(h.team.AddOwner(t.Context(), command, h.account.ID, h.ann.ID))
	h.check(h.team.AddOwner(t.Context(), command, h.other.ID, h.eve.ID))
	h.check(h.team.AddAdmin(t.Context(), command, h.account.ID, h.bob.ID))
	for _, l := range []enrolld.Login{h.uma, h.dan} {
		h.join(h.account.ID, h.ann, l, userTerms())
	}
	h.check(h.team.Deactivate(t.Context(), by(h.ann), h.account.ID, h.member(h.account.ID, h.dan)))
	h.forget()
	h.exec(`DELETE FROM enrolld_budgets`)
	return h
}

func (h *house) addAccount(name string) enrolld.Account {
	h.t.Helper()
	site := store.Site{Schema: "wp", BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta"}
	a, err := h.db.AddAccount(h.t.Context(), enrolld.Account{Name: name, BlogID: 1, LinkDays: 7}, site)
	h.check(err)
	return a
}

// userTerms are those of Uma and Dan.
func userTerms() enrolld.Terms {
	return enrolld.Terms{
		Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}},
		Scope: enrolld.Scope{AllAccounts: true, AllProducts: true},
	}
}

// managerTerms are those of an Admin who manages users and sees products.
func managerTerms() enrolld.Terms {
	return enrolld.Terms{
		Type: enrolld.TypeAdmin, Rights: map[enrolld.Permission]time.Time{enrolld.PermUsers: {}, enrolld.PermProductsView: {}},
		Scope: enrolld.Scope{AllAccounts: true, AllProducts: true},
	}
}

func (h *house) member(accountID int64, l enrolld.Login) int64 {
	h.t.Helper()
	rows := h.rows(`SELECT id FROM enrolld_members WHERE account_id = ? AND login_id = ?`, accountID, l.ID)
	if len(rows) != 1 {
		h.t.Fatalf("%s is a member of account %d %d times", l.Email, accountID, len(rows))
	}
	var id int64
	_, err := fmt.Sscan(rows[0], &id)
	h.check(err)
	return id
}

func (h *house) view(l enrolld.Login) team.MemberView {
	h.t.Helper()
	m, err := h.team.Member(h.t.Context(), h.account.ID, h.member(h.account.ID, l))
	h.check(err)
	return m
}

func invitee(address string) enrolld.Invitee {
	return enrolld.ParseInvitees(address)[0]
}

// invite invites one address and returns the token of its link.
func (h *house) invite(accountID int64, inviter enrolld.Login, address string, terms enrolld.Terms) string {
	h.t.Helper()
	out, err := h.team.Invite(h.t.Context(), by(inviter), accountID, team.Batch{
		Invitees: []enrolld.Invitee{invitee(address)}, Terms: terms,
	})
	h.check(err)
	if out[0].Verdict != team.VerdictInvited {
		h.t.Fatalf("%s was not invited: %s", address, out[0].Reason)
	}
	return h.token(enrolld.EventInvitation, address)
}

// join makes a login a member by invitation.
func (h *house) join(accountID int64, inviter, l enrolld.Login, terms enrolld.Terms) {
	h.t.Helper()
	_, err := h.team.AcceptAs(h.t.Context(), by(l), h.invite(accountID, inviter, l.Email, terms), l.ID)
	h.check(err)
}

// sabotage has the database refuse every entry of the audit log.
func (h *house) sabotage() {
	h.t.Helper()
	h.exec(`CREATE TRIGGER refuse BEFORE INSERT ON enrolld_audit FOR EACH ROW SIGNAL SQLSTATE '45000'`)
}

// tables are those that operations of this half of the package write.
var tables = []string{
	"enrolld_members", "enrolld_member_rights", "enrolld_member_accounts", "enrolld_member_products", "enrolld_member_topics",
	"enrolld_invitations", "enrolld_transfers", "enrolld_accounts", "enrolld_budgets", "enrolld_messages", "enrolld_audit",
	"enrolld_logins", "enrolld_sessions", "enrolld_tokens", "enrolld_passkeys",
}

func (h *house) everything() map[string][]string {
	h.t.Helper()
	out := map[string][]string{}
	for _, table := range tables {
		out[table] = h.rows(fmt.Sprintf("SELECT * FROM %s ORDER BY 1, 2", table))
	}
	return out
}
