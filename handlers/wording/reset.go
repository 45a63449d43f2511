package wording

import (
	"strconv"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/mailer/letter"
	"enrolld/store"
)

type resetPage struct {
	page.Base
	Back, Action string
	Question     string
	Text         enrolld.Wording
	Saved        store.SavedWording
	Lines        []change
	Variant      bool
	Verb         string
}

var resetView = page.New[resetPage](files, "reset")

func (s *Screens) askReset(r *gate.Request) error {
	w, about, err := asked(r.URL.Query().Get)
	if err != nil {
		return err
	}
	saved, err := s.frame.DB.Wordings(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	own := find(saved, w)
	if own == nil {
		return enrolld.Errorf(enrolld.NotFound, "this email has the standard text already")
	}
	ours := letter.Standard(w.Kind, w.Lang)
	p := &resetPage{
		Back: address(r, "/edit", w), Action: r.Path(below + "/reset"), Text: w, Saved: *own,
		Lines: compare(whole(own.Wording), whole(ours)), Variant: w.Name != "",
		Question: "Take the standard text for “" + about.Title + "” in " + languageName(w.Lang) + "?", Verb: "Take the standard text",
	}
	if p.Variant {
		p.Question, p.Verb = "Remove “"+w.Name+"” in "+languageName(w.Lang)+"?", "Remove the text"
	}
	p.Base = r.Base(p.Verb)
	return gate.Show(r, resetView, p)
}

// whole is a text in one piece, to be compared.
func whole(w enrolld.Wording) string {
	return "Subject: " + w.Subject + "\nButton: " + w.Button + "\n" + w.Body
}

func (s *Screens) reset(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	w, about, err := asked(form.Get)
	if err != nil {
		return err
	}
	w.Revision, _ = strconv.Atoi(form.Get("revision")) // one that is no number is nobody's
	if err := s.texts.Reset(r.Context(), r.Actor(), r.Account.ID, w); err != nil {
		return err
	}
	if w.Name != "" {
		return r.Done(r.Path(below), "“%s” in %s was removed. Who was to get it gets the usual text.", w.Name, languageName(w.Lang))
	}
	return r.Done(address(r, "/edit", w), "“%s” in %s has the standard text again.", about.Title, languageName(w.Lang))
}
