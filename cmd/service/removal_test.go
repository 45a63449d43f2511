package service

import (
	"fmt"
	"path/filepath"
	"testing"

	"enrolld"
	"enrolld/handlers/customers"
	"enrolld/store/provision/provisiontest"
)

// What is decided on the screens reaches the ledger and the site, and an erasure
// waits for imports that name the person.
func TestRemoval(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "store", "provision")) // beside which the tables of WordPress lie
	w := provisiontest.New(t)
	ctx, a, maya := t.Context(), access{w.DB}, enrolld.Actor{LoginID: 7, Name: "Maya Lind"}
	added, err := a.Add(ctx, maya, customers.Newcomer{
		AccountID: w.Account.ID, Email: "ann@x.example", Give: []customers.Gift{{Course: enrolld.CourseRef{LMS: "page", ID: 12}}},
	})
	w.Check(err)
	c := func() enrolld.Customer {
		t.Helper()
		c, err := w.DB.CustomerByKey(ctx, w.Account.ID, "ann@x.example")
		w.Check(err)
		return c
	}
	if made, err := a.Made(ctx, c()); !made || err != nil {
		t.Errorf("the WordPress user was made by us: %t, %v", made, err)
	}
	decide := func(act customers.Act) {
		t.Helper()
		w.Check(a.Decide(ctx, maya, customers.Decision{
			AccountID: w.Account.ID, CustomerID: added.CustomerID, Revision: c().Revision, Act: act, Reason: "why",
		}))
	}
	const open = "ann@x.example|12|no end"
	for _, step := range []struct{ act, undo customers.Act }{{customers.Block, customers.Unblock}, {customers.Remove, customers.TakeBack}} {
		decide(step.act)
		w.Want(provisiontest.Access)
		decide(step.undo)
		w.Want(provisiontest.Access, open)
	}
	w.Exec(`UPDATE wp_usermeta SET meta_value = 'a:1:{s:6:"editor";b:1;}' WHERE meta_key = 'wp_capabilities'`)
	if made, err := a.Made(ctx, c()); made || err != nil {
		t.Errorf("an editor counts as ours alone: %t, %v", made, err)
	}
	w.Exec(`INSERT INTO enrolld_imports (id, account_id, file_name, size, state, plan, courses, preview, counts, undo_counts, actor, created_at)
		VALUES (5, ?, 'people.csv', 20, 'running', '', '', '', '', '', 'Maya', NOW())`, w.Account.ID)
	w.Exec(`INSERT INTO enrolld_import_files VALUES (5, 0, 'Email\nAnn@x.example\n')`)
	e := customers.Erasure{AccountID: w.Account.ID, CustomerID: added.CustomerID, NoCopy: true}
	if err := a.Erase(ctx, maya, e); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("while an import runs: %v, want a conflict", err)
	}
	w.Want(provisiontest.Access, open)
	w.Exec(`UPDATE enrolld_imports SET state = 'done'`)
	w.Check(a.Erase(ctx, maya, e))
	w.Want(provisiontest.Access)
	w.Want(`SELECT size FROM enrolld_imports`, "0")
	w.Want(`SELECT COUNT(*) FROM enrolld_import_files`, "0")
	w.Want(`SELECT email FROM enrolld_customers WHERE email LIKE 'erased-%'`, fmt.Sprintf("erased-%d@invalid.", added.CustomerID))
	e.CustomerID = 999
	if err := a.Erase(ctx, maya, e); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("nobody: %v, want not found", err)
	}
}
