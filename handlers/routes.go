package handlers

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"enrolld"
	"enrolld/handlers/gate"
)

// Access says who may call a route. The zero value is nobody: such a route does
// not register.
type Access string

// The classes of access.
const (
	// AccessProbe is for load balancers and supervisors: says nothing about
	// anybody, costs nothing.
	AccessProbe Access = "probe"
	// AccessToken is for whoever knows the token in the path; what they send
	// must prove itself besides.
	AccessToken Access = "token"
	// AccessOperator is served on the operator's own listener only.
	AccessOperator Access = "operator"
	// AccessScreen is the admin: its Screen says whom it is for, and the gate sees to it.
	AccessScreen Access = "screen"
)

// Route is one line of the map.
type Route struct {
	Name    string // for logs and metrics
	Methods []string
	Path    string
	Access  Access
	Screen  *gate.Route // set when Access is AccessScreen, and only then
	handle  handler
}

// screen is the line of a screen.
func screen(frame *gate.Frame, r gate.Route) Route {
	return Route{Name: r.Name, Methods: r.Methods(), Path: r.Path, Access: AccessScreen, Screen: &r, handle: frame.Handler(r)}
}

// check says what is wrong with a line of the map.
func (r Route) check() error {
	switch r.Access {
	case AccessProbe, AccessToken, AccessOperator:
		return nil
	case AccessScreen:
		if r.Screen != nil {
			return r.Screen.Check()
		}
	}
	return enrolld.Errorf(enrolld.Internal, "route %s does not say who may call it", r.Name)
}

// handler answers a request or returns why it could not.
type handler func(http.ResponseWriter, *http.Request) error

// Routes lists every route of the service.
func (s *Server) Routes() []Route {
	routes := []Route{
		{
			Name: "webhook", Methods: []string{http.MethodPost}, Path: "/webhooks/{platform}/{token}",
			Access: AccessToken, handle: s.webhook,
		},
		{
			Name: "webhook-probe", Methods: []string{http.MethodGet, http.MethodHead}, Path: "/webhooks/{platform}/{token}",
			Access: AccessToken, handle: s.webhookProbe,
		},
		{Name: "mail-events", Methods: []string{http.MethodPost}, Path: "/mail-events/{token}", Access: AccessToken, handle: s.mailEvents},
		{Name: "healthz", Methods: []string{http.MethodGet, http.MethodHead}, Path: "/healthz", Access: AccessProbe, handle: s.healthz},
		{Name: "readyz", Methods: []string{http.MethodGet, http.MethodHead}, Path: "/readyz", Access: AccessProbe, handle: s.readyz},
		{Name: "metrics", Methods: []string{http.MethodGet}, Path: "/metrics", Access: AccessOperator, handle: s.metricsPage},
		{
			Name: "assets", Methods: []string{http.MethodGet, http.MethodHead}, Path: "/static/{rest:.*}",
			Access: AccessProbe, handle: asset,
		},
	}
	for _, r := range s.screens {
		routes = append(routes, screen(s.frame, r))
	}
	return routes
}

// router registers those of the routes that a listener serves.
func (s *Server) router(routes []Route, serves func(Access) bool) (http.Handler, error) {
	r := mux.NewRouter()
	// A path with a slash too many is not found. The redirect that mux would make
	// of it turns a POST into a GET, whose 200 tells the sender that all is well.
	r.SkipClean(true)
	for _, route := range routes {
		if err := route.check(); err != nil {
			return nil, err
		}
		if serves(route.Access) {
			r.Handle(route.Path, s.adapt(route)).Methods(route.Methods...)
		}
	}
	r.NotFoundHandler = s.adapt(Route{Name: "none", handle: func(w http.ResponseWriter, r *http.Request) error {
		err := enrolld.Errorf(enrolld.NotFound, "there is nothing at this address")
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			s.frame.Fail(w, r, err)
		}
		return err
	}})
	r.MethodNotAllowedHandler = s.adapt(Route{Name: "none", handle: func(w http.ResponseWriter, _ *http.Request) error {
		return &statusError{http.StatusMethodNotAllowed, enrolld.Errorf(enrolld.Invalid, "this address does not take this method")}
	}})
	return s.guard(r), nil
}
