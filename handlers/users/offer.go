package users

import (
	"context"
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
	"enrolld/store/team"
)

// offer is what somebody may give to others: the choices of a termsForm.
type offer struct {
	types       []enrolld.MemberType
	all         bool // all permissions, later ones too
	permissions []permission
	allAccounts bool
	accounts    []enrolld.Account
	// askAccounts: there is something to choose.
	askAccounts bool
	allProducts bool
	products    []page.Option // the values are ids
	edit, del   bool
}

// permission is one that may be given, and until when; the zero time: without end.
type permission struct {
	enrolld.PermissionInfo
	limit time.Time
}

// offerOf is what a member may give, leaving accounts and products aside.
func offerOf(m enrolld.Member, now time.Time) offer {
	o := offer{
		types:       []enrolld.MemberType{enrolld.TypeUser},
		all:         m.All || m.Type == enrolld.TypeOwner,
		allAccounts: m.Scope.AllAccounts,
		allProducts: m.Scope.AllProducts,
		edit:        m.Scope.EditProducts,
		del:         m.Scope.DeleteProducts,
	}
	if m.Type == enrolld.TypeOwner || m.Type == enrolld.TypeAdmin {
		o.types = append(o.types, enrolld.TypeAdmin)
	}
	for _, p := range m.Held(now) {
		if !p.Ready {
			continue
		}
		given := permission{PermissionInfo: p}
		if !o.all {
			given.limit = m.Rights[p.Key]
		}
		o.permissions = append(o.permissions, given)
	}
	return o
}

// forUsers narrows an offer to what type User may hold.
func (o offer) forUsers() offer {
	o.types = []enrolld.MemberType{enrolld.TypeUser}
	o.permissions = slices.DeleteFunc(slices.Clone(o.permissions), func(p permission) bool { return p.AdminOnly })
	return o
}

// permission finds one that may be given.
func (o offer) permission(key enrolld.Permission) (permission, bool) {
	i := slices.IndexFunc(o.permissions, func(p permission) bool { return p.Key == key })
	if i < 0 {
		return permission{}, false
	}
	return o.permissions[i], true
}

func (o offer) accountIDs() []int64 {
	ids := make([]int64, len(o.accounts))
	for i, a := range o.accounts {
		ids[i] = a.ID
	}
	return ids
}

func (o offer) productIDs() []int64 {
	ids := make([]int64, 0, len(o.products))
	for _, p := range o.products {
		if id, err := strconv.ParseInt(p.Value, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// offer is what the caller may give in the account of the address. Accounts are
// asked for when there are sub-accounts, or when has was given chosen ones.
func (s *Screens) offer(r *gate.Request, has enrolld.Scope) (offer, error) {
	m := r.Membership
	o := offerOf(m.Member, r.Now())
	o.accounts = reachable(m)
	o.askAccounts = len(o.accounts) > 1 || o.allAccounts && !has.AllAccounts && len(has.Accounts) > 0
	products, err := s.products(r.Context(), m.Member, o.accounts)
	o.products = slices.Concat(products, unlisted(has.Products, products, m.Scope))
	return o, err
}

// unlisted are products that somebody has and the list does not show, since it has
// an end, or since they are of an account that the caller does not see. As choices
// they stay ticked: nobody loses them because somebody saved a form.
func unlisted(has []int64, listed []page.Option, mine enrolld.Scope) []page.Option {
	var out []page.Option
	for _, id := range has {
		known := slices.ContainsFunc(listed, func(o page.Option) bool { return o.Value == idText(id) })
		if !known && mine.Product(id) {
			out = append(out, page.Option{Value: idText(id), Label: "Product " + idText(id), Hint: "not in this list"})
		}
	}
	return out
}

// reachable are the client account and its sub-accounts, as far as they are in a
// member's scope.
func reachable(m team.Membership) []enrolld.Account {
	if !m.Scope.In(m.Account.ID) {
		return m.Subs
	}
	return append([]enrolld.Account{m.Account}, m.Subs...)
}

// products are those in a member's scope, as choices: by account, which is their group when
// there are several, then by name.
func (s *Screens) products(ctx context.Context, m enrolld.Member, accounts []enrolld.Account) ([]page.Option, error) {
	ids := make([]int64, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	list, err := s.db.ProductOptions(ctx, ids, store.ScopeOf(m))
	if err != nil {
		return nil, err
	}
	out := make([]page.Option, 0, len(list))
	for _, a := range accounts {
		group := a.Name
		if len(accounts) == 1 {
			group = ""
		}
		for _, p := range list {
			if p.AccountID == a.ID {
				out = append(out, page.Option{Value: idText(p.ID), Label: p.Label(), Hint: p.Platform, Group: group})
			}
		}
	}
	return out, nil
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
