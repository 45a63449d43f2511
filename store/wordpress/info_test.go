package wordpress

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"enrolld"
)

func TestInspect(t *testing.T) {
	w := newWorld(t)
	want := Info{
		DBVersion: 60717, SiteURL: "https://school.example/wp", HomeURL: "https://school.example",
		Name: "Tom & Jerry's School", AdminEmail: "owner@school.example",
		DefaultRole: "subscriber", ConfiguredRole: "subscriber",
		Roles:  Roles{"administrator": true, "editor": true, "subscriber": false, "customer": false},
		Locale: "de_DE", Plugins: []string{"akismet/akismet.php", "sfwd-lms/sfwd_lms.php.bk"},
		UsersCharset: "utf8mb4", UsersCollation: "utf8mb4_unicode_520_ci", MetaCharset: "utf8mb4",
	}
	if diff := cmp.Diff(want, w.info, cmpopts.IgnoreFields(Info{}, "Location")); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
	if got := w.info.Location.String(); got != "Europe/Berlin" {
		t.Errorf("location %q", got)
	}
}

func TestInspect_defaultRole(t *testing.T) {
	w := newWorld(t)
	for role, want := range map[string]string{
		"customer": "customer", "editor": "subscriber", "administrator": "subscriber",
		"gone": "subscriber", "": "subscriber",
	} {
		w.exec("UPDATE wp_options SET option_value = ? WHERE option_name = 'default_role'", role)
		w.inspect()
		if w.info.DefaultRole != want || w.info.ConfiguredRole != role {
			t.Errorf("default_role %q gives %q, want %q", role, w.info.DefaultRole, want)
		}
	}
}

func TestInspect_noTables(t *testing.T) {
	w := newWorld(t)
	w.site.BasePrefix = "other_"
	if _, err := Inspect(context.Background(), w.db, w.site); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("got %v, want code not_found", err)
	}
}

func TestLocation(t *testing.T) {
	for _, tt := range []struct{ name, offset, want string }{
		{"Europe/Paris", "0", "Europe/Paris"}, {"", "5.75", "+05:45"}, {"", "-3.5", "-03:30"},
		{"", "0", "UTC"}, {"", "", "UTC"}, {"No/Where", "2", "+02:00"}, {"", "1e9", "UTC"}, {"", "NaN",
			"UTC"},
	} {
		if got := location(tt.name, tt.offset).String(); got != tt.want {
			t.Errorf("location(%q, %q) = %s, want %s", tt.name, tt.offset, got, tt.want)
		}
	}
}

func TestProblems(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	if got, err := Problems(ctx, w.db, w.site); err != nil || len(got) != 0 {
		t.Fatalf("a healthy site: %v, %v", got, err)
	}
	w.exec("ALTER TABLE wp_usermeta ENGINE=MyISAM")
	w.exec("ALTER TABLE wp_users CONVERT TO CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci")
	w.exec("UPDATE wp_options SET option_value = '' WHERE option_name = 'siteurl'")
	w.exec(`INSERT INTO wp_users (user_login, user_email) VALUES
		('a', 'x@example.com'), ('A', 'X@example.com'), ('b', ''), ('c', '')`)
	got, err := Problems(ctx, w.db, w.site)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		severity   Severity
		what, mend string
	}{
		{Error, "MyISAM", "ALTER TABLE `" + w.site.Schema + "`.`wp_usermeta` ENGINE=InnoDB;"},
		{Warning, "same email address (1 times)", "GROUP BY user_email"},
		{Warning, "same login (1 times)", "GROUP BY user_login"},
		{Error, "siteurl", "WordPress Address"},
		{Note, "utf8mb3", "CONVERT TO CHARACTER SET utf8mb4"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d problems, want %d: %+v", len(got), len(want), got)
	}
	for i, p := range want {
		if g := got[i]; g.Severity != p.severity || !strings.Contains(g.What, p.what) ||
			!strings.Contains(g.Mend, p.mend) {
			t.Errorf("problem %d = %+v, want %+v", i, g, p)
		}
	}
	for _, statement := range []string{got[0].Mend, got[4].Mend} {
		_, statement, _ = strings.Cut(statement, "run: ")
		w.exec(strings.TrimSuffix(statement, ";"))
	}
	w.exec("DROP TABLE wp_postmeta")
	got, err = Problems(ctx, w.db, w.site)
	if err != nil || len(got) != 1 || got[0].Severity != Error || !strings.Contains(got[0].What,
		"wp_postmeta") {
		t.Errorf("got %+v, %v, want the missing table", got, err)
	}
}

