package customers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

type mergeFormPage struct {
	page.Base
	Back     string
	Name     string
	Customer enrolld.Customer
	Form     *page.Form
}

var mergeFormView = page.New[mergeFormPage](files, "merge_form")

func mergePath(r *gate.Request, kept, gone int64) string {
	return fmt.Sprintf("%s/merge/%d", pathOf(r, kept), gone)
}

// askOther asks with whom the customer is to be merged. The address is posted: it
// is in no log of addresses that were called.
func (s *Screens) askOther(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	return gate.Show(r, mergeFormView, mergeForm(r, c, page.NewForm()))
}

func mergeForm(r *gate.Request, c enrolld.Customer, form *page.Form) *mergeFormPage {
	return &mergeFormPage{Base: r.Base("Merge " + c.Label()), Back: pathOf(r, c.ID), Name: c.Label(), Customer: c, Form: form}
}

func (s *Screens) findOther(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	_, key, err := enrolld.ParseEmail(form.Get("email"))
	if err != nil {
		_ = gate.Mend(form, "email", err) // an address that cannot be read can always be mended
		return gate.ShowAgain(r, mergeFormView, mergeForm(r, c, form))
	}
	other, err := s.frame.DB.CustomerByKey(r.Context(), r.Account.ID, key)
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
		form.Fail("email", "No customer has this address.")
	case err != nil:
		return err
	case other.ID == c.ID:
		form.Fail("email", "This is an address of the same customer: enter one of the other.")
	case other.Decided():
		form.Fail("email", "The team has blocked or removed this customer: unblock them, or take them back, on their page first.")
	default:
		return r.Redirect(mergePath(r, c.ID, other.ID))
	}
	return gate.ShowAgain(r, mergeFormView, mergeForm(r, c, form))
}

type mergePage struct {
	page.Base
	Now        time.Time
	Back       string
	Kept, Gone side
	After      []access // what will be open
	Text       []string // what will happen
	SwapURL    string
	Form       *page.Form
}

// side is one of the two, as the preview shows them.
type side struct {
	ID          int64
	Name, Email string
	Facts       []page.Fact
	history     history
}

var mergeView = page.New[mergePage](files, "merge")

func (s *Screens) previewMerge(r *gate.Request) error {
	p, err := s.mergePage(r, page.NewForm())
	if err != nil {
		return err
	}
	return gate.Show(r, mergeView, p)
}

// other is the customer who is to be merged.
func (s *Screens) other(r *gate.Request) (enrolld.Customer, error) {
	id, err := r.ID("other")
	if err != nil {
		return enrolld.Customer{}, err
	}
	return s.frame.DB.Customer(r.Context(), r.Account.ID, id, r.Scope())
}

func (s *Screens) mergePage(r *gate.Request, form *page.Form) (*mergePage, error) {
	c, err := s.customer(r)
	if err != nil {
		return nil, err
	}
	other, err := s.other(r)
	if err != nil {
		return nil, err
	}
	if c.ID == other.ID {
		return nil, enrolld.Errorf(enrolld.NotFound, "this is the same customer: choose another one")
	}
	kept, err := s.side(r, c)
	if err != nil {
		return nil, err
	}
	gone, err := s.side(r, other)
	if err != nil {
		return nil, err
	}
	form.Set("kept", strconv.FormatInt(c.Revision, 10)).Set("gone", strconv.FormatInt(other.Revision, 10))
	p := &mergePage{
		Now: r.Now(), Base: r.Base("Merge " + kept.Name + " and " + gone.Name), Back: pathOf(r, c.ID), Kept: kept, Gone: gone, Form: form,
		SwapURL: mergePath(r, other.ID, c.ID), Text: mergeText(kept, gone),
	}
	both := kept.history
	both.grants = append(both.grants, gone.history.grants...)
	both.orders = append(both.orders, gone.history.orders...)
	p.After = s.openTogether(both)
	return p, nil
}

// openTogether is what is open for any ground of either.
func (s *Screens) openTogether(h history) []access {
	plain := make([]enrolld.Grant, len(h.grants))
	for i, g := range h.grants {
		plain[i] = g.Grant
	}
	var out []access
	for _, a := range enrolld.AccessOf(plain) {
		out = append(out, access{Course: a.Course, Title: h.site.Title(a.Course), Until: a.Until})
	}
	return out
}

