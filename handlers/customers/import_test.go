package customers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
	"enrolld/store"
)

// TestCustomersOfAnImport filters the list and its export by an import.
func TestCustomersOfAnImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.check(w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.SaveGrants(t.Context(), []store.Grant{w.grant(w.people["Cleo"], drawing, enrolld.Cause{Kind: enrolld.CauseImport, ID: 5})})
	}))
	b := w.owner()
	a := b.Get(w.path("?import=5"))
	want(t, "of import 5", a, http.StatusOK, "Cleo Stone", "of import 5", `name="import" value="5"`)
	if strings.Contains(a.Body, "Ann Lee") {
		t.Error("somebody else is in the list")
	}
	if got := b.Get(w.path(".csv?import=5")).Body; strings.Count(got, "\n") != 2 || !strings.Contains(got, "cleo@none.example") {
		t.Errorf("exported %q, want Cleo alone", got)
	}
	w.Exec(`INSERT INTO enrolld_imports (id, account_id, file_name, size, state, plan, courses, position, preview, counts, undo_counts, actor, created_at, started_at)
		VALUES (5, ?, 'friends.csv', 1, 'done', '{}', '[]', '{}', '', '{}', '{}', 'Maya', ?, ?)`, w.Account.ID, w.DB.Now(), w.DB.Now())
	label := "friends.csv, " + day(w.DB.Now()) + " (import 5)"
	want(t, "the filter", b.Get(w.path("")), http.StatusOK, `<option value="5">`+label)
	want(t, "the filter with it", b.Get(w.path("?import=5")), http.StatusOK, `<option value="5" selected>`+label)
	want(t, "the filter with another", b.Get(w.path("?import=7")), http.StatusOK, `<option value="7" selected>Import 7`)
	want(t, "no import", b.Get(w.path("?import=x")), http.StatusUnprocessableEntity, "names no import")
	narrow := w.person("narrow@example.org", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse)
	if a := narrow.Get(w.path("?import=5")); strings.Contains(a.Body, "friends.csv") || strings.Contains(a.Body, "Cleo") || strings.Contains(a.Body, "Ann Lee") {
		t.Error("who was given some products only finds somebody by an import")
	}
}

// TestCauseLeadsToImport: the import that gave a course is a link, for who may see it.
func TestCauseLeadsToImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.check(w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.SaveGrants(t.Context(), []store.Grant{w.grant(w.people["Ann"], drawing, enrolld.Cause{Kind: enrolld.CauseImport, ID: 5})})
	}))
	link := `<a href="` + gatetest.Path(w.Account.ID, "/imports/5") + `">Import 5, `
	at := w.path("/%d", w.people["Ann"])
	if a := w.owner().Get(at); !strings.Contains(a.Body, link) {
		t.Errorf("%d: there is no link to the import", a.Status)
	}
	narrow := w.person("narrow@example.org", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse)
	finder := w.person("finder@example.org", enrolld.Everything(), enrolld.PermCustomersSearch)
	finder.Post(w.path("/find"), url.Values{"who": {"ann@ink.example"}})
	finder.Get(w.path("/find"))
	for who, a := range map[string]gatetest.Answer{
		"who was given some products": narrow.Get(at), "who finds by a search": finder.Get(w.path("/found/%d", w.people["Ann"])),
	} {
		want(t, who, a, http.StatusOK, "Import 5, ")
		if strings.Contains(a.Body, link) {
			t.Errorf("%s is led to a page that they cannot see", who)
		}
	}
}
