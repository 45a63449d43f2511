package platformtest

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
)

func (s Suite) parse(t *testing.T) {
	for _, sample := range s.Samples {
		r := s.signed(sample)
		got, err := s.understand(t, r)
		if err != nil {
			t.Errorf("%s: %v", sample.Name, err)
			continue
		}
		var kinds []enrolld.EventKind
		for _, e := range got.Events {
			kinds = append(kinds, e.Kind)
			if err := e.Check(); err != nil {
				t.Errorf("%s: %v", sample.Name, err)
			}
		}
		if diff := cmp.Diff(sample.Want, kinds); diff != "" {
			t.Errorf("%s: kinds of events (-want +got):\n%s", sample.Name, diff)
		}
		if (got.Ignored == "") != (len(got.Events) > 0) {
			t.Errorf("%s: %d events and ignored %q, want one or the other", sample.Name, len(got.Events), got.Ignored)
		}
		again, err := s.understand(t, clone(r))
		if diff := cmp.Diff(got, again); diff != "" || err != nil {
			t.Errorf("%s: parsed twice (-first +second, %v):\n%s", sample.Name, err, diff)
		}
	}
}

// Survive does all that is done with a request, whatever is in it: nothing may
// panic, and what comes out must be usable. For fuzz targets.
func Survive(tb testing.TB, p integrations.Platform, c integrations.Config, r integrations.Request) {
	tb.Helper()
	before := clone(r)
	// One decoded body for all that follows, as in the handler.
	r = integrations.NewRequest(r.Header, r.Body, r.ReceivedAt)
	p.IsPing(r)
	if err := p.Verify(c, r); err != nil && enrolld.CodeOf(err) != enrolld.Unauthorized {
		tb.Errorf("Verify: got code %q (%v), want unauthorized", enrolld.CodeOf(err), err)
	}
	if id := p.Identify(c, r); id.Key == "" {
		tb.Error("Identify: no key")
	}
	parsed, err := p.Parse(c, r)
	checkParsed(tb, parsed, err)
	alone, aloneErr := p.Parse(c, before)
	if diff := cmp.Diff(alone, parsed); diff != "" || (err == nil) != (aloneErr == nil) {
		tb.Errorf("Parse after the other methods (-alone +after, %v, %v):\n%s", aloneErr, err, diff)
	}
	redacted := p.Redact(c, r)
	if !bytes.Equal(before.Body, r.Body) || !maps.EqualFunc(before.Header, r.Header, slices.Equal[[]string]) {
		tb.Error("Redact changed the request it was given")
	}
	after, afterErr := p.Parse(c, redacted)
	checkParsed(tb, after, afterErr)
}

func checkParsed(tb testing.TB, parsed integrations.Parsed, err error) {
	tb.Helper()
	var park *enrolld.ParkError
	switch {
	case errors.As(err, &park):
	case err != nil:
		if enrolld.CodeOf(err) != enrolld.Invalid {
			tb.Errorf("Parse: got code %q (%v), want invalid", enrolld.CodeOf(err), err)
		}
	case (parsed.Ignored == "") == (len(parsed.Events) == 0):
		tb.Errorf("Parse: %d events and ignored %q, want one or the other", len(parsed.Events), parsed.Ignored)
	}
	for _, e := range parsed.Events {
		if err := e.Check(); err != nil {
			tb.Errorf("Parse: an event is not usable: %v", err)
		}
		e.Order() // must not panic either
	}
}

func (s Suite) garbage(t *testing.T) {
	types := []string{
		"", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; ;",
	}
	bodies := [][]byte{
		nil, []byte("null"), []byte("0"), []byte(`""`), []byte("[]"), []byte("{}"),
		[]byte("\xef\xbb\xbf{}"), []byte("\xff\xfe"),
		[]byte("--x\r\n\r\n"), []byte("a[999999999]=1&a[]=2&a[-1]=3&a[b"), []byte(`{"a":1}{"a":2}`),
		bytes.Repeat([]byte("["), 1<<20),
		bytes.Repeat([]byte(`{"a":`), 1<<16), bytes.Repeat([]byte("a[]=1&"), 1<<17),
		[]byte("a" + strings.Repeat("[b]", 1<<16) + "=1"), []byte(strings.Repeat("%", 1<<16)),
	}
	random := rand.New(rand.NewPCG(1, 2)) // repeatable on purpose
	for range 200 {
		b := make([]byte, random.IntN(300))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		bodies = append(bodies, b)
	}
	for _, typ := range types {
		for _, b := range bodies {
			Survive(t, s.Platform, s.Config, integrations.Request{
				Header: http.Header{"Content-Type": {typ}}, Body: b, ReceivedAt: Received,
			})
		}
	}
	for n, sample := range s.Samples {
		r := s.signed(sample)
		whole := r.Body
		step := 1
		if n > 0 {
			// One sample is cut at every byte, the others are for variety.
			step = 1 + len(whole)/100
		}
		for i := 0; i < len(whole); i += step {
			r.Body = whole[:i]
			Survive(t, s.Platform, s.Config, r)
		}
		s.mutate(t, random, clone(r), whole)
	}
}

// mutate changes samples at random: numbers to other numbers, brackets to
// braces, anything to anything.
func (s Suite) mutate(t *testing.T, random *rand.Rand, r integrations.Request, whole []byte) {
	t.Helper()
	const alphabet = `0123456789-.eE"[]{}:,=&%+nulltruefalse` + "\x00\xff "
	for range 300 {
		b := bytes.Clone(whole)
		for range 1 + random.IntN(4) {
			b[random.IntN(len(b))] = alphabet[random.IntN(len(alphabet))]
		}
		r.Body = b
		Survive(t, s.Platform, s.Config, r)
	}
}
