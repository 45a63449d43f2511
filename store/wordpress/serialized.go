package wordpress

import (
	"regexp"
	"strings"
)

// phpSpace is what PHP's trim removes.
const phpSpace = " \t\n\r\x00\x0b"

var (
	lengthHead   = regexp.MustCompile(`^[aOEs]:[0-9]+:`)
	numberHead   = regexp.MustCompile(`^[bid]:[0-9.E+-]+;`)
	numberStrict = regexp.MustCompile(`^[bid]:[0-9.E+-]+;$`)
)

// IsSerialized says whether WordPress would call unserialize on s when it reads
// it from a meta table: is_serialized($s, true), to the letter.
func IsSerialized(s string) bool { return isSerialized(s, true) }

// MaybeSerialize returns what WordPress stores for the string s: the string, or
// the string serialized once more when it looks serialized itself. Without it a
// buyer named O:8:"Evil":0:{} makes PHP build an object. Like maybe_serialize
// it uses the looser test of the two.
func MaybeSerialize(s string) string {
	if !isSerialized(s, false) {
		return s
	}
	var b strings.Builder
	writeString(&b, s)
	return b.String()
}

func isSerialized(s string, strict bool) bool {
	s = strings.Trim(s, phpSpace)
	if s == "N;" {
		return true
	}
	if len(s) < 4 || s[1] != ':' {
		return false
	}
	if strict {
		if last := s[len(s)-1]; last != ';' && last != '}' {
			return false
		}
	} else {
		semicolon, brace := strings.IndexByte(s, ';'), strings.IndexByte(s, '}')
		if semicolon < 0 && brace < 0 {
			return false
		}
		if semicolon >= 0 && semicolon < 3 || brace >= 0 && brace < 4 {
			return false
		}
	}
	switch s[0] {
	case 's':
		if strict && s[len(s)-2] != '"' || !strict && !strings.Contains(s, `"`) {
			return false
		}
		return lengthHead.MatchString(s)
	case 'a', 'O', 'E':
		return lengthHead.MatchString(s)
	case 'b', 'i', 'd':
		if strict {
			return numberStrict.MatchString(s)
		}
		return numberHead.MatchString(s)
	}
	return false
}
