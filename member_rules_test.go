package enrolld_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"enrolld"
)

var rulesNow = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

// The people of the table: actors and targets alike.
func cast() map[string]enrolld.Member {
	deactivated := rulesNow.Add(-time.Hour)
	member := func(id int64, t enrolld.Terms) enrolld.Member {
		return enrolld.Member{ID: id, AccountID: 1, LoginID: id, Terms: t}
	}
	admin := func(rights map[enrolld.Permission]time.Time, s enrolld.Scope) enrolld.Terms {
		return enrolld.Terms{Type: enrolld.TypeAdmin, Rights: rights, Scope: s}
	}
	never, soon, past := time.Time{}, rulesNow.Add(time.Hour), rulesNow.Add(-time.Minute)
	some := enrolld.Scope{Accounts: []int64{1, 7}, Products: []int64{3, 4}, EditProducts: true}
	list := map[string]enrolld.Member{
		"owner":           member(10, enrolld.OwnerTerms()),
		"admin, all":      member(11, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}),
		"admin, all 2":    member(12, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}),
		"admin, some":     member(13, admin(map[enrolld.Permission]time.Time{enrolld.PermUsers: never, enrolld.PermProductsView: soon}, some)),
		"admin, no users": member(14, admin(map[enrolld.Permission]time.Time{enrolld.PermProductsView: never}, enrolld.Everything())),
		"admin, expired":  member(15, admin(map[enrolld.Permission]time.Time{enrolld.PermUsers: past}, enrolld.Everything())),
		"user, all":       member(16, enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: enrolld.Everything()}),
		"user, some":      member(17, enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: soon}, Scope: some}),
		"user, forged":    member(18, enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermUsers: never}, Scope: enrolld.Everything()}),
		"user, below":     member(21, enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: enrolld.Scope{Accounts: []int64{7}, AllProducts: true}}),
		"elsewhere":       {ID: 19, AccountID: 2, LoginID: 19, Terms: enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}},
		"other owner":     {ID: 20, AccountID: 2, LoginID: 20, Terms: enrolld.OwnerTerms()},
	}
	for _, name := range []string{"admin, all", "user, some"} {
		m := list[name]
		m.ID, m.LoginID, m.DeactivatedAt = m.ID+20, m.LoginID+20, &deactivated
		list[name+", deactivated"] = m
	}
	return list
}

// The terms that are given in the table, on either side of each limit of
// "admin, some".
func offers() map[string]enrolld.Terms {
	soon := rulesNow.Add(time.Hour)
	scope := enrolld.Scope{Accounts: []int64{7}, Products: []int64{3}, EditProducts: true}
	with := func(change func(*enrolld.Terms)) enrolld.Terms {
		t := enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: soon}, Scope: scope}
		change(&t)
		return t
	}
	return map[string]enrolld.Terms{
		"within":          with(func(*enrolld.Terms) {}),
		"earlier end":     with(func(t *enrolld.Terms) { t.Rights[enrolld.PermProductsView] = soon.Add(-time.Minute) }),
		"later end":       with(func(t *enrolld.Terms) { t.Rights[enrolld.PermProductsView] = soon.Add(time.Minute) }),
		"no end":          with(func(t *enrolld.Terms) { t.Rights[enrolld.PermProductsView] = time.Time{} }),
		"end over":        with(func(t *enrolld.Terms) { t.Rights[enrolld.PermProductsView] = rulesNow }),
		"another right":   with(func(t *enrolld.Terms) { t.Rights[enrolld.PermProfile] = time.Time{} }),
		"unready right":   with(func(t *enrolld.Terms) { t.Rights[enrolld.PermPricing] = time.Time{} }),
		"unknown right":   with(func(t *enrolld.Terms) { t.Rights["root"] = time.Time{} }),
		"users to a User": with(func(t *enrolld.Terms) { t.Rights[enrolld.PermUsers] = time.Time{} }),
		"all rights":      with(func(t *enrolld.Terms) { t.All, t.Rights = true, nil }),
		"no right":        with(func(t *enrolld.Terms) { t.Rights = nil }),
		"another product": with(func(t *enrolld.Terms) { t.Scope.Products = []int64{3, 5} }),
		"all products":    with(func(t *enrolld.Terms) { t.Scope.AllProducts = true }),
		"another account": with(func(t *enrolld.Terms) { t.Scope.Accounts = []int64{8} }),
		"all accounts":    with(func(t *enrolld.Terms) { t.Scope.AllAccounts = true }),
		"no account":      with(func(t *enrolld.Terms) { t.Scope.Accounts = nil }),
		"delete":          with(func(t *enrolld.Terms) { t.Scope.DeleteProducts = true }),
		"no edit":         with(func(t *enrolld.Terms) { t.Scope.EditProducts = false }),
		"an admin":        with(func(t *enrolld.Terms) { t.Type, t.Rights[enrolld.PermUsers] = enrolld.TypeAdmin, time.Time{} }),
		"a full admin":    {Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()},
		"an owner":        enrolld.OwnerTerms(),
		"no type":         with(func(t *enrolld.Terms) { t.Type = "" }),
	}
}

