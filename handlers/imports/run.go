package imports

import (
	"fmt"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/importing"
)

type runPage struct {
	page.Base
	Back, URL, EventsURL string
	Import               importing.Import
	State                page.Fact
	Lead                 string
	Progress             progress
	Moves                bool // something is going on, so that the page is worth watching
	Facts                []page.Fact
	PauseURL, ResumeURL  string // "" for what cannot be done now
	CancelURL, UndoURL   string
	CancelVerb           string
}

// progress is how far an import is, as the page and its stream of events say it.
type progress struct {
	Percent int64   `json:"percent"`
	Words   string  `json:"words"`
	Counts  []count `json:"counts"`
	Over    bool    `json:"over"` // the page has something else to show
}

// count is a figure of the progress.
type count struct {
	Key   string `json:"key"`
	Label string `json:"-"`
	Value string `json:"value"`
}

var runView = page.New[runPage](files, "run")

var leads = map[importing.State]string{
	importing.Uploading: "The file is coming in. If this goes on, choose it again.",
	importing.Checking:  "Every row is read and compared with your customers. Nothing is written to anybody.",
	importing.Running:   "You can leave this page: the import goes on, and you get an email when it has ended, if you take mail about imports.",
	importing.Paused:    "Nothing happens until somebody resumes it. It goes on behind the last row.",
	importing.Undoing:   "What the import gave is taken back, unless something else gives it too or it was changed since.",
}

func (s *Screens) showRun(r *gate.Request, i importing.Import) error {
	p := &runPage{
		Base: base(r, i), Back: r.Path(below), URL: pathOf(r, i.ID, ""), Import: i, State: stateBadges[i.State], Lead: leads[i.State],
		Progress: progressOf(i), Facts: planFacts(i, s.site(r)), CancelVerb: "Cancel",
	}
	switch i.State {
	case importing.Checking:
		p.CancelURL, p.CancelVerb = pathOf(r, i.ID, "/cancel"), "Discard"
	case importing.Running:
		p.PauseURL, p.CancelURL = pathOf(r, i.ID, "/pause"), pathOf(r, i.ID, "/cancel")
	case importing.Paused:
		p.ResumeURL, p.CancelURL, p.UndoURL = pathOf(r, i.ID, "/resume"), pathOf(r, i.ID, "/cancel"), pathOf(r, i.ID, "/undo")
	}
	if p.Moves = i.State != importing.Paused; p.Moves {
		p.EventsURL = pathOf(r, i.ID, "/events")
	}
	return gate.Show(r, runView, p)
}

// progressOf says how far an import is.
func progressOf(i importing.Import) progress {
	switch i.State {
	case importing.Uploading:
		return progress{Words: "The file is coming in."}
	case importing.Checking:
		return progress{Percent: percent(i.Counted, i.Size), Words: fmt.Sprintf("%d%% of the file is read", percent(i.Counted, i.Size))}
	case importing.Undoing:
		return undoProgress(i)
	case importing.Running, importing.Paused:
		n, c := percent(i.At.Offset, i.Size), i.Counts
		return progress{
			Percent: n, Words: fmt.Sprintf("%d%% of the file, %s", n, plural(c.Rows, "row", "rows")), Counts: []count{
				{"new", "New customers", number(c.New)}, {"known", "Known customers", number(c.Known)},
				{"same", "Unchanged rows", number(c.Same)}, {"not", "Rows not taken", number(c.Invalid + c.Refused)},
			},
		}
	}
	return progress{Percent: 100, Words: "It has ended.", Over: true}
}

func undoProgress(i importing.Import) progress {
	u, all := i.Undo, i.Counts.People()
	done := u.Undone + u.Kept + u.Failed
	return progress{
		Percent: percent(done, all), Words: fmt.Sprintf("%s of %s", number(done), plural(all, "customer", "customers")), Counts: []count{
			{"undone", "Undone", number(u.Undone)}, {"kept", "Kept", number(u.Kept)}, {"failed", "Failed", number(u.Failed)},
		},
	}
}

