package imports

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/importer"
	"enrolld/store/importing"
)

type readyPage struct {
	page.Base
	Back, EditURL, StartURL, CheckURL, DiscardURL string
	Import                                        importing.Import
	Will                                          []string // what will happen, in sentences
	Verb                                          string   // of the button; "": there is nothing to start
	Facts                                         []page.Fact
	Refusals                                      []string
	Twin, TwinURL                                 string // an import of the same file that stands; "": none
	List                                          rowList
}

type rowsPage struct {
	page.Base
	Back, File string
	Gone       bool // the file is not kept any more, or was not counted
	List       rowList
}

// rowList are rows of the file with what was said of them.
type rowList struct {
	Tabs  []page.Tab
	Rows  []rowLine
	Pager page.Pager
}

// rowLine is a row of the file.
type rowLine struct {
	Number, Line, Who, Name, Why string
	Verdict                      page.Fact
}

var (
	readyView = page.New[readyPage](files, "ready")
	rowsView  = page.New[rowsPage](files, "rows")
)

func (s *Screens) showReady(r *gate.Request, i importing.Import) error {
	list, err := s.rowList(r, i, pathOf(r, i.ID, ""))
	if err != nil {
		return err
	}
	at, c := s.site(r), *i.Preview
	p := &readyPage{
		Base: base(r, i), Back: r.Path(below), EditURL: pathOf(r, i.ID, "/edit"), StartURL: pathOf(r, i.ID, "/start"),
		CheckURL: pathOf(r, i.ID, "/check"), DiscardURL: pathOf(r, i.ID, "/cancel"), Import: i, Will: will(c, i.Terms, at),
		Facts: planFacts(i, at), List: list,
	}
	for _, why := range i.Plan.Refusals() {
		p.Refusals = append(p.Refusals, gate.Sentence(enrolld.Errorf(enrolld.Invalid, "%s", why)))
	}
	if n := c.People(); n > 0 {
		p.Verb = "Import " + plural(n, "person", "people")
	}
	twin, ok, err := s.imports.Twin(r.Context(), r.Account.ID, i.ID)
	if err != nil {
		return err
	}
	if ok {
		p.Twin = twinWords(twin)
		p.TwinURL = pathOf(r, twin.ID, "")
	}
	return gate.Show(r, readyView, p)
}

// twinWords name an import of the same file.
func twinWords(i importing.Import) string {
	return fmt.Sprintf("This is the same list as import %d of %s", i.ID, i.StartedAt.UTC().Format("2 January 2006"))
}

// will says in numbers what happens when the import is started.
func will(c importing.Counts, t importing.Terms, at site) []string {
	var out []string
	say := func(n int64, format string, one, many string) {
		if n > 0 {
			out = append(out, fmt.Sprintf(format, plural(n, one, many)))
		}
	}
	courses := at.titles(t.Courses)
	say(c.New, "%s and "+gets(c.New)+" "+escaped(courses)+".", "person becomes a customer", "people become customers")
	say(c.Known, "%s what they lack of "+escaped(courses)+".", "known customer gets", "known customers get")
	say(c.Blocked, "%s blocked: what they get opens nothing until somebody unblocks them.", "of these is", "of these are")
	say(c.Back, "%s again by it.", "of these was removed from the academy, and is a customer", "of these were removed from the academy, and are customers")
	say(c.More, "%s nothing. This list is one more reason: they keep it when another import is undone.",
		"known customer has all of it already and notices", "known customers have all of it already and notice")
	say(c.Same-c.More, "%s.", "row changes nothing: the person came before in this file", "rows change nothing: the person came before in this file")
	say(c.Invalid, "%s. Afterwards you can download what was not taken, mend it and import it as it is.", "row cannot be taken", "rows cannot be taken")
	if len(out) == 0 {
		out = append(out, "There are no rows in this file.")
	}
	switch {
	case c.People() == 0:
	case !t.Notify:
		out = append(out, "No emails go out.")
	default:
		out = append(out, plural(c.Mails, "email goes out.", "emails go out."))
	}
	return out
}

func gets(n int64) string {
	if n == 1 {
		return "gets"
	}
	return "get"
}

