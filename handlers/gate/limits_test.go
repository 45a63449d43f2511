package gate_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page"
)

// endless is a form of one file that goes on and on, and counts what was read of it.
type endless struct {
	head io.Reader
	read int
}

const mostRead = 8 << 20

func (e *endless) Read(b []byte) (int, error) {
	n, err := e.head.Read(b)
	if err == io.EOF {
		if e.read > mostRead {
			return 0, io.ErrUnexpectedEOF
		}
		n, err = len(b), nil
		clear(b)
	}
	e.read += n
	return n, err
}

// Strangers cannot have us read, or put on disk, more than a form: whatever a
// screen looks at first.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	value := func(r *gate.Request) error {
		_, err := fmt.Fprintf(r.Writer, "next %q", r.FormValue("next"))
		return err
	}
	r := gatetest.New(t, func(*gate.Frame) []gate.Route {
		return []gate.Route{
			{Name: "get", Method: http.MethodGet, Path: "/value", Access: gate.Anyone, Handle: value},
			{Name: "post", Method: http.MethodPost, Path: "/value", Access: gate.Anyone, Handle: value},
		}
	})
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		body := &endless{head: strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n")}
		q := httptest.NewRequest(method, gatetest.BaseURL+"/value", body)
		q.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Browser().Do(q)
		if body.read > 1<<20 {
			t.Errorf("%s: %d bytes were read, want no more than a form has", method, body.read)
		}
	}
}

// A page that is ready while its session cannot be saved is not sent: neither the
// page nor where it leads.
func TestSessionThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	var r *gatetest.Rig
	away := func(*gate.Request) { r.Exec("RENAME TABLE enrolld_sessions TO enrolld_sessions_away") }
	r = gatetest.New(t, func(*gate.Frame) []gate.Route {
		return []gate.Route{
			{Name: "page", Method: http.MethodGet, Path: "/page", Access: gate.Person, Handle: func(q *gate.Request) error {
				away(q)
				return gate.Show(q, page.Failure, page.NewErrorPage(q.Base("Codes"), http.StatusOK, "the secret codes"))
			}},
			{Name: "text", Method: http.MethodGet, Path: "/text", Access: gate.Person, Handle: func(q *gate.Request) error {
				away(q)
				_, err := io.WriteString(q.Writer, "the secret codes")
				return err
			}},
			{Name: "do", Method: http.MethodPost, Path: "/do", Access: gate.Person, Handle: func(q *gate.Request) error {
				away(q)
				return q.Done("/elsewhere", "done")
			}},
		}
	})
	b := r.As(r.AddLogin("ann@example.org"))
	for _, call := range []func() gatetest.Answer{
		func() gatetest.Answer { return b.Get("/page") },
		func() gatetest.Answer { return b.Get("/text") },
		func() gatetest.Answer { return b.Post("/do", nil) },
	} {
		a := call()
		if a.Status != http.StatusServiceUnavailable || a.Location != "" || strings.Contains(a.Body, "the secret codes") ||
			strings.Count(a.Body, "</html>") != 1 {
			t.Errorf("%d to %q, %d pages: %s; want 503 with one page, that of the failure", a.Status, a.Location, strings.Count(a.Body, "</html>"), a.Body)
		}
		r.Exec("RENAME TABLE enrolld_sessions_away TO enrolld_sessions")
	}
}

// A clock that was wrong for a while leaves stamps of the future behind: they
// prove nothing.
func TestClockThatWasAhead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	login := r.AddLogin("ann@example.org")
	for _, test := range []struct {
		ahead       time.Duration
		fresh, here int
	}{{time.Second, http.StatusOK, http.StatusOK}, {24 * time.Hour, http.StatusSeeOther, http.StatusSeeOther}} {
		right := r.Clock.Now()
		r.Clock.Advance(test.ahead)
		b := r.As(login)
		r.Clock.Set(right)
		if a := b.Get("/fresh"); a.Status != test.fresh {
			t.Errorf("a proof that is %v ahead: %d, want %d", test.ahead, a.Status, test.fresh)
		}
		if a := b.Get("/own"); a.Status != test.here {
			t.Errorf("a session that is %v ahead: %d, want %d", test.ahead, a.Status, test.here)
		}
	}
}

// What a session holds and whose row it is must agree.
func TestSessionInSomebodyElsesRow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann, ben := r.AddLogin("ann@example.org"), r.AddLogin("ben@example.org")
	for what, row := range map[string]any{"another login's": ben.ID, "nobody's": nil} {
		b := r.As(ann)
		r.Exec("UPDATE enrolld_sessions SET login_id = ? WHERE login_id = ?", row, ann.ID)
		if a := b.Get("/own"); a.Status != http.StatusSeeOther {
			t.Errorf("Ann's session in %s row: %d, want 303 to sign in", what, a.Status)
		}
	}
}

// What follows the end of a session in one request is nobody's.
func TestSessionAfterItsEnd(t *testing.T) {
	t.Parallel()
	r := gatetest.New(t, func(*gate.Frame) []gate.Route {
		return []gate.Route{{Name: "out", Method: http.MethodPost, Path: "/out", Access: gate.Person, Handle: func(q *gate.Request) error {
			if err := q.Session().End(); err != nil {
				return err
			}
			return q.Done("/", "bye")
		}}}
	})
	login := r.AddLogin("ann@example.org")
	b := r.As(login)
	if a := b.Post("/out", nil); a.Status != http.StatusSeeOther {
		t.Fatalf("sign out: %d", a.Status)
	}
	if n := r.Number("SELECT COUNT(*) FROM enrolld_sessions WHERE login_id = ? AND ended_at IS NULL", login.ID); n != 0 {
		t.Errorf("%d open sessions of the login, want none", n)
	}
	if b.Cookie("__Host-enrolld") == "" {
		t.Error("the message for the next page is lost")
	}
}

// Who knows a browser: not whoever had a password that was changed since.
func TestKnownBrowser(t *testing.T) {
	t.Parallel()
	ann := enrolld.Login{ID: 7, PasswordAt: new(time.Unix(1e9, 0))}
	var known []bool
	r := gatetest.New(t, func(*gate.Frame) []gate.Route {
		return []gate.Route{
			{Name: "remember", Method: http.MethodPost, Path: "/remember", Access: gate.Anyone, Handle: func(q *gate.Request) error {
				q.Remember(ann)
				return nil
			}},
			{Name: "known", Method: http.MethodGet, Path: "/known", Access: gate.Anyone, Handle: func(q *gate.Request) error {
				other, changed := ann, ann
				other.ID, changed.PasswordAt = 8, new(time.Unix(1e9+1, 0))
				for _, l := range []enrolld.Login{ann, other, changed, {ID: 7}} {
					_, ok := q.Known(l)
					known = append(known, ok)
				}
				return nil
			}},
		}
	})
	b := r.Browser()
	b.Post("/remember", nil)
	b.Get("/known")
	if got, want := fmt.Sprint(known), "[true false false false]"; got != want {
		t.Errorf("known for the login, another one, with a new password, without one: %s, want %s", got, want)
	}
}
