package mailer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// phrase is a sentence of ours with words from outside in it. HTML isolates
// those, so that a name written from right to left leaves the rest in order.
type phrase []span

// span is a part of a phrase.
type span struct {
	Text    string
	Foreign bool // from outside
}

// String is the phrase as plain text.
func (p phrase) String() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteString(s.Text)
	}
	return b.String()
}

// blanks are what may be filled into a phrase.
type blanks struct {
	values    map[string]string // from outside, clean; empty: not known
	otherwise map[string]string // what is said instead, in our words
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// fill puts values in the place of "{name}"; "{Name}" begins a sentence. It
// returns nil when something is neither known nor has a word instead: the
// sentence is then left out.
func (b blanks) fill(sentence string) phrase {
	var out phrase
	end := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(sentence, -1) {
		out = append(out, span{Text: sentence[end:at[0]]})
		part := b.word(sentence[at[2]:at[3]])
		if part == nil {
			return nil
		}
		out, end = append(out, part...), at[1]
	}
	return append(out, span{Text: sentence[end:]})
}

// word is what stands for one name. An account's name is quoted.
func (b blanks) word(name string) phrase {
	key := strings.ToLower(name)
	switch value := b.values[key]; {
	case value != "" && key == "account":
		return phrase{{Text: "‘"}, {Text: value, Foreign: true}, {Text: "’"}}
	case value != "":
		return phrase{{Text: value, Foreign: true}}
	}
	word := b.otherwise[key]
	if word == "" {
		return nil
	}
	if name != key {
		first, size := utf8.DecodeRuneInString(word)
		word = string(unicode.ToUpper(first)) + word[size:]
	}
	return phrase{{Text: word}}
}

var (
	plainAddress = regexp.MustCompile(`^[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+$`)
	linkedDot    = regexp.MustCompile(`[^\s.][.。．｡][\p{L}\p{M}]{2,}`)
	dot          = regexp.MustCompile(`[.。．｡]`)
)

// unlinked is oneLine for names that people give: what mail programs would turn
// into a link gets a space, for anybody can name an account "win at evil.example"
// and have us invite strangers to it. Email addresses stay whole.
func unlinked(s string) string {
	words := strings.Fields(oneLine(s))
	for i, w := range words {
		if plainAddress.MatchString(strings.Trim(w, `"'()<>,;:.‘’“”`)) {
			continue
		}
		w = strings.ReplaceAll(w, "://", ": //")
		if linkedDot.MatchString(w) {
			w = strings.TrimSpace(dot.ReplaceAllString(w, "$0 "))
		}
		words[i] = w
	}
	return strings.Join(words, " ")
}
