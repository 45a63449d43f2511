package users

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/page"
)

var (
	now      = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	endOfMay = time.Date(2026, 5, 31, 23, 59, 59, 0, time.UTC)
	june     = time.Date(2026, 6, 30, 23, 59, 59, 0, time.UTC)
)

// ownerOffer is what the owner of an account with a sub-account and two products
// may give.
func ownerOffer() offer {
	o := offerOf(enrolld.Member{Terms: enrolld.OwnerTerms()}, now)
	o.accounts = []enrolld.Account{{ID: 1, Name: "Ink & Wash"}, {ID: 2, Name: "Bread Club", ParentID: 1}}
	o.askAccounts = true
	o.products = []page.Option{{Value: "11", Label: "Ink"}, {Value: "12", Label: "Wash"}}
	return o
}

// helperOffer is what an admin may give who has one product, two permissions, one
// of them until the end of May, and may not delete.
func helperOffer() offer {
	o := offerOf(enrolld.Member{Terms: helperTerms()}, now)
	o.accounts = ownerOffer().accounts[:1]
	o.products = ownerOffer().products[:1]
	return o
}

func helperTerms() enrolld.Terms {
	return enrolld.Terms{
		Type: enrolld.TypeAdmin, Rights: map[enrolld.Permission]time.Time{enrolld.PermUsers: {}, enrolld.PermProductsView: endOfMay},
		Scope: enrolld.Scope{Accounts: []int64{1}, Products: []int64{11}, EditProducts: true},
	}
}

func formOf(values url.Values, o offer) termsForm { return termsForm{page.FormOf(values), o, now} }

func TestTermsForm_fillAndParse(t *testing.T) {
	t.Parallel()
	everywhere := enrolld.Scope{AllAccounts: true, AllProducts: true}
	cases := map[string]struct {
		offer offer
		terms enrolld.Terms
	}{
		"all": {ownerOffer(), enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}},
		"one for good": {ownerOffer(), enrolld.Terms{
			Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}}, Scope: everywhere,
		}},
		"two until one day": {ownerOffer(), enrolld.Terms{
			Type:   enrolld.TypeAdmin,
			Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: endOfMay, enrolld.PermUsers: endOfMay}, Scope: everywhere,
		}},
		"two until different days": {ownerOffer(), enrolld.Terms{
			Type:   enrolld.TypeAdmin,
			Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: endOfMay, enrolld.PermUsers: june}, Scope: everywhere,
		}},
		"one until a day, one for good": {ownerOffer(), enrolld.Terms{
			Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}, enrolld.PermProfile: endOfMay},
			Scope: everywhere,
		}},
		"chosen accounts and products": {ownerOffer(), enrolld.Terms{
			Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}},
			Scope: enrolld.Scope{Accounts: []int64{2}, Products: []int64{11, 12}, EditProducts: true},
		}},
		"no products": {ownerOffer(), enrolld.Terms{
			Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProfile: {}},
			Scope: enrolld.Scope{AllAccounts: true, DeleteProducts: true},
		}},
		"all that a helper has": {helperOffer(), helperTerms()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := formOf(nil, c.offer)
			f.fill(c.terms)
			got := f.parse()
			if diff := cmp.Diff(c.terms, got); diff != "" || f.Failed() {
				t.Errorf("fill and parse: got other terms, errors %v (-want +got):\n%s", f.Errors(), diff)
			}
		})
	}
}

func TestTermsForm_fillLeavesOut(t *testing.T) {
	t.Parallel()
	f := formOf(nil, ownerOffer())
	f.fill(enrolld.Terms{Type: enrolld.TypeUser, Scope: enrolld.Everything(), Rights: map[enrolld.Permission]time.Time{
		enrolld.PermProductsView: {},
		enrolld.PermProfile:      now.Add(-time.Hour), // over
		enrolld.PermTickets:      {},                  // its screen does not exist
		enrolld.PermUsers:        {},                  // not for type User
	}})
	if diff := cmp.Diff([]string{string(enrolld.PermProductsView)}, f.All(fieldPermission)); diff != "" {
		t.Errorf("ticked permissions (-want +got):\n%s", diff)
	}
}

// sound is a form that is in order; with changes one thing.
func sound(with ...string) url.Values {
	v := url.Values{
		"type": {"user"}, "rights": {"chosen"}, "permission": {"products.view"}, "accounts": {"all"}, "products": {"all"},
	}
	for i := 0; i < len(with); i += 2 {
		v[with[i]] = strings.Fields(with[i+1])
	}
	return v
}

