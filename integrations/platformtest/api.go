package platformtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
)

func serve(tb testing.TB, h http.Handler) string {
	tb.Helper()
	server := httptest.NewServer(h)
	tb.Cleanup(func() {
		server.CloseClientConnections() // what nobody waits for any more
		server.Close()
	})
	return server.URL
}

// incomplete lists the samples that the platform's API is asked about.
func (s Suite) incomplete(t *testing.T) []Sample {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(s.Samples), func(sample Sample) bool {
		p, err := s.Platform.Parse(s.Config, s.signed(sample))
		return err != nil || !p.Incomplete
	})
}

// complete asks a platform, which is none that the suite has used before, so
// that nothing is cached, about a sample.
func (s Suite) complete(t *testing.T, h http.Handler, sample Sample, within time.Duration) (integrations.Parsed, error) {
	t.Helper()
	p := s.Connect(serve(t, h))
	r := s.signed(sample)
	parsed, err := p.Parse(s.Config, r)
	if err != nil {
		t.Fatalf("%s: %v", sample.Name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return p.(integrations.Completer).Complete(ctx, s.Config, r, parsed) //nolint:forcetypeassert // it was asked before
}

// confirmation tries the questions to the API when it is unwell in every way
// there is: a delivery is then tried again later, and gives nothing before.
func (s Suite) confirmation(t *testing.T) {
	if s.lacks(t, Confirmation) {
		return
	}
	if _, ok := s.Platform.(integrations.Completer); !ok || s.API == nil || s.Connect == nil {
		t.Fatal("the suite has no stand-in of an API that confirms or completes deliveries")
	}
	samples := s.incomplete(t)
	if len(samples) == 0 {
		t.Fatal("no sample is incomplete")
	}
	for name, h := range Unwell {
		for _, sample := range []Sample{samples[0], samples[len(samples)-1]} {
			_, err := s.complete(t, h, sample, 300*time.Millisecond)
			if got := enrolld.OutcomeOf(err); got != enrolld.OutcomeRetry {
				t.Errorf("%s, API %s: got outcome %q (%v), want retry", sample.Name, name, got, err)
			}
		}
	}
	if s.Config.APIKey == "" {
		return
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error":{"message":"who are you"}}`, http.StatusUnauthorized)
	})
	_, err := s.complete(t, h, samples[0], time.Second)
	if got := enrolld.OutcomeOf(err); got != enrolld.OutcomePark {
		t.Errorf("%s, key refused: got outcome %q (%v), want park", samples[0].Name, got, err)
	}
}

// Unwell are APIs with something wrong. A delivery must be retried whatever of
// it they do.
var Unwell = map[string]http.Handler{
	"down":     status(http.StatusServiceUnavailable),
	"broken":   status(http.StatusInternalServerError),
	"busy":     status(http.StatusTooManyRequests),
	"redirect": http.RedirectHandler("https://example.org/", http.StatusFound),
	"garbled":  says("\x00<html>{"),
	"too long": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"a":"`))
		_, _ = io.CopyN(w, zeros{}, integrations.MaxAPIAnswer+10)
	}),
	"cut off": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"a":`))
		panic(http.ErrAbortHandler)
	}),
	"drips": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for r.Context().Err() == nil { // something comes all the time, and never all
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}),
	"silent": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // who does not read does not notice that the caller has left
		<-r.Context().Done()
	}),
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func status(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":"x"}`, code) })
}

func says(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) })
}

// denied expects that what the platform does not know of gives nothing: the
// proof of platforms that sign nothing.
func (s Suite) denied(t *testing.T) {
	if s.Denies == nil {
		t.Fatal("the platform signs nothing, and no stand-in denies anything")
	}
	tried := 0
	for _, sample := range s.incomplete(t) {
		tried++
		p, err := s.complete(t, s.Denies, sample, time.Second)
		switch enrolld.OutcomeOf(err) {
		case enrolld.OutcomeDead, enrolld.OutcomePark:
		default:
			t.Errorf("%s, which the platform never sent: %d events, error %v", sample.Name, len(p.Events), err)
		}
	}
	// What gives something and is not asked about would be anybody's to make.
	for _, sample := range s.Samples {
		p, err := s.Platform.Parse(s.Config, s.signed(sample))
		if err == nil && len(p.Events) > 0 && !p.Incomplete {
			t.Errorf("%s is believed without being asked about", sample.Name)
		}
	}
	if tried == 0 {
		t.Error("no sample is asked about")
	}
	s.swapped(t)
	s.tampered(t)
}

// tampered changes what a signature covers that only the platform, or its
// certificate, can check.
func (s Suite) tampered(t *testing.T) {
	t.Helper()
	if !s.SignsBody {
		return
	}
	for _, sample := range s.incomplete(t) {
		for i := 0; i < len(sample.Body); i += 1 + len(sample.Body)/20 {
			r := clone(s.signed(sample))
			r.Body[i] ^= 1
			r = integrations.NewRequest(r.Header, r.Body, r.ReceivedAt)
			if s.Platform.Verify(s.Config, r) != nil {
				continue
			}
			p, err := s.Platform.Parse(s.Config, r)
			if err != nil || len(p.Events) == 0 {
				continue
			}
			if p.Incomplete {
				p, err = s.Platform.(integrations.Completer).Complete(t.Context(), s.Config, r, p) //nolint:forcetypeassert // it was asked before
			}
			if err == nil && len(p.Events) > 0 {
				t.Errorf("%s: believed with bit 0 of byte %d flipped", sample.Name, i)
			}
		}
	}
}

// addresses are those of the samples' people.
var addresses = regexp.MustCompile(`[A-Za-z0-9._-]+(@|%40)example\.(org|com)`)