func TestReadVersion(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadVersion(dir); err == nil {
		t.Error("no file, no error")
	}
	write(t, filepath.Join(dir, "wp-includes", "version.php"),
		"<?php\n/** @global string $wp_version */\n"+
			"$wp_version = '7.1-RC2-59000';\n$wp_db_version = 61833;\n")
	if got, err := ReadVersion(dir); got != "7.1-RC2-59000" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if !atLeast("7.1-RC2", 7, 1) || atLeast("6.10", 7, 0) || !atLeast("6.10", 6, 9) || atLeast("", 0, 0) {
		t.Error("versions compare wrongly")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNarrowCharsets(t *testing.T) {
	for _, tt := range []struct{ table, first, display string }{
		{"utf8mb4 COLLATE utf8mb4_bin", "Zoë 😀", "Zoë 😀 Łukasz"},
		{"utf8mb3 COLLATE utf8mb3_general_ci", "Zoë", "Zoë Łukasz"},
		{"latin1 COLLATE latin1_swedish_ci", "Zoë", "Zoë ukasz"},
		{"latin2", "Zoe", "Zoe Lukasz"},
	} {
		t.Run(tt.table, func(t *testing.T) {
			w := newWorld(t)
			w.exec("ALTER TABLE wp_users CONVERT TO CHARACTER SET " + tt.table)
			w.inspect()
			u := w.user(Person{Email: "Z@example.com", First: "Zoë 😀", Last: "Łukasz"})
			if got := w.one("SELECT display_name FROM wp_users"); got != tt.display ||
				u.DisplayName != tt.display {
				t.Errorf("display name %q, want %q", got, tt.display)
			}
			if got := w.one("SELECT meta_value FROM wp_usermeta WHERE meta_key = " +
				"'first_name'"); got != tt.first {
				t.Errorf("first name %q, want %q", got, tt.first)
			}
			w.exec("DELETE FROM enrolld_site_names")
			if again := w.user(Person{Email: "z@EXAMPLE.com"}); again.ID != u.ID {
				t.Errorf("z@ is user %d, want %d: addresses compare without case", again.ID, u.ID)
			}
			if other := w.user(Person{Email: "z@example.org"}); !matches(`^z-[0-9a-z]{6}$`, other.Login) {
				t.Errorf("login %q beside Z: logins compare without case", other.Login)
			}
		})
	}
}

func TestUsersByID_and_UserByEmail(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	caps := map[int]string{
		1: `a:1:{s:10:"subscriber";b:1;}`, 2: `a:1:{s:13:"administrator";b:1;}`,
		3: `a:2:{s:8:"customer";b:1;s:15:"bbp_participant";b:1;}`, 4: `a:1:{s:6:"editor";b:0;}`,
		5: `a:2:{s:10:"subscriber";b:1;s:10:"edit_posts";b:1;}`, 6: `rubbish`, 7: ``, 8: `a:0:{}`,
		9: `a:1:{s:12:"bbp_keymaster";b:1;}`,
	}
	var ids []int64
	for id, text := range caps {
		w.exec("INSERT INTO wp_users (ID, user_login, user_email) "+
			"VALUES (?, CONCAT('u', ?), CONCAT('u', ?, '@example.com'))",
			id, id, id)
		w.exec("INSERT INTO wp_usermeta (user_id, meta_key, meta_value) "+
			"VALUES (?, 'wp_capabilities', ?)", id, text)
		ids = append(ids, int64(id))
	}
	users, err := UsersByID(ctx, w.db, w.site, append(ids, 77))
	if err != nil || len(users) != len(caps) {
		t.Fatalf("%d users, %v", len(users), err)
	}
	for _, id := range []int64{2, 4, 5, 6, 9} { // WordPress gives what a role gives, also where its value is false
		if !users[id].Privileged {
			t.Errorf("user %d with %s is not privileged", id, caps[int(id)])
		}
	}
	for _, id := range []int64{1, 3, 7, 8} {
		if users[id].Privileged {
			t.Errorf("user %d with %s is privileged", id, caps[int(id)])
		}
	}
	u, err := UserByEmail(ctx, w.db, w.site, w.info, "u5@example.com")
	if err != nil || u.ID != 5 || !u.Privileged {
		t.Errorf("by email: %+v, %v", u, err)
	}
	if _, err := UserByEmail(ctx, w.db, w.site, w.info,
		"u77@example.com"); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("unknown address: %v", err)
	}
	if _, err := UserByID(ctx, w.db, w.site, 77); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("unknown id: %v", err)
	}
	if u, err := UserByID(ctx, w.db, w.site, 1); err != nil || u.Login != "u1" {
		t.Errorf("by id: %+v, %v", u, err)
	}
}

