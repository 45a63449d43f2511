package customers

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/integrations"
)

//go:embed templates/*.tmpl
var files embed.FS

// Gift is a course that the team gives.
type Gift struct {
	Course enrolld.CourseRef
	Until  *time.Time // nil: without end
}

// Change is what the team gives one customer and takes back.
type Change struct {
	AccountID, CustomerID int64
	// Revision is the customer's as it was shown.
	Revision int64
	// Give are courses; what people and imports gave of them before ends, so that
	// the new term is the one that counts.
	Give []Gift
	// Take are courses of which everything ends that people and imports gave. What
	// orders give stays.
	Take []enrolld.CourseRef
}

// Newcomer is a customer whom the team adds.
type Newcomer struct {
	AccountID          int64
	Email, First, Last string
	Give               []Gift
	Notify             bool   // by email
	Template           string // the variant of the text; empty: the standard one
}

// Added is what became of a Newcomer.
type Added struct {
	CustomerID int64
	New        bool   // there was no such customer
	Problem    string // why there is no WordPress user; for people
}

// Access changes what customers have, through the settlement that orders go
// through, with the audit entry of who did it.
type Access interface {
	// Change gives and takes back. Errors: NotFound, Conflict when the customer is of
	// another revision.
	Change(ctx context.Context, actor enrolld.Actor, c Change) error
	// Add adds a customer, or finds the one with this address.
	Add(ctx context.Context, actor enrolld.Actor, n Newcomer) (Added, error)
	// User says whether the site has a user with this address, before anybody is added.
	User(ctx context.Context, accountID int64, key enrolld.EmailKey) (bool, error)
	// SendLink has a message with a link to set a password go to a customer. Errors:
	// Invalid when they may get none.
	SendLink(ctx context.Context, actor enrolld.Actor, accountID, customerID int64) error
	// SiteURL is where an account's WordPress is, for links into its dashboard.
	SiteURL(ctx context.Context, accountID int64) (string, error)
	Doors
	Identity

	Decider
}

// Screens are the pages of this package.
type Screens struct {
	frame     *gate.Frame
	courses   course.Source
	platforms integrations.Registry
	access    Access
}

// New makes the screens. platforms are asked for their names only.
func New(f *gate.Frame, courses course.Source, platforms integrations.Registry, access Access) *Screens {
	return &Screens{f, courses, platforms, access}
}

const below = "/customers"