// swapped writes another address into what a stranger may have written: whoever
// is asked about a delivery must be believed, and not the delivery.
func (s Suite) swapped(t *testing.T) {
	t.Helper()
	if s.SignsBody {
		return // what was changed is signed anew here, and is the platform's word
	}
	for _, sample := range s.incomplete(t) {
		sample.Body = addresses.ReplaceAll(sample.Body, []byte("mallory${1}example.${2}"))
		r := s.signed(sample)
		p, err := s.Platform.Parse(s.Config, r)
		if err != nil || !p.Incomplete {
			continue // refused, or about nobody
		}
		p, err = s.Platform.(integrations.Completer).Complete(t.Context(), s.Config, r, p) //nolint:forcetypeassert // it was asked before
		if err != nil {
			continue
		}
		for _, e := range p.Events {
			if e.Buyer != nil && strings.HasPrefix(e.Buyer.Email, "mallory@") {
				t.Errorf("%s: the buyer is who the delivery says, not who the API says", sample.Name)
			}
		}
	}
}

func (s Suite) catalogue(t *testing.T) {
	if s.lacks(t, Catalogue) {
		return
	}
	c, ok := s.Platform.(integrations.Cataloguer)
	if !ok {
		t.Fatal("the platform cannot list its products, and nothing says why")
	}
	list, err := c.Catalogue(t.Context(), s.Config)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, l := range list {
		if l.Product.Name == "" {
			t.Errorf("the product %s has no name", l.Product.ID)
		}
		key := l.Product.ProductKeys()[0]
		if l.Bundle {
			key += " (bundle)"
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if diff := cmp.Diff(s.Catalogue, keys); diff != "" || len(keys) == 0 {
		t.Errorf("the catalogue (-want +got):\n%s", diff)
	}
	for name, h := range Unwell {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := s.Connect(serve(t, h)).(integrations.Cataloguer).Catalogue(ctx, s.Config) //nolint:forcetypeassert // as above
		cancel()
		if err == nil {
			t.Errorf("API %s: the catalogue has no error", name)
		}
	}
}

// refund tries to give money back, once, and with an API that leaves it open
// whether it did.
func (s Suite) refund(t *testing.T) {
	if s.lacks(t, RefundAPI) {
		return
	}
	if _, ok := s.Platform.(integrations.Refunder); !ok || s.Refund == nil || len(s.Refunded) == 0 {
		t.Fatal("the platform cannot give money back, or the suite has no refund to try, and nothing says why")
	}
	key, carried := s.Refund.Key, "" // all of the last call
	give := func(h http.Handler, within time.Duration) (calls []string, err error) {
		var mu sync.Mutex
		p := s.Connect(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			mu.Lock()
			carried = fmt.Sprint(r.Header) + string(body)
			calls = append(calls, r.Method+" "+r.URL.Path+" "+string(body))
			mu.Unlock()
			h.ServeHTTP(w, r)
		})))
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		refund := *s.Refund
		refund.Key = key
		err = p.(integrations.Refunder).Refund(ctx, s.Config, refund) //nolint:forcetypeassert // as above
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(calls), err
	}
	calls, err := give(s.API, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) != len(s.Refunded) {
		t.Fatalf("got calls %q, want %q", calls, s.Refunded)
	}
	for i, want := range s.Refunded {
		if !strings.HasPrefix(calls[i], want) && !matches(calls[i], want) {
			t.Errorf("call %d: got %q, want %q", i+1, calls[i], want)
		}
	}
	// The platform knows a refund by its key if the key makes the call another one.
	first := carried
	_, _ = give(s.API, 5*time.Second)
	again := carried
	key += "-2"
	_, _ = give(s.API, 5*time.Second)
	keyed := first == again && first != carried
	s.refundUnwell(t, keyed, give)
}

// matches compares "METHOD /path part": the part may stand anywhere in the body.
func matches(call, want string) bool {
	c, w := strings.SplitN(call, " ", 3), strings.SplitN(want, " ", 3)
	return len(w) == 3 && len(c) == 3 && c[0] == w[0] && c[1] == w[1] && strings.Contains(c[2], w[2])
}

// refundUnwell lets the call that gives money back go wrong. It is made once,
// and the error says that nobody knows, or that it may be tried again where the
// platform knows the refund by its key.
func (s Suite) refundUnwell(t *testing.T, keyed bool, give func(http.Handler, time.Duration) ([]string, error)) {
	t.Helper()
	last := strings.SplitN(s.Refunded[len(s.Refunded)-1], " ", 3)
	for name, unwell := range Unwell {
		if name == "garbled" {
			continue // a success is one, whatever is said beside it
		}
		within := 10 * time.Second
		if name == "silent" || name == "drips" {
			within = 2 * time.Second
		}
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == last[0] && r.URL.Path == last[1] {
				unwell.ServeHTTP(w, r)
				return
			}
			s.API.ServeHTTP(w, r)
		})
		calls, err := give(h, within)
		code := enrolld.CodeOf(err)
		// Who is busy, or elsewhere, has done nothing.
		again := code == enrolld.Unavailable && (keyed || name == "busy" || name == "redirect")
		if code != enrolld.Conflict && !again {
			t.Errorf("API %s: got code %q (%v); without a key that the platform knows, it must be conflict", name, code, err)
		}
		made := 0
		for _, c := range calls {
			if strings.HasPrefix(c, last[0]+" "+last[1]+" ") {
				made++
			}
		}
		// A platform that knows the refund by its key may be asked again, as
		// Go's own transport does when a connection breaks.
		if made != 1 && (code == enrolld.Conflict || made == 0) {
			t.Errorf("API %s: money was asked back %d times", name, made)
		}
	}
}
