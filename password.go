package enrolld

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Lengths of a password. The longest is for hashing's sake: what is longer than
// any sentence proves no more.
const (
	MinPassword   = 10  // characters
	maxPassword   = 256 // bytes: 64 characters of any script, as NIST SP 800-63B asks
	maxDecoration = 4   // characters around a common password that make it no better
)

//go:embed passwords.txt
var passwordList string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, line := range dataLines(passwordList) {
		out[line] = true
	}
	return out
})

// CheckPassword says whether a password may be chosen, after NIST SP 800-63B and
// OWASP ASVS 5.0, 6.2: long enough, and none of those that are tried first. Which
// characters it is made of does not matter, and it is never changed. own is what
// others know of its holder and account (name, email address, username, the
// account's name): a password that is little more is refused. Errors have code
// Invalid and never quote the password.
func CheckPassword(password string, own ...string) error {
	if !utf8.ValidString(password) {
		return Errorf(Invalid, "the password is not text")
	}
	if len(password) > maxPassword {
		return Errorf(Invalid, "the password is too long: use at most %d letters of English, fewer of other scripts", maxPassword)
	}
	folded := strings.ToLower(norm.NFKC.String(password))
	if utf8.RuneCountInString(norm.NFC.String(password)) < MinPassword {
		return Errorf(Invalid, "use at least %d characters; a few words in a row are easy to remember", MinPassword)
	}
	switch {
	case plain(folded):
		return Errorf(Invalid, "this repeats itself or follows the keyboard or the alphabet: choose something that is harder to guess")
	case common(folded):
		return Errorf(Invalid, "many people use this password or one like it, so it is tried first: choose another")
	case mostly(folded, knownWords(own)):
		return Errorf(Invalid, "the password is mostly a name or an address that others know: choose another")
	}
	return nil
}

// common says whether a password is a common one, perhaps repeated, with digits
// or symbols put around it or letters written as what looks like them.
func common(password string) bool {
	for _, bare := range undecorated(password) {
		for _, word := range unleet(bare) {
			if commonPasswords()[word] || commonPasswords()[unit(word)] {
				return true
			}
		}
	}
	return false
}

// undecorated returns a password without up to maxDecoration of the digits and
// symbols around it, in every way: what looks like one may be a letter's
// disguise. The password itself is the first.
func undecorated(password string) []string {
	runes := []rune(password)
	var out []string
	for front := 0; front <= decoration(runes, 0, 1); front++ {
		for back := 0; back <= decoration(runes, len(runes)-1, -1); back++ {
			if front+back <= maxDecoration && front+back < len(runes) {
				out = append(out, string(runes[front:len(runes)-back]))
			}
		}
	}
	return out
}

// decoration counts the characters from one end that are no letters.
func decoration(runes []rune, from, step int) (n int) {
	for i := from; i >= 0 && i < len(runes) && n < maxDecoration && !unicode.IsLetter(runes[i]); i += step {
		n++
	}
	return n
}

var (
	leetL = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")
	leetI = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "l")
)

// unleet returns a word as it is and as what its digits may stand for.
func unleet(word string) []string {
	return []string{word, leetL.Replace(word), leetI.Replace(word)}
}

// unit returns the shortest text that a text repeats: "abc" of "abcabc".
func unit(s string) string {
	if i := strings.Index((s + s)[1:], s); i >= 0 {
		return s[:i+1]
	}
	return s
}

// rows are what fingers and minds run along.
var rows = []string{
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "012345678901234567890",
	"qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn",
	"qwertyuiop[]asdfghjkl;'zxcvbnm,./", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
	"qazwsxedcrfvtgbyhnujmikolp",
}

// plain says whether a password has fewer than four different characters, repeats
// a short text, or is a run along one of the rows, with little around it.
func plain(password string) bool {
	distinct := map[rune]bool{}
	for _, r := range password {
		distinct[r] = true
	}
	if len(distinct) < 4 || utf8.RuneCountInString(unit(password)) <= 4 {
		return true
	}
	return slices.ContainsFunc(undecorated(password), run)
}

// run says whether a text stands in one of the rows, forwards or backwards.
func run(s string) bool {
	back := reversed(s)
	for _, row := range rows {
		if strings.Contains(row, s) || strings.Contains(row, back) {
			return true
		}
	}
	return false
}

func reversed(s string) string {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

// mostly says whether words that others know make up more than half of a password.
// What stands between words counts for neither side: "Ink & Wash 2026" is "inkwash"
// and a year.
func mostly(password string, words []string) bool {
	for _, text := range unleet(password) {
		total := lettersIn(text)
		for _, word := range words {
			text = strings.ReplaceAll(text, word, "\x00")
		}
		if left := lettersIn(text); 2*left < total {
			return true
		}
	}
	return false
}

// lettersIn counts what words are made of.
func lettersIn(text string) (n int) {
	for _, r := range text {
		if !between(r) {
			n++
		}
	}
	return n
}

// between says whether a character is none that words are made of.
func between(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) }

// knownWords returns the words of texts that are long enough to be recognized, and
// the product's name; the longest first, so that "ann" does not break "annelise".
func knownWords(texts []string) []string {
	out := []string{"enrolld"}
	for _, text := range texts {
		folded := strings.ToLower(norm.NFKC.String(text))
		out = append(out, strings.FieldsFunc(folded, between)...)
	}
	out = slices.DeleteFunc(out, func(w string) bool { return utf8.RuneCountInString(w) < 3 })
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(out)
}
