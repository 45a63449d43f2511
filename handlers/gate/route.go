package gate

import (
	"net/http"
	"strings"

	"enrolld"
)

// Access says whom a route is for. The zero value is nobody.
type Access string

// The classes of access, from open to closed.
const (
	// Anyone: strangers too. For signing in and what leads there.
	Anyone Access = "anyone"
	// Partial: signed in, even while something is owed: a password to be changed, a
	// second factor to be set up. For the pages that settle it.
	Partial Access = "partial"
	// Person: signed in and nothing owed.
	Person Access = "person"
	// Member: of the client account that the address names, with the route's
	// permission when it has one.
	Member Access = "member"
)

// Route is one screen, or what a form of it does.
type Route struct {
	Name       string // for logs, metrics and the test that walks all of them
	Method     string // GET (HEAD comes with it) or POST
	Path       string // with {account} when Access is Member
	Access     Access
	Permission enrolld.Permission // "" with Member: every member
	// OwnerOnly: with Member, the owner alone.
	OwnerOnly bool
	// EditProducts and DeleteProducts: with Member, who may do that to the products
	// in their scope.
	EditProducts, DeleteProducts bool
	// EveryProduct: with Member, who may use every product: what is shown cannot be
	// narrowed to some.
	EveryProduct bool
	// Fresh: whoever calls proved who they are within the last minutes, or is asked
	// to do so first.
	Fresh bool
	// Download: it reads and sends much; see Frame.serve.
	Download bool
	// Body is how many bytes may be posted; 0: as many as a form has.
	Body   int64
	Handle func(*Request) error
}

// body bounds what is posted.
func (r Route) body() int64 {
	if r.Body == 0 {
		return maxForm
	}
	return r.Body
}

// Methods are those to register.
func (r Route) Methods() []string {
	if r.Method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{r.Method}
}

// Check says what is wrong with a route.
func (r Route) Check() error {
	wrong := func(what string) error {
		return enrolld.Errorf(enrolld.Internal, "route %s %s", r.Name, what)
	}
	switch r.Access {
	case Anyone, Partial, Person:
		if r.Permission != "" || r.OwnerOnly || r.EditProducts || r.DeleteProducts || r.EveryProduct {
			return wrong("names a permission and no account")
		}
	case Member:
		if !strings.HasPrefix(r.Path, "/a/{account}") {
			return wrong("is for members and names no account")
		}
	default:
		return wrong("does not say who may call it")
	}
	if info, ok := r.Permission.Info(); r.Permission != "" && (!ok || !info.Ready) {
		return wrong("names a permission that nobody can be given")
	}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return wrong("has neither GET nor POST")
	case r.Handle == nil:
		return wrong("has no handler")
	case r.Fresh && r.Access == Anyone:
		return wrong("asks strangers for a fresh proof")
	case r.Download && r.Access == Anyone:
		return wrong("sends much to strangers")
	case r.Body != 0 && (r.Access == Anyone || r.Method == http.MethodGet):
		return wrong("takes more than a form from strangers, or where nothing is posted")
	}
	return nil
}
