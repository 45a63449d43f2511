package gate

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// How long a session lives.
const (
	idleLimit     = 8 * time.Hour
	absoluteLimit = 7 * 24 * time.Hour
	// freshFor is how long a proof of who one is counts for what is dangerous.
	freshFor = 15 * time.Minute
)

// Config is what a Frame needs.
type Config struct {
	DB   *store.DB
	Team *team.Team
	Log  *slog.Logger
	// BaseURL is how the outside reaches us: https, or http on this machine.
	BaseURL string
	// ClientIP is who called.
	ClientIP func(*http.Request) netip.Addr
	// RequestID is the id of a request.
	RequestID func(context.Context) string
	// Now is the clock.
	Now func() time.Time
	// Nav are the entries of the side navigation, in their order.
	Nav []NavEntry
}

// Frame is around every screen. It is safe for concurrent use.
type Frame struct {
	Config
	base     *url.URL
	sessions *scs.SessionManager
	origin   http.CrossOriginProtection

	downloads *Crowd

	drain    sync.Once
	draining chan struct{}
}

// NavEntry is a line of the side navigation, for members of an account.
type NavEntry struct {
	Group, Title, Icon string
	Path               string // below the account's address: "/users"
	Needs              enrolld.Permission
	Also               enrolld.Permission // "" or one that is needed besides
	// Without: who holds this one has something better, and does not see it.
	Without      enrolld.Permission
	Owner        bool // only the owner sees it
	EveryProduct bool // only who may use every product
}

const cookieName = "__Host-enrolld"

// New makes a Frame.
func New(c Config) (*Frame, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "the address of the admin (--base-url) cannot be read: %q", c.BaseURL)
	}
	f := &Frame{Config: c, base: base, downloads: NewCrowd(mostDownloads, downloadsEach), draining: make(chan struct{})}
	f.sessions = scs.New()
	f.sessions.Store = c.Team.Sessions()
	f.sessions.HashTokenInStore = true
	f.sessions.Lifetime, f.sessions.IdleTimeout = absoluteLimit, idleLimit
	f.sessions.Codec = codec{}
	f.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		w.Header().Del("Location")
		w.Header().Del("Content-Disposition")
		f.Fail(w, r, store.Classify(err))
		if o, ok := r.Context().Value(outcomeKey{}).(*outcome); ok {
			o.err, o.answered = err, true
		}
	}
	f.sessions.Cookie = scs.SessionCookie{
		Name: cookieName, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode, Persist: false,
	}
	return f, nil
}

// Drain ends answers that go on for a while: the service stops.
func (f *Frame) Drain() { f.drain.Do(func() { close(f.draining) }) }

// Draining is closed when the service stops.
func (f *Frame) Draining() <-chan struct{} { return f.draining }

// Base is the address of the admin.
func (f *Frame) Base() *url.URL { return f.base }

// URL is the absolute address of a path of ours.
func (f *Frame) URL(path string) string { return strings.TrimSuffix(f.BaseURL, "/") + path }

type outcomeKey struct{}

// outcome carries what failed out of the session's middleware, which then has
// answered: what the screen goes on to write is not sent.
type outcome struct {
	visit    *team.Visit
	err      error
	answered bool
}

// answer is where a screen writes until its request is answered.
type answer struct {
	http.ResponseWriter
	done *outcome
}

func (a *answer) Write(b []byte) (int, error) {
	if a.done.answered {
		return len(b), nil
	}
	return a.ResponseWriter.Write(b)
}

func (a *answer) WriteHeader(status int) {
	if !a.done.answered {
		a.ResponseWriter.WriteHeader(status)
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Handler makes a handler of a route. It answers everything itself, errors too,
// and returns them for the log.
func (f *Frame) Handler(route Route) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		f.headers(w)
		done := &outcome{visit: &team.Visit{Addr: f.ClientIP(r).String(), Agent: AgentWords(r.UserAgent())}}
		ctx := team.WithVisit(context.WithValue(r.Context(), outcomeKey{}, done), done.visit)
		r.Body = http.MaxBytesReader(w, r.Body, route.body())
		f.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			req := &Request{Request: r, Writer: w, frame: f, route: route}
			if err := f.serve(req); err != nil {
				done.err = err
				f.fail(req, err)
			}
		})).ServeHTTP(&answer{w, done}, r.WithContext(ctx))
		return done.err
	}
}

// policy lets pages load what we serve, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// AllowForm lets forms of the answer be sent to another origin too: a scheme, a
// host and perhaps a port.
func (r *Request) AllowForm(origin string) {
	r.Writer.Header().Set("Content-Security-Policy", strings.Replace(policy, "form-action 'self'", "form-action 'self' "+origin, 1))
}

// HoldsFrames lets the page show other pages of ours in frames.
func (r *Request) HoldsFrames() {
	r.Writer.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
}

// Framed lets a page of ours show what is written now in a frame, where it has its
// own style and can do nothing: no script, no form, no link.
func (r *Request) Framed() {
	h := r.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; "+
		"base-uri 'none'; sandbox")
	h.Set("X-Frame-Options", "SAMEORIGIN")
}

func (f *Frame) headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin") // links in mail hold tokens
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	if f.base.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// How many downloads there are at once in this process: each asks the database for one
// page after the other.
const mostDownloads, downloadsEach = 24, 3

// serve lets a request in, or says why not. Of downloads so many are under way at once.
func (f *Frame) serve(r *Request) error {
	if err := f.origin.Check(r.Request); err != nil {
		return enrolld.Wrap(enrolld.Forbidden, err, "this request came from another site: open the page here and try again")
	}
	if err := f.identify(r); err != nil {
		return err
	}
	ok, err := f.admit(r)
	if err != nil || !ok {
		return err
	}
	if r.route.Download {
		leave, err := f.downloads.Enter(r.Viewer.Login.ID, "downloads")
		if err != nil {
			return err
		}
		defer leave()
	}
	return r.route.Handle(r)
}
