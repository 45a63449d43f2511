package customers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

// Act is what the team does to a customer as a whole.
type Act string

// The acts.
const (
	Block    Act = "block"
	Unblock  Act = "unblock"
	Remove   Act = "remove"
	TakeBack Act = "take back"
)

// Decision is an act on one customer.
type Decision struct {
	AccountID, CustomerID int64
	Revision              int64 // the customer's as it was shown
	Act                   Act
	Reason                string // of Block
}

// Erasure is a customer whose data is to go.
type Erasure struct {
	AccountID, CustomerID int64
	Revision              int64 // the customer's as it was shown
	NoCopy                bool  // they asked for none
}

// Decider closes everything to customers, and opens it again. All of it concerns
// every product: the screens ask for the permission to browse and for every
// product, for who was given some only would close what is not theirs.
type Decider interface {
	// Decide does what was decided. Errors: NotFound, Invalid without a reason to
	// block, Conflict when the customer is of another revision, or is so already.
	Decide(ctx context.Context, actor enrolld.Actor, d Decision) error
	// Erase takes away what names a customer. Errors: those of Decide; Invalid when
	// there is no copy; Conflict when an import that is under way names them.
	Erase(ctx context.Context, actor enrolld.Actor, e Erasure) error
	// Made says whether a WordPress user was made by Enrolld and has a customer's
	// rights only.
	Made(ctx context.Context, c enrolld.Customer) (bool, error)
}

// question is an act that is asked for on a page of its own.
type question struct {
	act   Act
	verb  string
	dang  bool
	title string // of a name
	means func(s *Screens, h history) []string
	done  string // of a name
}

var unblock = question{
	act: Unblock, verb: "Unblock", title: "Unblock %s?", done: "%s is not blocked any more.",
	means: func(_ *Screens, h history) []string {
		return []string{
			h.customer.Label() + " can enter again what their orders and the team give now. No email is sent about courses that they had; " +
				"of what they bought meanwhile they are told.",
			"You can block them again at any time.",
		}
	},
}

var remove = question{
	act: Remove, verb: "Remove", dang: true, title: "Remove %s from the academy?", done: "%s was removed. They are under Removed in the filter.",
	means: (*Screens).removalMeans,
}

var takeBack = question{
	act: TakeBack, verb: "Take back", title: "Take %s back?", done: "%s is back, with what their orders and the team give now.",
	means: func(_ *Screens, h history) []string {
		return []string{
			h.customer.Label() + " can enter again what their orders and the team give now, and is in the list of customers again. No email is sent " +
				"about courses that they had.",
			"You can remove them again at any time.",
		}
	},
}

// removalMeans says which courses close, and what a removal does not do.
func (s *Screens) removalMeans(h history) []string {
	name := h.customer.Label()
	open, _ := s.accesses(h)
	courses := "No course is open to them now."
	if len(open) > 0 {
		titles := make([]string, len(open))
		for i, a := range open {
			titles[i] = a.Title
		}
		courses = "They can no longer enter " + listed(titles) + "."
	}
	out := []string{
		name + " leaves the list of customers. " + courses + " No email is sent.",
		"Money is not given back by it: make refunds in your checkout tool.",
	}
	if p := s.charging(h); len(p) > 0 {
		out = append(out, "A subscription goes on charging them: cancel it in "+listed(p)+".")
	}
	return append(out, "What they bought and were given so far opens nothing any more, renewals and repeated deliveries included. When they buy something new, or the "+
		"team gives them access, they are a customer again, with that alone. To undo the removal, choose ‘Take back’ on their page.")
}

// charging are the platforms on which a subscription of the customer goes on.
func (s *Screens) charging(h history) []string {
	var out []string
	for _, o := range h.orders {
		if name := s.platform(o.Platform); o.Record.Charging() && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// listed is "a, b and c".
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// ask shows the question.
func (s *Screens) ask(q question) func(*gate.Request) error {
	return func(r *gate.Request) error {
		h, err := s.ledgerOf(r)
		if err != nil {
			return err
		}
		title := fmt.Sprintf(q.title, h.customer.Label())
		return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base(title), Confirm: page.Confirm{
			Title: title, Text: q.means(s, h), Action: r.URL.Path, Verb: q.verb, Danger: q.dang, Cancel: pathOf(r, h.customer.ID),
			Fields: map[string]string{"revision": strconv.FormatInt(h.customer.Revision, 10)},
		}})
	}
}

// answer does it and says so.
func (s *Screens) answer(q question) func(*gate.Request) error {
	return func(r *gate.Request) error {
		c, err := s.customer(r)
		if err != nil {
			return err
		}
		form, err := r.Form()
		if err != nil {
			return err
		}
		if err := s.access.Decide(r.Context(), r.Actor(), decision(r, form, c, q.act)); err != nil {
			return err
		}
		return r.Done(pathOf(r, c.ID), q.done, c.Label())
	}
}

func decision(r *gate.Request, f *page.Form, c enrolld.Customer, act Act) Decision {
	return Decision{AccountID: r.Account.ID, CustomerID: c.ID, Revision: revisionOf(f), Act: act}
}

// revisionOf is the revision that a form stands beside; one that is none is no
// customer's.
func revisionOf(f *page.Form) int64 {
	n, err := strconv.ParseInt(f.Get("revision"), 10, 64)
	if err != nil || n <= 0 {
		return -1
	}
	return n
}

type blockPage struct {
	page.Base
	Back, Name string
	Form       *page.Form
	LoggedOut  bool // they have a WordPress user
}

var blockView = page.New[blockPage](files, "block")

func (s *Screens) askBlock(r *gate.Request) error {
	h, err := s.ledgerOf(r)
	if err != nil {
		return err
	}
	return gate.Show(r, blockView, s.blockPage(r, h.customer, see(page.NewForm(), h.customer)))
}

func (s *Screens) blockPage(r *gate.Request, c enrolld.Customer, f *page.Form) *blockPage {
	return &blockPage{Base: r.Base("Block " + c.Label()), Back: pathOf(r, c.ID), Name: c.Label(), Form: f, LoggedOut: c.WPUserID != 0}
}

// longestReason is in bytes, as the database has it.
const longestReason = 500

func (s *Screens) block(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	d := decision(r, form, c, Block)
	d.Reason = strings.TrimSpace(form.Get("reason"))
	switch {
	case d.Reason == "":
		form.Fail("reason", "Say why, for whoever looks at this customer later.")
	case len(d.Reason) > longestReason:
		form.Fail("reason", fmt.Sprintf("Say it in at most %d letters.", longestReason))
	}
	if form.Failed() {
		return gate.ShowAgain(r, blockView, s.blockPage(r, c, form))
	}
	if err := s.access.Decide(r.Context(), r.Actor(), d); err != nil {
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		return gate.ShowAgain(r, blockView, s.blockPage(r, c, see(form, c)))
	}
	return r.Done(pathOf(r, c.ID), "%s is blocked.", c.Label())
}
