package integrations

import (
	"bytes"
	"strings"

	"enrolld"
)

// DecodeJSON reads one JSON value. Numbers stay exact, a name given twice has
// its last value, bytes that are not UTF-8 become U+FFFD.
//
// It takes what encoding/json takes and understands it in the same way; it is
// here because that package, which has no tree of exact values of its own, needs
// ten times as long to be turned into one.
func DecodeJSON(body []byte) (Node, error) {
	body = bytes.TrimPrefix(body, bom)
	d := newJSONDecoder(body)
	if d.next() == 0 && d.pos == len(d.s) {
		return Node{}, enrolld.Errorf(enrolld.Invalid, "the body is empty")
	}
	if err := d.value(0, part{}, 0); err != nil {
		return Node{}, err
	}
	if d.next(); d.pos < len(d.s) {
		return Node{}, enrolld.Errorf(enrolld.Invalid, "the body goes on after its JSON value")
	}
	return Node{d.tree, root}, nil
}

type jsonDecoder struct {
	*tree
	s      string // the body, with which the tree's text begins
	body   []byte // the same
	pos    int
	values int
}

func newJSONDecoder(body []byte) *jsonDecoder {
	values := 1 + bytes.Count(body, []byte(",")) + bytes.Count(body, []byte("{")) + bytes.Count(body, []byte("["))
	// Texts with escapes follow the body.
	d := &jsonDecoder{tree: newTree(len(body)+len(body)/16, values), body: body}
	d.text.Write(body)
	d.s = d.text.String()
	return d
}

// next passes over blanks and returns the byte behind them; 0 at the end, which
// is a byte that nothing begins with.
func (d *jsonDecoder) next() byte {
	for ; d.pos < len(d.s); d.pos++ {
		if c := d.s[d.pos]; !isBlank(c) {
			return c
		}
	}
	return 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// wrong is the error about where the decoder stands. It does not quote the body.
func (d *jsonDecoder) wrong() error {
	if d.pos >= len(d.s) {
		return enrolld.Errorf(enrolld.Invalid, "the body is JSON that ends too early")
	}
	return enrolld.Errorf(enrolld.Invalid, "the body is not JSON (at byte %d)", d.pos)
}

// value reads a value and makes it a kid of another one.
func (d *jsonDecoder) value(to int32, name part, depth int) error {
	if d.values++; d.values > MaxJSONValues {
		return enrolld.Errorf(enrolld.Invalid, "the body has more than %d values", MaxJSONValues)
	}
	var text part
	kind := kindNull
	var ok bool
	switch d.next() {
	case '{':
		return d.members(d.add(to, kindObject, name, text), '}', depth+1)
	case '[':
		return d.members(d.add(to, kindList, name, text), ']', depth+1)
	case '"':
		kind = kindText
		text, ok = d.quoted()
	case 't':
		kind = kindBool
		text, ok = d.word("true")
	case 'f':
		kind = kindBool
		text, ok = d.word("false")
	case 'n':
		_, ok = d.word("null")
	default:
		kind = kindNumber
		text, ok = d.number()
	}
	if !ok {
		return d.wrong()
	}
	d.add(to, kind, name, text)
	return nil
}

// members reads what is in a list or an object, from its bracket on.
func (d *jsonDecoder) members(of int32, end byte, depth int) error {
	if depth > MaxJSONDepth {
		return enrolld.Errorf(enrolld.Invalid, "the body is nested more than %d deep", MaxJSONDepth)
	}
	d.pos++
	if d.next() == end {
		d.pos++
		return nil
	}
	for {
		var name part
		if end == '}' {
			var ok bool
			if name, ok = d.fieldName(); !ok {
				return d.wrong()
			}
		}
		if err := d.value(of, name, depth); err != nil {
			return err
		}
		switch d.next() {
		case ',':
			d.pos++
		case end:
			d.pos++
			return nil
		default:
			return d.wrong()
		}
	}
}

// fieldName reads a field's name and its colon.
func (d *jsonDecoder) fieldName() (part, bool) {
	if d.next() != '"' {
		return part{}, false
	}
	name, ok := d.quoted()
	if !ok || d.next() != ':' {
		return part{}, false
	}
	d.pos++
	return name, true
}

// since is the part of the body from a byte on to where the decoder stands.
func (d *jsonDecoder) since(start int) part { return part{uint32(start), uint32(d.pos - start)} }

// word reads true, false or null.
func (d *jsonDecoder) word(w string) (part, bool) {
	start, rest := d.pos, d.s[d.pos:]
	if !strings.HasPrefix(rest, w) {
		if strings.HasPrefix(w, rest) {
			d.pos = len(d.s)
		}
		return part{}, false
	}
	d.pos += len(w)
	return d.since(start), true
}

// number reads a number; RFC 8259 has the grammar.
func (d *jsonDecoder) number() (part, bool) {
	start := d.pos
	d.skip("-")
	if !d.skip("0") && !d.digits() {
		return part{}, false
	}
	if d.skip(".") && !d.digits() {
		return part{}, false
	}
	if d.skip("eE") {
		d.skip("+-")
		if !d.digits() {
			return part{}, false
		}
	}
	return d.since(start), true
}

// skip passes over one of some bytes.
func (d *jsonDecoder) skip(set string) bool {
	if d.pos < len(d.s) && strings.IndexByte(set, d.s[d.pos]) >= 0 {
		d.pos++
		return true
	}
	return false
}

// digits passes over digits, one at least.
func (d *jsonDecoder) digits() bool {
	start := d.pos
	for d.pos < len(d.s) && d.s[d.pos] >= '0' && d.s[d.pos] <= '9' {
		d.pos++
	}
	return d.pos > start
}

// quoted reads a text, from its quote on.
func (d *jsonDecoder) quoted() (part, bool) {
	start := d.pos + 1
	if i := plainEnd(d.body, start); i < len(d.body) && d.body[i] == '"' {
		d.pos = i + 1
		return part{uint32(start), uint32(i - start)}, true
	}
	end := textEnd(d.s, start)
	if end < 0 {
		d.pos = len(d.s)
		return part{}, false
	}
	raw := d.s[start:end]
	text, ok := unquote(raw)
	if !ok {
		return part{}, false
	}
	d.pos = end + 1
	if text == raw {
		return part{uint32(start), uint32(len(raw))}, true
	}
	return d.keep(text), true
}
