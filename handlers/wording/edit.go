package wording

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/mailer"
	"enrolld/mailer/letter"
	"enrolld/store"
)

type editPage struct {
	page.Base
	Back, Action, Preview, Test string
	Edit, Reset                 string // Reset: empty where there is nothing to reset
	About                       letter.About
	Text                        enrolld.Wording
	Which                       string // "English", "Moved from Teachable, German"
	Own                         bool   // the account has saved this one
	Typed                       bool   // the form holds what is not saved
	Now                         time.Time
	Saved                       *store.SavedWording
	Off                         bool
	Form                        *page.Form
	People, Widths, Schemes     []page.Option
	Texts                       []textLink // all of the kind
	Languages                   []page.Option
	Theirs                      *store.SavedWording // what somebody else saved meanwhile
	Me                          string
	MaxSubject, MaxBody         int
	MaxButton, MaxName          int
}

var editView = page.New[editPage](files, "edit")

// asked is the text that the address names, without what it says.
func asked(get func(string) string) (enrolld.Wording, letter.About, error) {
	w := enrolld.Wording{Kind: enrolld.MessageKind(get("kind")), Lang: get("lang"), Name: strings.TrimSpace(get("name"))}
	about, ok := letter.Of(w.Kind)
	if !ok || !enrolld.ValidLanguage(w.Lang) || len([]rune(w.Name)) > enrolld.MaxWordingName {
		return w, about, enrolld.Errorf(enrolld.NotFound, "there is no such email")
	}
	return w, about, nil
}

// find is the account's text with these names; nil when it has none.
func find(saved []store.SavedWording, w enrolld.Wording) *store.SavedWording {
	i := slices.IndexFunc(saved, func(x store.SavedWording) bool { return x.Kind == w.Kind && x.Lang == w.Lang && x.Name == w.Name })
	if i < 0 {
		return nil
	}
	return &saved[i]
}

// beginning is what the editor opens with: the account's text, or else what members
// get now.
func beginning(saved []store.SavedWording, w enrolld.Wording) enrolld.Wording {
	if own := find(saved, w); own != nil {
		return own.Wording
	}
	begin := letter.Standard(w.Kind, w.Lang)
	if standard := find(saved, enrolld.Wording{Kind: w.Kind, Lang: w.Lang}); standard != nil {
		begin = standard.Wording
	}
	begin.ID, begin.Revision, begin.Name, begin.Lang = 0, 0, w.Name, w.Lang
	return begin
}

