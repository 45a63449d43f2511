package paypal

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"enrolld/integrations"
)

// vector is a delivery that was signed by a certificate of our own making.
type vector struct {
	ID        string `json:"transmission_id"`
	Time      string `json:"transmission_time"`
	Webhook   string `json:"webhook_id"`
	Body      string `json:"body"`
	Signed    string `json:"signed"`
	Algorithm string `json:"auth_algo"`
	Signature string `json:"transmission_sig"`
	PEM       string `json:"cert_pem"`
}

func loadVector(tb testing.TB) vector {
	tb.Helper()
	b, err := os.ReadFile("testdata/vector.json")
	if err != nil {
		tb.Fatal(err)
	}
	var v vector
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func (v vector) header() http.Header {
	return http.Header{
		headerID: {v.ID}, headerTime: {v.Time}, headerSignature: {v.Signature}, headerAlgorithm: {v.Algorithm},
		headerCert: {"https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-5a47cae5"},
	}
}

func TestVector(t *testing.T) {
	v := loadVector(t)
	leaf := certificates([]byte(v.PEM))[0]
	cert := &certificate{key: leaf.PublicKey.(*rsa.PublicKey), from: leaf.NotBefore, until: leaf.NotAfter}
	p := New(Options{})
	r := integrations.Request{Header: v.header(), Body: []byte(v.Body), ReceivedAt: leaf.NotBefore.Add(time.Hour)}
	tr, err := p.transmission(Settings{}, r)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(tr.message([]byte(v.Webhook), r.Body)); got != v.Signed {
		t.Errorf("signed text: got %q, want %q", got, v.Signed)
	}
	other := [][]byte{[]byte("8PT597110X687430LKGECATB")}
	if !cert.signed(tr, append(other, []byte(v.Webhook)), r) {
		t.Error("the vector's signature is refused")
	}
	if cert.signed(tr, other, r) {
		t.Error("the signature is taken for another webhook's")
	}
	for name, change := range map[string]func(*transmission, *integrations.Request){
		"a bit of the body":   func(_ *transmission, r *integrations.Request) { r.Body = append([]byte("["), r.Body[1:]...) },
		"the id":              func(tr *transmission, _ *integrations.Request) { tr.id += "0" },
		"the time":            func(tr *transmission, _ *integrations.Request) { tr.time = "2025-10-09T08:53:22Z" },
		"the signature":       func(tr *transmission, _ *integrations.Request) { tr.signature = append([]byte{1}, tr.signature[1:]...) },
		"before it was valid": func(_ *transmission, r *integrations.Request) { r.ReceivedAt = leaf.NotBefore.Add(-time.Second) },
		"after it was valid":  func(_ *transmission, r *integrations.Request) { r.ReceivedAt = leaf.NotAfter.Add(time.Second) },
	} {
		tr, r := tr, r
		change(&tr, &r)
		if cert.signed(tr, [][]byte{[]byte(v.Webhook)}, r) {
			t.Errorf("%s changed: the signature is taken", name)
		}
	}
	if _, err := p.trust([]*x509.Certificate{leaf}, leaf.NotBefore.Add(time.Hour)); err == nil {
		t.Error("a certificate in another name than PayPal's is trusted")
	}
}

// TestChecksum has values whose top bit is set: they are written without a sign.
func TestChecksum(t *testing.T) {
	for body, want := range map[string]string{
		"123456789": "i|t|w|3421780262", `{"n":0}`: "i|t|w|3444574783", "": "i|t|w|0",
	} {
		if got := string(transmission{id: "i", time: "t"}.message([]byte("w"), []byte(body))); got != want {
			t.Errorf("checksum of %q: got %q, want %q", body, got, want)
		}
	}
}

// TestCertificateAddress wants PayPal's own hosts and, there, its certificates.
func TestCertificateAddress(t *testing.T) {
	const cert = "/v1/notifications/certs/CERT-360caa42-fca2a594-5a47cae5"
	v := loadVector(t)
	for address, want := range map[string][2]bool{ // live, sandbox
		"https://api.paypal.com" + cert:                            {true, false},
		"https://api-m.paypal.com" + cert:                          {true, false},
		"https://api.paypal.com:443" + cert:                        {true, false},
		"https://api.sandbox.paypal.com" + cert:                    {false, true},
		"https://api-m.sandbox.paypal.com" + cert:                  {false, true},
		"http://api.paypal.com" + cert:                             {},
		"https://api.paypal.com:8443" + cert:                       {},
		"https://user@api.paypal.com" + cert:                       {},
		"https://api.paypal.com@evil.example" + cert:               {},
		"https://evil.paypal.com.example" + cert:                   {},
		"https://evilpaypal.com" + cert:                            {},
		"https://www.paypal.com" + cert:                            {},
		"https://api.paypal.com.evil.example" + cert:               {},
		"https://api.paypal.com":                                   {},
		"https://api.paypal.com/v1/vault/x":                        {},
		"https://api.paypal.com" + cert + "?x=1":                   {},
		"https://api.paypal.com" + cert + "#x":                     {},
		"https://api.paypal.com" + cert + "/../../x":               {},
		"https://api.paypal.com/v1/notifications/certs/..":         {},
		"https://api.paypal.com/v1/notifications/certs/%2e%2e%2fx": {},
		"https://api.paypal.com/v1/notifications/certs/":           {},
		"//api.paypal.com" + cert:                                  {},
		"file:///etc/passwd":                                       {},
		"https://169.254.169.254" + cert:                           {},
		"https://api.paypal.com\\@evil.example" + cert:             {},
		"https://api.paypal.com%00.evil.example" + cert:            {},
		"": {},
	} {
		h := v.header()
		h.Set(headerCert, address)
		for i, s := range []Settings{{}, {Sandbox: true}} {
			_, err := New(Options{}).transmission(s, integrations.Request{Header: h})
			if (err == nil) != want[i] {
				t.Errorf("%q, sandbox %v: got %v, want allowed %v", address, s.Sandbox, err, want[i])
			}
		}
	}
}

func TestTransmissionForm(t *testing.T) {
	v := loadVector(t)
	for name, change := range map[string]func(http.Header){
		"no id": func(h http.Header) { h.Del(headerID) }, "no time": func(h http.Header) { h.Del(headerTime) },
		"no signature": func(h http.Header) { h.Del(headerSignature) }, "no certificate": func(h http.Header) { h.Del(headerCert) },
		"no algorithm": func(h http.Header) { h.Del(headerAlgorithm) },
		"algorithm":    func(h http.Header) { h.Set(headerAlgorithm, "SHA1withRSA") },
		"signature":    func(h http.Header) { h.Set(headerSignature, "***") },
		"bar in id":    func(h http.Header) { h.Set(headerID, v.ID+"|x") },
		"bar in time":  func(h http.Header) { h.Set(headerTime, v.Time+"|x") },
	} {
		h := v.header()
		change(h)
		if _, err := New(Options{}).transmission(Settings{}, integrations.Request{Header: h}); err == nil {
			t.Errorf("%s: the headers are taken", name)
		}
	}
	h := v.header()
	h.Set(headerSignature, base64.RawStdEncoding.EncodeToString(make([]byte, 256)))
	h.Set(headerAlgorithm, "sha256WITHrsa")
	if _, err := New(Options{}).transmission(Settings{}, integrations.Request{Header: h}); err != nil {
		t.Error(err)
	}
}

func TestAfter(t *testing.T) {
	date := func(s string) time.Time {
		out, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, tc := range []struct{ from, frequency, want string }{
		{"2026-01-31", `{"interval_unit":"MONTH","interval_count":1}`, "2026-02-28"},
		{"2026-01-15", `{"interval_unit":"MONTH"}`, "2026-02-15"},
		{"2024-02-29", `{"interval_unit":"YEAR","interval_count":1}`, "2025-02-28"},
		{"2026-01-15", `{"interval_unit":"WEEK","interval_count":2}`, "2026-01-29"},
		{"2026-01-15", `{"interval_unit":"DAY","interval_count":30}`, "2026-02-14"},
		{"2026-01-15", `{"interval_unit":"SEMI_MONTH","interval_count":1}`, "2026-01-30"},
	} {
		n, err := integrations.DecodeJSON([]byte(tc.frequency))
		if err != nil {
			t.Fatal(err)
		}
		if got := after(date(tc.from), n); !got.Equal(date(tc.want)) {
			t.Errorf("%s after %s: got %s, want %s", tc.frequency, tc.from, got, tc.want)
		}
	}
	if got := after(date("2026-01-01"), integrations.Node{}); !got.IsZero() {
		t.Errorf("an unknown interval: got %s", got)
	}
}
