package feedback

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what signature version 1 of SNS is made of
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"enrolld"
)

// envelope is a message of Amazon SNS, as its HTTP(S) endpoints get it.
type envelope struct {
	Type             string
	MessageID        string `json:"MessageId"`
	Token            string
	TopicARN         string `json:"TopicArn"`
	Subject          *string
	Message          string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	SubscribeURL     string
}

// The types of an envelope.
const (
	snsNotification = "Notification"
	snsSubscribe    = "SubscriptionConfirmation"
	snsUnsubscribe  = "UnsubscribeConfirmation"
)

// signed is the text that the signature is over.
func (e envelope) signed() string {
	var b strings.Builder
	add := func(name, value string) { b.WriteString(name + "\n" + value + "\n") }
	add("Message", e.Message)
	add("MessageId", e.MessageID)
	if e.Type == snsNotification {
		if e.Subject != nil {
			add("Subject", *e.Subject)
		}
	} else {
		add("SubscribeURL", e.SubscribeURL)
	}
	add("Timestamp", e.Timestamp)
	if e.Type != snsNotification {
		add("Token", e.Token)
	}
	add("TopicArn", e.TopicARN)
	add("Type", e.Type)
	return b.String()
}

// proves says whether the key made the envelope's signature.
func (e envelope) proves(key *rsa.PublicKey) bool {
	signature, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil {
		return false
	}
	switch e.SignatureVersion {
	case "1":
		sum := sha1.Sum([]byte(e.signed())) //nolint:gosec // as above
		return rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature) == nil
	case "2":
		sum := sha256.Sum256([]byte(e.signed()))
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}
	return false
}

// snsHost are the hosts that hold SNS's certificates and confirm subscriptions.
var snsHost = regexp.MustCompile(`^sns\.[a-z0-9-]{2,30}\.amazonaws\.com(\.cn)?$`)

// ofAmazon reads an address and says whether it is one of SNS's own.
func ofAmazon(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	return u, err == nil && u.Scheme == "https" && u.User == nil && snsHost.MatchString(u.Host)
}

const (
	fetchTimeout = 10 * time.Second
	maxFetched   = 64 << 10
	maxCerts     = 16 // regions have one or two at a time
)

// amazon is what we ask of Amazon: certificates, kept for as long as they are valid,
// and the confirmation of a subscription.
type amazon struct {
	client *http.Client

	mu    sync.Mutex
	certs map[string]*x509.Certificate
}

func newAmazon(client *http.Client) *amazon {
	if client == nil {
		client = &http.Client{Timeout: fetchTimeout}
	}
	careful := *client
	careful.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &amazon{client: &careful, certs: map[string]*x509.Certificate{}}
}

// get asks for an address of SNS's.
func (a *amazon) get(ctx context.Context, u *url.URL) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "an address of Amazon's cannot be read")
	}
	res, err := a.client.Do(req)
	if err != nil {
		// The error names the address, and with it a token.
		return nil, enrolld.Errorf(enrolld.Unavailable, "Amazon SNS cannot be reached at %s: try again later", u.Host)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxFetched))
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, enrolld.Errorf(enrolld.Unavailable, "Amazon SNS answered %d at %s: try again later", res.StatusCode, u.Host)
	}
	return body, nil
}

// key is the public key of a certificate at one of SNS's addresses.
func (a *amazon) key(ctx context.Context, address string, now time.Time) (*rsa.PublicKey, error) {
	u, ok := ofAmazon(address)
	if !ok || !strings.HasSuffix(u.Path, ".pem") || u.RawQuery != "" {
		return nil, errUnproven
	}
	a.mu.Lock()
	cert := a.certs[u.String()]
	a.mu.Unlock()
	if cert == nil {
		text, err := a.get(ctx, u)
		if err != nil {
			return nil, err
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, errUnproven
		}
		if cert, err = x509.ParseCertificate(block.Bytes); err != nil {
			return nil, errUnproven
		}
		a.keep(u.String(), cert)
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return nil, errUnproven
	}
	return key, nil
}

func (a *amazon) keep(address string, cert *x509.Certificate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.certs) >= maxCerts {
		clear(a.certs)
	}
	a.certs[address] = cert
}