func TestPosts(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.exec(`INSERT INTO wp_posts (ID, post_title, post_status, post_type, post_parent,
		post_content, post_excerpt,
		to_ping, pinged, post_content_filtered) VALUES
		(10, 'B &amp; C', 'publish', 'page', 0, '', '', '', '', ''),
		(11, 'A', 'private', 'page', 10, '', '', '', '', ''),
		(12, 'trash', 'trash', 'page', 0, '', '', '', '', ''),
		(13, 'post', 'publish', 'post', 0, '', '', '', '', ''),
		(14, 'open', 'publish', 'page', 0, '', '', '', '', '')`)
	w.exec(`INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (10, '_enrolld_course', '1'),
		(10, '_enrolld_course', '1'), (11, '_enrolld_course', '1'), (12, '_enrolld_course', '1'),
		(13, '_enrolld_course', '1'), (14, '_enrolld_course', '0')`)
	pages, err := ProtectedPages(ctx, w.db, w.site)
	want := []Post{
		{11, "A", "private", 10, "https://school.example/?page_id=11"},
		{10, "B & C", "publish", 0, "https://school.example/?page_id=10"},
	}
	if diff := cmp.Diff(want, pages); diff != "" || err != nil {
		t.Errorf("pages, %v (-want +got):\n%s", err, diff)
	}
	posts, err := Posts(ctx, w.db, w.site, []int64{13, 12, 99})
	wantPosts := map[int64]Post{
		12: {12, "trash", "trash", 0, "https://school.example/?page_id=12"},
		13: {13, "post", "publish", 0, "https://school.example/?p=13"},
	}
	if diff := cmp.Diff(wantPosts, posts); diff != "" || err != nil {
		t.Errorf("posts, %v (-want +got):\n%s", err, diff)
	}
}

func TestSite_Validate(t *testing.T) {
	good := Site{ID: 1, Schema: "a-b$c", BasePrefix: "wp_", BlogID: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Site){
		"backtick in schema": func(s *Site) { s.Schema = "a`b" },
		"no schema":          func(s *Site) { s.Schema = "" },
		"quote in prefix":    func(s *Site) { s.BasePrefix = "wp'_" },
		"dash in prefix":     func(s *Site) { s.BasePrefix = "wp-" },
		"no prefix":          func(s *Site) { s.BasePrefix = "" },
		"long prefix":        func(s *Site) { s.BasePrefix = strings.Repeat("x", 60) },
		"users table":        func(s *Site) { s.UsersTable = "x;y" },
		"usermeta table":     func(s *Site) { s.UserMetaTable = "x y" },
		"no id":              func(s *Site) { s.ID = 0 },
		"negative blog":      func(s *Site) { s.BlogID = -1 },
	} {
		s := good
		change(&s)
		if err := s.Validate(); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %v, want code invalid", name, err)
		}
	}
	s := Site{BasePrefix: "wp_", BlogID: 3}
	if got := s.Prefix() + s.usersName(); got != "wp_3_wp_users" {
		t.Errorf("prefix and users table %q", got)
	}
}
