package importer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxName is how many characters of a first or last name are kept, as customers have it.
const MaxName = 250

// cleanName makes one line of a name that can be shown anywhere, and says what had
// to be mended.
func cleanName(s string) (name string, mended []Code) {
	s = strings.TrimSpace(s)
	if plainName(s) {
		return s, nil
	}
	name = oneLine(s)
	if hidden(s) {
		mended = append(mended, ControlName)
	}
	if runs(name) {
		name = strings.TrimLeftFunc(name, func(r rune) bool { return r == ' ' || strings.ContainsRune(formulaStarts, r) })
		mended = append(mended, FormulaName)
	}
	if utf8.RuneCountInString(name) > MaxName {
		name = cutRunes(name, MaxName)
		mended = append(mended, LongName)
	}
	return name, mended
}

// plainName says whether there is nothing to clean, as is so with most names.
func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == ' ' && s[i+1] == ' ' { // s is trimmed
			return false
		}
	}
	return len(s) <= MaxName && !runs(s)
}

// hidden says whether a text has characters that do not show. Line ends and tabs
// in it are only untidy, and the joiners some scripts are written with.
func hidden(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) && !joiner(r)
	})
}

func joiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// oneLine takes control and invisible characters out, makes one space of many, and
// composes accents.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && !joiner(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n]))
}

// particles begin a last name: Ludwig van Beethoven.
var particles = wordSet("van von vom zu zur zum den der ter ten de del della dello di da do dos das du des la las le los el bin ibn al")

// suffixes follow a comma without being a first name: Ann Lee, PhD.
var suffixes = wordSet("jr sr ii iii iv phd md dds esq mba msc bsc cpa ma ba rn dr")

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// splitName divides a clean name. What it cannot divide is a first name.
func splitName(full string) (first, last string) {
	full = strings.Trim(full, " ,;")
	if before, after, ok := strings.Cut(full, ","); ok {
		after = strings.TrimSpace(after)
		if suffixes[strings.ToLower(strings.ReplaceAll(after, ".", ""))] {
			first, last = splitName(before)
			return first, strings.TrimSpace(last + ", " + after)
		}
		return after, strings.TrimSpace(before)
	}
	words := strings.Fields(full)
	if len(words) < 2 {
		return full, ""
	}
	at := len(words) - 1
	for i, word := range words[1 : len(words)-1] {
		if particles[strings.ToLower(word)] {
			at = i + 1
			break
		}
	}
	return strings.Join(words[:at], " "), strings.Join(words[at:], " ")
}
