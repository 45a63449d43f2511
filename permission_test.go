package enrolld_test

import (
	"testing"
	"time"

	"enrolld"
)

// TestCatalogue: every permission of rows T2, A3 and P2 is there, once, with words.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	rows := map[string][]enrolld.Permission{
		"T2": {
			enrolld.PermCoupons, enrolld.PermCouponsView, enrolld.PermIntegrations, enrolld.PermCustomersSearch, enrolld.PermCustomersBrowse, enrolld.PermStatistics, enrolld.PermUsers,
		},
		"A3": {
			enrolld.PermProfile, enrolld.PermContacts, enrolld.PermProductsView, enrolld.PermPasswords, enrolld.PermLogInAs, enrolld.PermDomainsView, enrolld.PermDomains, enrolld.PermInvoices,
			enrolld.PermQuotes, enrolld.PermTickets, enrolld.PermAffiliates, enrolld.PermEmails, enrolld.PermOrders,
		},
		"P2":      {enrolld.PermPricing, enrolld.PermPayment, enrolld.PermUsers},
		"our own": {enrolld.PermAudit, enrolld.PermTemplates},
	}
	named := map[enrolld.Permission]bool{}
	for row, list := range rows {
		for _, p := range list {
			named[p] = true
			if _, ok := p.Info(); !ok {
				t.Errorf("row %s: %s is not in the catalogue", row, p)
			}
		}
	}
	seen, titles := map[enrolld.Permission]bool{}, map[string]bool{}
	for _, p := range enrolld.Permissions() {
		if seen[p.Key] || titles[p.Title] {
			t.Errorf("%s (%s) is there twice", p.Key, p.Title)
		}
		seen[p.Key], titles[p.Title] = true, true
		if p.Title == "" || p.Group == "" || p.Guards == "" || len(p.Key) > 40 {
			t.Errorf("%s lacks words, or its key is too long to store: %+v", p.Key, p)
		}
		if !named[p.Key] {
			t.Errorf("%s is of no row of the requirements", p.Key)
		}
	}
	for _, p := range rows["P2"] {
		if info, _ := p.Info(); !info.AdminOnly {
			t.Errorf("%s can be held by type User, row P2 says never", p)
		}
	}
	if _, ok := enrolld.Permission("root").Info(); ok {
		t.Error("an unknown permission is in the catalogue")
	}
}

// TestHoldable: what is not ready, or not for the type, is neither offered nor given.
func TestHoldable(t *testing.T) {
	t.Parallel()
	for _, kind := range []enrolld.MemberType{enrolld.TypeAdmin, enrolld.TypeUser} {
		offered := map[enrolld.Permission]bool{}
		for _, p := range kind.Holdable() {
			offered[p.Key] = true
		}
		if len(offered) == 0 {
			t.Errorf("type %s can hold nothing", kind)
		}
		for _, p := range enrolld.Permissions() {
			want := p.Ready && (kind == enrolld.TypeAdmin || !p.AdminOnly)
			if offered[p.Key] != want {
				t.Errorf("type %s is offered %s: %v, want %v", kind, p.Key, offered[p.Key], want)
			}
			terms := enrolld.Terms{Type: kind, Rights: map[enrolld.Permission]time.Time{p.Key: {}}, Scope: enrolld.Everything()}
			if got := terms.Validate(rulesNow) == nil; got != want {
				t.Errorf("type %s can be given %s: %v, want %v", kind, p.Key, got, want)
			}
			if p.AdminOnly && kind == enrolld.TypeUser && (terms.May(p.Key, rulesNow) || (enrolld.Terms{Type: enrolld.TypeUser, All: true}).May(p.Key, rulesNow)) {
				t.Errorf("a User with %s in the database may use it", p.Key)
			}
		}
	}
}

// TestMayEndsByItself: a right that ends is held until then and not a moment longer.
func TestMayEndsByItself(t *testing.T) {
	t.Parallel()
	terms := enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProfile: rulesNow, enrolld.PermProductsView: {}}}
	for _, tt := range []struct {
		p    enrolld.Permission
		at   time.Duration
		want bool
	}{
		{enrolld.PermProfile, -time.Microsecond, true},
		{enrolld.PermProfile, 0, false},
		{enrolld.PermProfile, time.Hour, false},
		{enrolld.PermProductsView, 1e6 * time.Hour, true},
		{enrolld.PermAudit, 0, false},
		{"root", 0, false},
	} {
		if got := terms.May(tt.p, rulesNow.Add(tt.at)); got != tt.want {
			t.Errorf("may %s %v after the end: %v, want %v", tt.p, tt.at, got, tt.want)
		}
	}
	if got := terms.Words(rulesNow.Add(-time.Hour)); got != "User: Change the account's profile until 3 May 2026 12:00 UTC, View products; "+
		"for chosen accounts and products" {
		t.Errorf("Words = %q", got)
	}
}

func TestTopicsFor(t *testing.T) {
	t.Parallel()
	user := enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: enrolld.Everything()}
	if got := enrolld.TopicsFor(user, rulesNow); len(got) != 2 || got[0].Key != enrolld.TopicImport || got[1].Key != enrolld.TopicFailures {
		t.Errorf("a User is offered %v, want what is not about users", got)
	}
	user.Scope.AllProducts = false
	if got := enrolld.TopicsFor(user, rulesNow); len(got) != 1 || got[0].Key != enrolld.TopicImport {
		t.Errorf("a User with some products is offered %v, want no failures of others", got)
	}
	for _, info := range enrolld.TopicsFor(enrolld.OwnerTerms(), rulesNow) {
		if found, ok := info.Key.Info(); !ok || !found.Ready {
			t.Errorf("the owner is offered %s, which is not there yet", info.Key)
		}
	}
	if got := enrolld.TopicsFor(enrolld.OwnerTerms(), rulesNow); len(got) != 5 {
		t.Errorf("the owner is offered %d topics, want 5", len(got))
	}
}
