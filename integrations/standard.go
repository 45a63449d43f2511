package integrations

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"enrolld"
)

// Standard Webhooks (github.com/standard-webhooks/standard-webhooks,
// spec/standard-webhooks.md): three headers, a signature over id, timestamp and
// body. Svix, where the scheme comes from, has the same under its own names.
const (
	standardPrefix = "Webhook-"
	svixPrefix     = "Svix-"
	secretPrefix   = "whsec_"
)

// StandardID returns the id of a Standard Webhook, the same for every retry.
func StandardID(h http.Header) string { return standardHeader(h, "Id") }

// standardHeader finds a header by the end of its name, which like the prefixes
// is written as http.Header has it: other spellings are turned into that at
// every look.
func standardHeader(h http.Header, name string) string {
	if v := h.Get(standardPrefix + name); v != "" {
		return v
	}
	return h.Get(svixPrefix + name)
}

// VerifyStandard proves a Standard Webhook.
func VerifyStandard(secrets []enrolld.Secret, r Request) error {
	keys := standardKeys(secrets)
	if len(keys) == 0 {
		return ErrNoSecret()
	}
	id, timestamp := standardHeader(r.Header, "Id"), standardHeader(r.Header, "Timestamp")
	signatures := standardSignatures(standardHeader(r.Header, "Signature"))
	if id == "" || timestamp == "" || len(signatures) == 0 {
		return enrolld.Errorf(enrolld.Unauthorized,
			"the headers webhook-id, webhook-timestamp and webhook-signature (v1) are not all there")
	}
	if err := CheckTimestamp(timestamp, r.ReceivedAt); err != nil {
		return err
	}
	if !MACMatches(sha256.New, keys, signatures, []byte(id), dot, []byte(timestamp), dot, r.Body) {
		return ErrSignature("webhook-signature")
	}
	return nil
}

var dot = []byte(".")

// standardKeys decodes the secrets. They are base64 behind whsec_; one that is
// not base64 is used as it is, since people paste any text as a secret.
func standardKeys(secrets []enrolld.Secret) [][]byte {
	var keys [][]byte
	for _, s := range secrets {
		text := strings.TrimPrefix(strings.TrimSpace(s.Reveal()), secretPrefix)
		if text == "" {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) == 0 {
			key = []byte(text)
		}
		keys = append(keys, key)
	}
	return keys
}

// standardSignatures reads "v1,<base64> v1,<base64> v1a,…". Other versions are
// passed over: v1a is ed25519, for which the sender would give us a public key.
func standardSignatures(header string) [][]byte {
	var out [][]byte
	for entry := range strings.FieldsSeq(header) {
		version, value, ok := strings.Cut(entry, ",")
		if !ok || version != "v1" {
			continue
		}
		if sig, err := base64.StdEncoding.DecodeString(value); err == nil && len(sig) == sha256.Size {
			out = append(out, sig)
		}
	}
	return out
}

// SignStandard returns the webhook-signature of a body, for what we send
// ourselves and for tests.
func SignStandard(secret enrolld.Secret, id, timestamp string, body []byte) string {
	keys := standardKeys([]enrolld.Secret{secret})
	if len(keys) == 0 {
		return ""
	}
	sum := MAC(sha256.New, keys[0], []byte(id), dot, []byte(timestamp), dot, body)
	return "v1," + base64.StdEncoding.EncodeToString(sum)
}
