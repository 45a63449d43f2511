package service

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/customers"
	"enrolld/store/provision/provisiontest"
)

// TestEntrance: there is a way onto a site as a user who has a customer's rights,
// where a companion plugin lets somebody in; otherwise people are told what to do.
func TestEntrance(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "store", "provision")) // beside which the tables of WordPress lie
	w := provisiontest.New(t)
	a := access{w.DB}
	added, err := a.Add(t.Context(), enrolld.Actor{Name: "command"}, customers.Newcomer{
		AccountID: w.Account.ID, Email: "ann@x.example", Give: []customers.Gift{{Course: enrolld.CourseRef{LMS: "page", ID: 12}}},
	})
	w.Check(err)
	c, err := w.DB.CustomerByKey(t.Context(), w.Account.ID, "ann@x.example")
	w.Check(err)
	if c.ID != added.CustomerID || c.WPUserID == 0 {
		t.Fatalf("the customer: %+v", c)
	}
	answer := ""
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(rw, answer) }))
	t.Cleanup(site.Close)
	w.Exec(`UPDATE enrolld_accounts SET site_url = ? WHERE id = ?`, site.URL, w.Account.ID)
	const good = `{"version":"1.2.0","entries_ok":true}`
	try := func(what, health string, user int64, code enrolld.Code, says string) customers.Entrance {
		t.Helper()
		answer = health
		got, err := a.Entrance(t.Context(), w.Account.ID, user)
		if enrolld.CodeOf(err) != code || !strings.Contains(enrolld.MessageOf(err), says) {
			t.Errorf("%s: %v, want %q with %q", what, err, code, says)
		}
		return got
	}
	try("no companion", good, c.WPUserID, enrolld.Conflict, "not installed")
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, enrolld.Secret(strings.Repeat("0", 64))))
	host := strings.TrimPrefix(site.URL, "http://")
	want := customers.Entrance{Site: host, Address: site.URL + "/index.php?enrolld=enter", Origin: site.URL, Field: "enrolld_token"}
	if diff := cmp.Diff(want, try("all is well", good, c.WPUserID, "", "")); diff != "" {
		t.Errorf("the way (-want +got):\n%s", diff)
	}
	try("an old companion", `{"version":"1.0.0"}`, c.WPUserID, enrolld.Conflict, "install the companion again")
	try("no rights on the table", `{"version":"1.2.0","entries_ok":false}`, c.WPUserID, enrolld.Conflict, "cannot write")
	try("no such user", good, 99999, enrolld.NotFound, "no WordPress user")
	w.Exec(`UPDATE wp_usermeta SET meta_value = 'a:1:{s:6:"editor";b:1;}' WHERE meta_key = 'wp_capabilities' AND user_id = ?`, c.WPUserID)
	try("an editor", good, c.WPUserID, enrolld.Forbidden, "more rights")
	w.Exec(`UPDATE wp_usermeta SET meta_value = 'a:1:{s:10:"subscriber";b:1;}' WHERE meta_key = 'wp_capabilities' AND user_id = ?`, c.WPUserID)
	site.Close()
	try("a site that is away", good, c.WPUserID, enrolld.Unavailable, "does not answer")
}
