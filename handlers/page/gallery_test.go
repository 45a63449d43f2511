package page_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"enrolld/handlers/page"
)

// The gallery uses every part once, with data as long and odd as it gets. To look
// at it, have it written into a folder and serve that folder at its root:
//
//	ENROLLD_GALLERY=folder go test ./handlers/page -run TestGallery

type listPage struct {
	page.Base
	Tabs  []page.Tab
	Query string
	Chips []page.Chip
	Rows  []row
	Pager page.Pager
	Now   time.Time
}

type row struct {
	ID                int
	Name, Email, Type string
	Kind              page.Kind
	State             string
	At                *time.Time
	Orders            string
}

type objectPage struct {
	page.Base
	Name    string
	Stats   []page.Stat
	Entries []page.Entry
	None    []page.Entry
	Facts   []page.Fact
	Kinds   []page.Kind
	At      time.Time
	Never   *time.Time
	Now     time.Time
}

type formPage struct {
	page.Base
	Form                          *page.Form
	Types, Permissions, Countries []page.Option
}

type emptyPage struct{ page.Base }

type signinPage struct {
	page.Base
	Form *page.Form
}

var (
	galleryFiles = os.DirFS("testdata")
	listView     = page.New[listPage](galleryFiles, "list")
	objectView   = page.New[objectPage](galleryFiles, "object")
	formView     = page.New[formPage](galleryFiles, "form")
	emptyView    = page.New[emptyPage](galleryFiles, "empty")
	signinView   = page.New[signinPage](galleryFiles, "signin")
)

var now = time.Date(2026, 11, 22, 14, 30, 0, 0, time.FixedZone("CET", 3600))

func ago(d time.Duration) *time.Time {
	t := now.Add(-d)
	return &t
}

func galleryBase(title, path string) page.Base {
	accounts := []page.AccountLink{
		{ID: 1, Name: "Ink & Wash Academy", Site: "academy.example.org", URL: "/a/1", Current: true, Sub: []page.AccountLink{
			{ID: 2, Name: "Ink & Wash Deutschland", Site: "akademie.example.de", URL: "/a/2"},
			{ID: 3, Name: "Watercolour Weekends", URL: "/a/3"},
		}},
		{ID: 4, Name: "The Extraordinarily Long-named School of Nearly Everything", Site: "everything.example.com", URL: "/a/4"},
	}
	for i, name := range []string{"Bread Club", "Cello at Home", "Drawing Daily", "Étude", "Fiddle Foundations", "Garden School", "Harbour Yoga", "Ikebana"} {
		accounts = append(accounts, page.AccountLink{ID: int64(5 + i), Name: name, Site: "example.net", URL: "/a/" + name})
	}
	return page.Base{
		Title: title + " · Ink & Wash Academy", Path: path, RequestID: "5f0c1b9e2a7d4c38",
		Person:  &page.Person{Name: "Ann O'Neil", Email: "ann.oneil.with.a.long.address@academy.example.org"},
		Account: &accounts[0], Accounts: accounts,
		Nav: []page.NavGroup{
			{Items: []page.NavItem{
				{Title: "Overview", URL: "/overview", Icon: "overview"}, {Title: "Customers", URL: "/customers", Icon: "customers"},
				{Title: "Products", URL: "/products", Icon: "products"}, {Title: "Orders", URL: "/orders", Icon: "orders"},
				{Title: "Coupons", URL: "/coupons", Icon: "coupons"}, {Title: "Statistics", URL: "/statistics", Icon: "statistics"},
				{Title: "Affiliates", URL: "/affiliates", Icon: "affiliates"}, {Title: "Emails", URL: "/emails", Icon: "emails"},
			}},
			{Title: "Connections", Items: []page.NavItem{
				{Title: "Deliveries", URL: "/deliveries", Icon: "deliveries", Count: 3},
				{Title: "Integrations", URL: "/integrations", Icon: "integrations"}, {Title: "Imports", URL: "/imports", Icon: "imports"},
			}},
			{Title: "Administration", Items: []page.NavItem{
				{Title: "Settings", URL: "/settings", Icon: "settings", Items: []page.NavItem{
					{Title: "Account", URL: "/settings"}, {Title: "Users", URL: "/settings/users"}, {Title: "Sub-accounts", URL: "/settings/sub-accounts"},
					{Title: "Security", URL: "/settings/security"}, {Title: "Audit log", URL: "/settings/audit"},
				}},
			}},
		},
	}
}

