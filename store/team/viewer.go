package team

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

// Viewer is everything that must be known of who is signed in: the login and
// the client accounts that it may enter. Deactivated memberships are not in it.
type Viewer struct {
	Login       enrolld.Login
	Memberships []Membership // by name of the account
}

// Membership is a login in a client account, with what it reaches there.
type Membership struct {
	enrolld.Member
	// Account is the client account. It may itself be out of the member's scope,
	// who then enters sub-accounts only: ask Scope.In.
	Account enrolld.Account
	Subs    []enrolld.Account // sub-accounts in scope, by name
}

// Viewer reads who is signed in, in a bounded number of queries. Errors: NotFound
// when the login is gone.
func (t *Team) Viewer(ctx context.Context, loginID int64) (Viewer, error) {
	login, err := t.Login(ctx, loginID)
	if err != nil {
		return Viewer{}, err
	}
	members, err := readMembers(ctx, t.db.Conn(), `m.login_id = ? AND m.deactivated_at IS NULL`, loginID)
	if err != nil || len(members) == 0 {
		return Viewer{Login: login}, store.Classify(err)
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.AccountID
	}
	accounts, err := t.db.Families(ctx, ids)
	if err != nil {
		return Viewer{}, err
	}
	return Viewer{Login: login, Memberships: memberships(members, accounts)}, nil
}

// memberships puts members and the accounts that they reach together, in the
// order of the accounts.
func memberships(members []enrolld.Member, accounts []enrolld.Account) []Membership {
	byAccount := make(map[int64]*Membership, len(members))
	for _, m := range members {
		byAccount[m.AccountID] = &Membership{Member: m}
	}
	var order []*Membership
	for _, a := range accounts {
		m := byAccount[a.RootID()]
		switch {
		case m == nil:
		case a.ParentID == 0:
			m.Account = a
			order = append(order, m)
		case m.Scope.In(a.ID):
			m.Subs = append(m.Subs, a)
		}
	}
	out := make([]Membership, len(order))
	for i, m := range order {
		out[i] = *m
	}
	return out
}

// Reach finds the membership that opens an account or sub-account, and the
// account; false: the viewer may not enter it, or it does not exist.
func (v Viewer) Reach(accountID int64) (Membership, enrolld.Account, bool) {
	for _, m := range v.Memberships {
		if !m.Scope.In(accountID) {
			continue
		}
		if m.Account.ID == accountID {
			return m, m.Account, true
		}
		if i := slices.IndexFunc(m.Subs, func(a enrolld.Account) bool { return a.ID == accountID }); i >= 0 {
			return m, m.Subs[i], true
		}
	}
	return Membership{}, enrolld.Account{}, false
}

// KnownWords are what others know of the viewer: a password that is little more is
// none.
func (v Viewer) KnownWords() []string {
	l := v.Login
	words := []string{l.Name, l.Email, l.Username, l.Phone}
	for _, m := range v.Memberships {
		words = append(words, m.Account.Name)
		for _, sub := range m.Subs {
			words = append(words, sub.Name)
		}
	}
	return words
}

// NeedsSecondFactor says whether the viewer has to have a second factor now.
func (v Viewer) NeedsSecondFactor(now time.Time) bool {
	members, from := make([]enrolld.Member, len(v.Memberships)), map[int64]time.Time{}
	for i, m := range v.Memberships {
		members[i] = m.Member
		if at := m.Account.SecondFactorFrom; at != nil {
			from[m.Account.ID] = *at
		}
	}
	return enrolld.NeedsSecondFactor(members, from, now)
}

// queryer is the pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}
