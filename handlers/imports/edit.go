package imports

import (
	"slices"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/importer"
	"enrolld/store/importing"
)

type editPage struct {
	page.Base
	Back, URL, DiscardURL string
	Import                importing.Import
	Form                  *page.Form
	IsList                bool
	Columns, Rest         []column      // those that are read or may be, and those that are left out
	People                []person      // of a list
	Courses, Texts        []page.Option // Texts: variants of the email; none: there is one
	SiteAway              bool
	Reading               reading
	Open, Note            string // what has to be decided; why the file could not be counted
}

// column is a column of the file as the form asks for it.
type column struct {
	Field, Title, Sample string
	Fixed                string // why it cannot be chosen; "" when it can
	Undecided            bool
}

// person is somebody of a list, as it is read.
type person struct{ Email, Name, Problem string }

// reading are the choices of how the bytes are read.
type reading struct{ Formats, Encodings, Delimiters []page.Option }

var editView = page.New[editPage](files, "edit")

const (
	lookRows  = 20 // of the file, to show what columns hold
	showCells = 3
)

func (s *Screens) edit(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	if i.StartedAt != nil {
		return enrolld.Errorf(enrolld.Conflict, "this import is %s: what is read and given cannot be changed any more", i.State.Text())
	}
	return s.showEdit(r, i)
}

func (s *Screens) showEdit(r *gate.Request, i importing.Import) error {
	p, err := s.editPage(r, i, filled(i), s.site(r))
	if err != nil {
		return err
	}
	if err := i.Plan.Check(); err != nil {
		p.Open = gate.Sentence(err)
	} else if i.Note != "" {
		p.Note = gate.Sentence(enrolld.Errorf(enrolld.Invalid, "%s", i.Note))
	}
	return gate.Show(r, editView, p)
}

func (s *Screens) editPage(r *gate.Request, i importing.Import, form *page.Form, at site) (*editPage, error) {
	look, err := s.imports.Look(r.Context(), r.Account.ID, i.ID, lookRows)
	if err != nil {
		return nil, err
	}
	texts, err := s.frame.DB.AccessTexts(r.Context(), r.Account.ID)
	if err != nil {
		return nil, err
	}
	p := &editPage{
		Base: base(r, i), Back: r.Path(below), URL: pathOf(r, i.ID, "/edit"), DiscardURL: pathOf(r, i.ID, "/cancel"), Import: i, Form: form,
		IsList: i.Plan.Format == importer.List, Courses: at.Options(), Texts: page.OptionsOf(texts), SiteAway: at.Away(), Reading: readings(),
	}
	if p.IsList {
		p.People = people(look)
		return p, nil
	}
	for c := range i.Plan.Roles {
		col := columnOf(i.Plan, c, look)
		if form.Get(col.Field) == string(importer.Ignore) && col.Fixed == "" {
			p.Rest = append(p.Rest, col)
			continue
		}
		p.Columns = append(p.Columns, col)
	}
	return p, nil
}

func people(look []importer.Row) []person {
	out := make([]person, 0, len(look))
	for _, row := range look {
		who := person{Email: row.Email, Name: nameOf(row.First, row.Last)}
		if row.Verdict == importer.Invalid {
			who.Email, who.Problem = row.Cells[0], row.Problems[0].Message
		}
		out = append(out, who)
	}
	return out
}

func columnOf(plan importer.Plan, c int, look []importer.Row) column {
	out := column{Field: roleField(c), Title: "Column " + strconv.Itoa(c+1), Undecided: plan.Roles[c] == importer.Undecided}
	if plan.Header[c] != "" {
		out.Title = plan.Header[c]
	}
	switch plan.Roles[c] {
	case importer.Refused:
		out.Fixed = "Never read: an import gives no rights and sets no passwords."
		return out
	case importer.Note:
		out.Fixed = "Says what was wrong with each row. It is not read."
		return out
	}
	var cells []string
	for _, row := range look {
		if c < len(row.Cells) && row.Cells[c] != "" && !slices.Contains(cells, row.Cells[c]) && len(cells) < showCells {
			cells = append(cells, row.Cells[c])
		}
	}
	out.Sample = strings.Join(cells, " · ")
	return out
}

func roleField(c int) string { return "role-" + strconv.Itoa(c) }

// RoleOptions are what a column may be.
func (editPage) RoleOptions() []page.Option {
	return []page.Option{
		{Value: string(importer.Email), Label: "Email address"}, {Value: string(importer.Name), Label: "Full name"},
		{Value: string(importer.First), Label: "First name"}, {Value: string(importer.Last), Label: "Last name"},
		{Value: string(importer.Ignore), Label: "Left out"},
	}
}

// delimiters are what divides cells, in words: a form cannot hold a tab.
var delimiters = []struct{ word, sign, title string }{
	{"comma", ",", "Comma ( , )"}, {"semicolon", ";", "Semicolon ( ; )"}, {"tab", "\t", "Tab"}, {"bar", "|", "Bar ( | )"},
}

func readings() reading {
	out := reading{Formats: []page.Option{
		{Value: string(importer.CSV), Label: "A table: a row for each person"}, {Value: string(importer.List), Label: "A list: names and addresses in lines"},
	}}
	for _, e := range importer.Encodings() {
		out.Encodings = append(out.Encodings, page.Option{Value: string(e), Label: string(e)})
	}
	for _, d := range delimiters {
		out.Delimiters = append(out.Delimiters, page.Option{Value: d.word, Label: d.title})
	}
	return out
}

// filled is the form as the import has it.
func filled(i importing.Import) *page.Form {
	f := page.NewForm().Set("format", string(i.Plan.Format)).Set("encoding", string(i.Plan.Encoding))
	for _, d := range delimiters {
		if d.sign == i.Plan.Delimiter {
			f.Set("delimiter", d.word)
		}
	}
	if i.Plan.HasHeader {
		f.Set("header", "1")
	}
	for c, role := range i.Plan.Roles {
		f.Set(roleField(c), string(role))
	}
	var courses []string
	for _, c := range i.Terms.Courses {
		courses = append(courses, c.String())
	}
	f.Set("course", courses...).Set("until", page.LastDay(i.Terms.EndsAt)).Set("template", i.Terms.Template)
	if i.Terms.Notify {
		f.Set("notify", "1")
	}
	return f
}
