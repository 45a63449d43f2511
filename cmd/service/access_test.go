package service

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/customers"
	"enrolld/store/provision/provisiontest"
)

// What the team gives and takes back on the screens reaches the ledger and the
// site, and somebody who was not first is told.
func TestAccess(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "store", "provision")) // beside which the tables of WordPress lie
	w := provisiontest.New(t)
	ctx, a := t.Context(), access{w.DB}
	maya, otto := enrolld.Actor{LoginID: 7, Name: "Maya Lind"}, enrolld.Actor{LoginID: 8, Name: "Otto"}
	page := func(id int64) enrolld.CourseRef { return enrolld.CourseRef{LMS: "page", ID: id} }
	until := w.DB.Now().Add(24 * time.Hour)
	added, err := a.Add(ctx, maya, customers.Newcomer{
		AccountID: w.Account.ID, Email: "Ann@x.example", First: "Ann", Last: "Lee", Give: []customers.Gift{{Course: page(12), Until: &until}}, Notify: true,
	})
	if err != nil || !added.New || added.Problem != "" {
		t.Fatalf("add: %+v, %v", added, err)
	}
	again, err := a.Add(ctx, maya, customers.Newcomer{AccountID: w.Account.ID, Email: "ann@X.example", Give: []customers.Gift{{Course: page(12), Until: &until}}})
	if err != nil || again.New || again.CustomerID != added.CustomerID {
		t.Errorf("add again: %+v, %v", again, err)
	}
	if at, err := a.SiteURL(ctx, w.Account.ID); err != nil || !strings.HasPrefix(at, "http") {
		t.Errorf("the site is at %q, %v, want its address", at, err)
	}
	if there, err := a.User(ctx, w.Account.ID, "ann@x.example"); err != nil || !there {
		t.Errorf("the WordPress user is there: %t, %v", there, err)
	}
	if there, err := a.User(ctx, w.Account.ID, "nobody@x.example"); err != nil || there {
		t.Errorf("a user for nobody is there: %t, %v", there, err)
	}
	open := func() map[int64]*time.Time {
		t.Helper()
		ledger, err := w.DB.GrantsOf(ctx, w.Account.ID, added.CustomerID)
		if err != nil {
			t.Fatal(err)
		}
		var plain []enrolld.Grant
		for _, g := range ledger {
			plain = append(plain, g.Grant)
		}
		out := map[int64]*time.Time{}
		for _, x := range enrolld.AccessOf(plain) {
			out[x.Course.ID] = x.Until
		}
		return out
	}
	shown, err := w.DB.CustomerByKey(ctx, w.Account.ID, "ann@x.example")
	if err != nil {
		t.Fatal(err)
	}
	change := customers.Change{AccountID: w.Account.ID, CustomerID: added.CustomerID, Revision: shown.Revision}
	change.Give = []customers.Gift{{Course: page(12)}, {Course: page(15)}}
	sooner := w.DB.Now().Add(time.Hour)
	late := change
	late.Take = []enrolld.CourseRef{page(12)}
	if err := a.Change(ctx, maya, change); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int64]*time.Time{12: nil, 15: nil}, open()); diff != "" {
		t.Errorf("given (-want +got):\n%s", diff)
	}
	if err := a.Change(ctx, otto, late); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("who was not first: %v, want a conflict", err)
	}
	late.Revision, late.Give = 0, []customers.Gift{{Course: page(15), Until: &sooner}}
	if err := a.Change(ctx, otto, late); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int64]*time.Time{15: &sooner}, open()); diff != "" {
		t.Errorf("taken back, and given for less (-want +got):\n%s", diff)
	}
	late.CustomerID++
	if err := a.Change(ctx, otto, late); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("nobody: %v, want not found", err)
	}
}
