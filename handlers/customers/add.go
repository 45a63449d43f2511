package customers

import (
	"slices"
	"strings"
	"unicode/utf8"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

type newPage struct {
	page.Base
	Back string
	// ImportURL is where many are brought at once: adding is for who may use every
	// product, as importing is.
	ImportURL string
	Form      *page.Form
	Courses   []page.Option
	Texts     []page.Option // variants of the email; none: there is one
	SiteAway  bool
	Known     *known // somebody with this address is there already
}

// known is who is there already with the address that was typed.
type known struct {
	Title, Text, URL, Action string
}

var newView = page.New[newPage](files, "new")

// mayAdd: whom somebody adds has no order, so that who was given some products
// only would not see them.
func mayAdd(r *gate.Request) error {
	if narrow(r) {
		return enrolld.Errorf(enrolld.Forbidden,
			"you were given some products only, and a customer who is added by hand has bought none of them: ask the owner to add them")
	}
	return nil
}

func (s *Screens) askNew(r *gate.Request) error {
	if err := mayAdd(r); err != nil {
		return err
	}
	at, err := s.site(r)
	if err != nil {
		return err
	}
	p, err := s.newPage(r, page.NewForm().Set("notify", "1"), at)
	if err != nil {
		return err
	}
	return gate.Show(r, newView, p)
}

func (s *Screens) newPage(r *gate.Request, form *page.Form, at site) (*newPage, error) {
	texts, err := s.variants(r)
	return &newPage{
		Base: r.Base("Add customer"), Back: r.Path(below), ImportURL: importPath(r), Form: form, Courses: at.Options(), Texts: texts, SiteAway: at.Away(),
	}, err
}

// variants are the account's named texts of the emails that tell of new courses.
func (s *Screens) variants(r *gate.Request) ([]page.Option, error) {
	names, err := s.frame.DB.AccessTexts(r.Context(), r.Account.ID)
	return page.OptionsOf(names), err
}

// showNewAgain shows the form with what is wrong.
func (s *Screens) showNewAgain(r *gate.Request, form *page.Form, at site, who *known) error {
	p, err := s.newPage(r, form, at)
	if err != nil {
		return err
	}
	p.Known = who
	return gate.ShowAgain(r, newView, p)
}

func (s *Screens) add(r *gate.Request) error {
	if err := mayAdd(r); err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	at, err := s.site(r)
	if err != nil {
		return err
	}
	n, key := parseNew(r, form, at)
	if n.Template, err = s.variant(r, form); err != nil {
		return err
	}
	if form.Failed() {
		return s.showNewAgain(r, form, at, nil)
	}
	if form.Get("known") != string(key) {
		who, err := s.known(r, at, n, key)
		if err != nil {
			return err
		}
		if who != nil {
			return s.showNewAgain(r, form.Set("known", string(key)), at, who)
		}
	}
	added, err := s.access.Add(r.Context(), r.Actor(), n)
	if err != nil {
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		return s.showNewAgain(r, form, at, nil)
	}
	return s.added(r, n, added)
}

// variant is the text that was chosen.
func (s *Screens) variant(r *gate.Request, f *page.Form) (string, error) {
	name := f.Get("template")
	if name == "" {
		return "", nil
	}
	names, err := s.frame.DB.AccessTexts(r.Context(), r.Account.ID)
	if err == nil && !slices.Contains(names, name) {
		f.Fail("template", "This text is not there any more: choose another one.")
	}
	return name, err
}

func (s *Screens) added(r *gate.Request, n Newcomer, a Added) error {
	to := pathOf(r, a.CustomerID)
	switch {
	case a.Problem != "":
		r.Flash(page.Warning, n.Email+" is a customer now, but there is no WordPress user: "+a.Problem+".")
		return r.Redirect(to)
	case a.New && n.Notify:
		return r.Done(to, "%s was added, and an email is on its way.", n.Email)
	case a.New:
		return r.Done(to, "%s was added. No email was sent.", n.Email)
	}
	c, err := s.frame.DB.Customer(r.Context(), r.Account.ID, a.CustomerID, r.Scope())
	if err == nil && c.BlockedAt != nil {
		r.Flash(page.Warning, c.Label()+" is blocked: what was given opens once they are unblocked.")
		return r.Redirect(to)
	}
	return r.Done(to, "%s has the courses now.", n.Email)
}

// shutWords say what becomes of courses that a customer is given whom the team shut
// out; "" for anybody else.
func shutWords(c enrolld.Customer) string {
	switch {
	case c.BlockedAt != nil:
		return " Nothing opens, and no email is sent, while they are blocked."
	case c.Gone:
		return " They were removed from the academy: with these courses they are a customer again."
	}
	return ""
}

// known says who is there already with an address: nothing happens before
// somebody has read that.
func (s *Screens) known(r *gate.Request, at site, n Newcomer, key enrolld.EmailKey) (*known, error) {
	c, err := s.frame.DB.CustomerByKey(r.Context(), r.Account.ID, key)
	switch enrolld.CodeOf(err) {
	case "":
		grants, err := s.frame.DB.GrantsOf(r.Context(), r.Account.ID, c.ID)
		return &known{
			Title: c.Label() + " is a customer already", Text: alreadyHas(at, n, grants) + shutWords(c) + " The name stays as it is. Save once more to give the courses.",
			URL: pathOf(r, c.ID), Action: "Look at the customer",
		}, err
	case enrolld.NotFound:
	default:
		return nil, err
	}
	there, err := s.access.User(r.Context(), r.Account.ID, key)
	if err != nil || !there {
		return nil, err
	}
	return &known{
		Title: "The site has a WordPress user with this address",
		Text:  "They keep their password, their role and their name, and are given the courses. Save once more to do so.",
	}, nil
}

func alreadyHas(at site, n Newcomer, grants []store.Grant) string {
	var has []string
	for _, g := range n.Give {
		if hasLive(grants, g.Course) {
			has = append(has, at.Title(g.Course))
		}
	}
	if len(has) == 0 {
		return "None of the chosen courses is open to them."
	}
	return "They have " + strings.Join(has, ", ") + "."
}

const maxTypedName = 100 // characters

// parseNew reads the form and says in it what is wrong.
func parseNew(r *gate.Request, f *page.Form, at site) (Newcomer, enrolld.EmailKey) {
	n := Newcomer{
		AccountID: r.Account.ID, First: typedName(f, "first"), Last: typedName(f, "last"), Notify: f.Get("notify") != "",
	}
	email, key, err := enrolld.ParseEmail(f.Get("email"))
	if err != nil {
		_ = gate.Mend(f, "email", err) // an address that cannot be read can always be mended
	}
	n.Email = email
	until := f.Until("until", r.Now())
	for _, v := range f.All("course") {
		ref, err := enrolld.ParseCourseRef(v)
		if _, listed := at.Find(ref); err != nil || !listed {
			f.Fail("course", unknownCourse(at))
			continue
		}
		if !slices.ContainsFunc(n.Give, func(g Gift) bool { return g.Course == ref }) {
			n.Give = append(n.Give, Gift{ref, until})
		}
	}
	if len(n.Give) == 0 {
		f.Fail("course", "Choose at least one course: without one there is nothing to enter.")
	}
	return n, key
}

func typedName(f *page.Form, field string) string {
	v := strings.Join(strings.Fields(f.Get(field)), " ")
	if utf8.RuneCountInString(v) > maxTypedName || !utf8.ValidString(v) {
		f.Fail(field, "Enter a name of at most 100 characters.")
	}
	return v
}
