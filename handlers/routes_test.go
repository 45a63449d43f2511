package handlers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// TestEveryRouteSaysWhoMayCallIt walks the whole map.
func TestEveryRouteSaysWhoMayCallIt(t *testing.T) {
	r := newRig(t)
	css, err := page.AssetURL("app.css")
	if err != nil {
		t.Fatal(err)
	}
	r.told(store.MailSource{Provider: "mailbox"})
	paths := strings.NewReplacer("/mail-events/{token}", "/mail-events/"+r.tokens["mail mailbox"], "{platform}", "stripe", "{token}", r.tokens["stripe"], "/static/{rest:.*}", css)
	classes := []Access{AccessProbe, AccessToken, AccessOperator, AccessScreen}
	names := map[string]bool{}
	for _, route := range r.Routes() {
		if !slices.Contains(classes, route.Access) {
			t.Errorf("route %s: access %q is none of %q", route.Name, route.Access, classes)
		}
		if names[route.Name] || route.Name == "" || len(route.Methods) == 0 || route.handle == nil {
			t.Errorf("route %q: want a name of its own, methods and a handler", route.Name)
		}
		names[route.Name] = true
		for _, method := range route.Methods {
			for listener, h := range map[string]http.Handler{"public": r.public, "operator": r.operator} {
				if route.Access == AccessScreen && listener == "public" {
					continue // whom these are for is the walk's: walk_test.go
				}
				got := serve(h, httptest.NewRequestWithContext(t.Context(), method, paths.Replace(route.Path), nil))
				served := got.status != http.StatusNotFound
				want := route.Access == AccessProbe || (route.Access == AccessOperator) == (listener == "operator")
				if served != want {
					t.Errorf("%s %s on the %s listener: %d; served %t, want %t",
						method, route.Path, listener, got.status, served, want)
				}
			}
		}
	}
}

func TestRouteWithoutAccessIsRefused(t *testing.T) {
	r := newRig(t)
	for _, access := range []Access{"", "everybody", AccessScreen} {
		routes := append(r.Routes(), Route{
			Name: "open", Methods: []string{http.MethodGet}, Path: "/open", Access: access,
			handle: func(http.ResponseWriter, *http.Request) error { return nil },
		})
		_, err := r.router(routes, func(Access) bool { return true })
		if enrolld.CodeOf(err) != enrolld.Internal || !strings.Contains(err.Error(), "open") {
			t.Errorf("access %q: error %v, want one that names the route", access, err)
		}
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	r := newRig(t)
	full := Config{
		DB: r.db, Inbox: r.inbox, Platforms: r.platforms, Metrics: r.metrics, Log: r.logger, BaseURL: "https://admin.example", Courses: noCourses, Access: noAccess{},
	}
	if _, err := New(full); err != nil {
		t.Fatal(err)
	}
	for name, drop := range map[string]func(*Config){
		"DB":        func(c *Config) { c.DB = (*store.DB)(nil) },
		"Inbox":     func(c *Config) { c.Inbox = nil },
		"Platforms": func(c *Config) { c.Platforms = nil },
		"Metrics":   func(c *Config) { c.Metrics = nil },
		"Log":       func(c *Config) { c.Log = nil },
		"BaseURL":   func(c *Config) { c.BaseURL = "" },
		"Access":    func(c *Config) { c.Access = nil },
		"Courses":   func(c *Config) { c.Courses = nil },
	} {
		c := full
		drop(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: error %v, want one that names it", name, err)
		}
	}
}

// TestScreenWithoutAccessIsRefused: the admin's own classes count too.
func TestScreenWithoutAccessIsRefused(t *testing.T) {
	r := newRig(t)
	open := gate.Route{Name: "open", Method: http.MethodGet, Path: "/open", Handle: func(*gate.Request) error { return nil }}
	_, err := r.router(append(r.Routes(), screen(r.frame, open)), func(Access) bool { return true })
	if enrolld.CodeOf(err) != enrolld.Internal || !strings.Contains(err.Error(), "open") {
		t.Errorf("error %v, want one that names the route", err)
	}
}

// TestSecurityHeaders are on every answer that is no page, whatever it is.
func TestSecurityHeaders(t *testing.T) {
	r := newRig(t)
	ids := map[string]bool{}
	for path, status := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/nothing": 404, "/metrics": 404, "/webhooks/stripe/none": 404,
		r.hook("stripe"): 200, "/webhooks/stripe": 404, "//": 404,
	} {
		got := r.get(path)
		if got.status != status {
			t.Errorf("GET %s: %d, want %d", path, got.status, status)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Type": "text/plain; charset=utf-8",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		} {
			if got := got.header.Get(name); got != want {
				t.Errorf("GET %s: %s = %q, want %q", path, name, got, want)
			}
		}
		id := got.header.Get("X-Request-Id")
		if ids[id] || !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) {
			t.Errorf("GET %s: request id %q, want a new one", path, id)
		}
		ids[id] = true
		if status >= 400 && !strings.Contains(got.body, id) {
			t.Errorf("GET %s: the answer %q does not name the request", path, got.body)
		}
	}
}

