package catalogue

import (
	"embed"
	"fmt"
	"net/http"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/integrations"
)

//go:embed templates/*.tmpl
var files embed.FS

// Screens are the pages of this package.
type Screens struct {
	frame     *gate.Frame
	courses   course.Source
	platforms integrations.Registry
}

// New makes the screens. platforms are asked for their names only.
func New(f *gate.Frame, courses course.Source, platforms integrations.Registry) *Screens {
	return &Screens{f, courses, platforms}
}

// Routes lists the screens.
func (s *Screens) Routes() []gate.Route {
	route := func(name, method, below string, handle func(*gate.Request) error) gate.Route {
		return gate.Route{
			Name: name, Method: method, Path: "/a/{account}/products" + below, Access: gate.Member,
			Permission: enrolld.PermProductsView, Handle: handle,
		}
	}
	edits := func(r gate.Route) gate.Route { r.EditProducts = true; return r }
	deletes := func(r gate.Route) gate.Route { r.DeleteProducts = true; return r }
	return []gate.Route{
		route("products", http.MethodGet, "", s.list),
		route("product", http.MethodGet, "/{product}", s.show),
		edits(route("product-edit", http.MethodGet, "/{product}/edit", s.edit)),
		edits(route("product-save", http.MethodPost, "/{product}/edit", s.save)),
		deletes(route("product-delete", http.MethodGet, "/{product}/delete", s.askDelete)),
		deletes(route("product-deleted", http.MethodPost, "/{product}/delete", s.delete)),
	}
}

// Nav is what the package adds to the side navigation.
var Nav = []gate.NavEntry{{Title: "Products", Icon: "products", Path: "/products", Needs: enrolld.PermProductsView}}

// product is the one that the address names, when it is in scope.
func (s *Screens) product(r *gate.Request) (enrolld.Product, error) {
	id, err := r.ID("product")
	if err != nil {
		return enrolld.Product{}, err
	}
	return s.frame.DB.Product(r.Context(), r.Account.ID, id, r.Scope())
}

func pathOf(r *gate.Request, p enrolld.Product) string {
	return r.Path(fmt.Sprintf("/products/%d", p.ID))
}

// platform is the name that people know a platform by.
func (s *Screens) platform(key string) string {
	if p, ok := s.platforms[key]; ok {
		return p.Title()
	}
	return key
}