// The oracle says the same in another way: everything that terms can do is spelled
// out as a set of single deeds, and sets are compared. Moments stand for time,
// ids for what is not named.

func deeds(t enrolld.Terms) map[string]bool {
	out := map[string]bool{}
	moments := []time.Duration{0, 59 * time.Minute, 60 * time.Minute, 60*time.Minute + time.Second, 1000 * time.Hour}
	for _, p := range enrolld.Permissions() {
		for _, after := range moments {
			if oracleMay(t, p, rulesNow.Add(after)) {
				out[fmt.Sprint("may ", p.Key, after)] = true
			}
		}
	}
	for id := int64(1); id <= 9; id++ {
		out[fmt.Sprint("account ", id)] = t.Scope.AllAccounts || slices.Contains(t.Scope.Accounts, id)
		out[fmt.Sprint("product ", id)] = t.Scope.AllProducts || slices.Contains(t.Scope.Products, id)
	}
	out["later accounts"], out["later products"] = t.Scope.AllAccounts, t.Scope.AllProducts
	out["edit"], out["delete"] = t.Scope.EditProducts, t.Scope.DeleteProducts
	out["later permissions"] = t.All
	out["be an admin"] = t.Type == enrolld.TypeAdmin || t.Type == enrolld.TypeOwner
	out["be the owner"] = t.Type == enrolld.TypeOwner
	return out
}

func oracleMay(t enrolld.Terms, p enrolld.PermissionInfo, at time.Time) bool {
	if p.AdminOnly && t.Type == enrolld.TypeUser || t.Type == "" && p.AdminOnly {
		return false
	}
	if t.All || t.Type == enrolld.TypeOwner {
		return true
	}
	until, has := t.Rights[p.Key]
	return has && (until.IsZero() || at.Before(until))
}

func oracleWithin(inner, outer enrolld.Terms) bool {
	can := deeds(outer)
	if outer.Type == enrolld.TypeOwner {
		return inner.Type != enrolld.TypeOwner
	}
	for deed, does := range deeds(inner) {
		if does && !can[deed] {
			return false
		}
	}
	return true
}

func oracleValid(t enrolld.Terms) bool {
	if t.Type != enrolld.TypeAdmin && t.Type != enrolld.TypeUser {
		return false
	}
	for p, until := range t.Rights {
		known := false
		for _, info := range enrolld.Permissions() {
			known = known || info.Key == p && info.Ready && (t.Type == enrolld.TypeAdmin || !info.AdminOnly)
		}
		if !known || !until.IsZero() && !rulesNow.Before(until) {
			return false
		}
	}
	return (t.All || len(t.Rights) > 0) && (t.Scope.AllAccounts || len(t.Scope.Accounts) > 0)
}

func oracleManages(m enrolld.Member) bool {
	users, _ := enrolld.PermUsers.Info()
	return m.DeactivatedAt == nil && oracleMay(m.Terms, users, rulesNow)
}

func oracleChange(actor, target enrolld.Member, change enrolld.Change, terms enrolld.Terms) bool {
	allowed := oracleManages(actor) && actor.AccountID == target.AccountID && actor.LoginID != target.LoginID &&
		target.Type != enrolld.TypeOwner && oracleWithin(target.Terms, actor.Terms)
	switch change {
	case enrolld.ChangeDeactivate:
		return allowed && target.DeactivatedAt == nil
	case enrolld.ChangeReactivate:
		return allowed && target.DeactivatedAt != nil
	case enrolld.ChangeTerms:
		return allowed && oracleValid(terms) && oracleWithin(terms, actor.Terms)
	}
	return allowed
}

