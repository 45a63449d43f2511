package integrations_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
)

func TestAPIAllowed(t *testing.T) {
	t.Parallel()
	pinned := integrations.NewAPI("Shop", "", "api.example.com", ".shops.example.com")
	open := integrations.NewAPI("Shop", "")
	for _, tt := range []struct {
		url          string
		pinned, open bool
	}{
		{"https://api.example.com/v1/x?y=1", true, true},
		{"https://API.example.com/", true, true},
		{"https://api.example.com:443/", true, true},
		{"https://one.shops.example.com/", true, true},
		{"https://shops.example.com/", false, true},
		{"https://evilshops.example.com/", false, true},
		{"https://api.example.com.evil.example/", false, true},
		{"https://api.example.com@evil.example/", false, false},
		{"https://user:pass@api.example.com/", false, false},
		{"https://api.example.com:8443/", false, false},
		{"http://api.example.com/", false, false},
		{"ftp://api.example.com/", false, false},
		{"//api.example.com/", false, false},
		{"https:///x", false, false},
		{"api.example.com", false, false},
		{"https://api.example.com\\@evil.example/", false, false},
		{"https://api.example.com%2eevil.example/", false, false},
		{"", false, false},
	} {
		if got := pinned.Allowed(tt.url); got != tt.pinned {
			t.Errorf("pinned, %q: got %t, want %t", tt.url, got, tt.pinned)
		}
		if got := open.Allowed(tt.url); got != tt.open {
			t.Errorf("open, %q: got %t, want %t", tt.url, got, tt.open)
		}
		if tt.pinned {
			continue
		}
		if _, err := pinned.Do(t.Context(), integrations.Call{URL: tt.url}); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%q was asked: %v", tt.url, err)
		}
	}
}

// TestAPILinkLocal: not even a name that leads there.
func TestAPILinkLocal(t *testing.T) {
	t.Parallel()
	open := integrations.NewAPI("Shop", "")
	for _, url := range []string{"https://169.254.169.254/latest/meta-data", "https://[fe80::1]/", "https://0.0.0.0/", "https://[::ffff:169.254.169.254]/", "https://100.100.100.200/", "https://168.63.129.16/"} {
		began := time.Now()
		_, err := open.Do(t.Context(), integrations.Call{URL: url, What: "x"})
		if enrolld.CodeOf(err) != enrolld.Unavailable || time.Since(began) > integrations.APITimeout/2 {
			t.Errorf("%s: got %v after %s, want it refused at once", url, err, time.Since(began))
		}
	}
}

func TestAPIJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		want   enrolld.Outcome
		code   enrolld.Code
	}{
		{200, `{"a":"b"}`, enrolld.OutcomeDone, ""},
		{201, `{"a":"b"}`, enrolld.OutcomeDone, ""},
		{200, `<html>`, enrolld.OutcomeRetry, enrolld.Unavailable},
		{301, ``, enrolld.OutcomeRetry, enrolld.Unavailable},
		{400, `{}`, enrolld.OutcomePark, enrolld.Internal},
		{401, `{}`, enrolld.OutcomePark, enrolld.Internal},
		{402, `{}`, enrolld.OutcomePark, enrolld.Internal},
		{403, `{}`, enrolld.OutcomePark, enrolld.Internal},
		{404, `{}`, enrolld.OutcomeDead, enrolld.NotFound},
		{410, `{}`, enrolld.OutcomeDead, enrolld.NotFound},
		{408, `{}`, enrolld.OutcomeRetry, enrolld.Unavailable},
		{422, `{}`, enrolld.OutcomePark, enrolld.Internal},
		{429, `{}`, enrolld.OutcomeRetry, enrolld.Unavailable},
		{500, `{"secret":"sk_live"}`, enrolld.OutcomeRetry, enrolld.Unavailable},
		{503, ``, enrolld.OutcomeRetry, enrolld.Unavailable},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "api.example.com" || r.URL.Path != "/v1/sales" || r.Header.Get("User-Agent") == "" {
				t.Errorf("asked %s%s", r.Host, r.URL.Path)
			}
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		}))
		n, err := integrations.NewAPI("Shop", s.URL, "api.example.com").
			JSON(t.Context(), integrations.Call{URL: "https://api.example.com/v1/sales", What: "a sale"})
		s.Close()
		if got := enrolld.OutcomeOf(err); got != tt.want || enrolld.CodeOf(err) != tt.code {
			t.Errorf("status %d: got outcome %q, code %q (%v), want %q, %q", tt.status, got, enrolld.CodeOf(err), err, tt.want, tt.code)
		}
		if err == nil && n.Get("a").Text() != "b" {
			t.Errorf("status %d: the answer is lost", tt.status)
		}
		if err != nil && strings.Contains(err.Error(), "sk_live") {
			t.Errorf("status %d: the error quotes the answer", tt.status)
		}
	}
}