func TestTermsForm_parseRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		offer  offer
		values url.Values
		field  string // "" when it is in order
		want   string // part of the message
	}{
		"in order":                        {ownerOffer(), sound(), "", ""},
		"the last day that counts":        {ownerOffer(), sound("until", "2026-03-04"), "", ""},
		"a type that there is not":        {ownerOffer(), sound("type", "root"), "type", "Choose one"},
		"owner":                           {ownerOffer(), sound("type", "owner"), "type", "Choose one"},
		"no type":                         {ownerOffer(), sound("type", ""), "type", "Choose one"},
		"admin by hand":                   {ownerOffer().forUsers(), sound("type", "admin"), "type", "Choose one"},
		"no permission":                   {ownerOffer(), sound("permission", ""), "permission", "at least one"},
		"a permission that there is not":  {ownerOffer(), sound("permission", "world.rule"), "permission", "not yours to give"},
		"one whose screen does not exist": {ownerOffer(), sound("permission", "tickets.manage"), "permission", "not yours to give"},
		"one for admins, to a user":       {ownerOffer(), sound("permission", "users.manage"), "permission", "Only an Admin"},
		"one for admins, by hand":         {ownerOffer().forUsers(), sound("permission", "users.manage"), "permission", "not yours to give"},
		"one that the caller lacks":       {helperOffer(), sound("permission", "account.profile", "products", "chosen"), "permission", "not yours to give"},
		"all, when the caller has some":   {helperOffer(), sound("rights", "all", "products", "chosen"), "rights", "do not hold all"},
		"later than the caller":           {helperOffer(), sound("until", "2026-06-01", "products", "chosen"), "until", "until 31 May 2026"},
		"for good, the caller until May":  {helperOffer(), sound("products", "chosen"), "until", "until 31 May 2026"},
		"a day that is over":              {ownerOffer(), sound("until", "2026-03-03"), "until", "is over"},
		"a day that there is not":         {ownerOffer(), sound("until", "2026-02-30"), "until", "year, month and day"},
		"a day too far":                   {ownerOffer(), sound("until", "9999-12-31"), "until", "10 years"},
		"an end of its own that is over":  {ownerOffer(), sound("until.products.view", "2025-01-01"), "until.products.view", "is over"},
		"no account":                      {ownerOffer(), sound("accounts", "chosen"), "account", "at least one account"},
		"somebody else's account":         {ownerOffer(), sound("accounts", "chosen", "account", "2 99"), "account", "not yours"},
		"an account that is no number":    {ownerOffer(), sound("accounts", "chosen", "account", "2x"), "account", "not yours"},
		"somebody else's product":         {ownerOffer(), sound("products", "chosen", "product", "11 13"), "product", "not yours"},
		"a product out of scope":          {helperOffer(), sound("until", "2026-05-01", "products", "chosen", "product", "12"), "product", "not yours"},
		"all products, the caller one":    {helperOffer(), sound("until", "2026-05-01"), "products", "do not have all"},
		"deleting, the caller may not":    {helperOffer(), sound("until", "2026-05-01", "products", "chosen", "delete", "1"), "delete", "may not"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := formOf(c.values, c.offer)
			f.parse()
			if c.field == "" {
				if f.Failed() {
					t.Errorf("got errors %v, want none", f.Errors())
				}
				return
			}
			if got := f.Error(c.field); !strings.Contains(got, c.want) || got == "" {
				t.Errorf("error of field %q: got %q, want one with %q; all: %v", c.field, got, c.want, f.Errors())
			}
		})
	}
}

// Whatever a form holds that is let through, the domain lets through too: then
// the store's check can only fail when something changed meanwhile.
func TestTermsForm_offersWhatCanBeGiven(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]enrolld.Member{
		"owner":  {ID: 1, AccountID: 1, LoginID: 1, Terms: enrolld.OwnerTerms()},
		"helper": {ID: 2, AccountID: 1, LoginID: 2, Terms: helperTerms()},
	} {
		o := map[string]offer{"owner": ownerOffer(), "helper": helperOffer()}[name]
		for _, kind := range o.types {
			for _, p := range o.permissions {
				f := formOf(sound("type", string(kind), "permission", string(p.Key), "until", dayText(p.limit), "edit", "1"), o)
				f.Set(fieldProducts, mode(o.allProducts))
				f.Set(fieldProduct, idTexts(o.productIDs())...)
				terms := f.parse()
				if p.AdminOnly && kind == enrolld.TypeUser {
					if !f.Failed() {
						t.Errorf("%s gives %s to a %s: got no error", name, p.Key, kind)
					}
					continue
				}
				if err := enrolld.CheckGrant(m, terms, now); f.Failed() || err != nil {
					t.Errorf("%s gives %s to a %s: got %v and %v, want no error", name, p.Key, kind, f.Errors(), err)
				}
			}
		}
	}
}

func TestOffer_unreadyPermissionsNeverAppear(t *testing.T) {
	t.Parallel()
	f := formOf(nil, ownerOffer())
	if len(f.Permissions()) == 0 {
		t.Fatal("nothing is offered")
	}
	for _, o := range f.Permissions() {
		if info, ok := enrolld.Permission(o.Value).Info(); !ok || !info.Ready {
			t.Errorf("%s is offered, and its screen does not exist", o.Value)
		}
	}
}

func TestUnlisted(t *testing.T) {
	t.Parallel()
	listed := []page.Option{{Value: "11", Label: "Ink"}}
	got := unlisted([]int64{11, 12, 13}, listed, enrolld.Scope{Products: []int64{11, 13}})
	want := []page.Option{{Value: "13", Label: "Product 13", Hint: "not in this list"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("products that stay ticked (-want +got):\n%s", diff)
	}
}
