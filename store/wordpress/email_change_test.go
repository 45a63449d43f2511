package wordpress

import (
	"database/sql"
	"fmt"
	"testing"

	"enrolld"
)

func TestChangeEmail(t *testing.T) {
	w := newWorld(t)
	ann := w.user(Person{Email: "ann@example.org"})
	bob := w.user(Person{Email: "bob@example.org"})
	eve := w.user(Person{Email: "eve@example.org"})
	w.exec(`UPDATE wp_usermeta SET meta_value = 'a:1:{s:6:"editor";b:1;}' WHERE meta_key = 'wp_capabilities' AND user_id = ?`, eve.ID)
	w.exec("UPDATE wp_users SET user_activation_key = 'key'")
	change := func(id int64, email string) error {
		_, err := w.inTx(func(tx *sql.Tx) error { return ChangeEmail(t.Context(), tx, w.site, w.info, id, email) })
		return err
	}
	for name, test := range map[string]struct {
		id    int64
		email string
		want  enrolld.Code
	}{
		"another user's":   {ann.ID, "BOB@example.org", enrolld.Conflict},
		"cannot be held":   {ann.ID, "änn@example.org", enrolld.Invalid},
		"nobody":           {4711, "x@example.org", enrolld.NotFound},
		"with more rights": {eve.ID, "x@example.org", enrolld.Forbidden},
		"a site unnamed":   {0, "", enrolld.Invalid},
	} {
		if got := enrolld.CodeOf(change(test.id, test.email)); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if err := change(ann.ID, "Anna@BÜCHER.example"); err != nil {
		t.Fatal(err)
	}
	if got, want := w.one("SELECT user_login, user_email, user_activation_key FROM wp_users WHERE ID = ?", ann.ID), "ann|Anna@xn--bcher-kva.example|"; got != want {
		t.Errorf("the user is %q, want %q", got, want)
	}
	if got, want := w.one("SELECT user_email, user_activation_key FROM wp_users WHERE ID = ?", bob.ID), "bob@example.org|key"; got != want {
		t.Errorf("the other user is %q, want %q", got, want)
	}
	if got, want := w.one("SELECT user_id FROM enrolld_site_names WHERE kind = 'email' AND name = 'anna@xn--bcher-kva.example'"), fmt.Sprint(ann.ID); got != want {
		t.Errorf("the address is reserved for %s, want %s", got, want)
	}
	if got := w.user(Person{Email: "anna@bücher.example"}); got.ID != ann.ID || got.Created {
		t.Errorf("the new address finds %+v, want user %d", got, ann.ID)
	}
}
