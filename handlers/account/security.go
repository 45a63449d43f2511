package account

import (
	"time"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

type securityPage struct {
	page.Base
	Now      time.Time
	Client   string
	From     *time.Time // from when on everybody needs a second factor; nil: not required
	Required bool       // the date has come
	Form     *page.Form
	Today    string
	Action   string
	RelaxURL string
	OwnerURL string
	Lacking  []lackingRow
}

type lackingRow struct {
	Name, Email, Type string
	URL               string
	SignedIn          *time.Time
}

var securityView = page.New[securityPage](files, "security")

func (s *Screens) securityPage(r *gate.Request, form *page.Form) (*securityPage, error) {
	lacking, err := s.team.Lacking(r.Context(), client(r).ID)
	if err != nil {
		return nil, err
	}
	p := &securityPage{
		Base: r.Base("Security"), Now: r.Now(), Client: client(r).Name, From: client(r).SecondFactorFrom, Form: form,
		Today: r.Now().UTC().Format(time.DateOnly), Action: r.Path(securityPath), RelaxURL: r.Path(securityPath + "/take-back"),
		OwnerURL: r.Path(ownershipPath), Lacking: make([]lackingRow, len(lacking)),
	}
	p.Required = p.From != nil && !p.From.After(p.Now)
	for i, m := range lacking {
		p.Lacking[i] = lackingRow{
			Name: m.Login.Label(), Email: m.Login.Email, Type: m.Type.Title(), URL: memberURL(r, m), SignedIn: m.Login.LastSignInAt,
		}
	}
	return p, nil
}

func memberURL(r *gate.Request, m team.MemberView) string {
	return r.Path(usersPath) + "/" + id(m.ID)
}

func (s *Screens) security(r *gate.Request) error {
	form := page.NewForm()
	if from := client(r).SecondFactorFrom; from != nil {
		form.Set("from", from.Format(time.DateOnly))
	}
	p, err := s.securityPage(r, form)
	if err != nil {
		return err
	}
	return gate.Show(r, securityView, p)
}

func (s *Screens) require(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	from := parseDay(form, "from", r.Now())
	if form.Failed() {
		p, err := s.securityPage(r, form)
		if err != nil {
			return err
		}
		return gate.ShowAgain(r, securityView, p)
	}
	if err := s.team.SetPolicy(r.Context(), r.Actor(), client(r).ID, &from); err != nil {
		return err
	}
	return r.Done(r.Path(securityPath), "From %s on, everybody needs a second factor. Those who have none were told by email.", from.Format("2 January 2006"))
}

// parseDay reads a day, of today or later, as its beginning in UTC.
func parseDay(f *page.Form, field string, now time.Time) time.Time {
	at, err := time.Parse(time.DateOnly, f.Get(field))
	switch {
	case err != nil:
		f.Fail(field, "Enter a date, such as "+now.UTC().AddDate(0, 0, 14).Format(time.DateOnly)+".")
	case at.AddDate(0, 0, 1).Before(now):
		f.Fail(field, "Choose today or a later day.")
	case at.After(now.AddDate(2, 0, 0)):
		f.Fail(field, "Choose a day within the next two years.")
	}
	return at
}

func (s *Screens) askRelax(r *gate.Request) error {
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("No longer require a second factor"), Confirm: page.Confirm{
		Title: "No longer require a second factor of everybody?",
		Text: []string{
			"Users of " + client(r).Name + " can then sign in with their password alone, and remove the second factor that they have. " +
				"The owner and Admins need one all the same.",
			"You can require it again from any day on.",
		},
		Action: r.Path(securityPath + "/take-back"), Verb: "No longer require it", Danger: true, Cancel: r.Path(securityPath),
	}})
}

func (s *Screens) relax(r *gate.Request) error {
	if err := s.team.SetPolicy(r.Context(), r.Actor(), client(r).ID, nil); err != nil {
		return err
	}
	return r.Done(r.Path(securityPath), "A second factor is required of the owner and Admins only.")
}
