package handlers

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld/integrations"
)

// TestSecretsAreNotStored: neither those that deliveries carry, nor headers that
// are nobody's business.
func TestSecretsAreNotStored(t *testing.T) {
	r := newRig(t)
	form := cart(cartSecret, "1", "passthrough[x]", cartSecret2)
	asJSON := parcel{
		http.Header{"Content-Type": {"application/json"}},
		[]byte(`{"event":"x","order_id":"2","thrivecart_secret":"` + cartSecret + `","nested":["` + cartSecret2 + `"]}`),
	}
	for name, p := range map[string]parcel{"form": form, "JSON": asJSON, "rejected": cart("wrong-"+cartSecret2, "3")} {
		t.Run(name, func(t *testing.T) {
			r.clear()
			for _, h := range []string{"Cookie", "Authorization", "Proxy-Authorization", "X-Api-Key"} {
				p = p.with(h, "hush-hush")
			}
			p = p.with("X-Kept", "kept")
			r.post("thrivecart", p)
			got := r.one()
			stored := got.Header + got.Body + got.Note + got.Event
			for _, secret := range []string{cartSecret, cartSecret2, "hush-hush", r.tokens["thrivecart"]} {
				if strings.Contains(stored, secret) {
					t.Errorf("the row holds %q: %+v", secret, got)
				}
			}
			if !strings.Contains(got.Body, "redacted") {
				t.Errorf("nothing is masked in %q", got.Body)
			}
			header := readHeader(t, got.Header)
			if header.Get("X-Kept") != "kept" || header.Get("Content-Type") == "" {
				t.Errorf("header stored as %v, want the rest of it kept", header)
			}
		})
	}
}

// readHeader reads a header as it is stored: as HTTP writes it.
func readHeader(t *testing.T, stored string) http.Header {
	t.Helper()
	h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(stored + "\r\n"))).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	return http.Header(h)
}

// TestStoredIsUnderstood: what is stored, secrets masked, says the same as what
// was sent.
func TestStoredIsUnderstood(t *testing.T) {
	r := newRig(t)
	for platform, p := range map[string]parcel{
		"thrivecart": cart(cartSecret, "1"),
		"stripe":     stripeEvent(stripeSecret, r.clock.Now(), stripeBody("1")),
		"generic":    standard(sourceSecret, r.clock.Now(), "m1", sourceBody("1")),
	} {
		r.clear()
		if got := r.post(platform, p); got.status != http.StatusOK {
			t.Fatalf("%s: %d, want 200", platform, got.status)
		}
		stored := r.one()
		header := readHeader(t, stored.Header)
		parse := func(header http.Header, body []byte) integrations.Parsed {
			parsed, err := r.platforms[platform].Parse(integrations.Config{}, integrations.Request{
				Header: header, Body: body, ReceivedAt: r.clock.Now(),
			})
			if err != nil || len(parsed.Events) == 0 {
				t.Errorf("%s: %d events, error %v", platform, len(parsed.Events), err)
			}
			return parsed
		}
		if diff := cmp.Diff(parse(p.header, p.body), parse(header, []byte(stored.Body))); diff != "" {
			t.Errorf("%s: as sent and as stored (-want +got):\n%s", platform, diff)
		}
	}
}

// TestMetricsAreBounded: no stranger can add a label.
func TestMetricsAreBounded(t *testing.T) {
	r := newRig(t)
	for n := range 20 {
		platform := "evil" + string(rune('a'+n))
		r.post(platform, cart(cartSecret, "1"))
		r.get("/" + platform)
		r.do(httptest.NewRequestWithContext(t.Context(), strings.ToUpper(platform), "/healthz", nil))
		r.do(httptest.NewRequestWithContext(t.Context(), strings.ToUpper(platform), r.hook("stripe"), nil))
	}
	r.post("thrivecart", cart(cartSecret, "1"))
	r.post("thrivecart", cart("guess", "1"))
	r.post("stripe", parcel{http.Header{}, nil})
	r.metrics.Processed("thrivecart", "done")
	text := r.scrape()
	if strings.Contains(strings.ToLower(text), "evil") || strings.Contains(text, r.tokens["stripe"]) {
		t.Error("a stranger's word became a label")
	}
	allowed := map[string][]string{
		"platform": {"unknown", "thrivecart", "stripe", "generic"},
		"result": {
			resultStored, resultPing, resultRejected, resultUnknown, resultTooLarge, resultBroken, resultFailed,
		},
		"route": {"webhook", "webhook-probe", "healthz", "readyz", "metrics", "none"},
	}
	for _, m := range regexp.MustCompile(`(platform|result|route)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(allowed[m[1]], m[2]) {
			t.Errorf("the metrics have the label %s=%q", m[1], m[2])
		}
	}
}

// TestQueueMetrics: the queues are told with the depth of each state.
func TestQueueMetrics(t *testing.T) {
	r := newRig(t)
	r.post("thrivecart", cart(cartSecret, "1"))
	r.wantMetric(`enrolld_queue_depth{queue="deliveries",state="queued"} 1`)
	r.wantMetric(`enrolld_database_up 1`)
	if got := r.get("/metrics"); got.status != http.StatusNotFound {
		t.Errorf("/metrics in public: %d, want 404", got.status)
	}
}