func (s *Screens) edit(r *gate.Request) error {
	w, _, err := asked(r.URL.Query().Get)
	if err != nil {
		return err
	}
	saved, err := s.frame.DB.Wordings(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	text := beginning(saved, w)
	form := page.NewForm().Set("subject", text.Subject).Set("body", text.Body).Set("button", text.Button).
		Set("revision", strconv.Itoa(text.Revision))
	p, err := s.editPage(r, form, w, saved)
	if err != nil {
		return err
	}
	r.HoldsFrames()
	return gate.Show(r, editView, p)
}

func (s *Screens) editPage(r *gate.Request, form *page.Form, w enrolld.Wording, saved []store.SavedWording) (*editPage, error) {
	settings, err := s.frame.DB.MailSettings(r.Context(), r.Account.ID)
	if err != nil {
		return nil, err
	}
	about, _ := letter.Of(w.Kind)
	own := find(saved, w)
	p := &editPage{
		Base: r.Base(about.Title + ", " + titleOf(w)), Back: r.Path(below), About: about, Text: w, Which: titleOf(w), Form: form.Set("lang", w.Lang),
		Action: r.Path(below + "/edit"), Preview: address(r, "/preview", w), Test: r.Path(below + "/test"), Edit: r.Path(below + "/edit"),
		Now: r.Now(), Own: own != nil, Saved: own, Off: !settings.Sends(w.Kind), Languages: languageOptions(), Me: r.Viewer.Login.Email,
		Widths:     []page.Option{{Value: "wide", Label: "Computer"}, {Value: "phone", Label: "Phone"}},
		Schemes:    []page.Option{{Value: "light", Label: "Light"}, {Value: "dark", Label: "Dark"}},
		MaxSubject: enrolld.MaxWordingSubject, MaxBody: enrolld.MaxWordingBody, MaxButton: enrolld.MaxWordingButton, MaxName: enrolld.MaxWordingName,
	}
	if own != nil {
		p.Reset = address(r, "/reset", w)
	}
	for _, x := range mailer.SamplePeople {
		p.People = append(p.People, page.Option{Value: x.Key, Label: x.Title})
	}
	p.Texts = s.textsOf(r, w, saved)
	return p, nil
}

// textsOf lists the texts of a kind: the account's, and ours in their languages.
func (s *Screens) textsOf(r *gate.Request, w enrolld.Wording, saved []store.SavedWording) []textLink {
	var out []textLink
	add := func(x enrolld.Wording) {
		is := x.Name == w.Name && x.Lang == w.Lang
		out = append(out, textLink{Title: titleOf(x), URL: address(r, "/edit", x), Current: is})
	}
	for _, x := range saved {
		if x.Kind == w.Kind {
			add(x.Wording)
		}
	}
	for _, lang := range enrolld.BuiltInLanguages {
		if x := (enrolld.Wording{Kind: w.Kind, Lang: lang}); find(saved, x) == nil {
			add(x)
		}
	}
	return out
}

// typed reads a text out of the form.
func typed(form *page.Form) (enrolld.Wording, error) {
	w, _, err := asked(form.Get)
	if err != nil {
		return w, err
	}
	w.Subject, w.Button = strings.TrimSpace(form.Get("subject")), strings.TrimSpace(form.Get("button"))
	w.Body = strings.TrimSpace(strings.ReplaceAll(form.Get("body"), "\r\n", "\n"))
	w.Revision, _ = strconv.Atoi(form.Get("revision")) // one that is no number is nobody's
	return w, nil
}

// check says in the form what is wrong with a text.
func check(form *page.Form, w enrolld.Wording) {
	for _, p := range letter.Check(w) {
		part := p.Part
		if part == "name" || part == "lang" {
			part = ""
		}
		form.Fail(part, p.Text)
	}
}

func (s *Screens) save(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	w, err := typed(form)
	if err != nil {
		return err
	}
	check(form, w)
	if !form.Failed() {
		err = s.texts.Save(r.Context(), r.Actor(), r.Account.ID, w)
		switch enrolld.CodeOf(err) {
		case "":
			return r.Done(address(r, "/edit", w), "Saved. Emails that go out from now on say this.")
		case enrolld.Conflict:
		default:
			if err := gate.Mend(form, "", err); err != nil {
				return err
			}
		}
	}
	return s.editAgain(r, form, w, enrolld.CodeOf(err) == enrolld.Conflict)
}

// editAgain shows what was typed once more. conflict: somebody else saved the text
// meanwhile; saving once more replaces theirs.
func (s *Screens) editAgain(r *gate.Request, form *page.Form, w enrolld.Wording, conflict bool) error {
	saved, err := s.frame.DB.Wordings(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	theirs := find(saved, w)
	if conflict {
		form.Fail("", "Somebody else changed this text meanwhile. What you typed is below, and theirs under it. Save once more to replace theirs.")
		form.Set("revision", "0")
		if theirs != nil {
			form.Set("revision", strconv.Itoa(theirs.Revision))
		}
	}
	p, err := s.editPage(r, form, w, saved)
	if err != nil {
		return err
	}
	p.Typed = true
	if conflict {
		p.Theirs = theirs
	}
	r.HoldsFrames()
	return gate.ShowAgain(r, editView, p)
}

func (s *Screens) test(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	w, err := typed(form)
	if err != nil {
		return err
	}
	check(form, w)
	if !form.Failed() {
		err := s.texts.Test(r.Context(), r.Account, r.Viewer.Login, w)
		if often, ok := errors.AsType[*store.TooOftenError](err); ok {
			return s.testLater(r, form, w, often)
		}
		if err != nil {
			return err
		}
		// What was typed is not saved: it is shown again rather than left behind.
		saved, err := s.frame.DB.Wordings(r.Context(), r.Account.ID)
		if err != nil {
			return err
		}
		p, err := s.editPage(r, form, w, saved)
		if err != nil {
			return err
		}
		p.Typed = true
		p.Flash = &page.Flash{Kind: page.Good, Text: "A test is on its way to " + r.Viewer.Login.Email + ". Nothing was saved."}
		r.HoldsFrames()
		return gate.Show(r, editView, p)
	}
	return s.editAgain(r, form, w, false)
}

// testLater says when there is another test, beside what was typed.
func (s *Screens) testLater(r *gate.Request, form *page.Form, w enrolld.Wording, often *store.TooOftenError) error {
	form.Fail("", gate.Sentence(often))
	saved, err := s.frame.DB.Wordings(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	p, err := s.editPage(r, form, w, saved)
	if err != nil {
		return err
	}
	p.Typed = true
	r.HoldsFrames()
	r.Writer.Header().Set("Retry-After", strconv.Itoa(int(often.Wait.Seconds())+1))
	return editView.Render(r.Writer, http.StatusTooManyRequests, p)
}
