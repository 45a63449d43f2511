package wordpress

import (
	"strings"
	"unicode/utf8"
)

// tokenKind is what a token of PHP source is, as far as wp-config.php needs it.
type tokenKind int

const (
	tokPunct    tokenKind = iota // one of ( ) [ ] { } ; , . ! = …, or ?: ?? || && :: ->  => == ===
	tokString                    // a literal; text is its value
	tokTemplate                  // a string with variables in it: not a literal
	tokVariable                  // text is the name without $
	tokName                      // identifier, keyword or \qualified\name
	tokNumber
)

type token struct {
	kind tokenKind
	text string
}

func (t token) is(punct string) bool   { return t.kind == tokPunct && t.text == punct }
func (t token) named(name string) bool { return t.kind == tokName && strings.EqualFold(t.text, name) }

// tokenize splits PHP source. Comments, white space and everything outside of
// <?php … ?> is dropped. It accepts any text, and never fails.
func tokenize(src string) []token {
	t := tokenizer{src: src}
	for t.html() {
		for t.next() {
		}
	}
	return t.out
}

type tokenizer struct {
	src string
	out []token
}

// html steps over text up to the next <?php or <?=.
func (t *tokenizer) html() bool {
	i := strings.Index(t.src, "<?")
	if i < 0 {
		return false
	}
	t.src = strings.TrimPrefix(strings.TrimPrefix(t.src[i+2:], "php"), "=")
	return true
}

func (t *tokenizer) emit(kind tokenKind, text string, length int) bool {
	t.out = append(t.out, token{kind, text})
	t.src = t.src[length:]
	return true
}

// next reads one token; false at ?> and at the end.
func (t *tokenizer) next() bool {
	t.src = strings.TrimLeft(t.src, " \t\r\n\v\f")
	switch {
	case t.src == "":
		return false
	case strings.HasPrefix(t.src, "?>"):
		t.src = t.src[2:]
		return false
	case strings.HasPrefix(t.src, "//"), t.src[0] == '#' && !strings.HasPrefix(t.src, "#["):
		return t.lineComment()
	case strings.HasPrefix(t.src, "/*"):
		_, rest, _ := strings.Cut(t.src[2:], "*/")
		t.src = rest
		return true
	case strings.HasPrefix(t.src, "<<<"):
		return t.heredoc()
	}
	switch c := t.src[0]; {
	case c == '\'':
		return t.single()
	case c == '"':
		return t.double()
	case c == '$' && len(t.src) > 1 && nameStart(t.src[1]):
		n := nameLength(t.src[1:])
		return t.emit(tokVariable, t.src[1:1+n], 1+n)
	case nameStart(c) || c == '\\':
		n := nameLength(t.src)
		return t.emit(tokName, strings.TrimLeft(t.src[:n], `\`), n)
	case c >= '0' && c <= '9':
		n := 0
		for n < len(t.src) && (nameByte(t.src[n]) || t.src[n] == '.') {
			n++
		}
		return t.emit(tokNumber, t.src[:n], n)
	}
	return t.punct()
}

// lineComment ends at the line or at ?>, which ends PHP even in a comment.
func (t *tokenizer) lineComment() bool {
	end := len(t.src)
	for _, mark := range []string{"\n", "\r", "?>"} {
		if i := strings.Index(t.src[:end], mark); i >= 0 {
			end = i
		}
	}
	t.src = t.src[end:]
	return true
}

func (t *tokenizer) punct() bool {
	for _, p := range []string{"===", "!==", "??=", "?:", "??", "||", "&&", "::", "->", "=>", "==",
		"!=", ".="} {
		if strings.HasPrefix(t.src, p) {
			return t.emit(tokPunct, p, len(p))
		}
	}
	_, n := utf8.DecodeRuneInString(t.src)
	return t.emit(tokPunct, t.src[:n], n)
}

// single reads '…', where only \' and \\ are escapes.
func (t *tokenizer) single() bool {
	var b strings.Builder
	for i := 1; i < len(t.src); i++ {
		switch c := t.src[i]; {
		case c == '\'':
			return t.emit(tokString, b.String(), i+1)
		case c == '\\' && i+1 < len(t.src) && (t.src[i+1] == '\'' || t.src[i+1] == '\\'):
			i++
			b.WriteByte(t.src[i])
		default:
			b.WriteByte(c)
		}
	}
	return t.emit(tokTemplate, "", len(t.src))
}

// doubleEscapes are the escapes of "…" that stand for one byte; \x, \u and
// octal ones do not occur in a configuration and make the string no literal.
var doubleEscapes = map[byte]byte{
	'n': '\n', 't': '\t', 'r': '\r', 'v': '\v', 'f': '\f', 'e': 0x1b, '\\': '\\', '$': '$', '"': '"',
}

func (t *tokenizer) double() bool {
	var b strings.Builder
	kind := tokString
	for i := 1; i < len(t.src); i++ {
		c := t.src[i]
		var after byte
		if i+1 < len(t.src) {
			after = t.src[i+1]
		}
		switch {
		case c == '"':
			return t.emit(kind, b.String(), i+1)
		case c == '\\':
			if e, ok := doubleEscapes[after]; ok {
				b.WriteByte(e)
				i++
				continue
			}
			if after >= '0' && after <= '7' || after == 'x' || after == 'u' {
				kind = tokTemplate
			}
		case c == '$' && (nameStart(after) || after == '{'), c == '{' && after == '$':
			kind = tokTemplate
		}
		b.WriteByte(c)
	}
	return t.emit(tokTemplate, "", len(t.src))
}

// heredoc steps over <<<NAME … NAME: no configuration value is written so.
func (t *tokenizer) heredoc() bool {
	line, rest, _ := strings.Cut(t.src[3:], "\n")
	label := strings.Trim(line, " \t\r'\"")
	if label == "" || nameLength(label) != len(label) {
		return t.emit(tokPunct, "<<<", 3)
	}
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\n")
		after, found := strings.CutPrefix(strings.TrimLeft(line, " \t"), label)
		if found && (after == "" || !nameByte(after[0])) {
			t.src = after + "\n" + rest
			t.out = append(t.out, token{tokTemplate, ""})
			return true
		}
	}
	return t.emit(tokTemplate, "", len(t.src))
}

func nameStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func nameByte(c byte) bool { return nameStart(c) || c >= '0' && c <= '9' }

func nameLength(s string) int {
	n := 0
	for n < len(s) && (nameByte(s[n]) || s[n] == '\\') {
		n++
	}
	return n
}
