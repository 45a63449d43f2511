package users

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/page"
)

// What follows is for the template of the form.

// AskType says whether there is a type to choose.
func (f termsForm) AskType() bool { return len(f.Offer.types) > 1 }

// Types are the choices of types.
func (f termsForm) Types() []page.Option {
	hints := map[enrolld.MemberType]string{
		enrolld.TypeUser:  "Does what you choose below. Never pricing, payment or users.",
		enrolld.TypeAdmin: "Can be given everything, managing users too. Needs a second factor.",
	}
	out := make([]page.Option, len(f.Offer.types))
	for i, t := range f.Offer.types {
		out[i] = page.Option{Value: string(t), Label: t.Title(), Hint: hints[t]}
	}
	return out
}

// AskAll says whether all permissions can be given at once.
func (f termsForm) AskAll() bool { return f.Offer.all }

// Rights are all permissions, or chosen ones.
func (f termsForm) Rights() []page.Option {
	hint := "Everything that the type may do, and what is added later."
	if !f.AskType() {
		hint = "Everything that a User may do, and what is added later."
	}
	return []page.Option{
		{Value: all, Label: "All permissions", Hint: hint},
		{Value: chosen, Label: "Chosen permissions", Hint: "Only those that you tick, until a day if you like."},
	}
}

// Permissions are those that may be given, by group.
func (f termsForm) Permissions() []page.Option {
	out := make([]page.Option, len(f.Offer.permissions))
	for i, p := range f.Offer.permissions {
		hint := []string{p.Guards}
		if p.AdminOnly {
			hint = append(hint, "Only an Admin can hold it.")
		}
		if !p.limit.IsZero() {
			hint = append(hint, "You hold it until "+longDay(p.limit)+".")
		}
		out[i] = page.Option{Value: string(p.Key), Label: p.Title, Hint: strings.Join(hint, " "), Group: p.Group}
	}
	return out
}

// endField asks for the end of one permission.
type endField struct{ Name, Label string }

// Ends are the fields for ends of their own.
func (f termsForm) Ends() []endField {
	out := make([]endField, len(f.Offer.permissions))
	for i, p := range f.Offer.permissions {
		out[i] = endField{ownUntil(p.Key), p.Title}
	}
	return out
}

// OwnEnds says whether a permission has an end of its own, or an error in it.
func (f termsForm) OwnEnds() bool {
	return slices.ContainsFunc(f.Ends(), func(e endField) bool { return f.Get(e.Name) != "" || f.Error(e.Name) != "" })
}

// Today and Latest bound date fields.
func (f termsForm) Today() string { return dayText(f.now) }

// Latest is the last day that can be chosen as an end.
func (f termsForm) Latest() string { return dayText(f.now.AddDate(maxYears, 0, -1)) }

// AskAccounts says whether there are accounts to choose among.
func (f termsForm) AskAccounts() bool { return f.Offer.askAccounts }

// AllAccounts says whether all of them can be given.
func (f termsForm) AllAccounts() bool { return f.Offer.allAccounts }

// AccountModes are all accounts, or chosen ones.
func (f termsForm) AccountModes() []page.Option {
	return []page.Option{
		{Value: all, Label: "All accounts", Hint: "The account itself and every sub-account, later ones too."},
		{Value: chosen, Label: "Chosen accounts", Hint: "The others do not exist for them."},
	}
}

// Accounts are the account itself and its sub-accounts.
func (f termsForm) Accounts() []page.Option {
	out := make([]page.Option, len(f.Offer.accounts))
	for i, a := range f.Offer.accounts {
		out[i] = page.Option{Value: idText(a.ID), Label: a.Name}
		if a.ParentID == 0 && len(f.Offer.accounts) > 1 {
			out[i].Hint = "The account itself."
		}
	}
	return out
}

// AllProducts says whether all of them can be given.
func (f termsForm) AllProducts() bool { return f.Offer.allProducts }

// ProductModes are all products, or chosen ones.
func (f termsForm) ProductModes() []page.Option {
	return []page.Option{
		{Value: all, Label: "All products", Hint: "Those of the accounts that they may use, later ones too."},
		{Value: chosen, Label: "Chosen products", Hint: "Only what is about these is shown to them. Tick none for no products at all."},
	}
}

// Products are those that may be given. Their group is their account's name,
// where there are several.
func (f termsForm) Products() []page.Option { return f.Offer.products }

// ManyProducts says whether the list needs a field to search in.
func (f termsForm) ManyProducts() bool { return len(f.Offer.products) > 8 }

// MayEdit says whether changing products can be given.
func (f termsForm) MayEdit() bool { return f.Offer.edit }

// MayDelete says whether deleting products can be given.
func (f termsForm) MayDelete() bool { return f.Offer.del }

// kept are the values of the form that say what may be done, for a form that does
// not ask for them again.
func (f termsForm) kept() []kept {
	names := []string{
		fieldType, fieldRights, fieldPermission, fieldUntil, fieldAccounts, fieldAccount, fieldProducts, fieldProduct, fieldEdit, fieldDelete,
	}
	for _, e := range f.Ends() {
		names = append(names, e.Name)
	}
	var out []kept
	for _, name := range names {
		for _, value := range f.All(name) {
			if value != "" {
				out = append(out, kept{name, value})
			}
		}
	}
	return out
}

// days is how many days a time has.
func days(d time.Duration) int { return int(d / (24 * time.Hour)) }
