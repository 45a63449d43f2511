package integrations

import (
	"bytes"
	"slices"
)

// maskEscaped is Mask as a form has it.
const maskEscaped = "%5Bredacted%5D"

// MaskField returns a body in which the value at a path is masked and every other
// byte is as it was: the body itself where there is no such value, else a copy. In
// a body that cannot be read, what can be recognised is masked. A multipart body
// is written anew.
func MaskField(body []byte, contentType string, path ...string) []byte {
	if len(path) == 0 {
		return body
	}
	switch format(body, contentType) {
	case formatJSON:
		return maskJSON(body, path)
	case formatMultipart:
		return maskMultipart(body, contentType, path)
	}
	return maskForm(body, path)
}

// span is a part of a body: from a byte on, up to another one.
type span struct{ from, to int }

// maskSpans returns a body with something else in place of its parts.
func maskSpans(body []byte, spans []span, mask string) []byte {
	if len(spans) == 0 {
		return body
	}
	out := make([]byte, 0, len(body)+len(spans)*len(mask))
	last := 0
	for _, s := range spans {
		out = append(append(out, body[last:s.from]...), mask...)
		last = s.to
	}
	return append(out, body[last:]...)
}

func maskForm(body []byte, path []string) []byte {
	var spans []span
	for start := 0; start < len(body); {
		field, _, _ := bytes.Cut(body[start:], []byte("&"))
		end := start + len(field)
		key, _, ok := bytes.Cut(field, []byte("="))
		if ok && mayBegin(field, path[0]) && under(unescape(key), path) {
			spans = append(spans, span{start + len(key) + 1, end})
		}
		start = end + 1
	}
	return maskSpans(body, spans, maskEscaped)
}

// mayBegin says, by the first byte alone, whether a field may have this name:
// whether the two are equal or an escape or a blank hides what the byte is.
func mayBegin(field []byte, name string) bool {
	c := field[0]
	return name == "" || c == name[0] || c == '%' || c == '+' || c == ' ' || c >= 0x80
}

// under says whether a form's key is a path or lies below it.
func under(key string, path []string) bool {
	parts := splitKey(nil, key)
	return len(parts) >= len(path) && slices.EqualFunc(parts[:len(path)], path, func(p part, name string) bool {
		return key[p.start:p.start+p.size] == name
	})
}

func maskJSON(body []byte, path []string) []byte {
	m := masker{s: string(body), path: path, pos: len(body) - len(bytes.TrimPrefix(body, bom))}
	m.value(0)
	return maskSpans(body, m.spans, `"`+Mask+`"`)
}

// masker finds where in a JSON text the values at a path stand. It does not check
// the text: it follows brackets and quotes, so that it finds a secret even where
// the text breaks elsewhere. A secret that is cut off takes the rest of the body
// with it.
type masker struct {
	s     string
	pos   int
	path  []string
	spans []span
}

// value passes over a value, the path having led here up to a depth.
func (m *masker) value(depth int) {
	m.blanks()
	switch {
	case depth == len(m.path):
		m.secret()
	case m.peek() == '{':
		m.fields(depth)
	default:
		m.skip()
	}
}

// secret marks a value. One that is cut off, or behind which the text breaks,
// takes the rest of the body with it: who knows where it ends.
func (m *masker) secret() {
	start := m.pos
	m.skip()
	end := m.pos
	m.blanks()
	if c := m.peek(); c != ',' && c != '}' {
		end, m.pos = len(m.s), len(m.s)
	}
	m.spans = append(m.spans, span{start, end})
}

// fields passes over an object, looking for the path's next name.
func (m *masker) fields(depth int) {
	m.pos++
	for m.blanks(); m.pos < len(m.s); m.blanks() {
		switch m.s[m.pos] {
		case '}':
			m.pos++
			return
		case '"':
		default:
			m.pos++ // a comma, or what should not be here
			continue
		}
		start := m.pos + 1
		m.skip()
		name, _ := unquote(m.s[start:max(start, m.pos-1)])
		m.blanks()
		if m.peek() != ':' {
			continue
		}
		m.pos++
		if name == m.path[depth] {
			m.value(depth + 1)
		} else {
			m.blanks()
			m.skip()
		}
	}
}

// peek returns the byte at which the masker stands; 0 at the end.
func (m *masker) peek() byte {
	if m.pos == len(m.s) {
		return 0
	}
	return m.s[m.pos]
}

func (m *masker) blanks() {
	for isBlank(m.peek()) {
		m.pos++
	}
}

// skip passes over one value, whatever is in it; over nothing where there is the
// end of a list or an object.
func (m *masker) skip() {
	for open := 0; m.pos < len(m.s); {
		switch c := m.s[m.pos]; {
		case c == '"':
			m.pos = textEnd(m.s, m.pos+1) + 1
			if m.pos == 0 {
				m.pos = len(m.s)
			}
		case c == '{' || c == '[':
			open++
			m.pos++
		case open == 0 && endsWord(c):
			return
		case c == '}' || c == ']':
			open--
			m.pos++
		default:
			for m.pos++; m.pos < len(m.s) && !endsWord(m.s[m.pos]); m.pos++ {
			}
		}
		if open == 0 {
			return
		}
	}
}

// endsWord says whether a byte ends a number or a word like true.
func endsWord(c byte) bool {
	return isBlank(c) || c == ',' || c == '"' || c == '{' || c == '[' || c == '}' || c == ']'
}
