package wordpress

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
)

var (
	namedEntity   = regexp.MustCompile(`^&[A-Za-z][A-Za-z0-9]{1,30};`)
	decimalEntity = regexp.MustCompile(`^&#0*([0-9]{1,7});`)
	hexEntity     = regexp.MustCompile(`^&#[xX]0*([0-9A-Fa-f]{1,6});`)
)

// EscapeHTML is _wp_specialchars($s, ENT_NOQUOTES): & < > become entities,
// entities that exist stay, quotes stay raw.
func EscapeHTML(s string) string {
	if !strings.ContainsAny(s, "&<>") {
		return s
	}
	var b strings.Builder
	for s != "" {
		switch s[0] {
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			if written, length := entity(s); length > 0 {
				b.WriteString(written)
				s = s[length:]
				continue
			}
			b.WriteString("&amp;")
		default:
			b.WriteByte(s[0])
		}
		s = s[1:]
	}
	return b.String()
}

// entity returns how wp_kses_normalize_entities writes the entity at the start
// of s, and its length there; 0 when there is none.
func entity(s string) (written string, length int) {
	s = s[:min(len(s), 64)]
	if m := namedEntity.FindString(s); m != "" && html.UnescapeString(m) != m {
		return m, len(m)
	}
	if m := decimalEntity.FindStringSubmatch(s); m != nil {
		if n, _ := strconv.ParseInt(m[1], 10, 32); validRune(n) {
			return fmt.Sprintf("&#%03d;", n), len(m[0])
		}
	}
	if m := hexEntity.FindStringSubmatch(s); m != nil {
		if n, _ := strconv.ParseInt(m[1], 16, 32); validRune(n) {
			return "&#x" + strings.TrimLeft(m[1], "0") + ";", len(m[0])
		}
	}
	return "", 0
}

// validRune is valid_unicode: what an XML document may hold.
func validRune(n int64) bool {
	return n == '\t' || n == '\n' || n == '\r' || n >= 0x20 && n <= 0xD7FF ||
		n >= 0xE000 && n <= 0xFFFD || n >= 0x10000 && n <= 0x10FFFF
}

func escapeQuotes(s string) string {
	return strings.NewReplacer(`"`, "&quot;", "'", "&#039;").Replace(s)
}
