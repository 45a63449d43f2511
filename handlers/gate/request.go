package gate

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"enrolld"
	"enrolld/handlers/page"
	"enrolld/store"
	"enrolld/store/team"
)

// maxForm bounds what a request may post, in whatever shape, unless its route says
// otherwise.
const maxForm = 256 << 10

// Request is a request that was let in.
type Request struct {
	*http.Request
	Writer http.ResponseWriter
	// Viewer is who is signed in; its login's id is 0 for strangers.
	Viewer team.Viewer
	// Membership and Account are those that the address names, when the route is for
	// members: Account is the client account or a sub-account of it.
	Membership team.Membership
	Account    enrolld.Account

	frame *Frame
	route Route
}

// SignedIn says whether somebody is.
func (r *Request) SignedIn() bool { return r.Viewer.Login.ID != 0 }

// Now is the time.
func (r *Request) Now() time.Time { return r.frame.Now() }

// Frame is what is around the request.
func (r *Request) Frame() *Frame { return r.frame }

// May says whether the caller holds a permission in the account.
func (r *Request) May(p enrolld.Permission) bool {
	return r.Membership.May(p, r.Now())
}

// Scope is the caller's product scope in the account.
func (r *Request) Scope() store.ProductScope { return store.ScopeOf(r.Membership.Member) }

// Actor is the caller, for the audit log and for mail.
func (r *Request) Actor() enrolld.Actor {
	return enrolld.Actor{
		LoginID: r.Viewer.Login.ID, Name: r.Viewer.Login.Label(), Addr: r.Addr(), Request: r.frame.RequestID(r.Context()),
	}
}

// Addr is the address that the request came from.
func (r *Request) Addr() string { return r.frame.ClientIP(r.Request).String() }

// Var is a variable of the route's path.
func (r *Request) Var(name string) string { return mux.Vars(r.Request)[name] }

// ID is a variable of the path that is a number; one that is not is nothing here.
func (r *Request) ID(name string) (int64, error) {
	id, err := strconv.ParseInt(r.Var(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, enrolld.Errorf(enrolld.NotFound, "there is nothing at this address")
	}
	return id, nil
}

// Path is an address below the account: Path("/users") is "/a/12/users".
func (r *Request) Path(below string) string { return AccountPath(r.Account.ID) + below }

// AccountPath is the address of an account.
func AccountPath(id int64) string { return fmt.Sprintf("/a/%d", id) }

// Form reads what was posted.
func (r *Request) Form() (*page.Form, error) {
	if err := r.ParseForm(); err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the form could not be read: it may be too large")
	}
	return page.FormOf(r.PostForm), nil
}

// Flash leaves a message for the next page.
func (r *Request) Flash(kind page.Kind, text string) {
	r.Session().Put(keyFlash, string(kind)+"|"+text)
}

// Redirect sends the browser to another page of ours.
func (r *Request) Redirect(path string) error {
	http.Redirect(r.Writer, r.Request, path, http.StatusSeeOther)
	return nil
}

// Done says what was done and goes to a page.
func (r *Request) Done(path, format string, args ...any) error {
	r.Flash(page.Good, fmt.Sprintf(format, args...))
	return r.Redirect(path)
}

// Base is what the layout needs, with the title of a page.
func (r *Request) Base(title string) page.Base {
	b := page.Base{Title: title, Path: r.URL.Path, RequestID: r.frame.RequestID(r.Context())}
	if kind, text, ok := strings.Cut(r.Session().Pop(keyFlash), "|"); ok {
		b.Flash = &page.Flash{Kind: page.Kind(kind), Text: text}
	}
	if !r.SignedIn() {
		return b
	}
	b.Person = &page.Person{Name: r.Viewer.Login.Name, Email: r.Viewer.Login.Email}
	b.Accounts = r.accounts()
	if r.Account.ID != 0 {
		b.Title = title + " · " + r.Account.Name
		b.Account = &page.AccountLink{ID: r.Account.ID, Name: r.Account.Name, URL: r.Path(""), Site: host(r.Account.SiteURL), Current: true}
		b.Nav = r.nav()
	}
	return b
}

// Show renders a page, 200.
func Show[T any](r *Request, v page.View[T], data *T) error {
	return v.Render(r.Writer, http.StatusOK, data)
}

// ShowAgain renders a form that has something to mend, 422.
func ShowAgain[T any](r *Request, v page.View[T], data *T) error {
	return v.Render(r.Writer, http.StatusUnprocessableEntity, data)
}

// Mend puts an error that the caller can mend into the form, and returns any
// other one.
func Mend(form *page.Form, field string, err error) error {
	switch enrolld.CodeOf(err) {
	case enrolld.Invalid, enrolld.Conflict, enrolld.TooLarge:
		form.Fail(field, Sentence(err))
		return nil
	}
	return err
}

// Sentence makes one of an error's message: a capital letter and a full stop.
func Sentence(err error) string {
	s := enrolld.MessageOf(err)
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
