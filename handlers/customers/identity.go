package customers

import (
	"context"
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

// Standing is how a customer's WordPress user stands to us when the address changes.
type Standing string

// The standings.
const (
	StandingNone   Standing = ""       // there is no user
	StandingOurs   Standing = "ours"   // we made it: the address follows
	StandingTheirs Standing = "theirs" // it was there before: the address follows when asked to
	StandingTeam   Standing = "team"   // it has more than a customer's rights: the address stays
)

// Profile is what a customer is to be called and reached by.
type Profile struct {
	AccountID, CustomerID int64
	Revision              int64 // as it was shown
	Email, First, Last    string
	// InWordPress changes the address of a WordPress user who was there before us.
	InWordPress bool
}

// Merging is two customers of whom one stays.
type Merging struct {
	AccountID                  int64
	KeptID, GoneID             int64
	KeptRevision, GoneRevision int64 // as they were shown
}

// Identity changes who a customer is, each time in one transaction with its audit
// entry. Names, addresses and merges are about all that somebody bought, so that
// only who may use every product may change them. Errors have code Conflict when something changed meanwhile, or when an
// address is somebody else's.
type Identity interface {
	Standing(ctx context.Context, accountID int64, c enrolld.Customer) (Standing, error)
	// ChangeProfile says whether the address was changed in WordPress too.
	ChangeProfile(ctx context.Context, actor enrolld.Actor, p Profile) (inWordPress bool, err error)
	AddAddress(ctx context.Context, actor enrolld.Actor, accountID, customerID int64, email string) error
	RemoveAddress(ctx context.Context, actor enrolld.Actor, accountID, customerID, addressID int64) error
	Merge(ctx context.Context, actor enrolld.Actor, m Merging) error
	Unmerge(ctx context.Context, actor enrolld.Actor, accountID, keptID, mergeID int64) error
}

// orElsewhere leads from the pages of somebody who was merged to the customer who
// stayed, as far as the caller may see them.
func (s *Screens) orElsewhere(handle func(*gate.Request) error) func(*gate.Request) error {
	return func(r *gate.Request) error {
		err := handle(r)
		if enrolld.CodeOf(err) != enrolld.NotFound || r.Method != http.MethodGet {
			return err
		}
		id, badID := r.ID("customer")
		if badID != nil {
			return err
		}
		into, none := s.frame.DB.MergedInto(r.Context(), r.Account.ID, id)
		if none != nil {
			return err
		}
		if _, unseen := s.frame.DB.Customer(r.Context(), r.Account.ID, into, r.Scope()); unseen != nil {
			return err
		}
		r.Flash(page.Muted, "The customer at that address was merged into this one.")
		return r.Redirect(pathOf(r, into))
	}
}

// taken says whose an address is, when it is another customer's; nil when it is free.
func (s *Screens) taken(r *gate.Request, c enrolld.Customer, key enrolld.EmailKey) (*known, error) {
	other, err := s.frame.DB.CustomerByKey(r.Context(), r.Account.ID, key)
	if enrolld.CodeOf(err) == enrolld.NotFound || err == nil && other.ID == c.ID {
		return nil, nil
	}
	return &known{
		Title: other.Label() + " has this address", Text: "If the two are one person, make one customer of them.",
		URL: mergePath(r, c.ID, other.ID), Action: "See what a merge would do",
	}, err
}
