package paypal_test

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paypal"
	"enrolld/integrations/platformtest"
)

func load(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// complete parses and completes a delivery as the worker does.
func complete(tb testing.TB, p *paypal.Platform, c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	tb.Helper()
	parsed, err := p.Parse(c, r)
	if err != nil {
		return parsed, err
	}
	if !parsed.Incomplete {
		tb.Fatal("the delivery is believed without a proof")
	}
	return p.Complete(tb.Context(), c, r, parsed)
}

// refusal is a stand-in that hands out no certificate.
func refusal(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", status) })
}

func chain(s signer) http.Handler {
	st := newStand()
	st.chain = s.chain
	return st
}

func TestCertificateProof(t *testing.T) {
	body := load(t, "sub_a_activated")
	flipped := []byte(strings.Replace(string(body), "ann@example.org", "bnn@example.org", 1))
	good := func(s signer, id enrolld.Secret) integrations.Request { return s.sign(id, body, platformtest.Received) }
	tampered := good(pki().good, webhook)
	tampered.Body = flipped
	late := good(pki().good, webhook)
	late.ReceivedAt = nextYear.AddDate(0, 0, 1)
	leafOnly := pki().good
	leafOnly.chain = []byte(strings.SplitAfterN(string(leafOnly.chain), "-----END CERTIFICATE-----\n", 2)[0])
	for name, tc := range map[string]struct {
		api  http.Handler
		r    integrations.Request
		want enrolld.Outcome
	}{
		"good":                        {newStand(), good(pki().good, webhook), enrolld.OutcomeDone},
		"good, other live id":         {newStand(), good(pki().good, webhook2), enrolld.OutcomeDone},
		"a bit of the body flipped":   {newStand(), tampered, enrolld.OutcomeDead},
		"another webhook's id":        {newStand(), good(pki().good, "9AB12345CD678901E"), enrolld.OutcomeDead},
		"the simulator's id":          {newStand(), good(pki().good, "WEBHOOK_ID"), enrolld.OutcomeDead},
		"another key":                 {newStand(), good(pki().stranger, webhook), enrolld.OutcomeDead},
		"expired":                     {chain(pki().expired), good(pki().expired, webhook), enrolld.OutcomeDead},
		"expired since":               {newStand(), late, enrolld.OutcomeDead},
		"another name":                {chain(pki().misnamed), good(pki().misnamed, webhook), enrolld.OutcomeDead},
		"foreign root":                {chain(pki().foreign), good(pki().foreign, webhook), enrolld.OutcomePark},
		"the link above is missing":   {chain(leafOnly), good(pki().good, webhook), enrolld.OutcomePark},
		"no such certificate":         {refusal(http.StatusNotFound), good(pki().good, webhook), enrolld.OutcomeDead},
		"certificate not handed out":  {refusal(http.StatusForbidden), good(pki().good, webhook), enrolld.OutcomePark},
		"certificate not there (now)": {refusal(http.StatusServiceUnavailable), good(pki().good, webhook), enrolld.OutcomeRetry},
		"certificate cut short":       {chain(signer{chain: pki().good.chain[:300]}), good(pki().good, webhook), enrolld.OutcomeRetry},
	} {
		parsed, err := complete(t, serve(t, tc.api), config(), tc.r)
		if got := enrolld.OutcomeOf(err); got != tc.want {
			t.Errorf("%s: got %s (%v), want %s", name, got, err, tc.want)
		}
		if err != nil && len(parsed.Events) > 0 {
			t.Errorf("%s: events in spite of the error", name)
		}
	}
}

// TestCertificateElsewhere proves again in the worker what Verify checks of the
// address, for deliveries that got there otherwise.
func TestCertificateElsewhere(t *testing.T) {
	r := pki().good.sign(webhook, load(t, "sub_a_activated"), platformtest.Received)
	for _, address := range []string{
		"https://evil.paypal.com.example/v1/notifications/certs/CERT-1", "https://api.paypal.com/v1/vault/CERT-1",
		"https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", "http://api.paypal.com/v1/notifications/certs/CERT-1", "",
	} {
		r.Header.Set("Paypal-Cert-Url", address)
		p := serve(t, newStand())
		if got := enrolld.CodeOf(p.Verify(config(), r)); got != enrolld.Unauthorized {
			t.Errorf("%q: Verify gives code %q", address, got)
		}
		if _, err := complete(t, p, config(), r); enrolld.OutcomeOf(err) != enrolld.OutcomeDead {
			t.Errorf("%q: Complete gives %v", address, err)
		}
	}
}

// TestVerifyAsksNobody lets deliveries in by their form until the certificate is
// known, and judges the signature from then on. The worker judges it every time.
func TestVerifyAsksNobody(t *testing.T) {
	body := load(t, "sub_a_activated")
	r := pki().good.sign(webhook, body, platformtest.Received)
	forged := pki().stranger.sign(webhook, body, platformtest.Received)
	if err := connect("http://127.0.0.1:1").Verify(config(), forged); err != nil {
		t.Errorf("with an unknown certificate: %v", err)
	}
	certs := 0
	st := newStand()
	st.asked = func(r *http.Request, _ []byte) {
		if strings.Contains(r.URL.Path, "/certs/") {
			certs++
		}
	}
	p := serve(t, st)
	for range 2 {
		if _, err := complete(t, p, config(), r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := complete(t, p, config(), forged); enrolld.OutcomeOf(err) != enrolld.OutcomeDead {
		t.Errorf("a forged delivery, certificate known: got %v, want dead", err)
	}
	if certs != 1 {
		t.Errorf("the certificate was fetched %d times, want once", certs)
	}
	if err := p.Verify(config(), r); err != nil {
		t.Errorf("with a known certificate: %v", err)
	}
	if got := enrolld.CodeOf(p.Verify(config(), forged)); got != enrolld.Unauthorized {
		t.Errorf("forged, with a known certificate: got code %q, want unauthorized", got)
	}
	half := config()
	half.Secrets = half.Secrets[1:]
	if got := enrolld.CodeOf(p.Verify(half, r)); got != enrolld.Unauthorized {
		t.Errorf("with an id that was taken away: got code %q, want unauthorized", got)
	}
}

// TestChecksumTopBit signs a body whose checksum would be negative as a signed
// number.
func TestChecksumTopBit(t *testing.T) {
	body := load(t, "sub_a_activated")
	for crc32.ChecksumIEEE(body)>>31 == 0 {
		body = append(body, ' ')
	}
	if _, err := complete(t, serve(t, newStand()), config(), pki().good.sign(webhook, body, platformtest.Received)); err != nil {
		t.Error(err)
	}
}

func postback() integrations.Config {
	c := config()
	c.Settings = []byte(`{"verify":"postback"}`)
	return c
}

func TestPostback(t *testing.T) {
	// Written as nobody would write it anew.
	body := []byte("{ \"zz\":1.50, " + strings.TrimPrefix(string(load(t, "sub_a_activated")), "{") + "\n")
	r := pki().stranger.sign(webhook2, body, platformtest.Received)
	var asked []string
	answers := map[string]string{}
	st := newStand()
	st.asked = func(r *http.Request, b []byte) {
		if !strings.HasSuffix(r.URL.Path, "/verify-webhook-signature") {
			return
		}
		n, err := integrations.DecodeJSON(b)
		if err != nil {
			t.Errorf("the question is not JSON: %v", err)
		}
		if !strings.HasSuffix(string(b), `,"webhook_event":`+string(body)+"}") {
			t.Error("the body was not passed on as it came")
		}
		for field, want := range map[string]string{
			"auth_algo": "SHA256withRSA", "cert_url": certURL, "transmission_id": transmission(body),
			"transmission_time": "2026-03-02T08:00:00Z",
		} {
			if got := n.Get(field).Text(); got != want {
				t.Errorf("%s: got %q, want %q", field, got, want)
			}
		}
		id := n.Get("webhook_id").Text()
		asked = append(asked, id)
		st.status = answers[id]
	}
	for name, tc := range map[string]struct {
		first, second string
		questions     int
		want          enrolld.Outcome
	}{
		"first id":  {"SUCCESS", "FAILURE", 1, enrolld.OutcomeDone},
		"second id": {"FAILURE", "SUCCESS", 2, enrolld.OutcomeDone},
		"neither":   {"FAILURE", "FAILURE", 2, enrolld.OutcomeDead},
		"no answer": {"", "", 1, enrolld.OutcomeRetry},
	} {
		asked = nil
		answers[webhook.Reveal()], answers[webhook2.Reveal()] = tc.first, tc.second
		_, err := complete(t, serve(t, st), postback(), r)
		if got := enrolld.OutcomeOf(err); got != tc.want || len(asked) != tc.questions {
			t.Errorf("%s: got %s after %d questions (%v), want %s after %d", name, got, len(asked), err, tc.want, tc.questions)
		}
	}
}

func TestPostbackUnwell(t *testing.T) {
	r := pki().good.sign(webhook, load(t, "sub_a_activated"), platformtest.Received)
	for status, want := range map[int]enrolld.Outcome{
		http.StatusUnauthorized: enrolld.OutcomePark, http.StatusServiceUnavailable: enrolld.OutcomeRetry,
	} {
		if _, err := complete(t, serve(t, refusal(status)), postback(), r); enrolld.OutcomeOf(err) != want {
			t.Errorf("status %d: got %v, want %s", status, err, want)
		}
	}
}

// TestSandbox asks the sandbox, believes its certificates alone, and marks tests.
func TestSandbox(t *testing.T) {
	c := config()
	c.Settings = []byte(`{"sandbox":true}`)
	st := newStand()
	st.host = "api-m.sandbox.paypal.com"
	r := pki().good.sign(webhook, load(t, "capture_completed"), platformtest.Received)
	p := serve(t, st)
	if got := enrolld.CodeOf(p.Verify(c, r)); got != enrolld.Unauthorized {
		t.Errorf("a live certificate in the sandbox: got code %q, want unauthorized", got)
	}
	r.Header.Set("Paypal-Cert-Url", strings.Replace(certURL, "api.", "api.sandbox.", 1))
	if err := p.Verify(c, r); err != nil {
		t.Fatal(err)
	}
	parsed, err := complete(t, p, c, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range parsed.Events {
		if !e.Test {
			t.Error("an event of the sandbox is no test")
		}
	}
}

func TestCheckConfig(t *testing.T) {
	p := paypal.New(paypal.Options{})
	for name, tc := range map[string]struct {
		secret, key enrolld.Secret
		settings    string
		ok          bool
	}{
		"all":                   {webhook, apiKey, `{"sandbox":true,"verify":"postback","product":"name","instalments":["P-1"]}`, true},
		"no key":                {webhook, "", "", true},
		"no webhook":            {"", apiKey, "", false},
		"the simulator's":       {"WEBHOOK_ID", apiKey, "", false},
		"not an id":             {"abc|def", apiKey, "", false},
		"key in one part":       {webhook, "abc", "", false},
		"key without a secret":  {webhook, "abc:", "", false},
		"postback without key":  {webhook, "", `{"verify":"postback"}`, false},
		"unknown proof":         {webhook, apiKey, `{"verify":"off"}`, false},
		"unknown product":       {webhook, apiKey, `{"product":"invoice_id"}`, false},
		"settings that are not": {webhook, apiKey, `{"sandbox":`, false},
	} {
		err := p.CheckConfig(integrations.Config{Secrets: []enrolld.Secret{tc.secret}, APIKey: tc.key, Settings: []byte(tc.settings)})
		if (err == nil) != tc.ok || !tc.ok && enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %v, want accepted %v", name, err, tc.ok)
		}
		if err != nil && tc.key != "" && strings.Contains(fmt.Sprint(err), "EGSecret") {
			t.Errorf("%s: the error has the key in it", name)
		}
	}
}
