package customers

import (
	"fmt"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// merged is the merge that the path names.
func (s *Screens) merged(r *gate.Request) (enrolld.Customer, store.Merge, error) {
	c, err := s.customer(r)
	if err != nil {
		return c, store.Merge{}, err
	}
	id, err := r.ID("merge")
	if err != nil {
		return c, store.Merge{}, err
	}
	m, err := s.frame.DB.Merge(r.Context(), r.Account.ID, c.ID, id)
	return c, m, err
}

func (s *Screens) askUnmerge(r *gate.Request) error {
	c, m, err := s.merged(r)
	if err != nil {
		return err
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Undo a merge"), Confirm: page.Confirm{
		Title: fmt.Sprintf("Undo the merge with %s?", m.Gone),
		Text: []string{
			fmt.Sprintf("%s is a customer of their own again, with the addresses that they came with.", m.Gone),
			"Orders that came by these addresses go back, those since the merge too. " +
				fmt.Sprintf("What people and imports gave since the merge stays with %s.", c.Label()),
			"Courses open and close in WordPress accordingly. You can merge the two again.",
		},
		Action: r.URL.Path, Verb: "Undo merge", Danger: true, Cancel: pathOf(r, c.ID),
	}})
}

func (s *Screens) unmerge(r *gate.Request) error {
	c, m, err := s.merged(r)
	if err != nil {
		return err
	}
	err = s.access.Unmerge(r.Context(), r.Actor(), r.Account.ID, c.ID, m.ID)
	if enrolld.CodeOf(err) == enrolld.Conflict {
		r.Flash(page.Bad, gate.Sentence(err))
		return r.Redirect(pathOf(r, c.ID))
	}
	if err != nil {
		return err
	}
	return r.Done(pathOf(r, c.ID), "%s is a customer of their own again.", m.Gone)
}

// mergeFacts tell who was merged into the customer, each with the way back while
// there is one.
func mergeFacts(r *gate.Request, c enrolld.Customer, list []store.Merge) []page.Fact {
	var out []page.Fact
	for _, m := range list {
		f := page.Fact{Term: "Merged with", Text: fmt.Sprintf("%s, %s", m.Gone, day(m.At))}
		if !c.Decided() {
			f.Text, f.URL = f.Text+": undo", fmt.Sprintf("%s/merges/%d/undo", pathOf(r, c.ID), m.ID)
		}
		out = append(out, f)
	}
	return out
}