// TestRules compares CheckChange with the oracle over everybody, everybody else,
// every change and all terms.
func TestRules(t *testing.T) {
	t.Parallel()
	allowed, refused := 0, 0
	for actorName, actor := range cast() {
		for targetName, target := range cast() {
			for _, change := range []enrolld.Change{enrolld.ChangeTerms, enrolld.ChangeDeactivate, enrolld.ChangeReactivate, enrolld.ChangeRemove, enrolld.ChangeFactors, enrolld.ChangeSessions} {
				for termsName, terms := range offers() {
					err := enrolld.CheckChange(actor, target, change, terms, rulesNow)
					if want := oracleChange(actor, target, change, terms); (err == nil) != want {
						t.Errorf("%s, to %s: %s (%s) = %v, want allowed %v", actorName, targetName, change, termsName, err, want)
					}
					if err == nil {
						allowed++
					} else {
						refused++
						wantForPeople(t, err)
					}
				}
			}
		}
	}
	if allowed < 100 || refused < 100 {
		t.Errorf("%d were allowed and %d refused: the table shows little", allowed, refused)
	}
}

func wantForPeople(t *testing.T, err error) {
	t.Helper()
	switch enrolld.CodeOf(err) {
	case enrolld.Forbidden, enrolld.NotFound, enrolld.Conflict, enrolld.Invalid:
	default:
		t.Errorf("the refusal %v has code %q", err, enrolld.CodeOf(err))
	}
}

func TestGrantRules(t *testing.T) {
	t.Parallel()
	for actorName, actor := range cast() {
		for termsName, terms := range offers() {
			can := oracleManages(actor) && oracleWithin(terms, actor.Terms)
			if got, want := enrolld.CheckGrant(actor, terms, rulesNow) == nil, can && oracleValid(terms); got != want {
				t.Errorf("%s gives %s: %v, want %v", actorName, termsName, got, want)
			}
			if got := enrolld.CheckInvitation(actor, terms, rulesNow) == nil; got != can {
				t.Errorf("%s touches an invitation that offers %s: %v, want %v", actorName, termsName, got, can)
			}
		}
	}
}

// TestRulesByName pins the rules that people rely on, apart from any oracle.
func TestRulesByName(t *testing.T) {
	t.Parallel()
	c := cast()
	ok := offers()["within"]
	for _, tt := range []struct {
		actor, target string
		change        enrolld.Change
		want          enrolld.Code
	}{
		{"admin, all", "owner", enrolld.ChangeTerms, enrolld.Forbidden},
		{"admin, all", "owner", enrolld.ChangeRemove, enrolld.Forbidden},
		{"owner", "owner", enrolld.ChangeRemove, enrolld.Forbidden},
		{"admin, all", "admin, all", enrolld.ChangeTerms, enrolld.Forbidden},
		{"admin, all", "admin, all 2", enrolld.ChangeDeactivate, ""},
		{"admin, some", "admin, all", enrolld.ChangeDeactivate, enrolld.Forbidden},
		{"admin, some", "user, some", enrolld.ChangeTerms, ""},
		{"admin, expired", "user, some", enrolld.ChangeRemove, enrolld.Forbidden},
		{"admin, no users", "user, some", enrolld.ChangeRemove, enrolld.Forbidden},
		{"user, all", "user, some", enrolld.ChangeRemove, enrolld.Forbidden},
		{"user, forged", "user, some", enrolld.ChangeRemove, enrolld.Forbidden},
		{"admin, all, deactivated", "user, some", enrolld.ChangeRemove, enrolld.Forbidden},
		{"elsewhere", "user, some", enrolld.ChangeRemove, enrolld.NotFound},
		{"other owner", "user, some", enrolld.ChangeRemove, enrolld.NotFound},
		{"owner", "user, some, deactivated", enrolld.ChangeReactivate, ""},
		{"owner", "user, some", enrolld.ChangeReactivate, enrolld.Conflict},
	} {
		err := enrolld.CheckChange(c[tt.actor], c[tt.target], tt.change, ok, rulesNow)
		if got := enrolld.CodeOf(err); got != tt.want {
			t.Errorf("%s, to %s: %s = %v, want code %q", tt.actor, tt.target, tt.change, err, tt.want)
		}
	}
	for who, m := range c {
		if got, want := enrolld.CheckLeave(m) != nil, m.Type == enrolld.TypeOwner; got != want {
			t.Errorf("%s may not leave: %v, want %v", who, got, want)
		}
		for to, target := range c {
			want := who == "owner" && m.AccountID == target.AccountID && to != who && target.Active() ||
				who == "other owner" && to == "elsewhere"
			want = want && target.Scope.In(target.AccountID)
			if got := enrolld.CheckTransfer(m, target) == nil; got != want {
				t.Errorf("%s hands the ownership to %s: %v, want %v", who, to, got, want)
			}
		}
	}
}

