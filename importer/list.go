package importer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file reads a line of a list: one person or several, each an address with a
// name beside it.

// entry is a person of a line.
type entry struct {
	address string   // as typed; empty when there is none
	own     string   // the name in the address's own cell
	names   []string // names in cells before or behind it
	columns bool     // cells stood between tabs: names are first and last name
}

// What divides and surrounds words. Of the letters that addresses are made of
// there are only those that people also use as bullets and quotes.
const (
	listDelimiters = ",;\t，；、"
	wordEnds       = "()[]<>\""
	wordEdges      = "-*•·‣–—'`“”„‘’«»"
	afterWord      = wordEdges + ".:!?"
	nameEdges      = afterWord + wordEnds + listDelimiters + " "
	// maxEnclosed is how many bytes a name in quotes or an address in brackets may have.
	maxEnclosed = 1200
)

// parseEntries returns the people of a line: none when it shows nothing, one
// without an address when it has none.
func parseEntries(line string) []entry {
	var out []entry
	var waiting []string // names of cells before the first address
	nameFirst, tabs := false, strings.ContainsRune(line, '\t')
	for i, cell := range listCells(line) {
		found, name := cellEntries(cell)
		switch {
		case len(found) > 0:
			found[0].names, waiting = waiting, nil
			found[0].columns = tabs
			out = append(out, found...)
		case name == "":
		case len(out) > 0 && !nameFirst:
			last := &out[len(out)-1]
			last.names = append(last.names, name)
		default:
			nameFirst = nameFirst || i == 0 || len(out) == 0
			waiting = append(waiting, name)
		}
	}
	if len(out) == 0 && strings.ContainsFunc(line, says) {
		return []entry{{}}
	}
	return out
}

// says whether a character can mean anything in a list of people.
func says(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' || r == utf8.RuneError
}

// person is the entry as a row of a table would have it.
func (e entry) person() person {
	p := person{Email: e.address}
	switch {
	case e.own != "" && len(e.names) > 0: // Lee, Ann <ann@example.org>
		p.First, p.Last = e.own, e.names[0]
	case e.own != "":
		p.Name = e.own
	case len(e.names) > 1 && (e.columns || !strings.Contains(e.names[0], " ")):
		p.First, p.Last = e.names[0], e.names[1]
	case len(e.names) > 0:
		p.Name = e.names[0]
	}
	return p
}

func (e entry) fullName() string {
	p := e.person()
	return strings.TrimSpace(p.Name + p.First + " " + p.Last)
}

// String writes the entry so that it reads the same alone.
func (e entry) String() string {
	if name := strings.ReplaceAll(e.fullName(), `"`, ""); name != "" {
		return `"` + name + `" <` + e.address + `>`
	}
	return e.address
}

// listCells divides a line. Delimiters in quotes and angle brackets divide nothing.
func listCells(line string) []string {
	var out []string
	start := 0
	for i := 0; i < len(line); {
		if inner, _, ok := enclosed(line[i:]); ok {
			i += len(inner) + 2
			continue
		}
		r, size := utf8.DecodeRuneInString(line[i:])
		if strings.ContainsRune(listDelimiters, r) {
			out, start = append(out, line[start:i]), i+size
		}
		i += size
	}
	return append(out, line[start:])
}

// enclosed takes what a text begins with when that is a name in quotes or an
// address in angle brackets.
func enclosed(s string) (inner, rest string, ok bool) {
	if s == "" || s[0] != '"' && s[0] != '<' {
		return "", s, false
	}
	closing := byte('"')
	if s[0] == '<' {
		closing = '>'
	}
	end := strings.IndexByte(s[1:min(len(s), maxEnclosed)], closing)
	if end < 0 {
		return "", s, false
	}
	inner, rest = s[1:end+1], s[end+2:]
	return inner, rest, s[0] == '"' || strings.Contains(inner, "@")
}

// cellEntries returns the addresses of a cell, each with the words before it; the
// last one may have its name behind. Without an address, the words.
func cellEntries(cell string) (found []entry, name string) {
	var words []string
	for cell != "" {
		var word string
		var isAddress bool
		word, isAddress, cell = nextWord(cell)
		switch {
		case isAddress && len(found) > 0 && strings.EqualFold(found[len(found)-1].address, word): // ann@x.org <ann@x.org>
		case isAddress:
			found = append(found, entry{address: word, own: listName(words)})
			words = nil
		case word != "":
			words = append(words, word)
		}
	}
	name = listName(words)
	if n := len(found); n > 0 && found[n-1].own == "" {
		found[n-1].own = name
	}
	return found, name
}

// nextWord takes what a cell begins with: something enclosed, a character between
// words, or a word.
func nextWord(cell string) (word string, isAddress bool, rest string) {
	if inner, rest, ok := enclosed(cell); ok {
		if strings.Contains(inner, "@") {
			return bareAddress(strings.TrimSpace(inner)), true, rest
		}
		return strings.TrimSpace(inner), false, rest
	}
	end := strings.IndexFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(wordEnds, r) })
	switch {
	case end < 0:
		end = len(cell)
	case end == 0:
		_, size := utf8.DecodeRuneInString(cell)
		return "", false, cell[size:]
	}
	word, isAddress = plainWord(cell[:end])
	return word, isAddress, cell[end:]
}

// plainWord reads a word that stands free. Bullets, numbers and labels ("To:") say
// nothing.
func plainWord(s string) (word string, isAddress bool) {
	word = strings.TrimRight(strings.TrimLeft(s, wordEdges), afterWord)
	switch {
	case strings.Trim(word, "@") == "":
		return "", false
	case strings.Contains(word, "@"):
		return bareAddress(word), true
	case strings.HasSuffix(s, ":") || !strings.ContainsFunc(word, unicode.IsLetter):
		return "", false
	}
	return strings.TrimRight(strings.TrimLeft(s, wordEdges), "–—:!?"), false // J. keeps its dot
}

func listName(words []string) string {
	name := strings.Trim(strings.Join(words, " "), strings.ReplaceAll(nameEdges, ".", ""))
	if !strings.ContainsFunc(name, unicode.IsLetter) {
		return ""
	}
	return name
}

// bareAddress takes off what links and labels put around an address.
func bareAddress(s string) string {
	if len(s) > len("mailto:") && strings.EqualFold(s[:len("mailto:")], "mailto:") {
		s, _, _ = strings.Cut(s, "?")
	}
	if i := strings.LastIndexByte(s, ':'); strings.Contains(s[i+1:], "@") {
		s = s[i+1:]
	}
	return s
}
