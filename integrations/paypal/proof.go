package paypal

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"hash/crc32"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// The headers in which PayPal signs.
const (
	headerID        = "Paypal-Transmission-Id"
	headerTime      = "Paypal-Transmission-Time"
	headerSignature = "Paypal-Transmission-Sig"
	headerCert      = "Paypal-Cert-Url"
	headerAlgorithm = "Paypal-Auth-Algo"
)

// algorithm is the only one that PayPal signs with.
const algorithm = "SHA256withRSA"

// transmission is what the headers say of a delivery.
type transmission struct {
	id, time, certURL string
	signature         []byte
}

var errSignature = integrations.ErrSignature("PayPal-Transmission-Sig")

// certificatePath is where PayPal has its certificates. Other answers of the same
// hosts might be made of what anybody wrote.
var certificatePath = regexp.MustCompile(`^/v1/notifications/certs/[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// plainWord is what the id and the time of a transmission look like: no bar could
// shift what is signed, and the id makes a key.
var plainWord = regexp.MustCompile(`^[!-{}~]{1,100}$`)

// transmission reads the headers and checks their form.
func (p *Platform) transmission(s Settings, r integrations.Request) (transmission, error) {
	h := r.Header
	t := transmission{id: h.Get(headerID), time: h.Get(headerTime), certURL: h.Get(headerCert)}
	t.signature = integrations.DecodeBase64(h.Get(headerSignature))
	switch {
	case t.id == "" || t.time == "" || t.signature == nil || t.certURL == "":
		return t, enrolld.Errorf(enrolld.Unauthorized, "the headers of a PayPal transmission are not complete")
	case !plainWord.MatchString(t.id) || !plainWord.MatchString(t.time):
		return t, enrolld.Errorf(enrolld.Unauthorized, "the headers of a PayPal transmission are not in order")
	case !strings.EqualFold(h.Get(headerAlgorithm), algorithm):
		return t, enrolld.Errorf(enrolld.Unauthorized, "the delivery is signed by another algorithm than PayPal's %s", algorithm)
	case !p.api(s).Allowed(t.certURL):
		return t, enrolld.Errorf(enrolld.Unauthorized,
			"the certificate is not at an address of PayPal's, or one of its sandbox where the integration is not, or the other way round")
	}
	u, err := url.Parse(t.certURL)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || !certificatePath.MatchString(u.EscapedPath()) {
		return t, enrolld.Errorf(enrolld.Unauthorized, "the certificate is not where PayPal has its certificates")
	}
	return t, nil
}

// prove proves that PayPal sent a delivery. The error of one that it did not send
// has code Invalid.
func (p *Platform) prove(ctx context.Context, c integrations.Config, s Settings, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return enrolld.Parkf("The integration has no webhook id any more: nothing can be proved. Give it one.")
	}
	t, err := p.transmission(s, r)
	if err != nil {
		return notGenuine(enrolld.MessageOf(err))
	}
	if s.Verify == VerifyPostback {
		return p.postback(ctx, c, s, t, r)
	}
	cert, err := p.certificates.Get(ctx, func(ctx context.Context) (*certificate, error) {
		return p.fetch(ctx, s, t.certURL, r.ReceivedAt)
	}, t.certURL)
	if err != nil {
		return err
	}
	if !cert.signed(t, keys, r) {
		return notGenuine("the signature was not made for this webhook, or the body was changed")
	}
	return nil
}

func notGenuine(why string) error {
	return enrolld.Errorf(enrolld.Invalid, "the delivery is not genuine: %s", why)
}

// certificate is one that leads to a root that we trust.
type certificate struct {
	key         *rsa.PublicKey
	from, until time.Time // in which it and those above it are valid
}

// signed says whether a delivery was signed with the certificate for one of the
// webhook ids, at a time at which it was valid.
func (c *certificate) signed(t transmission, webhooks [][]byte, r integrations.Request) bool {
	if r.ReceivedAt.Before(c.from) || r.ReceivedAt.After(c.until) {
		return false
	}
	for _, id := range webhooks {
		sum := sha256.Sum256(t.message(id, r.Body))
		if rsa.VerifyPKCS1v15(c.key, crypto.SHA256, sum[:], t.signature) == nil {
			return true
		}
	}
	return false
}

// message is what PayPal signs. The checksum is written without a sign.
func (t transmission) message(webhook, body []byte) []byte {
	m := make([]byte, 0, len(t.id)+len(t.time)+len(webhook)+len("|||4294967295"))
	m = append(append(append(append(m, t.id...), '|'), t.time...), '|')
	m = append(append(m, webhook...), '|')
	return strconv.AppendUint(m, uint64(crc32.ChecksumIEEE(body)), 10)
}

// fetch gets a certificate from PayPal.
func (p *Platform) fetch(ctx context.Context, s Settings, address string, at time.Time) (*certificate, error) {
	const what = "the certificate of a webhook"
	answer, err := p.api(s).Do(ctx, integrations.Call{URL: address, What: what})
	if err != nil {
		return nil, err
	}
	switch answer.Status {
	case http.StatusNotFound, http.StatusGone:
		return nil, notGenuine("PayPal has no such certificate")
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, enrolld.Parkf("PayPal does not hand out the certificate that a delivery names (status %d). "+
			`If that stays so, set "verify" to "postback".`, answer.Status)
	}
	if err := p.api(s).Problem(answer, what); err != nil {
		return nil, err
	}
	certs := certificates(answer.Body)
	if len(certs) == 0 {
		return nil, enrolld.Errorf(enrolld.Unavailable, "PayPal's answer cannot be read when asked for %s", what)
	}
	return p.trust(certs, at)
}

// certificates reads what of a text in PEM are certificates.
func certificates(text []byte) []*x509.Certificate {
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return out
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			out = append(out, cert)
		}
	}
}

// trust judges a certificate, the first, by those above it that came with it.
func (p *Platform) trust(certs []*x509.Certificate, at time.Time) (*certificate, error) {
	leaf := certs[0]
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok || !named(leaf) {
		return nil, notGenuine("its certificate is not PayPal's")
	}
	above := x509.NewCertPool()
	for _, c := range certs[1:] {
		above.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: p.roots, Intermediates: above, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		// PayPal's own host gave it: what is missing is rather on our side.
		return nil, enrolld.Parkf("The certificate that PayPal signed with does not lead to an authority that this " +
			`server trusts. If its certificates are up to date, set "verify" to "postback".`)
	}
	if err != nil {
		return nil, notGenuine("its certificate was not valid when it came in")
	}
	c := &certificate{key: key, from: leaf.NotBefore, until: leaf.NotAfter}
	for _, link := range chains[0] {
		if link.NotBefore.After(c.from) {
			c.from = link.NotBefore
		}
		if link.NotAfter.Before(c.until) {
			c.until = link.NotAfter
		}
	}
	return c, nil
}

// named says whether a certificate is in PayPal's name.
func named(c *x509.Certificate) bool {
	names := c.DNSNames
	if len(names) == 0 {
		names = []string{c.Subject.CommonName}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return strings.HasSuffix(strings.ToLower(name), ".paypal.com")
	})
}

// postback asks PayPal whether a delivery is its own, for each of the webhook ids.
// The body goes in as it came: written anew, it would be another one.
func (p *Platform) postback(ctx context.Context, c integrations.Config, s Settings, t transmission, r integrations.Request) error {
	if _, err := r.DecodeJSON(); err != nil {
		return notGenuine("it is not JSON")
	}
	const what = "whether a delivery is genuine"
	for _, id := range integrations.Keys(c.Secrets) {
		head, err := json.Marshal(map[string]string{
			"auth_algo": r.Header.Get(headerAlgorithm), "cert_url": t.certURL, "transmission_id": t.id,
			"transmission_sig": r.Header.Get(headerSignature), "transmission_time": t.time, "webhook_id": string(id),
		})
		if err != nil {
			return enrolld.Wrap(enrolld.Invalid, err, "the headers of the delivery cannot be written")
		}
		body := slices.Concat(head[:len(head)-1], []byte(`,"webhook_event":`), r.Body, []byte("}"))
		n, err := p.ask(ctx, c, s, integrations.Call{
			Method: http.MethodPost, URL: "/v1/notifications/verify-webhook-signature", Body: body,
			What: what,
		})
		if enrolld.CodeOf(err) == enrolld.NotFound {
			err = nobodyThere(what)
		}
		if err != nil {
			return err
		}
		switch n.Get("verification_status").Text() {
		case "SUCCESS":
			return nil
		case "FAILURE":
		default:
			return enrolld.Errorf(enrolld.Unavailable, "PayPal's answer cannot be read when asked %s", what)
		}
	}
	return notGenuine("PayPal says that it did not send it to this webhook")
}