func escaped(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// planFacts say what was decided.
func planFacts(i importing.Import, at site) []page.Fact {
	until, emails := "Without end", "None"
	if i.Terms.EndsAt != nil {
		until = page.LastDayWords(i.Terms.EndsAt)
	}
	if i.Terms.Notify {
		if emails = "To everybody who gets something"; i.Terms.Template != "" {
			emails += ", in the text ‘" + i.Terms.Template + "’"
		}
	}
	out := []page.Fact{
		{Term: "Import", Text: "Number " + strconv.FormatInt(i.ID, 10)}, {Term: "Courses", Text: at.titles(i.Terms.Courses)},
		{Term: "Until", Text: until}, {Term: "Emails", Text: emails},
	}
	if i.Plan.Format == importer.List {
		return append(out, page.Fact{Term: "Read as", Text: "A list, " + string(i.Plan.Encoding)})
	}
	return append(out, page.Fact{Term: "Columns", Text: columnsRead(i.Plan)}, page.Fact{Term: "Read as", Text: "A table, " + string(i.Plan.Encoding)})
}

func columnsRead(p importer.Plan) string {
	words := map[importer.Role]string{
		importer.Email: "email address", importer.Name: "full name", importer.First: "first name", importer.Last: "last name",
	}
	var out []string
	for c, role := range p.Roles {
		if w := words[role]; w != "" {
			out = append(out, w+" from "+p.Column(c))
		}
	}
	return strings.Join(out, ", ")
}

// rows pages through the rows of an import that has begun, as they were counted.
func (s *Screens) rows(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	p := &rowsPage{Base: r.Base("Rows of " + i.FileName), Back: pathOf(r, i.ID, ""), File: i.FileName, Gone: i.Preview == nil || i.Size == 0}
	if !p.Gone {
		if p.List, err = s.rowList(r, i, pathOf(r, i.ID, "/rows")); err != nil {
			return err
		}
	}
	return gate.Show(r, rowsView, p)
}

// rowList reads what the address asks for: verdict and from.
func (s *Screens) rowList(r *gate.Request, i importing.Import, at string) (rowList, error) {
	q := r.URL.Query()
	v, from := importing.Verdict(q.Get("verdict")), int64(0)
	if _, ok := verdictBadges[v]; !ok {
		v = ""
	}
	if n, err := strconv.ParseInt(q.Get("from"), 10, 64); err == nil && n > 0 {
		from = n
	}
	got, err := s.imports.Rows(r.Context(), r.Account.ID, i.ID, v, from, perPage)
	if err != nil {
		return rowList{}, err
	}
	out := rowList{Tabs: tabs(at, *i.Preview, v)}
	for _, row := range got.Rows {
		out.Rows = append(out.Rows, lineOf(row))
	}
	if from > 0 {
		out.Pager.Newer, out.Pager.First = rowsURL(at, v, 0), true
	}
	if got.Next != 0 {
		out.Pager.Older = rowsURL(at, v, got.Next)
	}
	return out, nil
}

func rowsURL(at string, v importing.Verdict, from int64) string {
	q := url.Values{}
	if v != "" {
		q.Set("verdict", string(v))
	}
	if from > 0 {
		q.Set("from", strconv.FormatInt(from, 10))
	}
	if len(q) == 0 {
		return at + "#rows"
	}
	return at + "?" + q.Encode() + "#rows"
}

func tabs(at string, c importing.Counts, now importing.Verdict) []page.Tab {
	out := []page.Tab{{Title: "All rows", URL: rowsURL(at, "", 0), Count: number(c.Rows), Current: now == ""}}
	for _, t := range []struct {
		v importing.Verdict
		n int64
	}{{importing.New, c.New}, {importing.Known, c.Known}, {importing.Same, c.Same}, {importing.Invalid, c.Invalid}} {
		out = append(out, page.Tab{Title: verdictBadges[t.v].Text, URL: rowsURL(at, t.v, 0), Count: number(t.n), Current: now == t.v})
	}
	return out
}

func lineOf(row importing.Shown) rowLine {
	badge := verdictBadges[row.Verdict]
	out := rowLine{
		Number: number(row.Number), Line: number(row.Line), Who: row.Email, Name: nameOf(row.First, row.Last), Verdict: badge.Fact,
		Why: strings.Join(row.Problems, "; "),
	}
	if row.Verdict == importing.Invalid {
		out.Who = row.Cell
	}
	if out.Who == "" {
		out.Who = "–"
	}
	if out.Why == "" {
		out.Why = badge.why
	}
	out.Why = gate.Sentence(enrolld.Errorf(enrolld.Invalid, "%s", out.Why))
	return out
}

func nameOf(first, last string) string { return strings.TrimSpace(first + " " + last) }