func galleryList() *listPage {
	p := &listPage{
		Base: galleryBase("Users", "/settings/users"), Query: `ann "q" <b>`, Now: now,
		Tabs: []page.Tab{
			{Title: "Active", URL: "/users", Count: "1,204", Current: true}, {Title: "Pending invitations", URL: "/pending", Count: "12"},
			{Title: "Deactivated", URL: "/deactivated"},
		},
		Chips: []page.Chip{{Words: "type User", URL: "/users?x=1"}, {Words: "without two-factor", URL: "/users?x=2"}},
		Pager: page.Pager{Older: "/users?after=50", Words: "50 of 1,204"},
		Rows: []row{
			{1, "Ann O'Neil", "ann@example.org", "Owner", page.Good, "Active", ago(20 * time.Second), "1,514,394"},
			{2, "Ben Okafor", "ben@example.org", "Admin", page.Good, "Active", ago(42 * time.Minute), "12"},
			{3, "Cléo Martin-Delacroix de la Fontaine", "cleo.martin-delacroix.de.la.fontaine@subdomain.of.example.org", "User", page.Warning, "No two-factor", ago(5 * time.Hour), "0"},
			{4, "Dmitri Petrov", "dmitri@example.org", "User", page.Good, "Active", ago(26 * time.Hour), "230"},
			{5, "مريم", "maryam@example.org", "User", page.Muted, "Support until 30 Nov", ago(4 * 24 * time.Hour), "7"},
			{6, "Eve <script>alert(1)</script>", "eve@example.org", "Sub-account", page.Bad, "Locked", ago(40 * 24 * time.Hour), "1"},
			{7, "Fatima Zahra", "fatima@example.org", "User", page.Good, "Active", ago(400 * 24 * time.Hour), "88"},
			{8, "Gus Larsen", "gus@example.org", "User", page.Muted, "New", nil, "0"},
		},
	}
	p.Flash = &page.Flash{Kind: page.Good, Text: "Dmitri Petrov can no longer sign in.", Action: "Undo", URL: "/undo"}
	return p
}

func galleryObject() *objectPage {
	return &objectPage{
		Base: galleryBase("Cléo Martin", "/settings/users/3"), Name: "Cléo Martin", At: *ago(72 * time.Hour), Now: now,
		Kinds: []page.Kind{page.Good, page.Warning, page.Bad, page.Muted},
		Stats: []page.Stat{
			{Label: "Sales this month", Value: "€12,480.00", Note: "12% more than in October"}, {Label: "Customers with access", Value: "1,204", URL: "/customers"},
			{Label: "Refunds", Value: "€96.00", Note: "2 orders"}, {Label: "Waiting deliveries", Value: "3", Note: "1 needs a product"},
		},
		Facts: []page.Fact{
			{Term: "Email", Text: "cleo@example.org"}, {Term: "State", Text: "Active", Kind: page.Good}, {Term: "Phone"},
			{Term: "Invited by", Text: "Ann O'Neil", URL: "/users/1"}, {Term: "Products", Text: "Ink & Wash, Watercolour Weekends"},
		},
		Entries: []page.Entry{
			{At: now.Add(8 * 24 * time.Hour), Title: "Access to customers ends", Icon: "clock", Unsettled: true},
			{At: *ago(3 * time.Hour), Title: "Was given access to Ink & Wash", Kind: page.Good, Who: "ThriveCart", Cause: "order #1514394", CauseURL: "/orders/1"},
			{At: *ago(30 * time.Hour), Title: "Password reset was asked for twice", Kind: page.Warning, Text: "From two addresses. The first link was ended by the second."},
			{At: *ago(9 * 24 * time.Hour), Title: "Lost access to Watercolour Weekends", Kind: page.Bad, Who: "Ben Okafor", Cause: "refund"},
			{At: *ago(203 * 24 * time.Hour), Title: "Was invited", Icon: "invite", Who: "Ann O'Neil"},
		},
	}
}

