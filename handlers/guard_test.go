package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld/integrations"
)

// from sends a request as if from an address.
func (r *rig) from(addr string, req *http.Request) answer {
	r.t.Helper()
	req.RemoteAddr = addr
	return r.do(req)
}

// TestGuessers are slowed down, and nobody else is.
func TestGuessers(t *testing.T) {
	r := newRig(t)
	const guesser, neighbour = "203.0.113.7:1234", "203.0.113.8:1234"
	guess := func(addr string, n int) answer {
		platform := []string{"stripe", "nosuch"}[n%2]
		return r.from(addr, cart("x", "1").request(t.Context(), fmt.Sprintf("/webhooks/%s/guess%d", platform, n)))
	}
	for n := range missBurst {
		if got := guess(guesser, n); got.status != http.StatusNotFound {
			t.Fatalf("guess %d: %d, want 404", n, got.status)
		}
	}
	got := guess(guesser, missBurst)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("one guess more: %d, Retry-After %q; want 429 with one", got.status, got.header.Get("Retry-After"))
	}
	honest := func(platform string) int {
		return r.from(guesser, cart(cartSecret, "1").request(t.Context(), r.hook(platform))).status
	}
	if got := honest("thrivecart"); got != http.StatusTooManyRequests {
		t.Errorf("a real delivery from there whose address nobody has used yet: %d, want 429", got)
	}
	r.post("thrivecart", cart(cartSecret, "0"))
	r.clock.Advance(sourceTTL - time.Nanosecond) // less than missEvery
	if got := honest("thrivecart"); got != http.StatusOK {
		t.Errorf("a real delivery from the same address: %d, want 200", got)
	}
	if got := guess(neighbour, 0); got.status != http.StatusNotFound {
		t.Errorf("somebody else's first guess: %d, want 404", got.status)
	}
	r.clock.Advance(time.Nanosecond)
	if got := guess(guesser, 0); got.status != http.StatusNotFound {
		t.Errorf("a guess after a pause: %d, want 404", got.status)
	}
	if got := guess(guesser, 1); got.status != http.StatusTooManyRequests {
		t.Errorf("and another: %d, want 429", got.status)
	}
	r.wantMetric(fmt.Sprintf(`enrolld_webhooks_total{platform="unknown",result="unknown"} %d`, missBurst+5))
	r.clock.Advance(10 * sourceTTL) // the row has to be read again, for a good token all the same
	for n := range missBurst + 1 {
		guess(guesser, n)
	}
	if got := honest("thrivecart"); got != http.StatusOK {
		t.Errorf("a real delivery from there, long after the last: %d, want 200", got)
	}
}

