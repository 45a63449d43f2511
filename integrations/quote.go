package integrations

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plain lists the bytes of a JSON text that stand for themselves.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// plainEnd returns where the first byte from a start on is that does not stand
// for itself, the length of the body when there is none. It looks at eight bytes
// at a time: each term below has the top bit set of the lowest byte that is a
// quote, a backslash, a control character or not ASCII.
func plainEnd(b []byte, start int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := start
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		special := ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*' ')&^x | x) & tops
		if special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for ; i < len(b) && plain[b[i]]; i++ {
	}
	return i
}

// textEnd returns where the quote is that ends a JSON text, -1 when there is
// none.
func textEnd(s string, start int) int {
	for i := start; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// unquote reads what stands between the quotes of a JSON text, as encoding/json
// does: every byte that is not UTF-8 and every half of a surrogate pair becomes
// U+FFFD. It is false for control characters and escapes that are none.
func unquote(raw string) (string, bool) {
	if strings.IndexByte(raw, '\\') < 0 && utf8.ValidString(raw) {
		return raw, !hasControl(raw)
	}
	out := make([]byte, 0, len(raw)+utf8.UTFMax)
	for i := 0; i < len(raw); {
		r, size := rune(raw[i]), 1
		switch {
		case r == '\\':
			r, size = unescapeJSON(raw[i:])
		case r >= utf8.RuneSelf:
			r, size = utf8.DecodeRuneInString(raw[i:])
		case r < ' ':
			return "", false
		}
		if size == 0 {
			return "", false
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	return string(out), true
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return true
		}
	}
	return false
}

// unescapeJSON reads the escape that a text begins with, and its length; 0 when
// it is none.
func unescapeJSON(s string) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r, ok := codeUnit(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := codeUnit(s[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// codeUnit reads \uXXXX.
func codeUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for i := 2; i < 6; i++ {
		digit := hexDigits[s[i]]
		if digit < 0 {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}
