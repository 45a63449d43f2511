package mailer

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/mailer/mailbox"
)

func inPEM(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// rsaKey is made once: that takes a while.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func dkimKeys(t testing.TB) []DKIMKey {
	t.Helper()
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one, err := ParseDKIMKey("enrolld", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())}))
	if err != nil {
		t.Fatal(err)
	}
	two, err := ParseDKIMKey("enrolld-ed", inPEM(t, small))
	if err != nil {
		t.Fatal(err)
	}
	return []DKIMKey{one, two}
}

// verify checks the signatures of a message as a receiver does, with DNS as the
// records that we ask to be published.
func verify(t *testing.T, raw string, keys []DKIMKey) (domains []string, errs []error) {
	t.Helper()
	list, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		for _, k := range keys {
			if name == k.Name("acme.example") {
				return []string{k.Record()}, nil
			}
		}
		return nil, errors.New("no such name: " + name)
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		domains, errs = append(domains, v.Domain), append(errs, v.Err)
	}
	return domains, errs
}

// TestDKIM: what arrives through SMTP verifies with both keys, with every header that
// may matter under the signature, dots at the beginning of lines and all.
func TestDKIM(t *testing.T) {
	box := startMailbox(t, mailbox.Options{})
	tr := startTransport(t, configFor(box))
	keys := dkimKeys(t)
	d, err := NewDKIM(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	tr.SignWith(d)
	out := sampleOutgoing(t, 1, "maya@example.com")
	out.Text += "\n.\n..two dots  \n\n\n"
	out.From.Name = "Ácme   Academy"
	out.Unsubscribe = "https://admin.example/unsubscribe/abc"
	if _, err := tr.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	raw := box.Messages()[0].Raw
	domains, errs := verify(t, raw, keys)
	if diff := cmp.Diff([]string{"acme.example", "acme.example"}, domains); diff != "" {
		t.Errorf("who signed (-want +got):\n%s", diff)
	}
	if err := errors.Join(errs...); err != nil {
		t.Errorf("it does not verify: %v\n%s", err, raw)
	}
	for name, change := range map[string]func(string) string{
		"another subject": func(s string) string { return strings.Replace(s, "\r\nSubject: ", "\r\nSubject: Re: ", 1) },
		"a second From": func(s string) string {
			return strings.Replace(s, "\r\nFrom: ", "\r\nFrom: x@evil.example\r\nFrom: ", 1)
		},
		"a Reply-To added":    func(s string) string { return "Reply-To: x@evil.example\r\n" + s },
		"another list header": func(s string) string { return strings.Replace(s, "/unsubscribe/abc", "/unsubscribe/abd", 1) },
		"no one-click": func(s string) string {
			return strings.Replace(s, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", "", 1)
		},
		"another word": func(s string) string { return strings.Replace(s, "two dots", "two dogs", 1) },
	} {
		changed := change(raw)
		if changed == raw {
			t.Errorf("%s: nothing was changed in\n%s", name, raw)
		}
		_, errs := verify(t, changed, keys)
		for _, err := range errs {
			if err == nil {
				t.Errorf("%s: it still verifies", name)
			}
		}
	}
}

func TestDKIMDomains(t *testing.T) {
	t.Parallel()
	keys := dkimKeys(t)
	d, err := NewDKIM(keys, []string{"Example.com", "shop.example.com", "bücher.example"})
	if err != nil {
		t.Fatal(err)
	}
	for sender, want := range map[string]string{
		"example.com": "example.com", "mail.example.com": "example.com", "a.shop.example.com": "shop.example.com",
		"notexample.com": "", "com": "", "xn--bcher-kva.example": "xn--bcher-kva.example",
	} {
		if got := d.DomainFor(sender); got != want {
			t.Errorf("%s is signed by %q, want %q", sender, got, want)
		}
	}
	if got, err := d.sign([]byte("From: a@other.example\r\n\r\nx\r\n"), "other.example"); err != nil || strings.Contains(string(got), "DKIM") {
		t.Errorf("mail of a domain that is not ours: %s, %v", got, err)
	}
	if _, err := NewDKIM([]DKIMKey{keys[0], keys[0]}, nil); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("two keys with one selector: %v", err)
	}
	if _, err := NewDKIM(keys, []string{"not a domain"}); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("no domain: %v", err)
	}
}

func TestDKIMKey(t *testing.T) {
	t.Parallel()
	k := dkimKeys(t)[0]
	record := k.Record()
	for _, tt := range []struct {
		records []string
		want    bool
	}{
		{[]string{"v=spf1 -all", record}, true},
		{[]string{strings.Replace(record, "; k=rsa; ", ";k=rsa;t=s;", 1)}, true},
		{[]string{strings.Replace(record, "AQ", "A Q", 1)}, true}, // as some providers fold it
		{[]string{strings.Replace(record, "AQ", "AA", 1)}, false},
		{[]string{"v=DKIM1; k=rsa; p="}, false}, // taken back
		{nil, false},
	} {
		if got := k.Published(tt.records); got != tt.want {
			t.Errorf("published as %.60q: %t, want %t", tt.records, got, tt.want)
		}
	}
	short := []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
	for _, tt := range []struct {
		selector string
		text     []byte
	}{{"enrolld", nil}, {"enrolld", short}, {"Not a name", inPEM(t, rsaKey())}, {"a..b", inPEM(t, rsaKey())}, {"", inPEM(t, rsaKey())}} {
		if _, err := ParseDKIMKey(tt.selector, tt.text); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("selector %q, key %.40q: %v, want Invalid", tt.selector, tt.text, err)
		}
	}
}
