package account

import (
	"fmt"
	"slices"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type subAccountsPage struct {
	page.Base
	Client string
	Rows   []subAccountRow
	NewURL string // "" for who does not reach every sub-account
	// Unknown: there are some that the site's companion plugin does not know.
	Unknown bool
}

type subAccountRow struct {
	Name, URL, RenameURL string
	Unknown              bool // to the site's companion plugin
}

type subAccountForm struct {
	page.Base
	Heading, Lead string
	Action, Back  string
	Verb          string
	Form          *page.Form
}

var (
	subAccountsView = page.New[subAccountsPage](files, "sub-accounts")
	subAccountView  = page.New[subAccountForm](files, "sub-account")
)

func (s *Screens) subAccounts(r *gate.Request) error {
	p := &subAccountsPage{Base: r.Base("Sub-accounts"), Client: client(r).Name}
	for _, sub := range r.Membership.Subs {
		p.Rows = append(p.Rows, subAccountRow{
			Name: sub.Name, URL: gate.AccountPath(sub.ID), RenameURL: r.Path(fmt.Sprintf("%s/%d/rename", subAccountsPath, sub.ID)),
			Unknown: !sub.CompanionKnows(),
		})
		p.Unknown = p.Unknown || !sub.CompanionKnows()
	}
	if r.Membership.Scope.AllAccounts {
		p.NewURL = r.Path(subAccountsPath + "/new")
	}
	return gate.Show(r, subAccountsView, p)
}

func newSubAccountPage(r *gate.Request, form *page.Form) *subAccountForm {
	return &subAccountForm{
		Base: r.Base("New sub-account"), Heading: "New sub-account",
		Lead: fmt.Sprintf("A brand, school or region below %s, on the same site and with the same sender of mail. "+
			"It begins without sources, products and customers.", client(r).Name),
		Action: r.Path(subAccountsPath + "/new"), Back: r.Path(subAccountsPath), Verb: "Create sub-account", Form: form,
	}
}

func (s *Screens) newSubAccount(r *gate.Request) error {
	if !r.Membership.Scope.AllAccounts {
		return enrolld.Errorf(enrolld.Forbidden, "only who reaches every sub-account can make one: ask the owner")
	}
	return gate.Show(r, subAccountView, newSubAccountPage(r, page.NewForm()))
}

func (s *Screens) addSubAccount(r *gate.Request) error {
	form, name, err := subAccountName(r)
	if err != nil {
		return err
	}
	if !form.Failed() {
		_, err := s.team.AddSubAccount(r.Context(), r.Actor(), client(r).ID, name)
		if err == nil {
			return r.Done(r.Path(subAccountsPath), "%s was created. Users whose access names all accounts can enter it already. Its courses open to "+
				"customers once whoever runs the server has told the site’s companion plugin.", name)
		}
		if err := gate.Mend(form, "name", err); err != nil {
			return err
		}
	}
	return gate.ShowAgain(r, subAccountView, newSubAccountPage(r, form))
}

func renamePage(r *gate.Request, sub enrolld.Account, form *page.Form) *subAccountForm {
	return &subAccountForm{
		Base: r.Base("Rename " + sub.Name), Heading: "Rename " + sub.Name,
		Lead:   "The name is what people see here and in mail about their access to it. Addresses stay as they are.",
		Action: r.Path(fmt.Sprintf("%s/%d/rename", subAccountsPath, sub.ID)), Back: r.Path(subAccountsPath), Verb: "Rename", Form: form,
	}
}

// subAccount is the one that the address names, when the caller reaches it.
func subAccount(r *gate.Request) (enrolld.Account, error) {
	id, err := r.ID("sub")
	if err != nil {
		return enrolld.Account{}, err
	}
	i := slices.IndexFunc(r.Membership.Subs, func(a enrolld.Account) bool { return a.ID == id })
	if i < 0 {
		return enrolld.Account{}, enrolld.Errorf(enrolld.NotFound, "there is no such sub-account")
	}
	return r.Membership.Subs[i], nil
}

func (s *Screens) editSubAccount(r *gate.Request) error {
	sub, err := subAccount(r)
	if err != nil {
		return err
	}
	return gate.Show(r, subAccountView, renamePage(r, sub, page.NewForm().Set("name", sub.Name)))
}

func (s *Screens) renameSubAccount(r *gate.Request) error {
	sub, err := subAccount(r)
	if err != nil {
		return err
	}
	form, name, err := subAccountName(r)
	if err != nil {
		return err
	}
	if !form.Failed() {
		if err := s.team.RenameSubAccount(r.Context(), r.Actor(), sub.ID, name); err == nil {
			return r.Done(r.Path(subAccountsPath), "%s is now called %s.", sub.Name, name)
		} else if err := gate.Mend(form, "name", err); err != nil {
			return err
		}
	}
	return gate.ShowAgain(r, subAccountView, renamePage(r, sub, form))
}

func subAccountName(r *gate.Request) (*page.Form, string, error) {
	form, err := r.Form()
	if err != nil {
		return nil, "", err
	}
	name := strings.TrimSpace(form.Get("name"))
	if err := (enrolld.Account{Name: name, LinkDays: enrolld.MinLinkDays}).Validate(); err != nil {
		return form, name, gate.Mend(form, "name", err)
	}
	return form, name, nil
}
