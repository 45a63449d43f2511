package integrations

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"enrolld"
)

// Mask is what stands in a stored delivery where a secret was.
const Mask = "[redacted]"

// leastMasked is how long a text must be to be looked for: shorter ones would hit
// what only looks alike.
const leastMasked = 8

// MaskHeaders masks the values of the named headers, and those that have one of
// the secrets in them. The header itself comes back when there are none, else a
// copy.
func MaskHeaders(h http.Header, secrets []enrolld.Secret, names ...string) http.Header {
	out, copied := h, false
	for name, values := range h {
		named := slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		for i, v := range values {
			if !named && !hasSecret(v, secrets) {
				continue
			}
			if !copied {
				out, copied = h.Clone(), true
			}
			out[name][i] = Mask
		}
	}
	return out
}

func hasSecret(s string, secrets []enrolld.Secret) bool {
	return slices.ContainsFunc(secrets, func(secret enrolld.Secret) bool {
		return len(secret) >= leastMasked && strings.Contains(s, secret.Reveal())
	})
}

// MaskText masks a text wherever it stands in a body, as it is and as forms and
// JSON escape it. Short texts are left.
func MaskText(body []byte, text string) []byte {
	if len(text) < leastMasked {
		return body
	}
	if isUnreserved(text) {
		return replace(body, text)
	}
	for _, form := range spellings(text) {
		body = replace(body, form)
	}
	return body
}

func replace(body []byte, text string) []byte {
	if !bytes.Contains(body, []byte(text)) {
		return body
	}
	return bytes.ReplaceAll(body, []byte(text), []byte(strings.Trim(Mask, "[]")))
}

// isUnreserved says whether a text is written in only one way: nothing in it is
// ever escaped (RFC 3986, 2.3).
func isUnreserved(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '-', c == '_', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}

// spellings returns the ways in which a text may stand in a body.
func spellings(text string) []string {
	quoted, err := json.Marshal(text)
	if err != nil {
		quoted = []byte(`""`)
	}
	plus := url.QueryEscape(text)
	out := []string{text, string(quoted[1 : len(quoted)-1]), plus, strings.ReplaceAll(plus, "+", "%20")}
	slices.Sort(out)
	return slices.Compact(out)
}
