package gate

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/page"
	"enrolld/store"
)

// Addresses that the gate sends people to.
const (
	SignInURL  = page.SignInURL
	CodeURL    = "/sign-in/code"    // the second factor
	ConfirmURL = "/sign-in/confirm" // prove again who you are
	// What is owed is settled at these.
	PasswordURL     = "/me/password"
	SecondFactorURL = "/me/second-factor"
)

// admit checks a route's conditions in order. It returns false when it has
// answered already, with the way to where the condition is met.
func (f *Frame) admit(r *Request) (bool, error) {
	if r.route.Access == Anyone {
		return true, nil
	}
	if !r.SignedIn() {
		return false, f.signIn(r)
	}
	if r.route.Access == Partial {
		return f.admitFresh(r)
	}
	if owed := f.owes(r); owed != "" {
		return false, r.Redirect(owed)
	}
	if r.route.Access == Member {
		if err := f.admitMember(r); err != nil {
			return false, err
		}
	}
	return f.admitFresh(r)
}

// signIn sends a stranger to sign in and back to where they wanted to go.
func (f *Frame) signIn(r *Request) error {
	if r.Method == http.MethodPost {
		return enrolld.Errorf(enrolld.Unauthorized, "you are signed out: sign in and do it again")
	}
	return r.Redirect(SignInURL + "?next=" + url.QueryEscape(r.URL.RequestURI()))
}

// owes says where somebody has to go before anything else; "" when nowhere.
func (f *Frame) owes(r *Request) string {
	switch login := r.Viewer.Login; {
	case login.MustChange:
		return PasswordURL
	case !login.SecondFactor() && r.Viewer.NeedsSecondFactor(f.Now()):
		return SecondFactorURL
	}
	return ""
}

// admitFresh asks for a new proof when the last one is old.
func (f *Frame) admitFresh(r *Request) (bool, error) {
	if !r.route.Fresh || r.Session().since(keyProved) <= freshFor {
		return true, nil
	}
	next := r.URL.RequestURI()
	if r.Method == http.MethodPost {
		next = f.cameFrom(r)
		r.Flash(page.Warning, "It has been a while. Confirm that it is you, then do it once more.")
	}
	return false, r.Redirect(ConfirmURL + "?next=" + url.QueryEscape(next))
}

// perProof is how often somebody who found a browser signed in may try to prove
// that it is theirs, wherever they are asked.
var perProof = store.Budget{Every: time.Minute, Burst: 10}

// SpendProof takes one try to prove who is signed in off their budget. Errors:
// store.TooOftenError.
func (r *Request) SpendProof() error {
	wait, err := r.frame.DB.Spend(r.Context(), fmt.Sprintf("confirm %d", r.Viewer.Login.ID), perProof)
	if err == nil && wait > 0 {
		err = store.TooOften(wait)
	}
	return err
}

// cameFrom is the page whose form was posted.
func (f *Frame) cameFrom(r *Request) string {
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
		return Local(u.RequestURI())
	}
	return page.HomeURL
}

// Local is an address of ours to go to, or the beginning when it leads elsewhere.
func Local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return page.HomeURL
	}
	return next
}

// admitMember finds the account that the address names and checks the caller's
// rights there. What is not theirs does not exist for them.
func (f *Frame) admitMember(r *Request) error {
	if err := f.mayCall(r); err != nil {
		return err
	}
	return f.noteEntry(r)
}

// mayCall finds the account and checks the caller's rights there.
func (f *Frame) mayCall(r *Request) error {
	id, err := r.ID("account")
	if err != nil {
		return err
	}
	m, account, ok := r.Viewer.Reach(id)
	if !ok {
		return enrolld.Errorf(enrolld.NotFound, "there is no such account, or you have no access to it")
	}
	r.Membership, r.Account = m, account
	if r.route.OwnerOnly && !r.owner() {
		return enrolld.Errorf(enrolld.Forbidden, "only the owner of the account may do this")
	}
	if p := r.route.Permission; p != "" && !r.May(p) {
		info, _ := p.Info()
		return enrolld.Errorf(enrolld.Forbidden, "you do not have the permission '%s' in %s", info.Title, account.Name)
	}
	if scope := m.Scope; r.route.EditProducts && !scope.EditProducts || r.route.DeleteProducts && !scope.DeleteProducts {
		return enrolld.Errorf(enrolld.Forbidden, "you may look at products in %s, and not change them like this", account.Name)
	}
	if r.route.EveryProduct && !m.Scope.AllProducts {
		return enrolld.Errorf(enrolld.Forbidden, "this names all products of %s, and you were given some of them", account.Name)
	}
	return nil
}

func (r *Request) owner() bool { return r.Membership.Type == enrolld.TypeOwner }

// noteEntry writes to an account's audit log that a session entered it.
func (f *Frame) noteEntry(r *Request) error {
	if !r.Session().enter(r.Membership.AccountID) {
		return nil
	}
	return f.DB.InTx(r.Context(), func(tx *store.Tx) error {
		e := store.AuditBy(r.Actor(), r.Membership.AccountID, "account.entered")
		e.SubjectLoginID = r.Viewer.Login.ID
		return tx.Audit(r.Context(), []store.AuditEntry{e})
	})
}
