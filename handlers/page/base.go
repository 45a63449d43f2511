package page

import "strings"

// Where the layout's own links lead. Whoever registers routes uses these names.
const (
	HomeURL        = "/"
	ProfileURL     = "/me"
	SecurityURL    = "/me/security"
	PreferencesURL = "/me/emails"
	SignInURL      = "/sign-in"
	SignOutURL     = "/sign-out" // POST
)

// Product is the name that titles end with.
const Product = "Enrolld"

// filterFrom is the number of accounts from which the switcher can be searched.
const filterFrom = 8

// Base is what the layout shows around every page. Person chooses the layout:
// with one it is the frame with navigation, without it is a single card.
type Base struct {
	Title     string        // "Users · Ink & Wash Academy"; the layout adds the product's name
	Path      string        // of the request; marks the current item of the navigation
	Person    *Person       // nil: signed out
	Account   *AccountLink  // the current account; nil outside of accounts
	Accounts  []AccountLink // for the switcher: top accounts with those below them
	Nav       []NavGroup    // what the person may use, nothing else
	Flash     *Flash        // nil: none
	RequestID string        // shown on error pages
}

// Person is who is signed in.
type Person struct{ Name, Email string }

// Initials are one or two letters for the person's mark.
func (p Person) Initials() string {
	words := strings.Fields(p.Name)
	if len(words) == 0 {
		words = []string{p.Email}
	}
	s := first(words[0])
	if len(words) > 1 {
		s += first(words[len(words)-1])
	}
	return strings.ToUpper(s)
}

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// AccountLink is an account in the switcher. Sub are the accounts below it, one
// level deep.
type AccountLink struct {
	ID      int64
	Name    string
	Site    string // host name, for people
	URL     string
	Current bool
	Sub     []AccountLink
}

// NavGroup is a part of the side navigation. The first group usually has no title.
type NavGroup struct {
	Title string
	Items []NavItem
}

// NavItem is a link of the navigation, with links below it or none.
type NavItem struct {
	Title, URL string
	Icon       string // see icons.go; "" for an item below another
	Count      int    // what waits there for a hand; 0 is not shown
	Current    bool   // set it to override what Path says
	Items      []NavItem
}

// Open reports whether the items below it are shown: when it or one of them is current.
func (i NavItem) Open() bool {
	for _, sub := range i.Items {
		if sub.Current {
			return true
		}
	}
	return i.Current
}

// Flash is one message about what has just been done.
type Flash struct {
	Kind   Kind
	Text   string
	Action string // the words of a link, such as "Undo"; "" for none
	URL    string // where it leads
}

// Navigation is Nav with the current item marked: the one whose address is the
// longest beginning of Path, unless one is marked already.
func (b Base) Navigation() []NavGroup {
	longest, marked := "", false
	b.eachItem(func(i NavItem) {
		marked = marked || i.Current
		if covers(i.URL, b.Path) && len(i.URL) > len(longest) {
			longest = i.URL
		}
	})
	if marked || longest == "" {
		return b.Nav
	}
	out := make([]NavGroup, len(b.Nav))
	for n, g := range b.Nav {
		out[n] = NavGroup{g.Title, mark(g.Items, longest)}
	}
	return out
}

func (b Base) eachItem(do func(NavItem)) {
	for _, g := range b.Nav {
		for _, i := range g.Items {
			do(i)
			for _, sub := range i.Items {
				do(sub)
			}
		}
	}
}

// mark returns a copy of the items: several requests may share the original.
func mark(items []NavItem, url string) []NavItem {
	out := make([]NavItem, len(items))
	for n, i := range items {
		i.Current = i.URL == url
		i.Items = mark(i.Items, url)
		for _, sub := range i.Items { // of two with the same address, the lower one
			i.Current = i.Current && !sub.Current
		}
		out[n] = i
	}
	return out
}

// covers reports whether path is url or below it.
func covers(url, path string) bool {
	rest, ok := strings.CutPrefix(path, url)
	return url != "" && ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(url, "/"))
}

// CanSwitch reports whether there is another account to go to.
func (b Base) CanSwitch() bool { return b.accounts() > 1 || b.accounts() == 1 && b.Account == nil }

// ManyAccounts reports whether the switcher needs a field to search in.
func (b Base) ManyAccounts() bool { return b.accounts() >= filterFrom }

func (b Base) accounts() int {
	n := len(b.Accounts)
	for _, a := range b.Accounts {
		n += len(a.Sub)
	}
	return n
}
