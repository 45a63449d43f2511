package enrolld

import (
	"maps"
	"slices"
	"time"
)

// MemberType is what somebody is in an account.
type MemberType string

// The types. An account has one owner. A sub-login made by hand is a User.
const (
	TypeOwner MemberType = "owner"
	TypeAdmin MemberType = "admin"
	TypeUser  MemberType = "user"
)

// Title is the type as people read it.
func (t MemberType) Title() string {
	switch t {
	case TypeOwner:
		return "Owner"
	case TypeAdmin:
		return "Admin"
	case TypeUser:
		return "User"
	}
	return string(t)
}

// Terms are what a member may do, and what an invitation offers.
type Terms struct {
	Type MemberType `json:"type"`
	// All: every permission that the type may hold, later ones too.
	All bool `json:"all,omitempty"`
	// Rights are the chosen permissions and when each ends; the zero time: never.
	Rights map[Permission]time.Time `json:"rights,omitempty"`
	Scope  Scope                    `json:"scope"`
}

// Scope narrows terms to some sub-accounts and products.
type Scope struct {
	// AllAccounts: the account itself and every sub-account, later ones too.
	AllAccounts bool    `json:"all_accounts,omitempty"`
	Accounts    []int64 `json:"accounts,omitempty"` // the account itself or sub-accounts, by id
	// AllProducts: every product, later ones too.
	AllProducts bool    `json:"all_products,omitempty"`
	Products    []int64 `json:"products,omitempty"`
	// EditProducts and DeleteProducts say what may be done with products in scope.
	EditProducts   bool `json:"edit_products,omitempty"`
	DeleteProducts bool `json:"delete_products,omitempty"`
}

// Everything is the scope without limits.
func Everything() Scope {
	return Scope{AllAccounts: true, AllProducts: true, EditProducts: true, DeleteProducts: true}
}

// OwnerTerms are those of every owner.
func OwnerTerms() Terms { return Terms{Type: TypeOwner, All: true, Scope: Everything()} }

// Member is a login in a client account.
type Member struct {
	ID        int64
	AccountID int64 // the client account, never a sub-account
	LoginID   int64
	Terms
	// ByHand: made by somebody in the account, who chose the first password.
	ByHand        bool
	DeactivatedAt *time.Time // nil: active
	CreatedAt     time.Time
	Revision      int64
}

// Active says whether the member may enter the account.
func (m Member) Active() bool { return m.DeactivatedAt == nil }

// May says whether the terms hold a permission now.
func (t Terms) May(p Permission, now time.Time) bool {
	_, ok := t.end(p, now)
	return ok
}

// Held lists the permissions that are held now, in the catalogue's order.
func (t Terms) Held(now time.Time) []PermissionInfo {
	var out []PermissionInfo
	for _, p := range permissions {
		if t.May(p.Key, now) {
			out = append(out, p)
		}
	}
	return out
}

// end answers until when a permission is held (zero: without end), and whether
// it is held now.
func (t Terms) end(p Permission, now time.Time) (time.Time, bool) {
	if !t.Type.mayHold(p) {
		return time.Time{}, false
	}
	if t.Type == TypeOwner || t.All {
		return time.Time{}, true
	}
	until, ok := t.Rights[p]
	return until, ok && (until.IsZero() || until.After(now))
}

// Normal returns the terms with only what counts, in order: nothing chosen beside
// "all", each id once, ends in the precision of the database.
func (t Terms) Normal() Terms {
	rights := t.Rights
	t.Rights = nil
	if !t.All && len(rights) > 0 {
		t.Rights = make(map[Permission]time.Time, len(rights))
		for p, until := range rights {
			t.Rights[p] = until.UTC().Truncate(time.Microsecond)
		}
	}
	t.Scope.Accounts = chosenIDs(t.Scope.AllAccounts, t.Scope.Accounts)
	t.Scope.Products = chosenIDs(t.Scope.AllProducts, t.Scope.Products)
	return t
}

func chosenIDs(all bool, ids []int64) []int64 {
	if all || len(ids) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}

// In says whether the scope reaches an account: the client account itself or one
// of its sub-accounts.
func (s Scope) In(accountID int64) bool {
	return s.AllAccounts || slices.Contains(s.Accounts, accountID)
}

// Product says whether a product is in scope.
func (s Scope) Product(id int64) bool { return s.AllProducts || slices.Contains(s.Products, id) }

// within says whether whoever has outer could have given inner.
func (t Terms) within(outer Terms, now time.Time) bool {
	switch {
	case t.Type == TypeOwner:
		return false
	case outer.Type == TypeOwner:
		return true
	case t.Type == TypeAdmin && outer.Type != TypeAdmin, t.All && !outer.All:
		return false
	}
	for p, until := range t.Rights {
		if !t.May(p, now) {
			continue // over, or not for the type: gives nothing
		}
		limit, ok := outer.end(p, now)
		if !ok || !limit.IsZero() && (until.IsZero() || until.After(limit)) {
			return false
		}
	}
	return t.Scope.within(outer.Scope)
}

func (s Scope) within(outer Scope) bool {
	return (outer.AllAccounts || !s.AllAccounts && subset(s.Accounts, outer.Accounts)) &&
		(outer.AllProducts || !s.AllProducts && subset(s.Products, outer.Products)) &&
		(outer.EditProducts || !s.EditProducts) && (outer.DeleteProducts || !s.DeleteProducts)
}

func subset(inner, outer []int64) bool {
	return !slices.ContainsFunc(inner, func(id int64) bool { return !slices.Contains(outer, id) })
}

// maxChosen is how many products or accounts can be chosen one by one.
const maxChosen = 1000

// Validate says what is wrong with terms that somebody wants to give.
func (t Terms) Validate(now time.Time) error {
	if t.Type != TypeAdmin && t.Type != TypeUser {
		return Errorf(Invalid, "choose a type: Admin or User")
	}
	for _, p := range slices.Sorted(maps.Keys(t.Rights)) {
		info, ok := p.Info()
		switch until := t.Rights[p]; {
		case !ok || !info.Ready:
			return Errorf(Invalid, "there is no permission %q to give", p)
		case !t.Type.mayHold(p):
			return Errorf(Invalid, "only an Admin can hold the permission '%s'", info.Title)
		case !until.IsZero() && !until.After(now):
			return Errorf(Invalid, "the permission '%s' would be over already: choose a later end", info.Title)
		}
	}
	switch {
	case !t.All && len(t.Rights) == 0:
		return Errorf(Invalid, "choose at least one permission, or all of them")
	case !t.Scope.AllAccounts && len(t.Scope.Accounts) == 0:
		return Errorf(Invalid, "choose at least one account, or all of them")
	case len(t.Scope.Accounts) > maxChosen || len(t.Scope.Products) > maxChosen:
		return Errorf(Invalid, "choose at most %d products and accounts, or all of them", maxChosen)
	}
	return nil
}
