package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/integrations"
)

// TestForeignObjects calls every screen of an account and of one's own, for real,
// with the ids of somebody else's objects: nothing is found, and nothing changes.
func TestForeignObjects(t *testing.T) {
	t.Parallel()
	var routes []gate.Route
	rig := gatetest.New(t, func(f *gate.Frame) []gate.Route {
		var err error
		if routes, err = screens(f, noCourses, integrations.Registry{}, noAccess{}); err != nil {
			t.Fatal(err)
		}
		return routes
	})
	mine, _ := rig.Owner("mine@example.org", rig.Account.ID)
	ids := foreign(rig)
	b := rig.As(mine)
	before := rig.Dump()
	tried := 0
	for _, s := range routes {
		path := strings.ReplaceAll(s.Path, "{account}", fmt.Sprint(rig.Account.ID))
		path = pathVariable.ReplaceAllStringFunc(path, func(v string) string {
			name, _, _ := strings.Cut(strings.Trim(v, "{}"), ":")
			id, ok := ids[name]
			if !ok && name != "token" {
				t.Errorf("%s: there is no {%s} of somebody else to try: add it to foreign", s.Path, name)
			}
			return fmt.Sprint(id)
		})
		if path == s.Path || strings.Contains(s.Path, "{token}") || !pathVariable.MatchString(strings.ReplaceAll(s.Path, "{account}", "")) {
			continue
		}
		tried++
		var got gatetest.Answer
		if s.Method == http.MethodGet {
			got = b.Get(path)
		} else {
			got = b.Post(path, url.Values{"name": {"Changed"}, "revision": {"1"}, "type": {"user"}, "all": {"yes"}})
		}
		if got.Status != http.StatusNotFound {
			t.Errorf("%s %s with somebody else's object: %d to %q, want 404", s.Method, path, got.Status, got.Location)
		}
	}
	if tried < 20 {
		t.Errorf("%d screens were tried; are there so few with objects?", tried)
	}
	if diff := cmp.Diff(before, rig.Dump()); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

// foreign makes another account with one of everything that has an id, and
// returns the ids by the names of path variables.
func foreign(rig *gatetest.Rig) map[string]int64 {
	now := rig.DB.Now()
	other := rig.AddAccount("Another academy", 0)
	sub := rig.AddAccount("South", other.ID)
	login, _ := rig.Owner("theirs@example.org", other.ID)
	_, member := rig.Person("helper@example.org", other.ID, enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: enrolld.Everything()})
	rig.As(login)
	return map[string]int64{
		"member": member.ID, "sub": sub.ID,
		"session": rig.Number("SELECT id FROM enrolld_sessions WHERE login_id = ?", login.ID),
		"invitation": rig.Insert(`INSERT INTO enrolld_invitations (account_id, email, email_key, open_key, terms, token, state, invited_by,
			created_at, sent_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)`, other.ID, "new@example.org", "new@example.org", "new@example.org",
			`{"type":"user","all":true,"scope":{"all_accounts":true}}`, strings.Repeat("t", 32), "open", login.ID, now, now, now.Add(time.Hour)),
		"passkey": rig.Insert(`INSERT INTO enrolld_passkeys (login_id, credential, name, data, created_at) VALUES (?,?,?,?,?)`,
			login.ID, strings.Repeat("c", 32), "Phone", "{}", now),
		"bulk": rig.Insert(`INSERT INTO enrolld_bulks (account_id, state, action, terms, chosen, picks, counts, actor, created_at)
			VALUES (?, 'ready', 'give', '{}', 0, '{}', '{"foreseen":{"change":1}}', 'Theirs', ?)`, other.ID, now),
		"message": rig.Insert(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at)
			VALUES (?, 1, 'access', 'theirs', 'ann@example.org', '{}', 'sent', ?, ?)`, other.ID, now, now),
		"customer": rig.Insert(`INSERT INTO enrolld_customers (account_id, email_key, email, courses, created_at) VALUES (?,?,?,0,?)`,
			other.ID, "ann@example.org", "ann@example.org", now),
		"entry": rig.Insert(`INSERT INTO enrolld_entries (account_id, customer_id, login_id, user_id, course_id, token_hash, operator, reason,
			back_url, seconds, created_at, expires_at, taken_at, until_at) VALUES (?,1,?,5,0,?,'Theo','to look','',1800,?,?,?,?)`,
			other.ID, login.ID, strings.Repeat("h", 32), now, now, now, now.Add(time.Hour)),
		"other": rig.Insert(`INSERT INTO enrolld_customers (account_id, email_key, email, courses, created_at) VALUES (?,?,?,0,?)`,
			other.ID, "bob@example.org", "bob@example.org", now),
		"address": rig.Insert(`INSERT INTO enrolld_customers (account_id, part_of, email_key, email, courses, created_at) VALUES (?,1,?,?,0,?)`,
			other.ID, "lee@example.org", "lee@example.org", now),
		"merge": rig.Insert(`INSERT INTO enrolld_merges (account_id, kept_id, gone_id, moved, actor, merged_at) VALUES (?,1,2,'{}','Maya',?)`, other.ID, now),
		"product": rig.Insert(`INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES (?,?,?,?,?,?)`,
			other.ID, "stripe", "prod_1", "Theirs", "[]", now),
		"import": rig.Insert(`INSERT INTO enrolld_imports (account_id, file_name, size, state, plan, courses, preview, counts, undo_counts, actor, created_at)
			VALUES (?,?,?,?,?,?,?,?,?,?,?)`, other.ID, "theirs.csv", 10, "done", `{"format":"list"}`, "[]", "", "{}", "{}", "Ann", now),
	}
}

// TestProductScope calls every screen that names a product as somebody who was
// given another one (T4).
func TestProductScope(t *testing.T) {
	t.Parallel()
	var routes []gate.Route
	rig := gatetest.New(t, func(f *gate.Frame) []gate.Route {
		var err error
		if routes, err = screens(f, noCourses, integrations.Registry{}, noAccess{}); err != nil {
			t.Fatal(err)
		}
		return routes
	})
	add := func(key string) int64 {
		return rig.Insert(`INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES (?,?,?,?,?,?)`,
			rig.Account.ID, "stripe", key, "Named "+key, "[]", rig.DB.Now())
	}
	given, hidden := add("given"), add("hidden")
	login, _ := rig.Person("narrow@example.org", rig.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, All: true,
		Scope: enrolld.Scope{AllAccounts: true, Products: []int64{given}, EditProducts: true, DeleteProducts: true},
	})
	b := rig.As(login)
	for _, s := range routes {
		if s.Method != http.MethodGet || s.Access != gate.Member {
			continue
		}
		path := strings.ReplaceAll(s.Path, "{account}", fmt.Sprint(rig.Account.ID))
		if !strings.Contains(path, "{product}") {
			if pathVariable.MatchString(path) {
				continue
			}
			if a := b.Get(path); strings.Contains(a.Body, "Named hidden") {
				t.Errorf("GET %s names a product that is out of scope", path)
			}
			continue
		}
		for id, want := range map[int64]int{given: http.StatusOK, hidden: http.StatusNotFound} {
			if a := b.Get(strings.ReplaceAll(path, "{product}", fmt.Sprint(id))); a.Status != want {
				t.Errorf("GET %s for product %d: %d, want %d", path, id, a.Status, want)
			}
			if want == http.StatusNotFound {
				if a := b.Post(strings.ReplaceAll(path, "{product}", fmt.Sprint(id)), nil); a.Status == http.StatusSeeOther || a.Status == http.StatusOK {
					t.Errorf("POST %s for product %d: %d, want a refusal", path, id, a.Status)
				}
			}
		}
	}
	if rig.Number("SELECT COUNT(*) FROM enrolld_products") != 2 {
		t.Error("a product is gone")
	}
}
