package overview

import (
	"embed"
	"net/http"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/integrations"
)

//go:embed templates/*.tmpl
var files embed.FS

// chooserURL lists every account that somebody can enter.
const chooserURL = "/accounts"

// Screens are the pages of this package.
type Screens struct {
	frame     *gate.Frame
	platforms integrations.Registry
}

// New makes the screens. Platforms are those that accounts are connected to.
func New(f *gate.Frame, platforms integrations.Registry) *Screens { return &Screens{f, platforms} }

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
