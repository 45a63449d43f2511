package wordpress

import (
	"context"
	"database/sql"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNetwork_newUser(t *testing.T) {
	w := newNetwork(t)
	meta := w.meta(w.user(Person{Email: "a@example.com"}).ID)
	want := []string{
		"primary_blog|2", "source_domain|two.school.example",
		`wp_2_capabilities|a:1:{s:10:"subscriber";b:1;}`, "wp_2_user_level|0",
	}
	if len(meta) != 15 {
		t.Fatalf("%d meta rows, want 15: %q", len(meta), meta)
	}
	if diff := cmp.Diff(want, meta[11:]); diff != "" {
		t.Errorf("meta (-want +got):\n%s", diff)
	}
}

func TestNetwork_existingUserJoinsTheBlog(t *testing.T) {
	w := newNetwork(t)
	w.exec(`INSERT INTO wp_users (ID, user_login, user_nicename, user_email) VALUES
		(1, 'boss', 'boss', 'boss@example.com'), (2, 'one', 'one', 'one@example.com'),
		(3, 'none', 'none', 'none@example.com'), (4, 'here', 'here', 'here@example.com'),
		(5, 'writer', 'writer', 'writer@example.com')`)
	w.exec(`INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES
		(2, 'primary_blog', '1'), (2, 'wp_capabilities', 'a:1:{s:8:"customer";b:1;}'),
		(3, 'primary_blog', ''), (3, 'source_domain', 'gone.example'),
		(4, 'wp_2_capabilities', 'a:1:{s:8:"customer";b:1;}'),
		(5, 'wp_capabilities', 'a:1:{s:6:"editor";b:1;}')`)
	people := []Person{
		{Email: "boss@example.com"}, {Email: "one@example.com"}, {Email: "none@example.com"},
		{Email: "here@example.com"}, {Email: "writer@example.com"},
	}
	results := w.ensure(people...)
	w.ensure(people...)
	for i, privileged := range []bool{true, false, false, false, true} {
		u := results[i].User
		if u.ID != int64(i+1) || u.Created || u.Privileged != privileged {
			t.Errorf("result %d = %+v, want user %d, privileged %t", i, u, i+1, privileged)
		}
	}
	home := []string{"primary_blog|2", "source_domain|two.school.example"}
	role := []string{`wp_2_capabilities|a:1:{s:10:"subscriber";b:1;}`, "wp_2_user_level|0"}
	for id, want := range map[int64][]string{
		1: append(append([]string{}, home...), role...),
		2: append([]string{"primary_blog|1", `wp_capabilities|a:1:{s:8:"customer";b:1;}`}, role...),
		3: append(append([]string{}, home...), role...),
		4: {`wp_2_capabilities|a:1:{s:8:"customer";b:1;}`},
	} {
		if diff := cmp.Diff(want, w.meta(id)); diff != "" {
			t.Errorf("meta of user %d (-want +got):\n%s", id, diff)
		}
	}
}

func TestNetwork_concurrentJoin(t *testing.T) {
	w := newNetwork(t)
	w.exec("INSERT INTO wp_users (ID, user_login, user_nicename, user_email) " +
		"VALUES (1, 'a', 'a', 'a@example.com')")
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, err := w.inTx(func(tx *sql.Tx) error {
				p := []Person{{Email: "a@example.com"}}
				_, err := EnsureUsers(context.Background(), tx, w.site, w.info, p, testNow)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := len(w.meta(1)); n != 4 {
		t.Errorf("%d meta rows, want 4: %q", n, w.meta(1))
	}
}

func TestNetwork_info(t *testing.T) {
	w := newNetwork(t)
	if diff := cmp.Diff([]string{"boss"}, w.info.SuperAdmins); diff != "" {
		t.Errorf("super admins (-want +got):\n%s", diff)
	}
	want := []string{"akismet/akismet.php", "sensei-lms/sensei.php", "sfwd-lms/sfwd_lms.php.bk"}
	if diff := cmp.Diff(want, w.info.Plugins); diff != "" {
		t.Errorf("plugins (-want +got):\n%s", diff)
	}
	if w.info.Domain != "two.school.example" {
		t.Errorf("domain %q", w.info.Domain)
	}
	w.site.BlogID = 9
	if _, err := Inspect(context.Background(), w.db, w.site); err == nil {
		t.Error("a blog that does not exist was inspected")
	}
}
