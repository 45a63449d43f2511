package mailer

import (
	"regexp"
	"strings"
	"unicode"

	"enrolld/mailer/letter"
)

// textWidth is where plain text is folded; quoting marks still fit in 80 columns.
const textWidth = 72

// oneLine makes text from outside harmless: one line, valid UTF-8, no control
// characters, no invisible marks that reorder what stands around them. Letters of
// all scripts, emoji and the joiners inside them stay.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case reorders(r), r == '\u200B', r == '\u2060', r == '\uFEFF':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// reorders says whether r is one of Unicode's explicit bidirectional controls,
// which can make "gpj.exe" read as "exe.jpg".
func reorders(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\u200E' || r == '\u200F'
}

// headerText is oneLine for a header: what looks like an encoded word (RFC 2047)
// is broken up, because a mail program would decode it to anything.
func headerText(s string, maxRunes int) string {
	return letter.Cut(strings.ReplaceAll(oneLine(s), "=?", "= ?"), maxRunes)
}

// maxNameRunes is the longest first name we greet with.
const maxNameRunes = 40

var hostLike = regexp.MustCompile(`[\p{L}\d-]{2,}\.\p{L}{2,}`)

// greetingName returns the name to greet with, or "" when it looks like an
// advertisement: anybody can type a name into a checkout, and our mail would carry
// it to a third person's inbox as a link.
func greetingName(s string) string {
	s = oneLine(s)
	if len([]rune(s)) > maxNameRunes || strings.ContainsAny(s, "/@<>") || hostLike.MatchString(s) {
		return ""
	}
	return s
}

// signature separates what mail programs leave out of an answer (RFC 3676 §4.3). The
// space belongs to it.
const signature = "-- \n"

// fold wraps the lines of a plain text at width runes. A continued line is indented
// like its beginning, two more after a "- ". Words longer than a line, such as
// addresses of pages, stay whole. More than one empty line becomes one.
func fold(s string, width int) string {
	var b strings.Builder
	empty := 1 // drops empty lines at the beginning
	for line := range strings.Lines(s) {
		if line == signature {
			b.WriteString(signature)
			continue
		}
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" {
			if empty++; empty == 1 {
				b.WriteByte('\n')
			}
			continue
		}
		empty = 0
		foldLine(&b, line, width)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func foldLine(b *strings.Builder, line string, width int) {
	body := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(body)]
	b.WriteString(indent)
	column, bullet := len(indent), false
	if strings.HasPrefix(body, "- ") {
		bullet = true
		indent += "  "
	}
	for i, word := range strings.Fields(body) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case i == 1 && bullet: // a bullet never stands alone
			b.WriteByte(' ')
			column++
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	b.WriteByte('\n')
}
