package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"enrolld/handlers/page"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	address, err := page.AssetURL("app.css")
	if err != nil {
		t.Fatal(err)
	}
	const forGood = "public, max-age=31536000, immutable"
	for _, tt := range []struct {
		name, method, path string
		status             int
		contentType, cache string
		body               bool
	}{
		{"its address", http.MethodGet, address, 200, "text/css; charset=utf-8", forGood, true},
		{"head", http.MethodHead, address, 200, "text/css; charset=utf-8", forGood, false},
		{"another version", http.MethodGet, "/static/000000000000/app.css", 200, "text/css; charset=utf-8", "no-store", true},
		{"no such file", http.MethodGet, "/static/000000000000/no.css", 404, "text/plain; charset=utf-8", "", true},
		{"no file", http.MethodGet, "/static/", 404, "text/plain; charset=utf-8", "", true},
		{"outside", http.MethodGet, "/static/x/../doc.go", 404, "text/plain; charset=utf-8", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			page.Assets().ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, http.NoBody))
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.contentType || w.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("got %d, %q, %q; want %d, %q, %q", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"),
					tt.status, tt.contentType, tt.cache)
			}
			if (w.Body.Len() > 0) != tt.body {
				t.Errorf("a body of %d bytes, want one: %t", w.Body.Len(), tt.body)
			}
		})
	}
}

func TestAssets_scriptIsSmall(t *testing.T) {
	t.Parallel()
	address, err := page.AssetURL("app.js")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	page.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, http.NoBody))
	if got := strings.Count(w.Body.String(), "\n"); got > 150 {
		t.Errorf("app.js has %d lines, want at most 150", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 22, 2, 30, 0, 0, zone) // a Sunday, early
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{now, "just now"},
		{now.Add(-59 * time.Second), "just now"},
		{now.Add(-time.Minute), "1 minute ago"},
		{now.Add(-59 * time.Minute), "59 minutes ago"},
		{now.Add(-time.Hour), "1 hour ago"},
		{now.Add(-3 * time.Hour), "3 hours ago"}, // the day before, but not yesterday to anybody awake
		{now.Add(-7 * time.Hour), "yesterday"},
		{now.Add(-48 * time.Hour), "2 days ago"},
		{now.Add(-7 * 24 * time.Hour), "7 days ago"},
		{now.Add(-8 * 24 * time.Hour), "14 Nov"},
		{time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC), "1 Jan"}, // in now's zone
		{time.Date(2025, 12, 31, 22, 30, 0, 0, time.UTC), "31 Dec 2025"},
		{now.Add(30 * time.Second), "in a moment"},
		{now.Add(5 * time.Minute), "in 5 minutes"},
		{now.Add(20 * time.Hour), "in 20 hours"},
		{now.Add(30 * time.Hour), "tomorrow"},
		{now.Add(6 * 24 * time.Hour), "in 6 days"},
		{now.Add(30 * 24 * time.Hour), "22 Dec"},
	} {
		if got := page.Words(tt.at, now); got != tt.want {
			t.Errorf("Words(%s) = %q, want %q", tt.at, got, tt.want)
		}
	}
}

func TestNavigation(t *testing.T) {
	t.Parallel()
	nav := []page.NavGroup{{Items: []page.NavItem{
		{Title: "Orders", URL: "/a/1/orders"},
		{Title: "Settings", URL: "/a/1/settings", Items: []page.NavItem{
			{Title: "Account", URL: "/a/1/settings"}, {Title: "Users", URL: "/a/1/settings/users"},
		}},
		{Title: "Overview", URL: "/a/1"},
	}}}
	for _, tt := range []struct{ path, want string }{
		{"/a/1/orders", "Orders"}, {"/a/1/orders/17", "Orders"}, {"/a/1/ordersmith", "Overview"}, {"/a/1", "Overview"},
		{"/a/1/settings", "Account"}, {"/a/1/settings/users/3", "Users"}, {"/a/12", ""}, {"/me", ""},
	} {
		var got []string
		for _, g := range (page.Base{Path: tt.path, Nav: nav}).Navigation() {
			for _, i := range g.Items {
				for _, i := range append([]page.NavItem{i}, i.Items...) {
					if i.Current {
						got = append(got, i.Title)
					}
				}
			}
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("at %s current is %q, want %q", tt.path, s, tt.want)
		}
	}
	nav[0].Items[0].Current = true
	if got := (page.Base{Path: "/a/1/settings", Nav: nav}).Navigation()[0].Items[1].Open(); got {
		t.Error("an item marked by hand does not win")
	}
}

func TestPerson_Initials(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, email, want string }{
		{"Ann O'Neil", "", "AO"}, {"cléo martin de la fontaine", "", "CF"}, {"Élodie", "", "É"}, {" ", "ann@example.org", "A"}, {"", "", ""},
	} {
		if got := (page.Person{Name: tt.name, Email: tt.email}).Initials(); got != tt.want {
			t.Errorf("Initials of %q, %q = %q, want %q", tt.name, tt.email, got, tt.want)
		}
	}
}

func TestSwitcher(t *testing.T) {
	t.Parallel()
	one := page.AccountLink{Name: "One"}
	for _, tt := range []struct {
		name        string
		base        page.Base
		can, isMany bool
	}{
		{"none", page.Base{}, false, false},
		{"its only one", page.Base{Account: &one, Accounts: []page.AccountLink{one}}, false, false},
		{"outside of its only one", page.Base{Accounts: []page.AccountLink{one}}, true, false},
		{"one with a sub-account", page.Base{Account: &one, Accounts: []page.AccountLink{{Sub: []page.AccountLink{one}}}}, true, false},
		{"seven", page.Base{Account: &one, Accounts: make([]page.AccountLink, 7)}, true, false},
		{"eight, of which one below", page.Base{Account: &one, Accounts: append(make([]page.AccountLink, 6), page.AccountLink{Sub: []page.AccountLink{one}})}, true, true},
	} {
		if got := tt.base.CanSwitch(); got != tt.can {
			t.Errorf("%s: CanSwitch = %t, want %t", tt.name, got, tt.can)
		}
		if got := tt.base.ManyAccounts(); got != tt.isMany {
			t.Errorf("%s: ManyAccounts = %t, want %t", tt.name, got, tt.isMany)
		}
	}
}

func TestNewErrorPage(t *testing.T) {
	t.Parallel()
	in := page.Base{Person: &page.Person{Name: "Ann"}, Account: &page.AccountLink{URL: "/a/1"}}
	for _, tt := range []struct {
		base                page.Base
		status              int
		message             string
		heading, said, home string
	}{
		{in, 404, "there is no user 7", "There is nothing here", "There is no user 7.", "/a/1"},
		{page.Base{Person: in.Person}, 403, "", "You have no access to this", "", "/"},
		{page.Base{}, 500, "Something broke!", "Something went wrong", "Something broke!", "/sign-in"},
	} {
		got := page.NewErrorPage(tt.base, tt.status, tt.message)
		if got.Heading != tt.heading || got.Message != tt.said || got.HomeURL != tt.home || got.Status != tt.status {
			t.Errorf("NewErrorPage(%d) = %q, %q, %q; want %q, %q, %q", tt.status, got.Heading, got.Message, got.HomeURL, tt.heading, tt.said, tt.home)
		}
	}
}
