package account

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, profileView, subAccountsView, subAccountView, securityView, ownershipView, offeredView, leaveView, auditView)
}

func newRig(t *testing.T) *gatetest.Rig {
	return gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f).Routes() }, append(Nav, NavBelow...)...)
}

var (
	want  = gatetest.Want
	lacks = gatetest.Lacks
)

func wantGone(t *testing.T, what string, a gatetest.Answer, to string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != to {
		t.Errorf("%s: got %d to %s, want 303 to %s", what, a.Status, a.Location, to)
	}
}

func adminTerms(scope enrolld.Scope, rights ...enrolld.Permission) enrolld.Terms {
	terms := enrolld.Terms{Type: enrolld.TypeAdmin, Scope: scope, Rights: map[enrolld.Permission]time.Time{}}
	for _, p := range rights {
		terms.Rights[p] = time.Time{}
	}
	return terms
}

func TestRightsOfRoutes(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	none, _ := rig.Person("none@example.com", rig.Account.ID, adminTerms(enrolld.Everything()))
	admin, _ := rig.Person("admin@example.com", rig.Account.ID, adminTerms(enrolld.Everything(), enrolld.PermUsers, enrolld.PermAudit, enrolld.PermProfile))
	stranger, _ := rig.Owner("stranger@example.com", rig.AddAccount("Guild", 0).ID)
	bNone, bAdmin, bStranger := rig.As(none), rig.As(admin), rig.As(stranger)
	for _, test := range []struct {
		path        string
		none, admin int
	}{
		{profilePath, http.StatusForbidden, http.StatusOK},
		{subAccountsPath, http.StatusForbidden, http.StatusOK},
		{subAccountsPath + "/new", http.StatusForbidden, http.StatusOK},
		{auditPath, http.StatusForbidden, http.StatusOK},
		{auditPath + ".csv", http.StatusForbidden, http.StatusOK},
		{securityPath, http.StatusForbidden, http.StatusForbidden},
		{securityPath + "/take-back", http.StatusForbidden, http.StatusForbidden},
		{ownershipPath, http.StatusForbidden, http.StatusForbidden},
		{ownershipPath + "/1", http.StatusForbidden, http.StatusForbidden},
		{offerPath, http.StatusNotFound, http.StatusNotFound},
		{leavePath, http.StatusOK, http.StatusOK},
	} {
		path := gatetest.Path(rig.Account.ID, test.path)
		want(t, "without rights: "+path, bNone.Get(path), test.none)
		want(t, "an admin: "+path, bAdmin.Get(path), test.admin)
		want(t, "a stranger: "+path, bStranger.Get(path), http.StatusNotFound)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	sub := rig.AddAccount("North", rig.Account.ID)
	b := rig.As(owner)
	path := gatetest.Path(rig.Account.ID, profilePath)
	form := func(account int64, more url.Values) url.Values {
		a, err := rig.DB.Account(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		v := url.Values{"name": {"Ink"}, "from_name": {"Ink School"}, "from_address": {"hi@ink.example"}, "link_days": {"3"}, "seen": {stampOf(a)}}
		maps.Copy(v, more)
		return v
	}
	for name, test := range map[string]struct {
		change url.Values
		has    []string
	}{
		"no name":      {url.Values{"name": {" "}}, []string{"An account needs a name", `value="Ink School"`}},
		"a bad sender": {url.Values{"from_address": {"nobody"}}, []string{"The sender&#39;s address", `value="nobody"`}},
		"a long link":  {url.Values{"link_days": {"31"}}, []string{"valid for 1 to 30 days", `value="31"`}},
		"words":        {url.Values{"link_days": {"three"}}, []string{"valid for 1 to 30 days", `value="three"`}},
		"changed":      {url.Values{"seen": {"old"}}, []string{"Somebody changed the profile meanwhile", `value="Ink School"`}},
		"two lines":    {url.Values{"from_name": {"a\nb"}}, []string{"The sender&#39;s name is one line"}},
	} {
		want(t, name, b.Post(path, form(rig.Account.ID, test.change)), http.StatusUnprocessableEntity, test.has...)
	}
	wantGone(t, "save", b.Post(path, form(rig.Account.ID, nil)), path)
	want(t, "after it", b.Get(path), http.StatusOK, "Saved.", `value="hi@ink.example"`)
	rig.AddAccount("South", rig.Account.ID)
	subPath := gatetest.Path(sub.ID, profilePath)
	want(t, "a sub-account's", b.Get(subPath), http.StatusOK, "this sub-account of")
	want(t, "a sibling's name", b.Post(subPath, form(sub.ID, url.Values{"name": {"South"}})), http.StatusUnprocessableEntity, "choose another name")
	wantGone(t, "save a sub-account", b.Post(subPath, form(sub.ID, url.Values{"name": {"Far North"}})), subPath)
	if n := rig.Number("SELECT COUNT(*) FROM enrolld_accounts WHERE name IN ('Ink', 'Far North')"); n != 2 {
		t.Errorf("got %d saved names, want 2", n)
	}
}

func TestSubAccounts(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	north, south := rig.AddAccount("North", rig.Account.ID), rig.AddAccount("South", rig.Account.ID)
	foreign := rig.AddAccount("Foreign", rig.AddAccount("Guild", 0).ID)
	b := rig.As(owner)
	list := gatetest.Path(rig.Account.ID, subAccountsPath)
	want(t, "no name", b.Post(list+"/new", url.Values{"name": {""}}), http.StatusUnprocessableEntity, "needs a name")
	want(t, "a name twice", b.Post(list+"/new", url.Values{"name": {"North"}}), http.StatusUnprocessableEntity, "choose another name", `value="North"`)
	wantGone(t, "create", b.Post(list+"/new", url.Values{"name": {"West"}}), list)
	want(t, "the list", b.Get(list), http.StatusOK, "West was created.", "North", "South", "Not known to the site", "enrolld companion install")
	rig.Exec("UPDATE enrolld_accounts SET companion_at = ? WHERE parent_id <> 0", rig.DB.Now())
	lacks(t, "once the plugin knows them", b.Get(list), "Not known to the site", "enrolld companion install")
	rename := func(id int64) string { return fmt.Sprintf("%s/%d/rename", list, id) }
	want(t, "the form", b.Get(rename(north.ID)), http.StatusOK, `value="North"`)
	want(t, "taken", b.Post(rename(north.ID), url.Values{"name": {"South"}}), http.StatusUnprocessableEntity, `value="South"`)
	wantGone(t, "rename", b.Post(rename(north.ID), url.Values{"name": {"Far North"}}), list)
	for what, id := range map[string]int64{"another client's": foreign.ID, "the client account": rig.Account.ID, "nothing": 4711} {
		want(t, "the form of "+what, b.Get(rename(id)), http.StatusNotFound)
		want(t, "rename "+what, b.Post(rename(id), url.Values{"name": {"Mine"}}), http.StatusNotFound)
	}

	some, _ := rig.Person("some@example.com", rig.Account.ID,
		adminTerms(enrolld.Scope{Accounts: []int64{rig.Account.ID, north.ID}, AllProducts: true}, enrolld.PermUsers))
	bSome := rig.As(some)
	page := bSome.Get(list)
	want(t, "in scope", page, http.StatusOK, "Far North")
	lacks(t, "in scope", page, "South", list+"/new")
	want(t, "the form out of scope", bSome.Get(list+"/new"), http.StatusForbidden)
	want(t, "create out of scope", bSome.Post(list+"/new", url.Values{"name": {"Mine"}}), http.StatusForbidden)
	want(t, "rename out of scope", bSome.Post(rename(south.ID), url.Values{"name": {"Mine"}}), http.StatusNotFound)
	if n := rig.Number("SELECT COUNT(*) FROM enrolld_accounts WHERE name = 'Mine'"); n != 0 {
		t.Errorf("got %d accounts that nobody might make, want 0", n)
	}
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	ann := rig.AddLogin("ann@example.com")
	rig.Join(ann.ID, rig.Account.ID, enrolld.Terms{Type: enrolld.TypeUser, Scope: enrolld.Everything()})
	b := rig.As(owner)
	path := gatetest.Path(rig.Account.ID, securityPath)
	want(t, "at first", b.Get(path), http.StatusOK, "Owner and Admins only", "ann@example.com", "never")
	for typed, message := range map[string]string{
		"": "Enter a date", "soon": "Enter a date", "2026-03-03": "Choose today or a later day", "2030-01-01": "within the next two years",
	} {
		want(t, "require from "+typed, b.Post(path, url.Values{"from": {typed}}), http.StatusUnprocessableEntity, message, "ann@example.com")
	}
	wantGone(t, "require", b.Post(path, url.Values{"from": {"2026-03-20"}}), path)
	want(t, "announced", b.Get(path), http.StatusOK, "From 20 March 2026 on, everybody needs a second factor", "Announced", `value="2026-03-20"`)
	if got := rig.Mails("ann@example.com"); len(got) != 1 {
		t.Errorf("mail to who lacks one: got %d, want 1", len(got))
	}
	wantGone(t, "require today", b.Post(path, url.Values{"from": {"2026-03-04"}}), path)
	want(t, "required", b.Get(path), http.StatusOK, "Required of everybody")
	want(t, "ask to take back", b.Get(path+"/take-back"), http.StatusOK, "No longer require it")
	wantGone(t, "take back", b.Post(path+"/take-back", nil), path)
	want(t, "taken back", b.Get(path), http.StatusOK, "Owner and Admins only")

	rig.Clock.Advance(20 * time.Minute)
	for _, below := range []string{securityPath + "/take-back", ownershipPath, ownershipPath + "/1"} {
		if a := b.Get(gatetest.Path(rig.Account.ID, below)); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, gate.ConfirmURL) {
			t.Errorf("%s with an old proof: got %d to %s, want a new proof", below, a.Status, a.Location)
		}
	}
}

func TestLeave(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	ann, _ := rig.Person("ann@example.com", rig.Account.ID, enrolld.Terms{Type: enrolld.TypeUser, Scope: enrolld.Everything()})
	path := gatetest.Path(rig.Account.ID, leavePath)
	bOwner, bAnn := rig.As(owner), rig.As(ann)
	page := bOwner.Get(path)
	want(t, "the owner asks", page, http.StatusOK, "The owner cannot leave", ownershipPath)
	lacks(t, "the owner asks", page, `method="post" action="`+path)
	want(t, "the owner leaves", bOwner.Post(path, nil), http.StatusForbidden, "transfer the ownership first")
	want(t, "a user asks", bAnn.Get(path), http.StatusOK, "Leave Ink &amp; Wash?", "ask the owner or an Admin for a new invitation")
	wantGone(t, "a user leaves", bAnn.Post(path, nil), "/")
	want(t, "afterwards", bAnn.Get(path), http.StatusNotFound)
}
