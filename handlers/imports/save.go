package imports

import (
	"slices"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/importer"
	"enrolld/store/importing"
)

// save keeps what was decided and has the rows counted. When the file is to be read
// in another way, its columns are others: they are shown first.
func (s *Screens) save(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	at := s.site(r)
	choice, other := parseReading(form, i.Plan)
	terms := parseTerms(r, form, at, !other)
	if terms.Template, err = s.text(r, form); err != nil {
		return err
	}
	roles := parseRoles(form, i.Plan)
	if form.Failed() {
		return s.mend(r, i, form, at)
	}
	if other {
		_, err = s.imports.Reread(r.Context(), r.Account.ID, i.ID, choice, terms)
	} else {
		_, err = s.imports.Decide(r.Context(), r.Account.ID, i.ID, i.Plan.WithRoles(roles), terms)
		if err == nil {
			_, err = s.imports.Check(r.Context(), r.Actor(), r.Account.ID, i.ID)
		}
	}
	if err != nil {
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		return s.mend(r, i, form, at)
	}
	if other {
		return r.Done(pathOf(r, i.ID, "/edit"), "The file is read anew. Look at what its columns are now.")
	}
	return r.Redirect(pathOf(r, i.ID, ""))
}

// text is the variant of the email that was chosen.
func (s *Screens) text(r *gate.Request, f *page.Form) (string, error) {
	name := f.Get("template")
	if name == "" {
		return "", nil
	}
	names, err := s.frame.DB.AccessTexts(r.Context(), r.Account.ID)
	if !slices.Contains(names, name) {
		f.Fail("template", "This text is not there any more: choose another one.")
	}
	return name, err
}

func (s *Screens) mend(r *gate.Request, i importing.Import, form *page.Form, at site) error {
	p, err := s.editPage(r, i, form, at)
	if err != nil {
		return err
	}
	return gate.ShowAgain(r, editView, p)
}

// parseReading is how the file is to be read, and whether that differs from the
// plan. Delimiter and header are asked for tables alone.
func parseReading(f *page.Form, plan importer.Plan) (choice importer.Choice, other bool) {
	choice = importer.Choice{Format: importer.Format(f.Get("format")), Encoding: importer.Encoding(f.Get("encoding"))}
	other = choice.Format != plan.Format || choice.Encoding != plan.Encoding
	if plan.Format != importer.CSV || choice.Format != importer.CSV {
		return choice, other
	}
	for _, d := range delimiters {
		if d.word == f.Get("delimiter") {
			choice.Delimiter = d.sign
		}
	}
	header := f.Get("header") != ""
	choice.Header = &header
	return choice, other || choice.Delimiter != plan.Delimiter || header != plan.HasHeader
}

// parseRoles are the roles as they were chosen; what cannot be chosen stays.
func parseRoles(f *page.Form, plan importer.Plan) []importer.Role {
	out := make([]importer.Role, len(plan.Roles))
	for c, role := range plan.Roles {
		if out[c] = role; role != importer.Refused && role != importer.Note {
			out[c] = importer.Role(f.Get(roleField(c)))
		}
	}
	return out
}

// parseTerms are what everybody gets. Whether a course has to be chosen by now is
// complete.
func parseTerms(r *gate.Request, f *page.Form, at site, complete bool) importing.Terms {
	t := importing.Terms{Notify: f.Get("notify") != "", EndsAt: f.Until("until", r.Now()), Courses: []enrolld.CourseRef{}}
	for _, v := range f.All("course") {
		ref, err := enrolld.ParseCourseRef(v)
		if _, listed := at.Find(ref); err != nil || !listed {
			f.Fail("course", at.unknown())
			continue
		}
		t.Courses = append(t.Courses, ref)
	}
	if complete && len(t.Courses) == 0 {
		f.Fail("course", "Choose at least one course: without one there is nothing to enter.")
	}
	return t
}