// TestAPIUnwell: whatever is wrong there, the error says to try again, soon
// enough, and neither the URL nor a key is in it.
func TestAPIUnwell(t *testing.T) {
	t.Parallel()
	for name, h := range platformtest.Unwell {
		s := httptest.NewServer(h)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := integrations.NewAPI("Shop", s.URL, "api.example.com").JSON(ctx, integrations.Call{
			URL: "https://api.example.com/v1/sales?auth_token=hush", What: "a sale", Header: http.Header{"Authorization": {"Bearer hush"}},
		})
		cancel()
		s.Close()
		if enrolld.CodeOf(err) != enrolld.Unavailable || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := integrations.NewAPI("Shop", "http://127.0.0.1:1", "api.example.com").
		JSON(t.Context(), integrations.Call{URL: "https://api.example.com/?auth_token=hush"})
	if enrolld.CodeOf(err) != enrolld.Unavailable || strings.Contains(err.Error(), "hush") {
		t.Errorf("nobody there: got %v", err)
	}
}

// TestAPITimeout: nobody waits for ever, whatever the caller's own patience, for an
// answer to begin or to end.
func TestAPITimeout(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"silent", "drips"} {
		s := httptest.NewServer(platformtest.Unwell[name])
		done := make(chan error, 1)
		go func() {
			_, err := integrations.NewAPI("Shop", s.URL, "api.example.com").Within(50*time.Millisecond).
				Do(context.Background(), integrations.Call{URL: "https://api.example.com/", What: "a sale"})
			done <- err
		}()
		select {
		case err := <-done:
			if enrolld.CodeOf(err) != enrolld.Unavailable {
				t.Errorf("%s: got %v, want unavailable", name, err)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: still waiting", name)
		}
		s.CloseClientConnections()
		s.Close()
	}
}

// TestCacheForgets: an answer is kept for its time and no longer, however often it
// is asked for.
func TestCacheForgets(t *testing.T) {
	t.Parallel()
	c := integrations.NewCache[int](2, 50*time.Millisecond)
	asked := 0
	get := func() {
		if _, err := c.Get(t.Context(), func(context.Context) (int, error) {
			asked++
			return asked, nil
		}, "q"); err != nil {
			t.Fatal(err)
		}
	}
	for began := time.Now(); asked < 3; get() {
		if time.Since(began) > 30*time.Second {
			t.Fatal("the first answer is kept for ever")
		}
	}
	if _, ok := c.Peek("other"); ok {
		t.Error("what was never asked is kept")
	}
}

// TestAPIRedirect: a key is not carried to where an answer points.
func TestAPIRedirect(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer thief.Close()
	s := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	answer, err := integrations.NewAPI("Shop", s.URL, "api.example.com").Do(t.Context(), integrations.Call{URL: "https://api.example.com/"})
	if err != nil || answer.Status != http.StatusTemporaryRedirect || reached.Load() {
		t.Errorf("got %d, %v; the redirect was followed: %t", answer.Status, err, reached.Load())
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	c := integrations.NewCache[string](2, time.Hour)
	asked := 0
	get := func(key string, err error) (string, error) {
		return c.Get(t.Context(), func(context.Context) (string, error) {
			asked++
			return "answer to " + key, err
		}, "account", key)
	}
	if _, ok := c.Peek("account", "a"); ok {
		t.Error("an empty cache has something")
	}
	if _, err := get("a", errors.New("away")); err == nil {
		t.Error("the error is lost")
	}
	for range 3 {
		if got, err := get("a", nil); err != nil || got != "answer to a" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if asked != 2 { // once in vain
		t.Errorf("asked %d times, want 2", asked)
	}
	if got, ok := c.Peek("account", "a"); !ok || got != "answer to a" {
		t.Errorf("peeked %q, %t", got, ok)
	}
	if _, ok := c.Peek("account|a"); ok {
		t.Error("parts of a key run into one another")
	}
	_, _ = get("b", nil)
	_, _ = get("c", nil)
	if _, ok := c.Peek("account", "a"); ok {
		t.Error("the cache holds more than it may")
	}
}

// TestCachePanic: what breaks in a question is an error, not the end of the
// process.
func TestCachePanic(t *testing.T) {
	t.Parallel()
	c := integrations.NewCache[string](2, time.Hour)
	var none map[string]int
	_, err := c.Get(t.Context(), func(context.Context) (string, error) {
		none["x"] = 1
		return "", nil
	}, "q")
	if enrolld.CodeOf(err) != enrolld.Internal || strings.Contains(enrolld.MessageOf(err), "nil map") {
		t.Errorf("got %v, want an internal error that keeps the cause to itself", err)
	}
}

// TestCacheAsksOnce: a crowd with one question asks once, and who gives up does
// not take the answer from the others.
func TestCacheAsksOnce(t *testing.T) {
	t.Parallel()
	c := integrations.NewCache[int](10, time.Hour)
	var asked atomic.Int32
	release := make(chan struct{})
	ask := func(context.Context) (int, error) {
		asked.Add(1)
		<-release
		return 7, nil
	}
	hasty, giveUp := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := c.Get(hasty, ask, "q")
		done <- err
	}()
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got, err := c.Get(t.Context(), ask, "q"); err != nil || got != 7 {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
	giveUp()
	if err := <-done; enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("who gave up got %v", err)
	}
	close(release)
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(platformtest.Unwell["too long"])
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := integrations.Bounded(http.DefaultTransport).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err == nil || n > integrations.MaxAPIAnswer {
		t.Errorf("read %d bytes, %v, want an error at %d", n, err, integrations.MaxAPIAnswer)
	}
}
