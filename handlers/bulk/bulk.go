package bulk

import (
	"embed"
	"fmt"
	"net/http"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/bulk"
)

//go:embed templates/*.tmpl
var files embed.FS

// Screens are the pages of this package.
type Screens struct {
	frame   *gate.Frame
	courses course.Source
	bulks   *bulk.Bulks
}

// New makes the screens.
func New(f *gate.Frame, courses course.Source) *Screens { return &Screens{f, courses, bulk.On(f.DB)} }

const (
	customersPath = "/customers"
	below         = customersPath + "/bulk"
)

// Routes lists the screens.
func (s *Screens) Routes() []gate.Route {
	route := func(name, method, path string, handle func(*gate.Request) error) gate.Route {
		return gate.Route{
			Name: name, Method: method, Path: "/a/{account}" + below + path, Access: gate.Member,
			Permission: enrolld.PermCustomersBrowse, EveryProduct: true, Handle: handle,
		}
	}
	const get, post, one = http.MethodGet, http.MethodPost, "/{bulk:[0-9]+}"
	result := route("bulk-result", get, one+"/result.csv", s.export)
	result.Download = true
	return []gate.Route{
		route("bulks", get, "", s.list),
		route("bulk", get, one, s.show),
		route("bulk-decide", post, one, s.decide),
		route("bulk-start", post, one+"/start", s.start),
		route("bulk-cancel-ask", get, one+"/cancel", s.askCancel),
		route("bulk-cancel", post, one+"/cancel", s.cancel),
		route("bulk-undo-ask", get, one+"/undo", s.askUndo),
		route("bulk-undo", post, one+"/undo", s.undo),
		result,
	}
}

// found is the bulk action that the address names.
func (s *Screens) found(r *gate.Request) (bulk.Bulk, error) {
	id, err := r.ID("bulk")
	if err != nil {
		return bulk.Bulk{}, err
	}
	return s.bulks.Get(r.Context(), r.Account.ID, id)
}

func pathOf(r *gate.Request, b bulk.Bulk) string { return r.Path(fmt.Sprintf("%s/%d", below, b.ID)) }

// show is the page of a bulk action, whatever it waits for.
func (s *Screens) show(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	switch {
	case b.State == bulk.Choosing, r.URL.Query().Has("do") && (b.State == bulk.Ready || b.State == bulk.Gathering):
		return s.ask(r, b)
	case b.State.Waits():
		return s.progress(r, b)
	case b.State == bulk.Ready:
		return s.preview(r, b)
	}
	return s.result(r, b)
}

// mayDo says whether the caller may do this at all.
func mayDo(r *gate.Request, a bulk.Action) bool {
	return a != bulk.Welcome || r.May(enrolld.PermPasswords)
}

func customers(n int64) string { return page.Plural(n, "customer", "customers") }
