package customers

import (
	"net/url"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// Sizes of a page of the list.
const (
	perPage  = 50
	leastPer = 20
	mostPer  = 200
)

// fields are those of the filter, in the order of their sentence.
var fields = []string{"access", "course", "product", "source", "import", "from", "to", "q"}

// settings are how the list is shown; they leave nobody out.
var settings = []string{"sort", "n"}

// parseFilter reads the filter and says in the form what cannot be read. Days are
// whole ones, in UTC.
func parseFilter(form *page.Form) store.CustomerFilter {
	f := store.CustomerFilter{
		Words: strings.TrimSpace(form.Get("q")), NoAccess: form.Get("access") == "none", Source: source(form.Get("source")),
		Limit: perPage,
	}
	switch standing := store.Standing(form.Get("access")); standing {
	case store.StandingBlocked, store.StandingRemoved:
		f.Standing = standing
	}
	if v := form.Get("course"); v != "" {
		var err error
		if f.Course, err = enrolld.ParseCourseRef(v); err != nil {
			form.Fail("course", "Choose a course from the list.")
		}
	}
	if v := form.Get("product"); v != "" {
		var err error
		if f.Product, err = strconv.ParseInt(v, 10, 64); err != nil || f.Product <= 0 {
			form.Fail("product", "Choose a product from the list.")
		}
	}
	if v := form.Get("import"); v != "" {
		var err error
		if f.Import, err = strconv.ParseInt(v, 10, 64); err != nil || f.Import <= 0 {
			form.Fail("import", "The address names no import: follow the link on its page.")
		}
	}
	f.From = form.Day("from")
	if f.To = form.Day("to"); !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the day itself is in
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		form.Fail("to", "The last day is before the first one.")
	}
	switch order := store.CustomerOrder(form.Get("sort")); order {
	case store.CustomersByName, store.CustomersByEmail:
		f.Order = order
	}
	if n, err := strconv.Atoi(form.Get("n")); err == nil {
		f.Limit = min(max(n, leastPer), mostPer)
	}
	f.After, _ = strconv.ParseInt(form.Get("after"), 10, 64)
	return f
}

// source is a source that can be filtered by; anything else is none.
func source(v string) string {
	if v == store.SourcePerson || v == store.SourceImport {
		return v
	}
	if id, err := strconv.ParseInt(v, 10, 64); err == nil && id > 0 {
		return strconv.FormatInt(id, 10)
	}
	return ""
}

// address is a page with the filter of a form, with other values for some fields.
func address(to string, form *page.Form, change ...string) string {
	q := url.Values{}
	for _, list := range [][]string{fields, settings} {
		for _, field := range list {
			if v := strings.TrimSpace(form.Get(field)); v != "" {
				q.Set(field, v)
			}
		}
	}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Del(change[i]); change[i+1] != "" {
			q.Set(change[i], change[i+1])
		}
	}
	if len(q) == 0 {
		return to
	}
	return to + "?" + q.Encode()
}

// keep are the fields that a form of one field sends along.
func keep(form *page.Form) map[string]any {
	out := map[string]any{}
	for _, list := range [][]string{fields, settings} {
		for _, field := range list {
			if v := strings.TrimSpace(form.Get(field)); v != "" && field != "q" {
				out[field] = v
			}
		}
	}
	return out
}

// choices are what can be chosen in the filter.
type choices struct {
	Courses, Products, Sources []page.Option
}

// choices lists what exists: courses of the site, products of each tool that is
// connected, sources.
func (s *Screens) choices(r *gate.Request, at site) (choices, error) {
	out := choices{Courses: at.Options()}
	products, err := s.frame.DB.ProductPage(r.Context(), r.Account.ID, r.Scope(), store.ProductFilter{Limit: 1000})
	if err != nil {
		return out, err
	}
	for _, p := range products {
		o := page.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Label(), Group: s.platform(p.Platform)}
		if p.Bundle {
			o.Label += " (bundle)"
		}
		out.Products = append(out.Products, o)
	}
	names, err := s.sources(r)
	if err != nil {
		return out, err
	}
	out.Sources = names.options
	return out, nil
}

// sources are where customers come from, by the names that people gave them.
type sources struct {
	names   map[string]string
	options []page.Option
}

func (s *Screens) sources(r *gate.Request) (sources, error) {
	out := sources{names: map[string]string{store.SourcePerson: "By hand", store.SourceImport: "Import"}}
	list, err := s.frame.DB.Origins(r.Context(), r.Account.ID)
	if err != nil {
		return out, err
	}
	for _, o := range list {
		name := s.platform(o.Platform)
		if o.Name != "" {
			name += " · " + o.Name
		}
		key := strconv.FormatInt(o.ID, 10)
		out.names[key] = name
		out.options = append(out.options, page.Option{Value: key, Label: name})
	}
	if !narrow(r) {
		for _, key := range []string{store.SourcePerson, store.SourceImport} {
			out.options = append(out.options, page.Option{Value: key, Label: out.names[key]})
		}
	}
	return out, nil
}

// words are the names of the sources of one customer.
func (s sources) words(keys []string) string {
	var out []string
	for _, k := range keys {
		if name := s.names[k]; name != "" {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

// accessWords say what the filter of access picks.
var accessWords = map[string]string{"none": "without access", "blocked": "blocked", "removed": "removed"}

// chips say the filter as a sentence that reads on.
func chips(list string, form *page.Form, c choices) []page.Chip {
	label := func(options []page.Option, value string) string {
		for _, o := range options {
			if o.Value == value {
				return o.Label
			}
		}
		return value
	}
	var out []page.Chip
	for _, field := range fields {
		v := strings.TrimSpace(form.Get(field))
		if v == "" || form.Error(field) != "" {
			continue
		}
		words := ""
		switch field {
		case "access":
			words = accessWords[v]
		case "course":
			words = "in " + label(c.Courses, v)
		case "product":
			words = "bought " + label(c.Products, v)
		case "source":
			words = "from " + label(c.Sources, v)
		case "import":
			words = "of import " + v
		case "from":
			words = "joined from " + v
		case "to":
			words = "joined until " + v
		case "q":
			words = "‘" + v + "’"
		}
		if words == "" {
			continue // a value that picks nobody out
		}
		out = append(out, page.Chip{Words: words, URL: address(list, form, field, "")})
	}
	return out
}
