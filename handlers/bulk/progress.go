package bulk

import (
	"fmt"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/bulk"
)

type progressPage struct {
	page.Base
	Back      string
	URL       string
	Whom      string
	What      string
	Heading   string
	Label     string
	Value     int64
	Max       int64 // 0: not known yet
	Found     string
	CancelURL string
}

var progressView = page.New[progressPage](files, "progress")

// progress is the page while a worker is at it. It asks for itself every few
// seconds, with script in place.
func (s *Screens) progress(r *gate.Request, b bulk.Bulk) error {
	courses := s.courses.List(r)
	p := &progressPage{Back: r.Path(below), URL: pathOf(r, b), Whom: whom(b), What: what(b, courses)}
	switch b.State {
	case bulk.Gathering:
		p.Back = r.Path(customersPath)
		p.Heading, p.Found = "Counting", customers(b.Foreseen.Members)+" so far. Nothing is changed before you have seen what would happen."
	case bulk.Undoing:
		p.Heading, p.Label, p.Value, p.Max = "Undoing", "Taken back", b.Done.Undone+b.Done.Kept+b.Done.Stuck, b.Done.Touched()
	default:
		p.Heading, p.Label, p.Value, p.Max = titleOf(b, b.Foreseen.Touched()), "Customers done", b.Done.Seen(), b.Foreseen.Members
		p.CancelURL = pathOf(r, b) + "/cancel"
	}
	p.Base = r.Base(p.Heading)
	return gate.Show(r, progressView, p)
}

func (s *Screens) askCancel(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	if b.State != bulk.Running {
		return r.Redirect(pathOf(r, b))
	}
	text := []string{fmt.Sprintf("%s of %s are done. The others are left as they are.", page.Number(b.Done.Seen()), customers(b.Foreseen.Members))}
	if b.Action.Undoable() {
		text = append(text, "What was done stays. You can undo it afterwards.")
	} else {
		text = append(text, "What was sent cannot be taken back.")
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Stop here?"), Confirm: page.Confirm{
		Title: "Stop here?", Text: text, Action: pathOf(r, b) + "/cancel", Verb: "Stop", Danger: true, Cancel: pathOf(r, b),
	}})
}

func (s *Screens) cancel(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	if err := s.bulks.Cancel(r.Context(), r.Actor(), r.Account.ID, b.ID); err != nil {
		return s.refuse(r, b, err)
	}
	return r.Done(pathOf(r, b), "Stopped. What was done before stays.")
}

func (s *Screens) askUndo(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	if !b.CanUndo(r.Now()) {
		return r.Redirect(pathOf(r, b))
	}
	courses := s.courses.List(r)
	text := map[bulk.Action]string{
		bulk.Give:   "What was given ends for %s. Who has the course for another reason, an order for example, keeps it.",
		bulk.Extend: "Access of %s ends when it would have ended before. Where that is past, it ends at once.",
		bulk.Take:   "%s get back what was taken, with the end that it had.",
	}[b.Action]
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Undo " + what(b, courses)), Confirm: page.Confirm{
		Title: "Undo this bulk action?",
		Text: []string{
			what(b, courses) + ".",
			fmt.Sprintf(text, customers(b.Done.Touched())),
			"What somebody changed since is left alone, and listed with the reason. No email is sent. To take it back, do the same again.",
		},
		Action: pathOf(r, b) + "/undo", Verb: "Undo", Danger: true, Cancel: pathOf(r, b),
	}})
}

func (s *Screens) undo(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	if err := s.bulks.Undo(r.Context(), r.Actor(), r.Account.ID, b.ID); err != nil {
		return s.refuse(r, b, err)
	}
	return r.Done(pathOf(r, b), "It is being undone.")
}
