package overview

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/integrations"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, chooserView, accountView)
}

func newRig(t *testing.T) *gatetest.Rig {
	return gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f, integrations.Registry{}).Routes() }, Nav...)
}

func userTerms(scope enrolld.Scope, rights ...enrolld.Permission) enrolld.Terms {
	terms := enrolld.Terms{Type: enrolld.TypeUser, Scope: scope, Rights: map[enrolld.Permission]time.Time{}}
	for _, p := range rights {
		terms.Rights[p] = time.Time{}
	}
	return terms
}

// wantText compares which of some texts a page has.
func wantText(t *testing.T, a gatetest.Answer, has, lacks []string) {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("status: got %d (%s), want 200", a.Status, a.Location)
	}
	for _, s := range has {
		if !strings.Contains(a.Body, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	for _, s := range lacks {
		if strings.Contains(a.Body, s) {
			t.Errorf("the page has %q", s)
		}
	}
}

func TestHomeLeadsOn(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	second := rig.AddAccount("Pottery Guild", 0)
	north := rig.AddAccount("North", rig.Account.ID)
	one, _ := rig.Owner("one@example.com", second.ID)
	many, _ := rig.Owner("many@example.com", rig.Account.ID)
	// Whose only account is a sub-account goes there, not to the client account.
	below := rig.AddLogin("below@example.com")
	rig.Join(below.ID, rig.Account.ID, userTerms(enrolld.Scope{Accounts: []int64{north.ID}}, enrolld.PermProductsView))
	none := rig.AddLogin("none@example.com")
	for _, test := range []struct {
		name, want string
		browser    *gatetest.Browser
	}{
		{"a stranger", "/sign-in", rig.Browser()},
		{"one account", gatetest.Path(second.ID, ""), rig.As(one)},
		{"several", "/accounts", rig.As(many)},
		{"a sub-account only", gatetest.Path(north.ID, ""), rig.As(below)},
		{"none", "/accounts", rig.As(none)},
	} {
		if a := test.browser.Get("/"); a.Status != http.StatusSeeOther || a.Location != test.want {
			t.Errorf("%s: got %d to %s, want 303 to %s", test.name, a.Status, a.Location, test.want)
		}
	}
	wantText(t, rig.As(none).Get("/accounts"), []string{"No account is open to this login", "none@example.com"}, []string{"Ink &amp; Wash"})
	if a := rig.Browser().Get("/accounts"); a.Location != "/sign-in?next=%2Faccounts" {
		t.Errorf("a stranger at /accounts: got %s, want the sign-in", a.Location)
	}
}

func TestChooserShowsWhatCanBeEntered(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	north, south := rig.AddAccount("North", rig.Account.ID), rig.AddAccount("South", rig.Account.ID)
	rig.AddAccount("Strangers", 0)
	ann := rig.AddLogin("ann@example.com")
	rig.Join(ann.ID, rig.Account.ID, userTerms(enrolld.Scope{Accounts: []int64{north.ID}}, enrolld.PermProductsView))
	for i := range searchFrom {
		more := rig.AddAccount("Guild "+string(rune('A'+i)), 0)
		rig.Join(ann.ID, more.ID, userTerms(enrolld.Scope{AllAccounts: true}, enrolld.PermProductsView))
	}
	b := rig.As(ann)
	href := func(id int64) string { return `href="` + gatetest.Path(id, "") + `"` }
	wantText(t, b.Get("/accounts"), []string{"North", "Guild A", `name="q"`, href(north.ID)}, []string{"South", "Strangers", href(rig.Account.ID), href(south.ID)})
	for query, want := range map[string][]string{
		"north":     {"North"}, // below an account that has not the words
		"gUILD b":   {"Guild B"},
		"wash":      {"North"}, // all that is below an account that has them
		"strangers": nil,
	} {
		var got []string
		v, err := rig.Team.Viewer(t.Context(), ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range choices(v, strings.ToLower(query)) {
			if c.URL != "" {
				got = append(got, c.Name)
			}
			for _, sub := range c.Subs {
				got = append(got, sub.Name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	wantText(t, b.Get("/accounts?q=strangers"), []string{"No account has that name"}, nil)
}

// TestOverviewRespectsRightsAndScope: who may not see products learns no number
// of them, and who may see one learns of one.
func TestOverviewRespectsRightsAndScope(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	products := []enrolld.Product{
		{AccountID: rig.Account.ID, Platform: "stripe", Key: "a", Name: "A"}, {AccountID: rig.Account.ID, Platform: "stripe", Key: "b", Name: "B"},
		{AccountID: rig.Account.ID, Platform: "stripe", Key: "c", Name: "C"},
	}
	if _, err := rig.DB.AddProducts(t.Context(), rig.Account.ID, products); err != nil {
		t.Fatal(err)
	}
	one := rig.Number("SELECT id FROM enrolld_products WHERE product_key = 'b'")
	now := rig.Clock.Now()
	for i, state := range []enrolld.DeliveryState{
		enrolld.DeliveryDone, enrolld.DeliveryParked, enrolld.DeliveryDead, enrolld.DeliveryDead, enrolld.DeliveryRejected,
	} {
		rig.Exec(`INSERT INTO enrolld_deliveries (account_id, integration_id, delivery_key, event, state, received_at, headers, body, due_at)
			VALUES (?, 1, ?, 'e', ?, ?, '', '', ?)`, rig.Account.ID, []byte{byte(i)}, string(state), now.Add(-time.Duration(i)*3*24*time.Hour), now)
	}
	scope := enrolld.Scope{AllAccounts: true, Products: []int64{one}}
	all := enrolld.Scope{AllAccounts: true, AllProducts: true}
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	some, _ := rig.Person("some@example.com", rig.Account.ID, userTerms(scope, enrolld.PermProductsView))
	blind, _ := rig.Person("blind@example.com", rig.Account.ID, userTerms(all, enrolld.PermProfile))
	path := gatetest.Path(rig.Account.ID, "")
	wantText(t, rig.As(owner).Get(path), []string{"3 products wait for a rule", "Need a hand", "1 wait, 2 failed", "in the last 7 days", "The account is yours"},
		[]string{"Leave this account"})
	wantText(t, rig.As(some).Get(path), []string{"1 product waits for a rule", "You may see 1 product, and change none.", "View products", "Leave this account"},
		[]string{"3 products", "Need a hand", "in the last 7 days"})
	wantText(t, rig.As(blind).Get(path), []string{"Change the account&#39;s profile"}, []string{"waits for a rule", "wait for a rule", "Need a hand", "You may see"})

	stats, err := rig.DB.CountDeliveries(t.Context(), rig.Account.ID, now.Add(-recently))
	if got, want := []int{stats.Received, stats.Parked, stats.Dead}, []int{3, 1, 2}; err != nil || !slices.Equal(got, want) {
		t.Errorf("CountDeliveries: got %v, %v, want %v", got, err, want)
	}
}

// TestOverviewTellsOfSilence: who is told of deliveries, and of this account's.
func TestOverviewTellsOfSilence(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	other := rig.AddAccount("Pottery Guild", 0)
	now := rig.Clock.Now().UTC().Truncate(time.Hour)
	for account, name := range map[int64]string{rig.Account.ID: "", other.ID: "Theirs"} {
		i, err := rig.DB.AddIntegration(t.Context(), store.Integration{AccountID: account, Platform: "stripe", Name: name, Token: store.NewToken()})
		if err != nil {
			t.Fatal(err)
		}
		var list []store.Arrival
		for at := now.AddDate(0, 0, -20); at.Before(now.Add(-24 * time.Hour)); at = at.Add(3 * time.Hour) {
			list = append(list, store.Arrival{IntegrationID: i.ID, Hour: at})
		}
		if err := rig.DB.NoteArrivals(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	one := enrolld.Scope{AllAccounts: true, Products: []int64{7}}
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	some, _ := rig.Person("some@example.com", rig.Account.ID, userTerms(one, enrolld.PermProductsView))
	path := gatetest.Path(rig.Account.ID, "")
	wantText(t, rig.As(owner).Get(path), []string{"stripe sends nothing any more", "whether its webhook is still switched on"}, []string{"Theirs"})
	wantText(t, rig.As(some).Get(path), nil, []string{"sends nothing"})
	rig.Exec("UPDATE enrolld_accounts SET paused_at = NOW() WHERE id = ?", rig.Account.ID)
	wantText(t, rig.As(owner).Get(path), []string{"Processing is paused"}, []string{"sends nothing"})
}

func TestOverviewSaysWhatEnds(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	terms := userTerms(enrolld.Scope{AllAccounts: true, AllProducts: true, EditProducts: true})
	terms.Rights[enrolld.PermProductsView] = rig.Clock.Now().Add(49 * time.Hour)
	terms.Rights[enrolld.PermProfile] = rig.Clock.Now().Add(time.Hour)
	ann, _ := rig.Person("ann@example.com", rig.Account.ID, terms)
	path := gatetest.Path(rig.Account.ID, "")
	wantText(t, rig.As(ann).Get(path), []string{"View products", "in 2 days", "in 1 hour", "You may see and change all products."}, nil)
	rig.Clock.Advance(50 * time.Hour)
	wantText(t, rig.As(ann).Get(path), []string{"Nothing at the moment"}, []string{"View products", "Change the account", "You may see"})
}

// TestOverviewTellsOfAnOffer: to whom it was made, and to nobody else.
func TestOverviewTellsOfAnOffer(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	all := enrolld.Scope{AllAccounts: true, AllProducts: true}
	ann, annM := rig.Person("ann@example.com", rig.Account.ID, userTerms(all, enrolld.PermProductsView))
	bob, _ := rig.Person("bob@example.com", rig.Account.ID, userTerms(all, enrolld.PermProductsView))
	actor := enrolld.Actor{LoginID: owner.ID, Name: owner.Name}
	if err := rig.Team.OfferTransfer(t.Context(), actor, rig.Account.ID, annM.ID); err != nil {
		t.Fatal(err)
	}
	path, offer := gatetest.Path(rig.Account.ID, ""), gatetest.Path(rig.Account.ID, "/ownership")
	wantText(t, rig.As(ann).Get(path), []string{"You are offered the ownership", offer}, nil)
	wantText(t, rig.As(bob).Get(path), nil, []string{"You are offered the ownership"})
	wantText(t, rig.As(owner).Get(path), nil, []string{"You are offered the ownership"})
}
