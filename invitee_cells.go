package enrolld

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file takes a line of a paste apart: into cells, which separators divide,
// and each cell into words of names and addresses.

// inviteeCell is what stands between two separators of a line.
type inviteeCell []inviteeWord

type inviteeWord struct {
	text    string
	address bool // it has an @, or stood in angle brackets
}

// What divides and surrounds words. Letters of addresses are not in here, but for
// those that bullets, quotes and emphasis are made of at a word's edges.
const (
	cellEnds  = ",;\t，；、"
	wordEnds  = "()[]<>\""
	wordEdges = "-*•·‣–—'`“”„‘’«»"
	afterWord = wordEdges + ".:!?"
	nameEdges = afterWord + wordEnds + cellEnds + " "
)

// named says whether a cell begins with a name.
func (c inviteeCell) named() bool { return len(c) > 0 && !c[0].address }

// invitees returns the addresses of a cell. Words before an address are its
// name; words after the last belong to it. Without an address, the words.
func (c inviteeCell) invitees() (found []Invitee, words []string) {
	for _, w := range c {
		if !w.address {
			words = append(words, w.text)
			continue
		}
		i := toInvitee(w.text)
		if n := len(found); n > 0 && i.Key != "" && found[n-1].Key == i.Key { // ann@example.org <ann@example.org>
			continue
		}
		i.Name, words = cleanName(strings.Join(words, " ")), nil
		found = append(found, i)
	}
	if n := len(found); n > 0 {
		if found[n-1].Name == "" {
			found[n-1].Name = cleanName(strings.Join(words, " "))
		}
		return found, nil
	}
	return nil, words
}

// inviteeCells divides a line into one cell or more. Separators in quotes and
// angle brackets divide nothing.
func inviteeCells(line string) []inviteeCell {
	cells := []inviteeCell{nil}
	for line != "" {
		if r, size := utf8.DecodeRuneInString(line); strings.ContainsRune(cellEnds, r) {
			cells, line = append(cells, nil), line[size:]
			continue
		}
		words, rest := nextWords(line)
		cells[len(cells)-1] = append(cells[len(cells)-1], words...)
		line = rest
	}
	return cells
}

// nextWords takes what a line begins with: something enclosed, a character
// between words, or a word.
func nextWords(line string) (words []inviteeWord, rest string) {
	if inner, after, ok := strings.Cut(line[1:], ">"); ok && line[0] == '<' && strings.Contains(inner, "@") {
		return []inviteeWord{{text: address(strings.TrimFunc(inner, blank)), address: true}}, after
	}
	if inner, after, ok := strings.Cut(line[1:], `"`); ok && line[0] == '"' {
		return quotedWords(inner), after
	}
	end := strings.IndexFunc(line, divides)
	switch {
	case end < 0:
		return plainWord(line), ""
	case end == 0:
		_, size := utf8.DecodeRuneInString(line)
		return nil, line[size:]
	}
	return plainWord(line[:end]), line[end:]
}

func divides(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(cellEnds+wordEnds, r) }

// quotedWords reads what stood in quotes: a name as a whole, or addresses.
func quotedWords(inner string) []inviteeWord {
	if !strings.Contains(inner, "@") {
		return nameWord(inner)
	}
	var out []inviteeWord
	for _, cell := range inviteeCells(inner) {
		out = append(out, cell...)
	}
	return out
}

// plainWord reads a word that stood free. Bullets, numbers and labels ("To:") say
// nothing.
func plainWord(s string) []inviteeWord {
	label := strings.HasSuffix(s, ":")
	s = strings.TrimRight(strings.TrimLeft(strings.TrimFunc(s, blank), wordEdges), afterWord)
	switch {
	case strings.Trim(s, "@") == "":
		return nil
	case strings.Contains(s, "@"):
		return []inviteeWord{{text: address(s), address: true}}
	case label:
		return nil
	}
	return nameWord(s)
}

func nameWord(s string) []inviteeWord {
	if s = cleanName(s); s == "" {
		return nil
	}
	return []inviteeWord{{text: s}}
}

// address takes off what links and labels put around an address.
func address(s string) string {
	if len(s) > len("mailto:") && strings.EqualFold(s[:len("mailto:")], "mailto:") {
		s, _, _ = strings.Cut(s, "?")
	}
	if i := strings.LastIndexByte(s, ':'); strings.Contains(s[i+1:], "@") {
		s = s[i+1:]
	}
	return s
}
