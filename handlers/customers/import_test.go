package customers

import (
	"net/http"
	"strings"
	"testing"

	"enrolld"
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
	want(t, "no import", b.Get(w.path("?import=x")), http.StatusUnprocessableEntity, "names no import")
	narrow := w.person("narrow@example.org", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse)
	if a := narrow.Get(w.path("?import=5")); strings.Contains(a.Body, "Cleo") || strings.Contains(a.Body, "Ann Lee") {
		t.Error("who was given some products only finds somebody by an import")
	}
}
