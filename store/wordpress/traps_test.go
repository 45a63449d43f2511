package wordpress

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The traps of sharing WordPress's tables, each with the test that it cannot
// catch us. Trap 10, revoking access, is not of this package.

func TestTrap1_serializedNamesAreWrapped(t *testing.T) {
	w := newWorld(t)
	evil := `O:8:"Evil":0:{}`
	u := w.user(Person{Email: "a@example.com", First: evil, Last: `a:1:{i:0;s:1:"x";}`})
	meta := w.meta(u.ID)
	for _, want := range []string{`first_name|s:15:"O:8:"Evil":0:{}";`,
		`last_name|s:18:"a:1:{i:0;s:1:"x";}";`} {
		if !slices.Contains(meta, want) {
			t.Errorf("no row %q in %q", want, meta)
		}
	}
	if want := evil + ` a:1:{i:0;s:1:"x";}`; u.DisplayName != want {
		t.Errorf("display name %q, want %q as it is: a column is never unserialized", u.DisplayName, want)
	}
}

func TestTrap2_noUniqueIndex(t *testing.T) {
	w := newWorld(t)
	var group sync.WaitGroup
	ids := make([]int64, 50)
	for i := range ids {
		group.Go(func() {
			_, err := w.inTx(func(tx *sql.Tx) error {
				p := []Person{{Email: "Same@Example.com"}}
				results, err := EnsureUsers(context.Background(), tx, w.site, w.info, p, testNow)
				if err == nil {
					ids[i] = results[0].User.ID
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if ids = slices.Compact(ids); len(ids) != 1 {
		t.Errorf("50 calls gave the users %v, want one", ids)
	}
	if n := w.one("SELECT COUNT(*) FROM wp_users"); n != "1" {
		t.Errorf("%s users, want 1", n)
	}
}

func TestTrap3_sqlMode(t *testing.T) {
	w := newWorld(t)
	strict := "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ONLY_FULL_GROUP_BY," +
		"ANSI_QUOTES'"
	long := strings.Repeat("x&", 400)
	_, err := w.inTx(func(tx *sql.Tx) error {
		if _, err := tx.Exec(strict); err != nil {
			return err
		}
		people := []Person{{Email: strings.Repeat("l", 64) + "@example.com", First: long, Last: long + "é"}}
		_, err := EnsureUsers(context.Background(), tx, w.site, w.info, people, testNow)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := w.one(`SELECT CHAR_LENGTH(user_login), CHAR_LENGTH(user_nicename),
		CHAR_LENGTH(display_name) <= 250,
		RIGHT(display_name, 5) FROM wp_users`)
	if want := "60|50|1|p;x x"; got != want {
		t.Errorf("login|nicename|display name fits|its end = %s, want %s", got, want)
	}
}

func TestTrap4_existingUsersStayAsTheyAre(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, display_name)
		VALUES (5, 'boss', 'hash', 'boss', 'boss@example.com', 'The Boss')`)
	w.exec(`INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES
		(5, 'wp_capabilities', 'a:1:{s:13:"administrator";b:1;}'), (5, 'first_name', 'Bo')`)
	read := func() []string {
		return append(w.lines("SELECT * FROM wp_users"),
			w.lines("SELECT * FROM wp_usermeta ORDER BY umeta_id")...)
	}
	before := read()
	u := w.user(Person{Email: "BOSS@example.com", First: "Jane", Last: "Doe"})
	if u.Created || !u.Privileged || u.DisplayName != "The Boss" {
		t.Errorf("got %+v, want the privileged user as it is", u)
	}
	if diff := cmp.Diff(before, read()); diff != "" {
		t.Errorf("an existing user changed (-want +got):\n%s", diff)
	}
}

func TestTrap5_userAndMetaAppearTogether(t *testing.T) {
	w := newWorld(t)
	stop := errors.New("stop")
	_, err := w.inTx(func(tx *sql.Tx) error {
		p := []Person{{Email: "a@example.com"}}
		if _, err := EnsureUsers(context.Background(), tx, w.site, w.info, p, testNow); err != nil {
			return err
		}
		if n := w.one("SELECT (SELECT COUNT(*) FROM wp_users) + " +
			"(SELECT COUNT(*) FROM wp_usermeta)"); n != "0" {
			t.Errorf("others see %s rows before the commit", n)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	got := w.one(`SELECT (SELECT COUNT(*) FROM wp_users) + (SELECT COUNT(*) FROM wp_usermeta) +
		(SELECT COUNT(*) FROM enrolld_site_names)`)
	if got != "0" {
		t.Errorf("%s rows stayed after a rollback", got)
	}
}

func TestTrap6_plusIsStripped(t *testing.T) {
	w := newWorld(t)
	w.exec("INSERT INTO wp_users (ID, user_login, user_nicename, user_email) " +
		"VALUES (9, 'janetag', 'janetag', 'other@x.com')")
	u := w.user(Person{Email: "jane+tag@x.com"})
	if u.ID == 9 || !matches(`^janetag-[0-9a-z]{6}$`, u.Login) || u.Email != "jane+tag@x.com" {
		t.Errorf("got %+v, want a login of his own and the address as given", u)
	}
	if strings.Contains(u.Nicename, "x-com") {
		t.Errorf("nicename %q shows the address", u.Nicename)
	}
}

func TestTrap7_hashesThatEveryVersionReads(t *testing.T) {
	w := newWorld(t)
	u := w.user(Person{Email: "a@example.com"})
	if hash := w.one("SELECT user_pass FROM wp_users"); !matches(`^\$P\$B[./0-9A-Za-z]{30}$`, hash) {
		t.Errorf("password %q, want a phpass hash", hash)
	}
	const key = "AbCdEfGhIjKlMnOpQrSt"
	until := testNow.Add(6 * 24 * time.Hour)
	for _, tt := range []struct {
		db            int
		version, hash string
	}{
		{60421, "", "$generic$"}, {58975, "", "$P$B"}, {61833, "7.1", "$generic$"}, {60421, "6.7.2", "$P$B"},
	} {
		info := w.info
		info.DBVersion, info.Version = tt.db, tt.version
		if err := StoreResetKey(context.Background(), w.db, w.site, info, u.ID, key, until); err != nil {
			t.Fatal(err)
		}
		column := w.one("SELECT user_activation_key FROM wp_users")
		if want := fmt.Sprintf("%d:%s", until.Unix()-86400, tt.hash); !strings.HasPrefix(column, want) {
			t.Errorf("db_version %d, WordPress %q: column %q, want %s…", tt.db, tt.version, column, want)
		}
		if err := VerifyResetKey(column, key, until.Add(-time.Second)); err != nil {
			t.Errorf("%q: %v", column, err)
		}
	}
}

func TestTrap8_optionsAreOnlyRead(t *testing.T) {
	w := newNetwork(t)
	read := func() []string {
		var out []string
		for _, table := range []string{"wp_options", "wp_2_options", "wp_sitemeta", "wp_blogs",
			"wp_posts", "wp_2_posts"} {
			out = append(out, w.lines("CHECKSUM TABLE "+table)...)
		}
		return out
	}
	before := read()
	w.ensure(Person{Email: "a@example.com"}, Person{Email: "b@example.com"})
	w.inspect()
	if _, err := Problems(context.Background(), w.db, w.site); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, read()); diff != "" {
		t.Errorf("tables changed (-want +got):\n%s", diff)
	}
}

func TestTrap9_registeredIsUTC(t *testing.T) {
	w := newWorld(t)
	_, err := w.inTx(func(tx *sql.Tx) error {
		if _, err := tx.Exec("SET SESSION time_zone = '-07:00'"); err != nil {
			return err
		}
		p := []Person{{Email: "a@example.com"}}
		_, err := EnsureUsers(context.Background(), tx, w.site, w.info, p, testNow)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := w.one("SELECT CAST(user_registered AS CHAR) FROM wp_users")
	if want := testNow.UTC().Format(time.DateTime); got != want {
		t.Errorf("user_registered %s, want %s", got, want)
	}
}