// side reads one of the two.
func (s *Screens) side(r *gate.Request, c enrolld.Customer) (side, error) {
	out := side{ID: c.ID, Name: c.Label(), Email: c.Email}
	var err error
	if out.history, err = s.history(r, c); err != nil {
		return out, err
	}
	open, _ := s.accesses(out.history)
	var titles []string
	for _, a := range open {
		titles = append(titles, a.Title)
	}
	user := "None"
	if c.WPUserID != 0 {
		user = "No. " + strconv.FormatInt(c.WPUserID, 10)
	}
	out.Facts = []page.Fact{
		{Term: "Email", Text: c.Email}, {Term: "Further addresses", Text: emails(out.history.addresses)}, {Term: "Joined", Text: day(c.CreatedAt)},
		{Term: "Courses", Text: strings.Join(titles, ", ")}, {Term: "Orders", Text: atMost(len(out.history.orders))},
		{Term: "Emails", Text: atMost(len(out.history.messages))}, {Term: "WordPress user", Text: user},
	}
	return out, nil
}

// atMost is a count of what is read up to a limit.
func atMost(n int) string {
	if n >= store.MaxHistory {
		return fmt.Sprintf("%d or more", n)
	}
	return strconv.Itoa(n)
}

// mergeText says what a merge does, and how to take it back.
func mergeText(kept, gone side) []string {
	k, g := kept.history.customer, gone.history.customer
	out := []string{
		fmt.Sprintf("Everything of %s goes to %s: orders, courses, emails, and what is told of them in the timeline.", gone.Name, kept.Name),
		fmt.Sprintf("What is bought, renewed or refunded by %s is about %s from now on.",
			emails(append([]store.Address{{Email: g.Email}}, gone.history.addresses...)), kept.Name),
	}
	switch {
	case g.WPUserID == 0:
		out = append(out, fmt.Sprintf("%s has no WordPress user. Courses open to that of %s.", gone.Name, kept.Name))
	case k.WPUserID == 0:
		out = append(out, fmt.Sprintf("%s has no WordPress user and goes on with no. %d, that of %s: its login, its address there and the progress in courses stay.",
			kept.Name, g.WPUserID, gone.Name))
	case k.WPUserID == g.WPUserID:
		out = append(out, fmt.Sprintf("Both have the same WordPress user, no. %d: nothing changes for them on the site.", k.WPUserID))
	default:
		out = append(out, fmt.Sprintf("In WordPress, %s goes on with user no. %d. User no. %d, %s, stays on the site without these courses; it is not deleted.",
			kept.Name, k.WPUserID, g.WPUserID, gone.Name),
			fmt.Sprintf("What %s has done in the courses so far does not move: progress stays with user no. %d.", gone.Name, g.WPUserID))
		if waits(gone.history.messages) {
			out = append(out, fmt.Sprintf("An email that waits to be sent to %s is not sent; %s is told of those courses instead.", gone.Name, kept.Name))
		}
	}
	return append(out, fmt.Sprintf("You can undo this on the page of %s. Orders then go back by the address that they came by, those from now on too; what people and imports give from now on stays with %s.",
		kept.Name, kept.Name))
}

func waits(list []store.MessageRecord) bool {
	for _, m := range list {
		if m.State == "queued" {
			return true
		}
	}
	return false
}

func (s *Screens) merge(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	other, err := s.other(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	m := Merging{AccountID: r.Account.ID, KeptID: c.ID, GoneID: other.ID}
	var badKept, badGone error
	m.KeptRevision, badKept = strconv.ParseInt(form.Get("kept"), 10, 64)
	m.GoneRevision, badGone = strconv.ParseInt(form.Get("gone"), 10, 64)
	if badKept != nil || badGone != nil || m.KeptRevision <= 0 || m.GoneRevision <= 0 {
		return enrolld.Errorf(enrolld.Invalid, "the form is incomplete: load the page again")
	}
	if err := s.access.Merge(r.Context(), r.Actor(), m); err != nil {
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		p, err := s.mergePage(r, form)
		if err != nil {
			return err
		}
		return gate.ShowAgain(r, mergeView, p)
	}
	return r.Done(pathOf(r, c.ID), "%s and %s are one customer now.", other.Label(), c.Label())
}