// Routes lists the screens.
func (s *Screens) Routes() []gate.Route {
	const browse, search, one = enrolld.PermCustomersBrowse, enrolld.PermCustomersSearch, "/{customer:[0-9]+}"
	route := func(name, method, path string, needs enrolld.Permission, handle func(*gate.Request) error) gate.Route {
		if strings.HasPrefix(path, one) {
			handle = s.orElsewhere(handle)
		}
		return gate.Route{
			Name: name, Method: method, Path: "/a/{account}/customers" + path, Access: gate.Member, Permission: needs, Handle: handle,
		}
	}
	every := func(r gate.Route) gate.Route {
		r.EveryProduct = true
		return r
	}
	return []gate.Route{
		route("customers", http.MethodGet, "", browse, s.list),
		download(route("customers-export", http.MethodGet, ".csv", browse, s.export)),
		route("customers-select", http.MethodPost, "/select", browse, s.selectMany),
		route("customer-new", http.MethodGet, "/new", browse, s.askNew),
		route("customer-add", http.MethodPost, "/new", browse, s.add),
		route("customer", http.MethodGet, one, browse, s.show),
		route("customer-access", http.MethodGet, one+"/access", browse, s.editAccess),
		route("customer-access-save", http.MethodPost, one+"/access", browse, s.saveAccess),
		every(route("customer-mail", http.MethodGet, one+"/mail", browse, s.askMail)),
		every(route("customer-mail-try", http.MethodPost, one+"/mail", browse, s.tryMail)),
		every(route("customer-profile", http.MethodGet, one+"/profile", browse, s.editProfile)),
		every(route("customer-profile-save", http.MethodPost, one+"/profile", browse, s.saveProfile)),
		every(route("customer-addresses", http.MethodGet, one+"/addresses", browse, s.showAddresses)),
		every(route("customer-address-add", http.MethodPost, one+"/addresses", browse, s.addAddress)),
		every(route("customer-address", http.MethodGet, one+"/addresses/{address:[0-9]+}/remove", browse, s.askRemoveAddress)),
		every(route("customer-address-remove", http.MethodPost, one+"/addresses/{address:[0-9]+}/remove", browse, s.removeAddress)),
		every(route("customer-other", http.MethodGet, one+"/merge", browse, s.askOther)),
		every(route("customer-other-find", http.MethodPost, one+"/merge", browse, s.findOther)),
		every(route("customer-merge", http.MethodGet, one+"/merge/{other:[0-9]+}", browse, s.previewMerge)),
		every(route("customer-merge-do", http.MethodPost, one+"/merge/{other:[0-9]+}", browse, s.merge)),
		every(route("customer-unmerge", http.MethodGet, one+"/merges/{merge:[0-9]+}/undo", browse, s.askUnmerge)),
		every(route("customer-unmerge-do", http.MethodPost, one+"/merges/{merge:[0-9]+}/undo", browse, s.unmerge)),
		route("customer-link-ask", http.MethodGet, one+"/password", enrolld.PermPasswords, s.askLink),
		route("customer-link", http.MethodPost, one+"/password", enrolld.PermPasswords, s.sendLink),
		every(route("customer-block-ask", http.MethodGet, one+"/block", browse, s.askBlock)),
		every(route("customer-block", http.MethodPost, one+"/block", browse, s.block)),
		every(route("customer-unblock-ask", http.MethodGet, one+"/unblock", browse, s.ask(unblock))),
		every(route("customer-unblock", http.MethodPost, one+"/unblock", browse, s.answer(unblock))),
		every(route("customer-remove-ask", http.MethodGet, one+"/remove", browse, s.ask(remove))),
		every(route("customer-remove", http.MethodPost, one+"/remove", browse, s.answer(remove))),
		every(route("customer-take-back-ask", http.MethodGet, one+"/take-back", browse, s.ask(takeBack))),
		every(route("customer-take-back", http.MethodPost, one+"/take-back", browse, s.answer(takeBack))),
		download(fresh(every(route("customer-copy", http.MethodPost, one+"/export", browse, s.exportCustomer)))),
		fresh(every(route("customer-erase-ask", http.MethodGet, one+"/erase", browse, s.askErase))),
		fresh(every(route("customer-erase", http.MethodPost, one+"/erase", browse, s.erase))),
		route("customers-find", http.MethodGet, "/find", search, s.findForm),
		route("customers-found", http.MethodPost, "/find", search, s.find),
		fresh(route("customer-enter-ask", http.MethodGet, one+"/log-in-as", enrolld.PermLogInAs, s.askEnter)),
		fresh(route("customer-enter", http.MethodPost, one+"/log-in-as", enrolld.PermLogInAs, s.enter)),
		route("customer-entry-end", http.MethodPost, one+"/visits/{entry}/end", enrolld.PermLogInAs, s.endEntry),
		route("customer-found", http.MethodGet, "/found"+one, search, s.showFound),
	}
}

// fresh is a route that asks for a new proof of who calls.
func fresh(r gate.Route) gate.Route {
	r.Fresh = true
	return r
}

// download is a route that sends much.
func download(r gate.Route) gate.Route {
	r.Download = true
	return r
}

// Nav is what the package adds to the side navigation.
var Nav = []gate.NavEntry{
	{Title: "Customers", Icon: "customers", Path: below, Needs: enrolld.PermCustomersBrowse},
	{Title: "Find a customer", Icon: "search", Path: below + "/find", Needs: enrolld.PermCustomersSearch, Without: enrolld.PermCustomersBrowse},
}

// customer is the one that the address names, when they are in scope.
func (s *Screens) customer(r *gate.Request) (enrolld.Customer, error) {
	id, err := r.ID("customer")
	if err != nil {
		return enrolld.Customer{}, err
	}
	return s.frame.DB.Customer(r.Context(), r.Account.ID, id, r.Scope())
}

func pathOf(r *gate.Request, id int64) string { return r.Path(fmt.Sprintf("%s/%d", below, id)) }

// platform is the name that people know a platform by.
func (s *Screens) platform(key string) string {
	if p, ok := s.platforms[key]; ok {
		return p.Title()
	}
	return key
}

// narrow says that the caller was given some products only.
func narrow(r *gate.Request) bool { return !r.Membership.Scope.AllProducts }
