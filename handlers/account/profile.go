package account

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type profilePage struct {
	page.Base
	Action   string
	Parent   string // the client account of a sub-account
	SiteURL  string
	Form     *page.Form
	Min, Max int // days of links
}

var profileView = page.New[profilePage](files, "profile")

func profilePageOf(r *gate.Request, form *page.Form) *profilePage {
	p := &profilePage{
		Base: r.Base("Account profile"), Action: r.Path(profilePath), SiteURL: r.Account.SiteURL, Form: form,
		Min: enrolld.MinLinkDays, Max: enrolld.MaxLinkDays,
	}
	if r.Account.ParentID != 0 {
		p.Parent = client(r).Name
	}
	return p
}

// fillProfile makes the form of an account as it is.
func fillProfile(a enrolld.Account) *page.Form {
	return seeProfile(page.NewForm().Set("name", a.Name).Set("from_name", a.FromName).Set("from_address", a.FromAddress).
		Set("link_days", strconv.Itoa(a.LinkDays)), a)
}

// seeProfile notes in the form what it was made beside, so that a change by
// somebody else is noticed.
func seeProfile(f *page.Form, a enrolld.Account) *page.Form { return f.Set("seen", stampOf(a)) }

func stampOf(a enrolld.Account) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d", a.Name, a.FromName, a.FromAddress, a.LinkDays))
	return hex.EncodeToString(sum[:8])
}

func (s *Screens) profile(r *gate.Request) error {
	return gate.Show(r, profileView, profilePageOf(r, fillProfile(r.Account)))
}

func (s *Screens) saveProfile(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	account := parseProfile(form, r.Account)
	if form.Get("seen") != stampOf(r.Account) {
		form.Fail("", "Somebody changed the profile meanwhile. What you typed is below; load the page again to see what is there now, or save to replace it.")
		seeProfile(form, r.Account)
	}
	if !form.Failed() {
		if err = s.team.SaveAccount(r.Context(), r.Actor(), account); err == nil {
			return r.Done(r.Path(profilePath), "Saved.")
		}
		field := ""
		if enrolld.CodeOf(err) == enrolld.Conflict {
			field = "name"
		}
		if err := gate.Mend(form, field, err); err != nil {
			return err
		}
	}
	return gate.ShowAgain(r, profileView, profilePageOf(r, form))
}

// parseProfile reads the form into an account and says what is wrong, field by field.
func parseProfile(f *page.Form, a enrolld.Account) enrolld.Account {
	a.Name, a.FromName = strings.TrimSpace(f.Get("name")), strings.TrimSpace(f.Get("from_name"))
	check := func(field string, set func(*enrolld.Account)) {
		one := enrolld.Account{Name: "name", LinkDays: enrolld.MinLinkDays}
		set(&one)
		if err := one.Validate(); err != nil {
			_ = gate.Mend(f, field, err) // what an account's check finds can be mended
		}
	}
	check("name", func(one *enrolld.Account) { one.Name = a.Name })
	if len([]rune(a.FromName)) > 100 || strings.ContainsAny(a.FromName, "\r\n") {
		f.Fail("from_name", "The sender's name is one line of at most 100 characters.")
	}
	a.FromAddress = strings.TrimSpace(f.Get("from_address"))
	check("from_address", func(one *enrolld.Account) { one.FromAddress = a.FromAddress })
	a.LinkDays, _ = strconv.Atoi(strings.TrimSpace(f.Get("link_days"))) // what is no number is 0, and refused as that
	check("link_days", func(one *enrolld.Account) { one.LinkDays = a.LinkDays })
	return a
}
