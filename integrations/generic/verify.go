package generic

import (
	"cmp"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Verify proves a delivery by the scheme of the settings.
func (p Platform) Verify(c integrations.Config, r integrations.Request) error {
	s := p.reading(c)
	if err := cmp.Or(s.err, s.authErr); err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, err, "%s", enrolld.MessageOf(err))
	}
	if len(integrations.Keys(c.Secrets)) == 0 {
		return integrations.ErrNoSecret()
	}
	switch s.Auth.Scheme {
	case SchemeHMAC:
		return verifyHMAC(s.Auth, c.Secrets, r)
	case SchemeSecret:
		return s.verifySecret(c.Secrets, r)
	}
	return integrations.VerifyStandard(c.Secrets, r)
}

func verifyHMAC(a Auth, secrets []enrolld.Secret, r integrations.Request) error {
	sig := signature(a, r.Header.Get(a.Header))
	if sig == nil {
		return enrolld.Errorf(enrolld.Unauthorized,
			"there is no signature in the header %s as the settings describe it", a.Header)
	}
	if !integrations.MACMatches(a.hash(), integrations.Keys(secrets), [][]byte{sig}, r.Body) {
		return integrations.ErrSignature(a.Header)
	}
	return nil
}

// signature reads a header's signature; nil when there is none.
func signature(a Auth, value string) []byte {
	value, ok := strings.CutPrefix(strings.TrimSpace(value), a.Prefix)
	if !ok {
		return nil
	}
	if a.Encoding == "base64" {
		return integrations.DecodeBase64(value)
	}
	return integrations.DecodeHex(value)
}

func (s *reading) verifySecret(secrets []enrolld.Secret, r integrations.Request) error {
	a := s.Auth
	where, sent := "header "+a.Header, bearer(r.Header.Get(a.Header))
	if a.Field != "" {
		n, err := r.Decode()
		if err != nil {
			return enrolld.Wrap(enrolld.Unauthorized, err, "the delivery cannot be read: %s", enrolld.MessageOf(err))
		}
		where, sent = "field "+a.Field, s.secret.find(n).Raw()
	}
	if sent == "" {
		return enrolld.Errorf(enrolld.Unauthorized, "there is no secret in the %s", where)
	}
	if !integrations.SecretMatches(secrets, sent) {
		return enrolld.Errorf(enrolld.Unauthorized, "what is in the %s is none of the integration's secrets", where)
	}
	return nil
}

// bearer takes the token out of "Bearer <token>" (RFC 6750); the word's case
// does not matter, and other headers do without.
func bearer(value string) string {
	const word = "bearer "
	value = strings.TrimSpace(value)
	if len(value) > len(word) && strings.EqualFold(value[:len(word)], word) {
		return strings.TrimSpace(value[len(word):])
	}
	return value
}
