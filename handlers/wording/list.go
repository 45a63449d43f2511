package wording

import (
	"slices"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/mailer/letter"
	"enrolld/store"
)

type listPage struct {
	page.Base
	Action    string
	Kinds     []kindRow
	Form      *page.Form
	Sent      []page.Option
	Languages []page.Option
	MaxDays   int
}

// kindRow is a kind of email in the list.
type kindRow struct {
	Title, When, URL string
	Off              bool
	Texts            []textLink // of the account's own
}

// textLink leads to a text.
type textLink struct {
	Title   string
	URL     string
	Saved   store.SavedWording
	Current bool
}

var listView = page.New[listPage](files, "list")

func (s *Screens) list(r *gate.Request) error {
	settings, err := s.frame.DB.MailSettings(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	p, err := s.listPage(r, formOf(settings), settings)
	if err != nil {
		return err
	}
	return gate.Show(r, listView, p)
}

func (s *Screens) listPage(r *gate.Request, form *page.Form, settings enrolld.MailSettings) (*listPage, error) {
	saved, err := s.frame.DB.Wordings(r.Context(), r.Account.ID)
	if err != nil {
		return nil, err
	}
	p := &listPage{
		Base: r.Base("Email templates"), Action: r.Path(below), Form: form, Languages: languageOptions(), MaxDays: enrolld.MaxRemindDays,
	}
	usual := s.texts.Language(r.Context(), r.Account.ID)
	for _, about := range letter.Abouts() {
		k := kindRow{Title: about.Title, When: about.When, Off: !settings.Sends(about.Kind)}
		k.URL = address(r, "/edit", enrolld.Wording{Kind: about.Kind, Lang: opening(saved, about.Kind, usual)})
		for _, w := range saved {
			if w.Kind == about.Kind {
				k.Texts = append(k.Texts, textLink{Title: titleOf(w.Wording), URL: address(r, "/edit", w.Wording), Saved: w})
			}
		}
		p.Kinds = append(p.Kinds, k)
		if !about.Kind.Always() {
			p.Sent = append(p.Sent, page.Option{Value: string(about.Kind), Label: about.Title, Hint: about.When})
		}
	}
	return p, nil
}

// opening is the language that the editor opens in: that of the text which members get
// who chose none or, when they get ours for want of one in theirs, theirs.
func opening(saved []store.SavedWording, kind enrolld.MessageKind, usual string) string {
	own := make([]enrolld.Wording, len(saved))
	for i, w := range saved {
		own[i] = w.Wording
	}
	goesOut, base := enrolld.ChooseWording(own, kind, "", usual, usual).Lang, enrolld.BaseLanguage(usual)
	switch {
	case usual == "" || goesOut == usual || goesOut == base:
		return goesOut
	case languages[usual] == "" && languages[base] != "":
		return base
	}
	return usual
}

// titleOf names a text among those of its kind.
func titleOf(w enrolld.Wording) string {
	if w.Name == "" {
		return languageName(w.Lang)
	}
	return w.Name + ", " + languageName(w.Lang)
}

func formOf(s enrolld.MailSettings) *page.Form {
	var sent []string
	for _, k := range enrolld.MemberKinds {
		if s.Sends(k) {
			sent = append(sent, string(k))
		}
	}
	return page.NewForm().Set("sent", sent...).Set("language", s.Language).Set("remind_days", strconv.Itoa(s.RemindDays)).
		Set("revision", strconv.FormatInt(s.Revision, 10))
}

func (s *Screens) saveSettings(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	settings := parseSettings(form)
	if !form.Failed() {
		if err = s.texts.SaveSettings(r.Context(), r.Actor(), r.Account.ID, settings); err == nil {
			return r.Done(r.Path(below), "Saved.")
		}
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
	}
	stored, err := s.frame.DB.MailSettings(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	form.Set("revision", strconv.FormatInt(stored.Revision, 10))
	p, err := s.listPage(r, form, stored)
	if err != nil {
		return err
	}
	return gate.ShowAgain(r, listView, p)
}

func parseSettings(f *page.Form) enrolld.MailSettings {
	s := enrolld.MailSettings{Language: f.Get("language")}
	s.Revision, _ = strconv.ParseInt(f.Get("revision"), 10, 64) // one that is no number is nobody's
	days, err := strconv.Atoi(strings.TrimSpace(f.Get("remind_days")))
	if s.RemindDays = days; err != nil || (enrolld.MailSettings{RemindDays: days}).Validate() != nil {
		f.Fail("remind_days", "Enter a number of days from 1 to "+strconv.Itoa(enrolld.MaxRemindDays)+", or 0 for no reminder.")
	}
	if _, ok := languages[s.Language]; s.Language != "" && !ok {
		f.Fail("language", "Choose a language of the list.")
	}
	for _, k := range enrolld.MemberKinds {
		if !k.Always() && !slices.Contains(f.All("sent"), string(k)) {
			s.Off = append(s.Off, k)
		}
	}
	return s
}
