package woocommerce

import (
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// signingKeys returns the secrets as they were typed and as the shop uses them:
// it signs with what is left when five characters' entities are decoded, as
// wp_specialchars_decode does with ENT_QUOTES.
func signingKeys(secrets []enrolld.Secret) [][]byte {
	keys := integrations.Keys(secrets)
	for _, key := range keys {
		if decoded := decodeEntities(string(key)); decoded != string(key) && decoded != "" {
			keys = append(keys, []byte(decoded))
		}
	}
	return keys
}

// decodeEntities decodes once, so that "&amp;lt;" becomes "&lt;".
func decodeEntities(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		name, rest, ok := strings.Cut(s[1:], ";")
		if c, known := entity(name); ok && known {
			b.WriteByte(c)
			s = rest
			continue
		}
		b.WriteByte('&')
		s = s[1:]
	}
	b.WriteString(s)
	return b.String()
}

// entity reads the name of an entity: of the names that WordPress decodes, or
// the character's number with any zeros before it.
func entity(name string) (byte, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	}
	number, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	if hex, ok := strings.CutPrefix(strings.ToLower(number), "x"); ok {
		switch strings.TrimLeft(hex, "0") {
		case "22":
			return '"', true
		case "26":
			return '&', true
		case "27":
			return '\'', true
		}
		return 0, false
	}
	switch strings.TrimLeft(number, "0") {
	case "34":
		return '"', true
	case "38":
		return '&', true
	case "39":
		return '\'', true
	case "60":
		return '<', true
	case "62":
		return '>', true
	}
	return 0, false
}
