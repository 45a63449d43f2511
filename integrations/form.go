package integrations

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"enrolld"
)

// DecodeForm reads application/x-www-form-urlencoded as PHP does, because the
// senders are written in PHP and for it: a[b][0][c]=v makes a tree, a[] counts
// up, of two equal keys the last counts, an escape that is none stands for
// itself. Unlike PHP it leaves dots and blanks in names alone.
func DecodeForm(body []byte) (Node, error) {
	var few [160]formField
	f := newForm(len(body)+len(body)/16, 3*bytes.Count(body, []byte("&"))/2)
	fields := f.split(body, few[:0])
	valid := utf8.ValidString(f.text.String())
	for _, field := range fields {
		if !valid {
			field.key, field.value = f.repaired(field.key), f.repaired(field.value)
		}
		if err := f.add(field.key, field.value); err != nil {
			return Node{}, err
		}
	}
	return Node{f.tree, root}, nil
}

// formField is where in a tree's text a field stands.
type formField struct{ key, value part }

// split writes a form without its escapes to the tree's text, and appends where
// its fields are in that. The signs between them stay: without them the end of
// one and the begin of the next could be one character. It stops behind the most
// fields that a form may have.
func (t *tree) split(body []byte, fields []formField) []formField {
	start, equals := 0, -1
	for len(body) > 0 && len(fields) <= MaxFormFields {
		run := 0
		for run < len(body) && formPlain[body[run]] {
			run++
		}
		t.text.Write(body[:run])
		if body = body[run:]; len(body) == 0 {
			break
		}
		c, size, at := body[0], 1, t.text.Len()
		switch u, ok := unescapeByte(body); {
		case ok:
			c, size = u, len("%XX")
		case c == '+':
			c = ' '
		case c == '=' && equals < 0:
			equals = at
		case c == '&':
			fields = appendField(fields, start, equals, at)
			start, equals = at+1, -1
		}
		t.text.WriteByte(c)
		body = body[size:]
	}
	return appendField(fields, start, equals, t.text.Len())
}

// appendField appends a field unless there is nothing of it. Its key ends at the
// equals sign, of which there may be none.
func appendField(fields []formField, start, equals, end int) []formField {
	switch {
	case start == end:
		return fields
	case equals < 0:
		return append(fields, formField{key: part{uint32(start), uint32(end - start)}})
	}
	return append(fields, formField{
		part{uint32(start), uint32(equals - start)}, part{uint32(equals + 1), uint32(end - equals - 1)},
	})
}

// formPlain lists the bytes of a form that stand for themselves.
var formPlain = func() (t [256]bool) {
	for c := range t {
		t[c] = strings.IndexByte("&=+%", byte(c)) < 0
	}
	return t
}()

func tooManyFields() error {
	return enrolld.Errorf(enrolld.Invalid, "the form has more than %d fields", MaxFormFields)
}

// form is a tree that is being put together.
type form struct {
	*tree
	count int
	path  []part // of the field being added; kept for its memory
}

func newForm(text, nodes int) *form {
	f := &form{tree: newTree(text, nodes), path: make([]part, 0, MaxFormDepth+1)}
	f.tree.add(0, kindObject, part{}, part{})
	return f
}

// repaired is a part with U+FFFD for what is not UTF-8.
func (f *form) repaired(p part) part {
	if s := f.str(p); !utf8.ValidString(s) {
		return f.keep(repair(s))
	}
	return p
}

// add puts one field into the tree. Lists are objects with numbers for names, so
// an index of a billion costs no more than one of zero.
func (f *form) add(key, value part) error {
	if f.count++; f.count > MaxFormFields {
		return tooManyFields()
	}
	f.path = splitKey(f.path[:0], f.str(key))
	if len(f.path) > MaxFormDepth {
		return enrolld.Errorf(enrolld.Invalid, "the form is nested more than %d deep", MaxFormDepth)
	}
	at := int32(root)
	for i, name := range f.path {
		name.start += key.start
		if i > 0 && name.size == 0 {
			name = f.keep(strconv.Itoa(f.nodes[at].next))
		}
		if i, ok := index(f.str(name)); ok && i >= f.nodes[at].next && i < 1<<62 {
			f.nodes[at].next = i + 1
		}
		if i == len(f.path)-1 {
			f.tree.add(at, kindText, name, value)
			break
		}
		kid := f.field(at, f.str(name))
		if kid == 0 || f.nodes[kid].kind != kindObject {
			kid = f.tree.add(at, kindObject, name, part{})
		}
		at = kid
	}
	return nil
}

// splitKey splits a[b][] into a, b and "", and appends where they are in it to a
// path. What follows a bracket that is not closed belongs to the name; what
// follows a closed one is dropped, as in PHP.
func splitKey(path []part, key string) []part {
	start := 0
	for start < len(key) && key[start] == ' ' {
		start++
	}
	open := strings.IndexByte(key[start:], '[')
	if open <= 0 || strings.IndexByte(key[start+open:], ']') < 0 {
		return append(path, part{uint32(start), uint32(len(key) - start)})
	}
	path = append(path, part{uint32(start), uint32(open)})
	for at := start + open; at < len(key) && key[at] == '[' && len(path) <= MaxFormDepth; {
		size := strings.IndexByte(key[at+1:], ']')
		if size < 0 {
			break
		}
		path = append(path, part{uint32(at + 1), uint32(size)})
		at += size + len("[]")
	}
	return path
}

// unescape decodes + and %XX and leaves what is neither.
func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if u, ok := unescapeByte(b[i:]); ok {
			c = u
			i += 2
		} else if c == '+' {
			c = ' '
		}
		out = append(out, c)
	}
	return repair(string(out))
}

// unescapeByte decodes the %XX that a text begins with.
func unescapeByte(b []byte) (byte, bool) {
	if len(b) < 3 || b[0] != '%' {
		return 0, false
	}
	high, low := hexDigits[b[1]], hexDigits[b[2]]
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func repair(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// hexDigits has what each byte is as a hexadecimal digit, -1 for those that are
// none.
var hexDigits = func() (t [256]int8) {
	for c := range t {
		t[c] = int8(strings.IndexByte("0123456789abcdef", byte(c)))
		if c >= 'A' && c <= 'F' {
			t[c] = int8(c-'A') + 10
		}
	}
	return t
}()
