package service

import (
	"path/filepath"
	"testing"

	"enrolld"
	"enrolld/handlers/customers"
	"enrolld/store/provision/provisiontest"
)

// What the screens ask about who a customer is reaches our tables and the site.
func TestIdentity(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "store", "provision")) // beside which the tables of WordPress lie
	w := provisiontest.New(t)
	ctx, a, maya := t.Context(), access{w.DB}, enrolld.Actor{LoginID: 7, Name: "Maya Lind"}
	add := func(email string, pageID int64) enrolld.Customer {
		t.Helper()
		_, err := a.Add(ctx, maya, customers.Newcomer{
			AccountID: w.Account.ID, Email: email, Give: []customers.Gift{{Course: enrolld.CourseRef{LMS: "page", ID: pageID}}},
		})
		w.Check(err)
		c, err := w.DB.CustomerByKey(ctx, w.Account.ID, enrolld.EmailKey(email))
		w.Check(err)
		return c
	}
	ann, bob := add("ann@x.example", 12), add("bob@x.example", 15)
	if s, err := a.Standing(ctx, w.Account.ID, ann); s != customers.StandingOurs || err != nil {
		t.Errorf("ann's user is %q, %v, want ours", s, err)
	}
	inWordPress, err := a.ChangeProfile(ctx, maya, customers.Profile{
		AccountID: w.Account.ID, CustomerID: ann.ID, Revision: ann.Revision, Email: "anna@x.example", First: "Anna",
	})
	if !inWordPress || err != nil {
		t.Errorf("changed in WordPress: %t, %v", inWordPress, err)
	}
	w.Check(a.AddAddress(ctx, maya, w.Account.ID, ann.ID, "spare@x.example"))
	further, err := w.DB.AddressesOf(ctx, w.Account.ID, ann.ID)
	w.Check(err)
	if len(further) != 2 {
		t.Fatalf("further addresses %+v, want two", further)
	}
	w.Check(a.RemoveAddress(ctx, maya, w.Account.ID, ann.ID, further[1].ID))
	w.Check(a.Merge(ctx, maya, customers.Merging{AccountID: w.Account.ID, KeptID: ann.ID, GoneID: bob.ID}))
	w.Want(provisiontest.Access, "anna@x.example|12|no end", "anna@x.example|15|no end")
	merges, err := w.DB.MergesOf(ctx, w.Account.ID, ann.ID)
	w.Check(err)
	w.Check(a.Unmerge(ctx, maya, w.Account.ID, ann.ID, merges[0].ID))
	w.Want(provisiontest.Access, "anna@x.example|12|no end", "bob@x.example|15|no end")
}
