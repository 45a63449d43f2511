package mailer

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"enrolld"
)

// DKIMKey is a private key with the name under which its public half is in DNS.
type DKIMKey struct {
	Selector string
	signer   crypto.Signer
}

var selectorName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

// minRSA is the shortest RSA key that receivers are sure to take (RFC 8301).
const minRSA = 2048

// ParseDKIMKey reads a private key in PEM: RSA from 2048 bits on, or Ed25519. Errors
// have code Invalid and hold nothing of the key.
func ParseDKIMKey(selector string, text []byte) (DKIMKey, error) {
	if !selectorName.MatchString(selector) {
		return DKIMKey{}, enrolld.Errorf(enrolld.Invalid, "the DKIM selector %q must be a DNS name such as enrolld", selector)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return DKIMKey{}, enrolld.Errorf(enrolld.Invalid, "the DKIM key is not a PEM file; 'openssl genrsa 2048' makes one")
	}
	var key any
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return DKIMKey{}, enrolld.Errorf(enrolld.Invalid, "the DKIM key cannot be read: it must be a private key without a password")
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return DKIMKey{}, enrolld.Errorf(enrolld.Invalid, "the DKIM key has %d bits; receivers want %d", k.N.BitLen(), minRSA)
		}
		return DKIMKey{selector, k}, nil
	case ed25519.PrivateKey:
		return DKIMKey{selector, k}, nil
	}
	return DKIMKey{}, enrolld.Errorf(enrolld.Invalid, "the DKIM key must be RSA or Ed25519")
}

// Name is where in DNS a domain's record for the key is.
func (k DKIMKey) Name(domain string) string { return k.Selector + "._domainkey." + domain }

// Record is the TXT record to publish there.
func (k DKIMKey) Record() string {
	if public, ok := k.signer.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	}
	return "v=DKIM1; k=rsa; p=" + k.spki()
}

// spki is the public half as a record of an RSA key holds it.
func (k DKIMKey) spki() string {
	der, err := x509.MarshalPKIXPublicKey(k.signer.Public())
	if err != nil {
		panic(err) // only for keys that ParseDKIMKey does not take
	}
	return base64.StdEncoding.EncodeToString(der)
}

var recordTag = regexp.MustCompile(`(?:^|;)\s*p\s*=([^;]*)`)

// Published says whether one of the TXT records of a name holds this key.
func (k DKIMKey) Published(records []string) bool {
	want := recordTag.FindStringSubmatch(k.Record())[1]
	return slices.ContainsFunc(records, func(record string) bool {
		m := recordTag.FindStringSubmatch(record)
		return m != nil && strings.Join(strings.Fields(m[1]), "") == want
	})
}

// DKIM signs mail as the domain of its sender (RFC 6376).
type DKIM struct {
	keys    []DKIMKey
	domains []string
}

// NewDKIM signs with every key. With domains, mail is signed whose sender is in one
// of them or below, and no other; without, all mail is, as the sender's own domain.
// Errors have code Invalid.
func NewDKIM(keys []DKIMKey, domains []string) (*DKIM, error) {
	if len(keys) == 0 {
		return nil, enrolld.Errorf(enrolld.Invalid, "DKIM needs a key")
	}
	d := &DKIM{keys: keys}
	for i, k := range keys {
		if slices.ContainsFunc(keys[:i], func(o DKIMKey) bool { return o.Selector == k.Selector }) {
			return nil, enrolld.Errorf(enrolld.Invalid, "two DKIM keys have the selector %q: each needs its own", k.Selector)
		}
	}
	for _, s := range domains {
		_, key, err := enrolld.ParseEmail("postmaster@" + s)
		if err != nil {
			return nil, enrolld.Errorf(enrolld.Invalid, "the DKIM domain %q is not a domain", s)
		}
		d.domains = append(d.domains, key.Domain())
	}
	return d, nil
}

// Keys lists the keys.
func (d *DKIM) Keys() []DKIMKey { return slices.Clone(d.keys) }

// DomainFor is the domain that signs for a sender's, "" when none does.
func (d *DKIM) DomainFor(sender string) string {
	if len(d.domains) == 0 {
		return sender
	}
	best := ""
	for _, domain := range d.domains {
		if (sender == domain || strings.HasSuffix(sender, "."+domain)) && len(domain) > len(best) {
			best = domain
		}
	}
	return best
}

// signedHeaders are those that a signature is over. Those that may stand in a message
// once are named once more than they do, so that none can be added on the way.
var signedHeaders = []string{
	"From", "From", "Reply-To", "Reply-To", "To", "To", "Subject", "Subject", "Date", "Date", "Message-ID", "Message-ID",
	"MIME-Version", "Content-Type", "Content-Type", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe", "List-Unsubscribe-Post",
	"List-Unsubscribe-Post",
}

// sign returns the message with a signature of each key before it.
func (d *DKIM) sign(wire []byte, sender string) ([]byte, error) {
	domain := d.DomainFor(sender)
	if domain == "" {
		return wire, nil
	}
	var head bytes.Buffer
	for _, k := range d.keys {
		s, err := dkim.NewSigner(&dkim.SignOptions{
			Domain: domain, Selector: k.Selector, Signer: k.signer, HeaderKeys: signedHeaders,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		})
		if err != nil {
			return nil, fmt.Errorf("sign as %s: %w", domain, err)
		}
		_, err = s.Write(wire)
		if closed := s.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, fmt.Errorf("sign as %s: %w", domain, err)
		}
		head.WriteString(s.Signature())
	}
	return append(head.Bytes(), wire...), nil
}