// TestGuessersCostNoQuery: with its table away, a query would fail.
func TestGuessersCostNoQuery(t *testing.T) {
	r := newRig(t)
	guess := func(addr string) int {
		return r.from(addr, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/webhooks/stripe/guess", nil)).status
	}
	for range missBurst {
		guess("[2001:db8:0:7::1]:1")
	}
	r.exec("RENAME TABLE enrolld_integrations TO elsewhere")
	defer r.exec("RENAME TABLE elsewhere TO enrolld_integrations")
	for addr, want := range map[string]int{
		"[2001:db8:0:7::1]:1":                  429,
		"[2001:db8:0:7:ffff:ffff:ffff:ffff]:1": 429, // its whole network
		"[2001:db8:0:8::1]:1":                  503, // somebody else's
		"203.0.113.7:1":                        503,
		"[2001:db8:0:7::1%eth0]:1":             429,
	} {
		if got := guess(addr); got != want {
			t.Errorf("a guess from %s: %d, want %d", addr, got, want)
		}
	}
}

// TestRejectedAreNotKeptForever: the last ones are.
func TestRejectedAreNotKeptForever(t *testing.T) {
	r := newRig(t)
	for n := range keepRejected + 10 {
		r.clock.Advance(rejectEvery)
		r.post("thrivecart", cart("guess", fmt.Sprint(n)))
	}
	rows := r.rows()
	if len(rows) != keepRejected || !strings.Contains(rows[0].Body, "order_id=10") {
		t.Errorf("%d are kept, the oldest %q; want %d, from the 10th on", len(rows), rows[0].Body, keepRejected)
	}
}

// shortProof is a platform whose proof is short.
type shortProof struct{ integrations.Platform }

func (shortProof) ProofBits() int { return 32 }

// TestGuessesOfShortProofsAreLimited: of one integration, from one network and
// from all. Who was wrong for a while gets his deliveries in again; long proofs
// are not guessed, and nobody is shut out for them.
func TestGuessesOfShortProofsAreLimited(t *testing.T) {
	long := newRig(t)
	for n := range 2 * guessBurst {
		long.post("thrivecart", cart("guess", fmt.Sprint(n)))
	}
	if got := long.post("thrivecart", cart(cartSecret, "1")); got.status != http.StatusOK {
		t.Errorf("a long proof: status = %d, want 200", got.status)
	}

	r := newRig(t, func(c *Config) { c.Platforms["thrivecart"] = shortProof{c.Platforms["thrivecart"]} })
	for n := range guessBurst {
		if got := r.post("thrivecart", cart("guess", fmt.Sprint(n))); got.status != http.StatusUnauthorized {
			t.Fatalf("guess %d: status = %d, want 401", n, got.status)
		}
	}
	if got := r.post("thrivecart", cart("guess", "x")); got.status != http.StatusServiceUnavailable {
		t.Errorf("one guess more: status = %d, want 503", got.status)
	}
	if got := r.post("thrivecart", cart(cartSecret, "1")); got.status != http.StatusServiceUnavailable {
		t.Errorf("right at last, but too soon: status = %d, want 503", got.status)
	}
	if got := r.post("stripe", stripeEvent(stripeSecret, r.clock.Now(), stripeBody("1"))); got.status != http.StatusOK {
		t.Errorf("another integration: status = %d, want 200", got.status)
	}
	r.clock.Advance(guessEvery)
	for n := range 3 * guessBurst { // what is proven costs nothing
		if got := r.post("thrivecart", cart(cartSecret, fmt.Sprint(n))); got.status != http.StatusOK {
			t.Fatalf("a moment later: status = %d, want 200", got.status)
		}
	}
	var integration int64
	if err := r.db.Conn().QueryRowContext(t.Context(),
		"SELECT id FROM enrolld_integrations WHERE platform = 'thrivecart'").Scan(&integration); err != nil {
		t.Fatal(err)
	}
	for range guessAllBurst { // from everywhere, a few each
		r.guessesAll.allow(integration)
	}
	if got := r.post("thrivecart", cart(cartSecret, "y")); got.status != http.StatusServiceUnavailable {
		t.Errorf("after guesses from everywhere: status = %d, want 503", got.status)
	}
}

// TestRejectedAreKeptButLimited: all are counted, some are kept to look at.
func TestRejectedAreKeptButLimited(t *testing.T) {
	r := newRig(t)
	const sent = rejectBurst + 15
	for n := range sent {
		if got := r.post("thrivecart", cart("guess", fmt.Sprint(n))); got.status != http.StatusUnauthorized {
			t.Fatalf("status = %d, want 401", got.status)
		}
	}
	if n := len(r.rows()); n != rejectBurst {
		t.Errorf("%d are kept, want %d", n, rejectBurst)
	}
	r.wantMetric(fmt.Sprintf(`enrolld_webhooks_total{platform="thrivecart",result="rejected"} %d`, sent))
	other := standard("whsec_AAAA", r.clock.Now(), "x", sourceBody("1"))
	if got := r.post("generic", other); got.status != http.StatusUnauthorized {
		t.Fatalf("status = %d, want 401", got.status)
	}
	if n := len(r.rows()); n != rejectBurst+1 {
		t.Errorf("another integration's: %d are kept, want %d", n, rejectBurst+1)
	}
	if got := r.post("thrivecart", cart(cartSecret, "1")); got.status != http.StatusOK {
		t.Errorf("a good one among them: %d, want 200", got.status)
	}
	if n := len(r.wakes); n != 1 {
		t.Errorf("the workers were woken %d times, want once", n)
	}
	r.clear()
	r.clock.Advance(rejectEvery)
	for range 3 {
		r.post("thrivecart", cart("guess", "again"))
	}
	got := r.one()
	why := strings.Contains(got.Note, "thrivecart_secret")
	if got.State != "rejected" || !why || strings.Contains(got.Body, "guess") {
		t.Errorf("kept %+v, want it rejected for its thrivecart_secret, masked", got)
	}
}

// TestRejectedBodyIsCut: of a large one only the beginning is kept.
func TestRejectedBodyIsCut(t *testing.T) {
	r := newRig(t)
	r.post("generic", standard("whsec_AAAA", r.clock.Now(), "x", strings.Repeat(mark, maxBody/len(mark))))
	if n := len(r.one().Body); n != maxRejectedBody {
		t.Errorf("%d bytes are kept, want %d", n, maxRejectedBody)
	}
}

// TestRejectedNeverStandsInTheWay: whoever knows the URL cannot take the key of
// a delivery that is still to come.
func TestRejectedNeverStandsInTheWay(t *testing.T) {
	r := newRig(t)
	forged := standard("whsec_AAAA", r.clock.Now(), "m1", sourceBody("1"))
	if got := r.post("generic", forged); got.status != http.StatusUnauthorized {
		t.Fatalf("status = %d, want 401", got.status)
	}
	honest := standard(sourceSecret, r.clock.Now(), "m1", sourceBody("1"))
	if got := r.post("generic", honest); got.status != http.StatusOK {
		t.Fatalf("status = %d, want 200", got.status)
	}
	var states []string
	for _, x := range r.rows() {
		states = append(states, x.State)
	}
	if diff := cmp.Diff([]string{"rejected", "queued"}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// TestForwardedFor is believed from trusted proxies only.
func TestForwardedFor(t *testing.T) {
	r := newRig(t, proxies("10.0.0.0/8", "fd00::/8"))
	trusting := r.proxies
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		trust      bool
		want       string
	}{
		{"nobody in between", "198.51.100.1:1", nil, true, "198.51.100.1"},
		{"a stranger claims", "198.51.100.1:1", []string{"192.0.2.1"}, true, "198.51.100.1"},
		{"a proxy says", "10.0.0.1:1", []string{"192.0.2.1"}, true, "192.0.2.1"},
		{"a chain of proxies", "10.0.0.1:1", []string{"6.6.6.6, 192.0.2.1, 10.9.9.9"}, true, "192.0.2.1"},
		{"in several headers", "10.0.0.1:1", []string{"6.6.6.6", "192.0.2.1", "10.9.9.9"}, true, "192.0.2.1"},
		{"only proxies", "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, true, "10.0.0.3"},
		{"nonsense", "10.0.0.1:1", []string{"192.0.2.1, <script>"}, true, "10.0.0.1"},
		{"nonsense further away", "10.0.0.1:1", []string{"x, 192.0.2.1"}, true, "192.0.2.1"},
		{"nothing", "10.0.0.1:1", []string{""}, true, "10.0.0.1"},
		{"IPv6", "[fd00::1]:1", []string{"2001:db8::7"}, true, "2001:db8::7"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"::ffff:192.0.2.1"}, true, "192.0.2.1"},
		{"no proxy is trusted", "10.0.0.1:1", []string{"192.0.2.1"}, false, "10.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.clear()
			if r.proxies = nil; tt.trust {
				r.proxies = trusting
			}
			req := cart(cartSecret, "1").request(t.Context(), r.hook("thrivecart"))
			req.Header["X-Forwarded-For"] = tt.forwarded
			if got := r.from(tt.peer, req); got.status != http.StatusOK {
				t.Fatalf("status = %d, want 200", got.status)
			}
			if got := r.one().Remote; got != tt.want {
				t.Errorf("stored as from %q, want %q", got, tt.want)
			}
		})
	}
}

// TestGuessersBehindProxy: the limit is on who guesses, not on the proxy.
func TestGuessersBehindProxy(t *testing.T) {
	r := newRig(t, proxies("10.0.0.0/8"))
	guess := func(who string) int {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/webhooks/stripe/guess", nil)
		req.Header.Set("X-Forwarded-For", who)
		return r.from("10.0.0.1:1", req).status
	}
	for range missBurst {
		guess("192.0.2.1")
	}
	if got := guess("192.0.2.1"); got != http.StatusTooManyRequests {
		t.Errorf("the guesser: %d, want 429", got)
	}
	if got := guess("192.0.2.2"); got != http.StatusNotFound {
		t.Errorf("somebody else: %d, want 404", got)
	}
}
