package mailer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/mailer/mailbox"
)

// testCertificate makes a certificate for localhost and a pool that trusts it.
func testCertificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test relay"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func TestTLSAndAuth(t *testing.T) {
	server, pool := testCertificate(t)
	users := map[string]string{"acme": "hush-hush"}
	offersTLS := mailbox.Options{TLS: server}
	fromTheStart := mailbox.Options{TLS: server, ImplicitTLS: true}
	withUsers := mailbox.Options{TLS: server, Users: users}
	plainUsers := mailbox.Options{Users: users}
	tests := []struct {
		name string
		opts mailbox.Options
		cfg  Config
		want string // in the error; empty: sent
	}{
		{"required", offersTLS, Config{TLS: TLSRequired, RootCAs: pool}, ""},
		{"opportunistic", offersTLS, Config{TLS: TLSOpportunistic, RootCAs: pool}, ""},
		{"opportunistic, not offered", mailbox.Options{}, Config{TLS: TLSOpportunistic}, ""},
		{"implicit", fromTheStart, Config{TLS: TLSImplicit, RootCAs: pool}, ""},
		{"required, not offered", mailbox.Options{}, Config{TLS: TLSRequired},
			"does not offer STARTTLS, so nothing was sent"},
		{"unknown authority", offersTLS, Config{TLS: TLSRequired}, "certificate of the relay"},
		{"unknown authority, implicit", fromTheStart, Config{TLS: TLSImplicit}, "certificate of the relay"},
		{"signs in", withUsers, Config{TLS: TLSRequired, RootCAs: pool, User: "acme", Password: "hush-hush"}, ""},
		{"signs in on loopback", plainUsers, Config{TLS: TLSNone, User: "acme", Password: "hush-hush"}, ""},
		{"wrong password", withUsers, Config{TLS: TLSRequired, RootCAs: pool, User: "acme", Password: "hush"},
			"refuses user and password; check the smtp-url"},
		{"no password given", withUsers, Config{TLS: TLSRequired, RootCAs: pool},
			"check user, password and tls of the smtp-url"},
		{"nobody signs in", mailbox.Options{}, Config{TLS: TLSNone, User: "acme", Password: "x"},
			"does not let anyone sign in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := startMailbox(t, tt.opts)
			cfg := tt.cfg
			cfg.Host, cfg.Port, cfg.Timeout = "localhost", configFor(m).Port, 5*time.Second
			tr := startTransport(t, cfg)
			_, err := tr.Send(t.Context(), sampleOutgoing(t, 1, "maya@example.com"))
			if tt.want == "" {
				if err != nil || len(m.Messages()) != 1 {
					t.Errorf("Send: %v, %d messages", err, len(m.Messages()))
				}
				return
			}
			var e *SendError
			if !errors.As(err, &e) || e.Permanent || !e.Config || enrolld.CodeOf(err) != enrolld.Unavailable {
				t.Fatalf("Send: %#v, want a temporary error for a person to mend", err)
			}
			if !strings.Contains(e.Response, tt.want) || strings.Contains(e.Response, "hush") {
				t.Errorf("Send: %q, want %q", e.Response, tt.want)
			}
			if len(m.Messages()) != 0 {
				t.Errorf("%d messages arrived", len(m.Messages()))
			}
		})
	}
}

func TestCheck(t *testing.T) {
	m := startMailbox(t, mailbox.Options{})
	tr := startTransport(t, configFor(m))
	if err := tr.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	_ = m.Close()
	if err := tr.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("Check of a closed relay: %v", err)
	}
}

// TestMechanism: what shows the password is not used in the clear.
func TestMechanism(t *testing.T) {
	tests := []struct {
		host, offered string
		secure        bool
		want          bool
	}{
		{"relay.example", "PLAIN LOGIN", true, true},
		{"relay.example", "PLAIN LOGIN", false, false},
		{"relay.example", "PLAIN CRAM-MD5", false, true},
		{"127.0.0.1", "LOGIN", false, true},
		{"relay.example", "XOAUTH2 NTLM", true, false},
	}
	for _, tt := range tests {
		got := Config{Host: tt.host, User: "u", Password: "p"}.mechanism(strings.Fields(tt.offered), tt.secure)
		if (got != nil) != tt.want {
			t.Errorf("mechanism(%s, %q, secure %t) found: %t, want %t", tt.host, tt.offered, tt.secure,
				got != nil, tt.want)
		}
	}
}
