package wording

import (
	"embed"
	"net/http"
	"net/url"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/store/wording"
)

//go:embed templates/*.tmpl
var files embed.FS

// Screens are the pages of this package.
type Screens struct {
	frame *gate.Frame
	texts *wording.Texts
}

// New makes the screens.
func New(f *gate.Frame) *Screens { return &Screens{f, wording.New(f.DB)} }

const below = "/emails/templates"

// Routes lists the screens. Which text is meant is in the query: a text has no
// number before it is saved.
func (s *Screens) Routes() []gate.Route {
	route := func(name, method, path string, handle func(*gate.Request) error) gate.Route {
		return gate.Route{
			Name: name, Method: method, Path: "/a/{account}" + below + path, Access: gate.Member,
			Permission: enrolld.PermTemplates, EveryProduct: true, Handle: handle,
		}
	}
	return []gate.Route{
		route("email-templates", http.MethodGet, "", s.list),
		route("email-settings-save", http.MethodPost, "", s.saveSettings),
		route("email-template", http.MethodGet, "/edit", s.edit),
		route("email-template-save", http.MethodPost, "/edit", s.save),
		route("email-template-preview", http.MethodGet, "/preview", s.preview),
		route("email-template-try", http.MethodPost, "/preview", s.try),
		route("email-template-test", http.MethodPost, "/test", s.test),
		route("email-template-reset-ask", http.MethodGet, "/reset", s.askReset),
		route("email-template-reset", http.MethodPost, "/reset", s.reset),
	}
}

// Nav is what the package adds to the side navigation.
var Nav = []gate.NavEntry{
	{Title: "Email templates", Icon: "edit", Path: below, Needs: enrolld.PermTemplates, EveryProduct: true},
}

// address is a page about a text.
func address(r *gate.Request, page string, w enrolld.Wording) string {
	q := url.Values{"kind": {string(w.Kind)}, "lang": {w.Lang}}
	if w.Name != "" {
		q.Set("name", w.Name)
	}
	return r.Path(below+page) + "?" + q.Encode()
}
