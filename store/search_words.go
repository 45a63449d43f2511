package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"enrolld"
)

// Limits of the index of words.
const (
	maxWord      = 64 // bytes
	maxWords     = 24 // of one customer
	maxAddresses = 10 // ends of an address among them
	maxTyped     = 6  // words of a search that count
)

// plainLetters are letters that people type without their stroke and that no
// decomposition reaches.
var plainLetters = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "ħ", "h", "ı", "i", "æ", "ae", "œ", "oe", "þ", "th")

// fold is a text as it is compared: compatible forms made one, marks dropped,
// case folded.
func fold(s string) string {
	if isPlain(s) {
		return strings.ToLower(s)
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
	return plainLetters.Replace(norm.NFC.String(cases.Fold().String(s)))
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mc, r)
}

// joined is a word without what stands between its letters: "o'neil" is "oneil".
func joined(word string) string {
	return strings.Map(func(r rune) rune {
		if wordRune(r) {
			return r
		}
		return -1
	}, word)
}

// wordsOf are what somebody is found by: each word of the name, whole and in its
// parts, and the address from each of its separators on, but for what the whole
// world shares ("com").
func wordsOf(email string, key enrolld.EmailKey, first, last string) []string {
	var out []string
	add := func(word string) {
		if word = clip(word, maxWord); word != "" && !slices.Contains(out, word) && len(out) < maxWords {
			out = append(out, word)
		}
	}
	ends := addressEnds(string(key))
	if folded := fold(email); folded != string(key) {
		ends = append(ends, addressEnds(folded)...)
	}
	for i, end := range ends {
		if i < maxAddresses {
			add(end)
		}
	}
	for token := range strings.FieldsSeq(fold(first + " " + last)) {
		add(joined(token))
		for _, part := range strings.FieldsFunc(token, func(r rune) bool { return !wordRune(r) }) {
			add(part)
		}
	}
	return out
}

// addressEnds is an address from its beginning and from each separator on:
// ann.lee@x.org, lee@x.org, x.org.
func addressEnds(address string) []string {
	out := []string{address}
	for i := range len(address) {
		if strings.IndexByte("@.+-_", address[i]) < 0 {
			continue
		}
		if rest := address[i+1:]; strings.Contains(rest, ".") && !strings.ContainsAny(rest[:1], "@.+-_") {
			out = append(out, rest)
		}
	}
	return out
}

// typedWords are the words of a search. Each has the beginnings that it may be:
// as it was typed, for addresses, and without what stands between its letters.
func typedWords(typed string) [][]string {
	var out [][]string
	for token := range strings.FieldsSeq(fold(typed)) {
		if joined(token) == "" {
			continue // signs alone
		}
		var starts []string
		if w := clip(strings.Trim(token, `"'<>(),;:`), maxWord); w != "" {
			starts = append(starts, w)
		}
		if w := clip(joined(token), maxWord); w != "" && !slices.Contains(starts, w) {
			starts = append(starts, w)
		}
		if len(out) < maxTyped {
			out = append(out, starts)
		}
	}
	return out
}

// after is the first word that does not begin with start: the end of a range.
func after(start string) []byte {
	b := []byte(start)
	for i, c := range slices.Backward(b) {
		if c < 0xff {
			b[i]++
			return b[:i+1]
		}
	}
	return b // 0xff is in no text
}
