package signin

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// What may be tried how often. Trying passwords of a login from anywhere takes
// nothing from the browsers that its holder signed in with before, from passkeys,
// or from links by mail: nobody is locked out by somebody else.
var (
	perPlace   = store.Budget{Every: 10 * time.Second, Burst: 30} // passwords from one network address, in browsers that are not known
	perPasskey = store.Budget{Every: 2 * time.Second, Burst: 60}  // passkeys from one network address
	perOptions = store.Budget{Every: 2 * time.Second, Burst: 60}  // beginnings with a passkey, likewise
	perName    = store.Budget{Every: 5 * time.Minute, Burst: 10}  // passwords for a name, from browsers that are not known
	perBrowser = store.Budget{Every: time.Minute, Burst: 10}      // passwords for a login, from a browser that is known
	perFactor  = store.Budget{Every: 2 * time.Minute, Burst: 10}  // codes of a login, while signing in
)

// spend takes one off a budget. Errors: store.TooOftenError when there is none left.
func (s *Screens) spend(r *gate.Request, b store.Budget, format string, args ...any) error {
	wait, err := s.frame.DB.Spend(r.Context(), fmt.Sprintf(format, args...), b)
	if err != nil {
		return err
	}
	if wait > 0 {
		return store.TooOften(wait)
	}
	return nil
}

// spendPassword takes a try off the budgets of where it comes from and of who is
// named, or off that of a browser that is known alone. The name's goes by what was
// typed and not by whose it is: were two names of one login to share a budget, it
// would tell that they belong together, and that they exist.
func (s *Screens) spendPassword(r *gate.Request, name string, login enrolld.Login) error {
	if browser, ok := r.Known(login); ok {
		return s.spend(r, perBrowser, "signin login %d %s", login.ID, browser)
	}
	if err := s.spend(r, perPlace, "signin ip %s", store.Place(r.Addr())); err != nil {
		return err
	}
	return s.spend(r, perName, "signin name %s", nameKey(name))
}

// nameKey is a name as logins are found by it, or as it was typed.
func nameKey(name string) string {
	if _, key, err := enrolld.ParseEmail(name); err == nil {
		return string(key)
	}
	if _, key, err := enrolld.ParseUsername(name); err == nil {
		return key
	}
	return strings.ToLower(strings.TrimSpace(name))
}

// mend puts what the person can mend into a form; that includes waiting. status is
// that of the page. Any other error is returned.
func mend(r *gate.Request, form *page.Form, field string, err error) (status int, _ error) {
	if often, ok := errors.AsType[*store.TooOftenError](err); ok {
		r.Writer.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(often.Wait.Seconds()))))
		form.Fail("", gate.Sentence(err))
		return http.StatusTooManyRequests, nil
	}
	return http.StatusUnprocessableEntity, gate.Mend(form, field, err)
}