func galleryForm() *formPage {
	form := page.FormOf(url.Values{
		"emails": {"ben@example.org\ncleo@example\n<b>dmitri</b>@example.org"}, "type": {"user"}, "permission": {"customers.browse", "coupons.view"},
		"name": {`Ann "Inky" O'Neil`}, "country": {"DE"}, "password": {"correct horse"}, "again": {"battery staple"}, "login": {"ann"}, "amount": {"25"}, "notify": {"1"},
	})
	form.Fail("emails", "Line 2, cleo@example, is not an email address: the part behind the @ needs a dot.")
	form.Fail("email", "Enter an email address.")
	form.Fail("permission", "Choose at least one permission.")
	form.Fail("password", "This password is in lists of stolen ones. Choose another.")
	return &formPage{
		Base: galleryBase("Invite users", "/settings/users/invite"), Form: form,
		Types: []page.Option{
			{Value: "user", Label: "User", Hint: "Does what you choose below. Never pricing, payment or users."},
			{Value: "admin", Label: "Admin", Hint: "Does everything, and invites others."},
			{Value: "owner", Label: "Owner", Hint: "There is one. Transfer it under Account.", Disabled: true},
		},
		Permissions: []page.Option{
			{Value: "customers.browse", Label: "Browse all customers", Group: "Customers"},
			{Value: "customers.search", Label: "See customers they search for", Hint: "Details, refunds and subscriptions, one customer at a time.", Group: "Customers"},
			{Value: "coupons.edit", Label: "Create, edit and delete coupons", Group: "Coupons"},
			{Value: "coupons.view", Label: "View coupons and copy their code", Group: "Coupons"},
		},
		Countries: []page.Option{{Value: "AT", Label: "Austria", Group: "Often"}, {Value: "DE", Label: "Germany", Group: "Often"}, {Value: "NZ", Label: "New Zealand", Group: "All"}},
	}
}

func galleryConfirm() *page.ConfirmPage {
	return &page.ConfirmPage{Base: galleryBase("Deactivate Ben Okafor", "/settings/users"), Confirm: page.Confirm{
		Title: "Deactivate Ben Okafor?",
		Text: []string{
			"Ben is signed out everywhere at once, and his API tokens and open invitations end. What he did stays in the history.",
			"You can reactivate him under Deactivated; tokens have to be made anew.",
		},
		Action: "/users/2/deactivate", Fields: map[string]string{"revision": "4"}, Verb: "Deactivate", Danger: true, Cancel: "/users",
	}}
}

// gallery renders every page of it, by name.
func gallery(t *testing.T) map[string]*httptest.ResponseRecorder {
	t.Helper()
	signin := page.NewForm().Set("login", "ann@example.org")
	signin.Fail("", "The email or the password is not right. Try again, or set a new password.")
	lost := page.NewErrorPage(galleryBase("", "/nowhere"), http.StatusNotFound, "there is no user 77 in this account")
	out := page.Base{RequestID: "5f0c1b9e2a7d4c38"}
	pages := map[string]func(http.ResponseWriter) error{
		"list":   func(w http.ResponseWriter) error { return listView.Render(w, 200, galleryList()) },
		"object": func(w http.ResponseWriter) error { return objectView.Render(w, 200, galleryObject()) },
		"form":   func(w http.ResponseWriter) error { return formView.Render(w, 422, galleryForm()) },
		"empty": func(w http.ResponseWriter) error {
			return emptyView.Render(w, 200, &emptyPage{galleryBase("Pending", "/settings/users")})
		},
		"signin": func(w http.ResponseWriter) error {
			return signinView.Render(w, 200, &signinPage{page.Base{Title: "Sign in"}, page.NewForm()})
		},
		"signin-fail": func(w http.ResponseWriter) error {
			return signinView.Render(w, 422, &signinPage{page.Base{Title: "Sign in"}, signin})
		},
		"deactivate": func(w http.ResponseWriter) error { return page.Confirmation.Render(w, 200, galleryConfirm()) },
		"error":      func(w http.ResponseWriter) error { return page.Failure.Render(w, lost.Status, lost) },
		"error-out":  func(w http.ResponseWriter) error { return page.Failure.Render(w, 500, page.NewErrorPage(out, 500, "")) },
	}
	got := map[string]*httptest.ResponseRecorder{}
	for name, render := range pages {
		w := httptest.NewRecorder()
		if err := render(w); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got[name] = w
	}
	return got
}

func TestGallery(t *testing.T) {
	t.Parallel()
	pages := gallery(t)
	dir := os.Getenv("ENROLLD_GALLERY")
	if dir == "" {
		return
	}
	write := func(name string, body []byte) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, w := range pages {
		write(name+".html", w.Body.Bytes())
	}
	for _, name := range []string{"app.css", "app.js", "icon.svg"} {
		address, err := page.AssetURL(name)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		page.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, http.NoBody))
		write(address, w.Body.Bytes())
	}
}
