package integrations

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"time"

	"enrolld"
)

// Tolerance is how far a signed timestamp may be from our clock, either way:
// what Stripe and Standard Webhooks ask for. It bounds replays and allows for
// clocks that are a little off.
const Tolerance = 5 * time.Minute

// MAC is the HMAC of the parts, one after the other.
func MAC(h func() hash.Hash, key []byte, parts ...[]byte) []byte {
	m := hmac.New(h, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// Keys returns the secrets that can be keys: empty ones never are, so that a
// missing configuration matches nothing.
func Keys(secrets []enrolld.Secret) [][]byte {
	var keys [][]byte
	for _, s := range secrets {
		if s != "" {
			keys = append(keys, []byte(s.Reveal()))
		}
	}
	return keys
}

// MACMatches says whether one of the claimed signatures is the HMAC of the
// parts under one of the keys. How long it takes does not depend on which.
func MACMatches(h func() hash.Hash, keys, claimed [][]byte, parts ...[]byte) bool {
	match := 0
	for _, key := range keys {
		if len(key) == 0 {
			continue
		}
		want := MAC(h, key, parts...)
		for _, c := range claimed {
			match |= subtle.ConstantTimeCompare(want, c)
		}
	}
	return match == 1
}

// SecretMatches says whether a text sent along is one of the secrets. Both sides
// are hashed first, so that not even the length of a secret shows in the time.
func SecretMatches(secrets []enrolld.Secret, sent string) bool {
	got := sha256.Sum256([]byte(sent))
	match := 0
	for _, key := range Keys(secrets) {
		want := sha256.Sum256(key)
		match |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return match == 1 && sent != ""
}

// DecodeHex reads a signature in hex of either case; nil when it is none.
func DecodeHex(s string) []byte {
	b, err := hex.DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

// standardAlphabet turns base64 for URLs into that for everything else.
var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

// DecodeBase64 reads a signature in base64, of either alphabet, padded or not;
// nil when it is none.
func DecodeBase64(s string) []byte {
	s = standardAlphabet.Replace(strings.TrimRight(strings.TrimSpace(s), "="))
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

// CheckTimestamp refuses a signed timestamp, in seconds since 1970, that is more
// than Tolerance away from when the request came in.
func CheckTimestamp(unix string, received time.Time) error {
	sec, err := strconv.ParseInt(unix, 10, 64)
	if err != nil || sec <= 0 || sec > maxUnix {
		return enrolld.Errorf(enrolld.Unauthorized, "the signature has no valid timestamp")
	}
	age := received.Sub(time.Unix(sec, 0))
	switch {
	case age > Tolerance:
		return enrolld.Errorf(enrolld.Unauthorized,
			"the signature is %s old, more than the %s allowed; is the clock of this server right?",
			age.Round(time.Second), Tolerance)
	case age < -Tolerance:
		return enrolld.Errorf(enrolld.Unauthorized,
			"the signature is dated %s ahead of us, more than the %s allowed; is the clock of this server right?",
			(-age).Round(time.Second), Tolerance)
	}
	return nil
}

// ErrNoSecret is what Verify returns for an integration without a secret.
func ErrNoSecret() error {
	return enrolld.Errorf(enrolld.Unauthorized, "the integration has no signing secret yet")
}

// ErrSignature is what Verify returns for a signature that no secret made.
func ErrSignature(header string) error {
	return enrolld.Errorf(enrolld.Unauthorized,
		"the signature in %s was not made with any of the integration's secrets, or the body was changed", header)
}

// BodyKey identifies a delivery by its bytes, for want of anything better.
func BodyKey(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Key joins what identifies a delivery. Parts are escaped where they contain the
// separator, so that different parts never make the same key.
func Key(parts ...string) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('|')
		}
		if strings.ContainsAny(p, `\|`) {
			p = keyEscapes.Replace(p)
		}
		b.WriteString(p)
	}
	return b.String()
}

var keyEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`)
