package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

func TestEnsureUsers_writesWhatWordPressWrites(t *testing.T) {
	w := newWorld(t)
	u := w.user(Person{Email: "Jane.Doe@Example.com", First: "Jane", Last: "O'Neil & Sons"})
	want := User{ID: u.ID, Login: "Jane.Doe", Nicename: "jane-doe", Email: "Jane.Doe@Example.com",
		DisplayName: "Jane O'Neil &amp; Sons", Created: true}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	row := w.one(`SELECT user_login, LEFT(user_pass, 4), LENGTH(user_pass),
		user_nicename, user_email, user_url,
		DATE_FORMAT(user_registered, '%Y-%m-%d %T'), user_activation_key, user_status, display_name
		FROM wp_users WHERE ID = ?`, u.ID)
	wantRow := "Jane.Doe|$P$B|34|jane-doe|Jane.Doe@Example.com|" +
		"|2026-02-28 23:30:00||0|Jane O'Neil &amp; Sons"
	if row != wantRow {
		t.Errorf("users row\n got %s\nwant %s", row, wantRow)
	}
	wantMeta := []string{
		"nickname|Jane.Doe", "first_name|Jane", "last_name|O'Neil &amp; Sons", "description|",
		"rich_editing|true", "syntax_highlighting|true", "comment_shortcuts|false", "admin_color|fresh",
		"use_ssl|0", "show_admin_bar_front|true", "locale|",
		`wp_capabilities|a:1:{s:10:"subscriber";b:1;}`, "wp_user_level|0",
	}
	if diff := cmp.Diff(wantMeta, w.meta(u.ID)); diff != "" {
		t.Errorf("meta (-want +got):\n%s", diff)
	}
	names := w.lines("SELECT kind, name, user_id FROM enrolld_site_names WHERE site_id = 7 ORDER BY kind")
	wantNames := []string{
		fmt.Sprintf("email|jane.doe@example.com|%d", u.ID), fmt.Sprintf("login|jane.doe|%d", u.ID),
		fmt.Sprintf("nicename|jane-doe|%d", u.ID),
	}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("reservations (-want +got):\n%s", diff)
	}
}

func TestEnsureUsers_metaByVersion(t *testing.T) {
	for _, tt := range []struct {
		db       int
		version  string
		color    string
		infinite int
	}{
		{60717, "", "fresh", 0},
		{60717, "6.9.7", "fresh", 0},
		{61833, "", "modern", 0},
		{61833, "7.0.2", "modern", 0},
		{61833, "7.1", "modern", 1},
		{61900, "", "modern", 1},
	} {
		t.Run(fmt.Sprint(tt.db, tt.version), func(t *testing.T) {
			w := newWorld(t)
			w.info.DBVersion, w.info.Version = tt.db, tt.version
			meta := w.meta(w.user(Person{Email: "a@example.com"}).ID)
			if !slices.Contains(meta, "admin_color|"+tt.color) {
				t.Errorf("no admin_color %s in %q", tt.color, meta)
			}
			if got := slices.Index(meta, "infinite_scrolling|true"); tt.infinite == 1 && got != 6 ||
				tt.infinite == 0 && got >= 0 {
				t.Errorf("infinite_scrolling at %d in %q", got, meta)
			}
		})
	}
}