// TestRequestIDJoinsAnswerLogAndDelivery is how a sender's complaint is followed up.
func TestRequestIDJoinsAnswerLogAndDelivery(t *testing.T) {
	r := newRig(t)
	// A sender's own id is not ours: it could be anybody's.
	got := r.post("thrivecart", cart(cartSecret, "1").with("X-Request-Id", "mine"))
	id := got.header.Get("X-Request-Id")
	if stored := r.one().Request; stored != id || id == "" {
		t.Errorf("stored with request id %q, answered with %q", stored, id)
	}
	if !strings.Contains(r.log.String(), "request="+id) {
		t.Errorf("the log does not name request %s:\n%s", id, r.log)
	}
}

// TestPanic: a handler that breaks is answered for, logged and counted, and the
// next request is fine.
func TestPanic(t *testing.T) {
	r := newRig(t)
	boom := func(name string, access Access, do handler) Route {
		return Route{Name: name, Methods: []string{http.MethodGet}, Path: "/" + name, Access: access, handle: do}
	}
	var list []int
	h, err := r.router(append(r.Routes(),
		boom("custom", AccessProbe, func(http.ResponseWriter, *http.Request) error { panic(mark) }),
		boom("runtime", AccessProbe, func(http.ResponseWriter, *http.Request) error { list[3]++; return nil }),
		boom("halfway", AccessProbe, func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = io.WriteString(w, "all is w")
			w.(*recorder).ResponseWriter.(http.Flusher).Flush()
			panic(mark)
		}),
	), func(Access) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"custom", "runtime"} {
		got := serve(h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+name, nil))
		id := got.header.Get("X-Request-Id")
		bare := strings.Contains(got.body, id) && !strings.Contains(got.body, mark)
		if got.status != http.StatusInternalServerError || !bare {
			t.Errorf("%s: %d %q, want 500 with the request's id and no more", name, got.status, got.body)
		}
		r.wantMetric(`enrolld_http_requests_total{route="` + name + `",status="500"} 1`)
	}
	for _, want := range []string{"panic=string", "index out of range [3]", "TestPanic", "route=runtime"} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, r.log)
		}
	}
	web := httptest.NewServer(h)
	defer web.Close()
	web.Config.ErrorLog = nil
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/halfway", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultClient.Do(req); err == nil {
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil {
			t.Errorf("a broken answer looks whole: %d %q", res.StatusCode, body)
		}
	}
	r.wantMetric(`enrolld_http_requests_total{route="halfway",status="500"} 1`)
	if got := call(t, http.MethodGet, web.URL+"/healthz", nil); got.status != http.StatusOK {
		t.Errorf("the next request: %d, want 200", got.status)
	}
}