// anyTerms makes terms by chance, of few values, so that some are within others.
func anyTerms(r *rand.Rand) enrolld.Terms {
	t := enrolld.Terms{Type: []enrolld.MemberType{enrolld.TypeAdmin, enrolld.TypeUser}[r.IntN(2)], All: r.IntN(5) == 0, Rights: map[enrolld.Permission]time.Time{}}
	for _, p := range []enrolld.Permission{enrolld.PermUsers, enrolld.PermProductsView, enrolld.PermProfile} {
		switch until := rulesNow.Add(time.Duration(r.IntN(4)-1) * time.Hour); r.IntN(3) {
		case 0:
			t.Rights[p] = time.Time{}
		case 1:
			t.Rights[p] = until
		}
	}
	t.Scope = enrolld.Scope{AllAccounts: r.IntN(2) == 0, AllProducts: r.IntN(2) == 0, EditProducts: r.IntN(2) == 0, DeleteProducts: r.IntN(3) == 0}
	for id := int64(1); id < 3; id++ {
		if r.IntN(2) == 0 {
			t.Scope.Accounts = append(t.Scope.Accounts, id)
		}
		if r.IntN(2) == 0 {
			t.Scope.Products = append(t.Scope.Products, id)
		}
	}
	return t
}

// TestWithin: being within is reflexive but for owners, transitive, and stays true
// as time goes by; terms in their normal form are the same ones.
func TestWithin(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	within := enrolld.Within
	if within(enrolld.OwnerTerms(), enrolld.OwnerTerms(), rulesNow) {
		t.Error("an owner is within an owner: one could be made")
	}
	chains, pairs := 0, 0
	for range 200_000 {
		a, b, c := anyTerms(r), anyTerms(r), anyTerms(r)
		if !within(a, a, rulesNow) {
			t.Fatalf("not within itself: %+v", a)
		}
		ab, bc := within(a, b, rulesNow), within(b, c, rulesNow)
		if ab && bc {
			chains++
			if !within(a, c, rulesNow) {
				t.Fatalf("not transitive:\n%+v\n%+v\n%+v", a, b, c)
			}
		}
		if ab {
			pairs++
			if later := rulesNow.Add(time.Duration(r.IntN(4)) * time.Hour); !within(a, b, later) {
				t.Fatalf("within now, not at %v:\n%+v\n%+v", later, a, b)
			}
			if !oracleWithin(a, b) {
				t.Fatalf("within, but does more:\n%+v\n%+v", a, b)
			}
		}
		if n := a.Normal(); !within(a, n, rulesNow) || !within(n, a, rulesNow) {
			t.Fatalf("the normal form gives something else:\n%+v\n%+v", a, n)
		}
	}
	if chains < 100 || pairs < 1000 {
		t.Errorf("%d chains, %d pairs: chance shows little", chains, pairs)
	}
}

func TestNeedsSecondFactor(t *testing.T) {
	t.Parallel()
	c := cast()
	for _, tt := range []struct {
		name string
		who  []string
		from time.Duration
		want bool
	}{
		{"an owner", []string{"owner"}, time.Hour, true},
		{"an Admin", []string{"admin, some"}, time.Hour, true},
		{"an Admin who is deactivated", []string{"admin, all, deactivated"}, 0, false},
		{"a User before the date", []string{"user, some"}, time.Nanosecond, false},
		{"a User from the date on", []string{"user, some"}, 0, true},
		{"a User here, an Admin elsewhere", []string{"user, some", "elsewhere"}, time.Hour, true},
		{"nobody", nil, 0, false},
	} {
		var members []enrolld.Member
		for _, name := range tt.who {
			members = append(members, c[name])
		}
		if got := enrolld.NeedsSecondFactor(members, map[int64]time.Time{1: rulesNow.Add(tt.from)}, rulesNow); got != tt.want {
			t.Errorf("%s needs a second factor: %v, want %v", tt.name, got, tt.want)
		}
	}
	if enrolld.NeedsSecondFactor([]enrolld.Member{c["user, some"]}, nil, rulesNow) {
		t.Error("a User needs a second factor where no date is set")
	}
}