func TestEnsureUsers_findsExisting(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO wp_users (ID, user_login, user_nicename, user_email) VALUES
		(50, 'first', 'first', 'Dup@Example.com'), (40, 'second', 'second', 'dup@example.com '),
		(60, 'accent', 'accent', 'josé@example.com'), (70, 'amp', 'amp', 'a&amp;b@example.com'),
		(80, 'old', 'old', 'old@example.com')`)
	before := w.lines("SELECT * FROM wp_users ORDER BY ID")
	results := w.ensure(
		Person{Email: "DUP@example.com", First: "New", Last: "Name"},
		Person{Email: "a&b@example.com"},
		Person{Email: "old@example.com"},
		Person{Email: "jose@example.com"},
		Person{Email: "JOSE@example.com"},
	)
	for i, want := range []int64{40, 70, 80} {
		if r := results[i]; r.Err != nil || r.User.ID != want || r.User.Created {
			t.Errorf("result %d = %+v, want user %d", i, r, want)
		}
	}
	if u := results[3].User; u.ID == 60 || !u.Created || u.Login != "jose" {
		t.Errorf("jose = %+v, want a user of his own", u)
	}
	if u := results[4].User; u.ID != results[3].User.ID || u.Created {
		t.Errorf("JOSE = %+v, want the same user, not created again", u)
	}
	if diff := cmp.Diff(before, w.lines("SELECT * FROM wp_users WHERE ID <= 80 ORDER BY ID")); diff != "" {
		t.Errorf("existing rows changed (-want +got):\n%s", diff)
	}
	if n := w.one("SELECT COUNT(*) FROM wp_usermeta WHERE user_id <= 80"); n != "0" {
		t.Errorf("existing users got %s meta rows", n)
	}
}

func TestEnsureUsers_knownTakesTwoQueries(t *testing.T) {
	w := newWorld(t)
	people := []Person{{Email: "a@example.com"}, {Email: "b@example.com"}}
	w.ensure(people...)
	c := &counting{Conn: w.db}
	results, err := EnsureUsers(context.Background(), c, w.site, w.info, people, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if results[0].User.Created || results[0].User.ID == 0 || c.n != 2 {
		t.Errorf("got %+v in %d statements, want known users in 2", results, c.n)
	}
}

// counting counts statements.
type counting struct {
	Conn
	n int
}

func (c *counting) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	c.n++
	return c.Conn.ExecContext(ctx, q, args...)
}

func (c *counting) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	c.n++
	return c.Conn.QueryContext(ctx, q, args...)
}

func TestEnsureUsers_moved(t *testing.T) {
	w := newWorld(t)
	u := w.user(Person{Email: "old@example.com"})
	w.exec("UPDATE wp_users SET user_email = 'new@example.com' WHERE ID = ?", u.ID)
	if got := w.user(Person{Email: "old@example.com"}); got.ID != u.ID || got.Created {
		t.Errorf("old address = %+v, want user %d by the reservation", got, u.ID)
	}
	if got := w.user(Person{Email: "new@example.com"}); got.ID != u.ID || got.Created {
		t.Errorf("new address = %+v, want user %d by the address", got, u.ID)
	}
	w.exec("INSERT INTO wp_users (ID, user_login, user_email) VALUES (99, 'x', 'old@example.com')")
	for range 2 {
		if got := w.user(Person{Email: "old@example.com"}); got.ID != 99 {
			t.Errorf("old address = %+v, want its owner now, 99", got)
		}
	}
}

func TestEnsureUsers_deletedIsMadeAnew(t *testing.T) {
	w := newWorld(t)
	u := w.user(Person{Email: "jane@example.com"})
	w.exec("DELETE FROM wp_users WHERE ID = ?", u.ID)
	w.exec("DELETE FROM wp_usermeta WHERE user_id = ?", u.ID)
	again := w.user(Person{Email: "jane@example.com"})
	if !again.Created || again.ID == u.ID || !strings.HasPrefix(again.Login, "jane-") {
		t.Errorf("got %+v, want a new user with a login never used before", again)
	}
	if n := len(w.meta(again.ID)); n != 13 {
		t.Errorf("%d meta rows, want 13", n)
	}
}

func TestEnsureUsers_names(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO wp_users (user_login, user_nicename, user_email) VALUES
		('Jöhn', 'someone', 'x@example.org'), 
		('other', 'a-b', 'y@example.org'), ('MARY ', 'mary', 'z@example.org'),
		('straße', 'strasse', 's@example.org')`)
	long := strings.Repeat("l", 64)
	people := []Person{
		{Email: "john@example.com"}, {Email: "mary@example.com"}, {Email: "info@one.example"},
		{Email: "INFO@two.example"}, {Email: "a.b@example.com"}, {Email: "a-b@example.com"},
		{Email: "+++@example.com"}, {Email: "admin@example.com"}, {Email: long + "@example.com"},
		{Email: long + "@example.org"}, {Email: "strasse@example.com"},
	}
	results := w.ensure(people...)
	want := []string{
		`^john-[0-9a-z]{6} john-[0-9a-z]{6}$`, `^mary-[0-9a-z]{6} mary-[0-9a-z]{6}$`,
		`^info info$`, `^INFO-[0-9a-z]{6} info-[0-9a-z]{6}$`, `^a.b a-b-[23]$`, `^a-b a-b-[23]$`,
		`^member member$`, `^admin-[0-9a-z]{6} admin-[0-9a-z]{6}$`,
		`^l{60} l{50}$`, `^l{53}-[0-9a-z]{6} l{48}-2$`, `^strasse-[0-9a-z]{6} strasse-[0-9a-z]{6}$`,
	}
	for i, r := range results {
		if r.Err != nil {
			t.Fatalf("%s: %v", people[i].Email, r.Err)
		}
		if got := r.User.Login + " " + r.User.Nicename; !matches(want[i], got) {
			t.Errorf("%s: login and nicename %q, want %s", people[i].Email, got, want[i])
		}
	}
	for _, column := range []string{"user_login", "user_nicename", "user_email"} {
		if dup := w.lines("SELECT " + column + " FROM wp_users " +
			"GROUP BY " + column + " HAVING COUNT(*) > 1"); dup != nil {
			t.Errorf("duplicate %s: %q", column, dup)
		}
	}
}

func TestEnsureUsers_invalidAddressesDoNotStopTheRest(t *testing.T) {
	w := newWorld(t)
	results := w.ensure(
		Person{Email: "josé@example.com"}, Person{Email: "not an address"},
		Person{Email: strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + ".example"},
		Person{Email: "ok@example.com"}, Person{Email: "ok@bücher.example"},
		Person{Email: "ok2@example.com", Key: "other@example.com"},
	)
	for i, want := range []enrolld.Code{
		enrolld.Invalid, enrolld.Invalid, enrolld.Invalid, "", "", enrolld.Invalid,
	} {
		if got := enrolld.CodeOf(results[i].Err); got != want {
			t.Errorf("result %d: code %q, want %q (%v)", i, got, want, results[i].Err)
		}
	}
	if got := results[4].User.Email; got != "ok@xn--bcher-kva.example" {
		t.Errorf("address %q, want the domain in ASCII", got)
	}
	if n := w.one("SELECT COUNT(*) FROM wp_users"); n != "2" {
		t.Errorf("%s users, want 2", n)
	}
}

func matches(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }
