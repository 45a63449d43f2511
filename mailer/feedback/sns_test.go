package feedback

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
)

// amazonStub answers for Amazon's hosts.
type amazonStub struct {
	key   *rsa.PrivateKey
	cert  []byte
	calls []string
	fail  bool
}

func (a *amazonStub) RoundTrip(r *http.Request) (*http.Response, error) {
	a.calls = append(a.calls, r.URL.Host+r.URL.Path)
	status, body := http.StatusOK, a.cert
	if a.fail {
		status = http.StatusInternalServerError
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body)), Header: http.Header{}, Request: r}, nil
}

var sesNow = time.Date(2026, 5, 2, 9, 10, 12, 0, time.UTC)

func newStub(t *testing.T) (*amazonStub, *ses) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: sesNow.Add(-time.Hour), NotAfter: sesNow.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	stub := &amazonStub{key: key, cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	s := newSES(&http.Client{Transport: stub})
	s.now = func() time.Time { return sesNow }
	return stub, s
}

// sign completes an envelope as SNS does.
func (a *amazonStub) sign(t *testing.T, e envelope) envelope {
	t.Helper()
	var signature []byte
	var err error
	if e.SignatureVersion == "1" {
		sum := sha1.Sum([]byte(e.signed()))
		signature, err = rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA1, sum[:])
	} else {
		sum := sha256.Sum256([]byte(e.signed()))
		signature, err = rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, sum[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	e.Signature = base64.StdEncoding.EncodeToString(signature)
	return e
}

func posted(t *testing.T, e envelope) Request {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return Request{http.Header{}, b}
}

func notification(version string) envelope {
	return envelope{
		Type: snsNotification, MessageID: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", TopicARN: topic, Message: `{"notificationType":"Delivery"}`,
		Timestamp: "2026-05-02T09:10:12.453Z", SignatureVersion: version,
		SigningCertURL: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0011.pem",
	}
}

func TestSNSSignature(t *testing.T) {
	t.Parallel()
	stub, s := newStub(t)
	subject := "Amazon SES Email Event Notification"
	tests := []struct {
		name   string
		make   func() envelope // signed
		change func(*envelope) // after that
		want   enrolld.Code
	}{
		{"version 1", func() envelope { return notification("1") }, nil, ""},
		{"version 2", func() envelope { return notification("2") }, nil, ""},
		{"with a subject", func() envelope { e := notification("2"); e.Subject = &subject; return e }, nil, ""},
		{"version 3", func() envelope { return notification("2") }, func(e *envelope) { e.SignatureVersion = "3" }, enrolld.Unauthorized},
		{"other words", func() envelope { return notification("2") }, func(e *envelope) { e.Message = "{}" }, enrolld.Unauthorized},
		{"a subject added", func() envelope { return notification("2") }, func(e *envelope) { e.Subject = &subject }, enrolld.Unauthorized},
		{"somebody's own topic", func() envelope { e := notification("2"); e.TopicARN += "x"; return e }, nil, enrolld.Unauthorized},
		{"no signature", func() envelope { return notification("2") }, func(e *envelope) { e.Signature = "?" }, enrolld.Unauthorized},
	}
	for _, tt := range tests {
		e := stub.sign(t, tt.make())
		if tt.change != nil {
			tt.change(&e)
		}
		if err := s.Verify(t.Context(), []enrolld.Secret{topic}, posted(t, e)); enrolld.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if len(stub.calls) != 1 {
		t.Errorf("the certificate was fetched %d times, want once", len(stub.calls))
	}
	s.now = func() time.Time { return sesNow.Add(2 * time.Hour) }
	if err := s.Verify(t.Context(), []enrolld.Secret{topic}, posted(t, stub.sign(t, notification("2")))); enrolld.CodeOf(err) != enrolld.Unauthorized {
		t.Errorf("with a certificate that is over: %v", err)
	}
}

// TestSNSHosts: certificates come from Amazon, and nowhere else is asked.
func TestSNSHosts(t *testing.T) {
	t.Parallel()
	stub, s := newStub(t)
	for _, address := range []string{
		"http://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem", "https://evil.example/a.pem",
		"https://sns.eu-west-1.amazonaws.com:8443/a.pem", "https://user@sns.eu-west-1.amazonaws.com/a.pem", "https://s3.eu-west-1.amazonaws.com/a.pem",
		"https://sns.eu-west-1.amazonaws.com/a.txt", "https://sns.eu-west-1.amazonaws.com/a.pem?x=1", "https://127.0.0.1/a.pem", "://", "",
	} {
		e := notification("2")
		e.SigningCertURL = address
		if err := s.Verify(t.Context(), []enrolld.Secret{topic}, posted(t, stub.sign(t, e))); enrolld.CodeOf(err) != enrolld.Unauthorized {
			t.Errorf("certificate at %q: %v", address, err)
		}
		e = notification("2")
		e.Type, e.SubscribeURL = snsSubscribe, address
		if asked, err := s.Confirm(t.Context(), posted(t, e)); !strings.HasPrefix(address, "https://sns.eu-west-1.amazonaws.com/") && (asked || err == nil) {
			t.Errorf("subscription at %q: %t, %v", address, asked, err)
		}
	}
	for _, call := range stub.calls {
		if !strings.HasPrefix(call, "sns.eu-west-1.amazonaws.com/") {
			t.Errorf("somebody else was asked: %s", call)
		}
	}
	stub.fail = true
	if err := s.Verify(t.Context(), []enrolld.Secret{topic}, posted(t, stub.sign(t, notification("2")))); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("with Amazon away: %v, want Unavailable", err)
	}
}

func TestSNSConfirm(t *testing.T) {
	t.Parallel()
	stub, s := newStub(t)
	e := notification("2")
	if asked, err := s.Confirm(t.Context(), posted(t, e)); asked || err != nil {
		t.Errorf("a notification: %t, %v", asked, err)
	}
	e.Type, e.Token, e.Message = snsSubscribe, "2336412f", "You have chosen to subscribe."
	e.SubscribeURL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f"
	e = stub.sign(t, e)
	if err := s.Verify(t.Context(), []enrolld.Secret{topic}, posted(t, e)); err != nil {
		t.Errorf("a signed confirmation: %v", err)
	}
	if asked, err := s.Confirm(t.Context(), posted(t, e)); !asked || err != nil {
		t.Errorf("a confirmation: %t, %v", asked, err)
	}
	stub.fail = true
	if _, err := s.Confirm(t.Context(), posted(t, e)); enrolld.CodeOf(err) != enrolld.Unavailable || strings.Contains(err.Error(), "2336412f") {
		t.Errorf("with Amazon away: %v, want Unavailable and no token", err)
	}
}
