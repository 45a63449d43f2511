package customers

import (
	"slices"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type erasePage struct {
	page.Base
	Back, Name, Email string
	Form              *page.Form
	Courses           string // that close; "" for none
	Charging          string // platforms; "" for none
	Copied            bool   // what is held was downloaded, and is as it was then
	WordPress         string // where WordPress erases its part; "" where there is no user, or the site cannot be read
	Ours              bool   // the WordPress user was made by Enrolld, and has a customer's rights only
}

var eraseView = page.New[erasePage](files, "erase")

// mayErase: what is handed out and erased is everything about somebody, for good.
// That is for the owner and Admins, not for helpers.
func mayErase(r *gate.Request) error {
	if !erases(r) {
		return enrolld.Errorf(enrolld.Forbidden, "only the owner or an admin hands out or erases what is held of a customer: ask one of them")
	}
	return nil
}

func erases(r *gate.Request) bool {
	return r.Membership.Type == enrolld.TypeOwner || r.Membership.Type == enrolld.TypeAdmin
}

func (s *Screens) askErase(r *gate.Request) error {
	if err := mayErase(r); err != nil {
		return err
	}
	h, err := s.ledgerOf(r)
	if err != nil {
		return err
	}
	p, err := s.erasePage(r, h, see(page.NewForm(), h.customer))
	if err != nil {
		return err
	}
	return gate.Show(r, eraseView, p)
}

func (s *Screens) erasePage(r *gate.Request, h history, f *page.Form) (*erasePage, error) {
	c := h.customer
	p := &erasePage{
		Base: r.Base("Erase " + c.Label()), Back: pathOf(r, c.ID), Name: c.Label(), Email: c.Email, Form: f,
		Copied: c.Exported == c.Revision, Charging: listed(s.charging(h)),
	}
	open, _ := s.accesses(h)
	var titles []string
	for _, a := range open {
		titles = append(titles, a.Title)
	}
	p.Courses = listed(titles)
	if c.WPUserID == 0 {
		return p, nil
	}
	p.WordPress = s.eraserURL(r)
	made, err := s.access.Made(r.Context(), c)
	if enrolld.CodeOf(err) == enrolld.Unavailable {
		return p, nil
	}
	p.Ours = made
	return p, err
}

// eraserURL is where WordPress erases what it holds of a person; "" while the site
// cannot be read.
func (s *Screens) eraserURL(r *gate.Request) string {
	site, err := s.access.SiteURL(r.Context(), r.Account.ID)
	if err != nil || site == "" {
		return ""
	}
	return strings.TrimSuffix(site, "/") + "/wp-admin/erase-personal-data.php"
}

func (s *Screens) erase(r *gate.Request) error {
	if err := mayErase(r); err != nil {
		return err
	}
	h, err := s.ledgerOf(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	c := h.customer
	e := Erasure{AccountID: r.Account.ID, CustomerID: c.ID, Revision: revisionOf(form), NoCopy: form.Get("nocopy") != ""}
	if _, key, err := enrolld.ParseEmail(form.Get("email")); err != nil || key != c.Key {
		form.Fail("email", "Type the customer's address, as it stands above.")
	}
	if !e.NoCopy && c.Exported != c.Revision {
		form.Fail("nocopy", "Download the copy first, or tick that they asked for none.")
	}
	if !form.Failed() {
		patient(r)
		err := s.access.Erase(r.Context(), r.Actor(), e)
		if err == nil {
			return r.Done(pathOf(r, c.ID), "The customer was erased. Their address was %s: erase what WordPress holds of them there.", c.Email)
		}
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		if h, err = s.ledgerOf(r); err != nil { // somebody may have changed them meanwhile
			return err
		}
	}
	p, err := s.erasePage(r, h, see(form, h.customer))
	if err != nil {
		return err
	}
	return gate.ShowAgain(r, eraseView, p)
}

// notices say what the team decided about a customer, above everything else. Why
// somebody is blocked is for who sees every product.
func notices(r *gate.Request, c enrolld.Customer) []notice {
	var out []notice
	if c.ErasedAt != nil {
		return []notice{{page.Muted, "Erased on " + day(*c.ErasedAt) + " by " + c.RemovedBy,
			"What named this customer is gone. Their orders stay for the books, without a buyer, and open nothing. With the same address somebody is a new customer."}}
	}
	if c.BlockedAt != nil {
		text := "Nothing is open to them, whatever they buy."
		if !narrow(r) && r.May(enrolld.PermCustomersBrowse) {
			text = c.BlockReason + " · " + text
		}
		out = append(out, notice{page.Warning, "Blocked on " + day(*c.BlockedAt) + " by " + c.BlockedBy, text})
	}
	switch {
	case c.Gone:
		out = append(out, notice{page.Warning, "Removed from the academy on " + day(*c.RemovedAt) + " by " + c.RemovedBy,
			"What they bought and were given before opens nothing. With a new order, or access that the team gives, they are a customer again."})
	case c.RemovedAt != nil:
		out = append(out, notice{page.Muted, "Removed on " + day(*c.RemovedAt) + " by " + c.RemovedBy + ", and back since",
			"What they bought and were given before the removal opens nothing, until somebody takes them back."})
	}
	return out
}

type notice struct {
	Kind        page.Kind
	Title, Text string
}

// badgeOf is the state of a customer whom the team decided about; no text for none.
func badgeOf(c enrolld.Customer) page.Fact {
	switch {
	case c.ErasedAt != nil:
		return page.Fact{Text: "Erased", Kind: page.Muted}
	case c.BlockedAt != nil:
		return page.Fact{Text: "Blocked", Kind: page.Bad}
	case c.Gone:
		return page.Fact{Text: "Removed", Kind: page.Muted}
	}
	return page.Fact{}
}

// removalDeeds are what one may do with a customer as a whole.
func removalDeeds(r *gate.Request, c enrolld.Customer) []deed {
	if narrow(r) || !r.May(enrolld.PermCustomersBrowse) || c.ErasedAt != nil {
		return nil
	}
	at := pathOf(r, c.ID)
	out := []deed{
		{Label: "Block", URL: at + "/block", Icon: "lock", Kind: "danger"},
		{Label: "Remove", URL: at + "/remove", Icon: "remove", Kind: "danger", Asks: true},
	}
	if c.BlockedAt != nil {
		out[0] = deed{Label: "Unblock", URL: at + "/unblock", Icon: "undo", Asks: true}
	}
	if c.Gone {
		out = slices.Delete(out, 1, 2)
	}
	if c.RemovedAt != nil {
		out = append(out, deed{Label: "Take back", URL: at + "/take-back", Icon: "undo", Asks: true})
	}
	if erases(r) {
		out = append(out, deed{Label: "Erase", URL: at + "/erase", Icon: "remove", Kind: "danger"})
	}
	return out
}
