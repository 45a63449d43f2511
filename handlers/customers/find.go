package customers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

const (
	mostFound    = 10  // customers that a search shows
	mostKnown    = 100 // customers that a session remembers to have found
	leastLetters = 3
)

// perHour is how often somebody may search.
var perHour = store.Budget{Every: time.Minute, Burst: 60}

type findPage struct {
	page.Base
	Now     time.Time
	URL     string
	Form    *page.Form
	Sought  bool // somebody was searched for
	Typed   string
	Rows    []row
	MayMore bool // as many are shown as ever are
}

var findView = page.New[findPage](files, "find")

// findForm shows the form and what the session's last search found. What is
// searched for is not in the address, which is kept in histories and logs.
func (s *Screens) findForm(r *gate.Request) error {
	typed, ids := lastSearch(r)
	p := s.findPage(r, page.NewForm().Set("who", typed))
	p.Sought, p.Typed = typed != "", typed
	names, err := s.sources(r)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := s.frame.DB.Customer(r.Context(), r.Account.ID, id, r.Scope())
		switch enrolld.CodeOf(err) {
		case "":
			p.Rows = append(p.Rows, foundRow(r, store.CustomerRow{Customer: c}, names))
		case enrolld.NotFound: // gone, or out of scope by now
		default:
			return err
		}
	}
	p.MayMore = len(p.Rows) == mostFound
	return gate.Show(r, findView, p)
}

func foundRow(r *gate.Request, c store.CustomerRow, names sources) row {
	out := rowsOf(r, []store.CustomerRow{c}, names)[0]
	out.URL = foundPath(r, c.ID)
	return out
}

func foundPath(r *gate.Request, id int64) string {
	return r.Path(fmt.Sprintf("%s/found/%d", below, id))
}

func (s *Screens) findPage(r *gate.Request, form *page.Form) *findPage {
	return &findPage{Base: r.Base("Find a customer"), Now: r.Now(), URL: r.Path(below + "/find"), Form: form}
}

func (s *Screens) find(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(form.Get("who"))
	letters := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsNumber(c) {
			return c
		}
		return -1
	}, typed)
	switch {
	case len([]rune(letters)) < leastLetters:
		form.Fail("who", "Enter a name or an email address of at least three letters.")
	case len(typed) > 300:
		form.Fail("who", "Enter a shorter name.")
	}
	if form.Failed() {
		return gate.ShowAgain(r, findView, s.findPage(r, form))
	}
	wait, err := s.frame.DB.Spend(r.Context(), fmt.Sprintf("find customers %d", r.Viewer.Login.ID), perHour)
	if err != nil {
		return err
	}
	if wait > 0 {
		return store.TooOften(wait)
	}
	list, err := s.frame.DB.FindCustomers(r.Context(), r.Account.ID, r.Scope(), typed, mostFound)
	if err != nil {
		return err
	}
	ids := make([]int64, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	remember(r, typed, ids)
	return r.Redirect(r.Path(below + "/find"))
}

// showFound is a customer's page for who may only search.
func (s *Screens) showFound(r *gate.Request) error {
	id, err := r.ID("customer")
	if err != nil {
		return err
	}
	if !found(r, id) {
		return notFound()
	}
	return s.show(r)
}

// found says whether the session has found a customer.
func found(r *gate.Request, id int64) bool {
	return slices.Contains(numbers(r.Session().Get(foundKey(r))), id)
}

func notFound() error {
	return enrolld.Errorf(enrolld.NotFound, "there is no such customer among those whom you searched for: search for the name or the address again")
}

// What a session knows of searches in an account.
func foundKey(r *gate.Request) string  { return fmt.Sprintf("customers found %d", r.Account.ID) }
func soughtKey(r *gate.Request) string { return fmt.Sprintf("customers sought %d", r.Account.ID) }

// remember notes whom a session has found, the last ones first.
func remember(r *gate.Request, typed string, ids []int64) {
	known := slices.Clone(ids)
	for _, id := range numbers(r.Session().Get(foundKey(r))) {
		if !slices.Contains(known, id) && len(known) < mostKnown {
			known = append(known, id)
		}
	}
	r.Session().Put(foundKey(r), joinNumbers(known))
	r.Session().Put(soughtKey(r), joinNumbers(ids)+"|"+typed)
}

func lastSearch(r *gate.Request) (typed string, ids []int64) {
	list, typed, _ := strings.Cut(r.Session().Get(soughtKey(r)), "|")
	return typed, numbers(list)
}

func joinNumbers(ids []int64) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(out, " ")
}

func numbers(s string) []int64 {
	var out []int64
	for f := range strings.FieldsSeq(s) {
		if id, err := strconv.ParseInt(f, 10, 64); err == nil {
			out = append(out, id)
		}
	}
	return out
}
