package wordpress

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// specialLetters are the letters of remove_accents that no decomposition
// reaches.
var specialLetters = map[rune]string{
	'ª': "a", 'º': "o", 'Æ': "AE", 'æ': "ae", 'Ð': "D", 'ð': "d", 'Þ': "TH", 'þ': "th", 'ß': "s",
	'Ø': "O", 'ø': "o", 'Đ': "D", 'đ': "d", 'Ħ': "H", 'ħ': "h", 'ı': "i", 'Ĳ': "IJ", 'ĳ': "ij",
	'ĸ': "k", 'Ŀ': "L", 'ŀ': "l", 'Ł': "L", 'ł': "l", 'ŉ': "n", 'Ŋ': "N", 'ŋ': "n", 'Œ': "OE",
	'œ': "oe", 'Ŧ': "T", 'ŧ': "t", 'ſ': "s", '€': "E", '£': "", 'ɑ': "a",
}

// removeAccents is WordPress's remove_accents without its rules per language:
// Latin letters lose their marks, everything else stays.
func removeAccents(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		if special, ok := specialLetters[r]; ok {
			b.WriteString(special)
		} else if decomposable(r) {
			b.WriteString(baseLetter(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// decomposable names the blocks that remove_accents lists: Latin-1, Extended-A,
// and the Romanian, Vietnamese and Pinyin letters beyond.
func decomposable(r rune) bool {
	switch {
	case r >= 0xC0 && r <= 0x17F:
		return true
	case r >= 0x1A0 && r <= 0x1B0, r >= 0x1CD && r <= 0x1DC:
		return true
	case r >= 0x218 && r <= 0x21B:
		return true
	}
	return r >= 0x1EA0 && r <= 0x1EF9
}

func baseLetter(r rune) string {
	return strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Mn, c) {
			return -1
		}
		return c
	}, norm.NFD.String(string(r)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