func (s *Screens) check(r *gate.Request) error { return s.move(r, s.imports.Check, "") }

// start starts what the page has shown. When something else would happen by now,
// that is shown first.
func (s *Screens) start(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	_, err = s.imports.StartShown(r.Context(), r.Actor(), r.Account.ID, i.ID, form.Get("shown"))
	if enrolld.CodeOf(err) == enrolld.Conflict && i.StartedAt == nil {
		r.Flash(page.Warning, gate.Sentence(err))
	} else if err != nil {
		return err
	}
	return r.Redirect(pathOf(r, i.ID, ""))
}

func (s *Screens) pause(r *gate.Request) error {
	return s.move(r, s.imports.Pause, "The import is paused. It goes on behind the last row when you resume it.")
}

func (s *Screens) resume(r *gate.Request) error {
	return s.move(r, s.imports.Resume, "The import goes on.")
}

func (s *Screens) undo(r *gate.Request) error { return s.move(r, s.imports.Undo, "") }

// move does one thing with an import and shows its page.
func (s *Screens) move(r *gate.Request, do operation, said string) error {
	id, err := r.ID("import")
	if err != nil {
		return err
	}
	if _, err := do(r.Context(), r.Actor(), r.Account.ID, id); err != nil {
		return err
	}
	if said == "" {
		return r.Redirect(pathOf(r, id, ""))
	}
	return r.Done(pathOf(r, id, ""), "%s", said)
}

// askCancel asks before an import ends or, when it has not begun, goes with its file.
func (s *Screens) askCancel(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	c := page.Confirm{
		Title: "Cancel the import of " + i.FileName + "?", Verb: "Cancel the import", Danger: true, Cancel: pathOf(r, i.ID, ""),
		Action: pathOf(r, i.ID, "/cancel"), Text: []string{
			"It stops between two rows. " + plural(i.Counts.People(), "person has", "people have") + " something by it already and keep it.",
			"To take that back, undo the import afterwards. A cancelled import cannot go on: bring the file again, and nothing changes for those who are done.",
		},
	}
	switch i.State {
	case importing.Draft, importing.Checking, importing.Ready:
		c.Title, c.Verb, c.Fields = "Discard "+i.FileName+"?", "Discard the list", map[string]string{"discard": "1"}
		c.Text = []string{"The list and what you decided about it are removed. Nobody was imported, so nothing changes for your customers.", "To import it after all, bring the file again."}
	case importing.Running, importing.Paused:
	default:
		return enrolld.Errorf(enrolld.Conflict, "this import is %s: there is nothing to cancel", i.State.Text())
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: base(r, i), Confirm: c})
}

func (s *Screens) cancel(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	end := s.imports.Cancel
	if form.Get("discard") != "" { // so said the page: nobody was imported
		end = s.imports.Discard
	}
	if err := end(r.Context(), r.Actor(), r.Account.ID, i.ID); err != nil {
		return err
	}
	if i.StartedAt == nil {
		return r.Done(r.Path(below), "%s was discarded. Nobody was imported.", i.FileName)
	}
	return r.Done(pathOf(r, i.ID, ""), "The import was cancelled. What was given before stays.")
}

// askUndo asks before everything that an import gave is taken back.
func (s *Screens) askUndo(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	switch i.State {
	case importing.Done, importing.Cancelled, importing.Paused:
	default:
		return enrolld.Errorf(enrolld.Conflict, "this import is %s: it cannot be undone now", i.State.Text())
	}
	n := i.Counts.People()
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: base(r, i), Confirm: page.Confirm{
		Title: "Undo the import of " + i.FileName + "?", Verb: "Undo the import", Danger: true, Cancel: pathOf(r, i.ID, ""),
		Action: pathOf(r, i.ID, "/undo"), Text: []string{
			plural(n, "person loses", "people lose") + " what this import gave: " + s.site(r).titles(i.Terms.Courses) +
				". Who has a course for another reason too, or whose access was changed since, keeps it, and is listed with the reason.",
			"Customers and their WordPress users stay. No emails go out. To give it back, import the list again.",
		},
	}})
}
