package overview

import (
	"embed"
	"net/http"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

//go:embed templates/*.tmpl
var files embed.FS

// chooserURL lists every account that somebody can enter.
const chooserURL = "/accounts"

// Screens are the pages of this package.
type Screens struct{ frame *gate.Frame }

// New makes the screens.
func New(f *gate.Frame) *Screens { return &Screens{f} }

// Routes lists the screens.
func (s *Screens) Routes() []gate.Route {
	return []gate.Route{
		{Name: "home", Method: http.MethodGet, Path: page.HomeURL, Access: gate.Anyone, Handle: s.home},
		{Name: "accounts", Method: http.MethodGet, Path: chooserURL, Access: gate.Person, Handle: s.choose},
		{Name: "overview", Method: http.MethodGet, Path: "/a/{account}", Access: gate.Member, Handle: s.overview},
	}
}

// Nav is what the package adds to the side navigation.
var Nav = []gate.NavEntry{{Title: "Overview", Icon: "overview", Path: ""}}
