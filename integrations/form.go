package integrations

import (
	"bytes"
	"math"
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
	f := newForm(len(body)+len(body)/4, 3*bytes.Count(body, []byte("&"))/2)
	f.text.Write(body)
	f.valid = utf8.Valid(body)
	for at := 0; at <= len(body); {
		end := len(body)
		if i := bytes.IndexByte(body[at:], '&'); i >= 0 {
			end = at + i
		}
		if end > at {
			key, value := part{uint32(at), uint32(end - at)}, part{}
			if i := bytes.IndexByte(body[at:end], '='); i >= 0 {
				key.size = uint32(i)
				value = part{uint32(at + i + 1), uint32(end - at - i - 1)}
			}
			if err := f.add(key, value); err != nil {
				return Node{}, err
			}
		}
		at = end + 1
	}
	return Node{f.tree, root}, nil
}

func tooManyFields() error {
	return enrolld.Errorf(enrolld.Invalid, "the form has more than %d fields", MaxFormFields)
}

// form is a tree that is being put together. Its text begins with the body, of
// which most names and values are parts as they stand; what is escaped in it is
// kept behind it without its escapes.
type form struct {
	*tree
	count int
	plain bool   // nothing is escaped, as in multipart
	valid bool   // the body is UTF-8
	path  []part // of the field being added; kept for its memory
	// Where the field before went: fields of one object mostly come together, so
	// that the way to it need not be gone for each. "" where it went to the root.
	prefix string // of its key as it was sent, up to the last name: "order%5Bcharges%5D%5B0%5D%5B"
	close  string // what its key ended with: "%5D", "]"
	parent int32
}

func newForm(text, nodes int) *form {
	f := &form{tree: newTree(text, nodes), path: make([]part, 0, MaxFormDepth+1)}
	f.tree.add(0, kindObject, part{}, part{})
	return f
}

// unescaped is a part of the body without its escapes, and with U+FFFD for what
// is not UTF-8 then.
func (f *form) unescaped(p part) part {
	s := f.str(p)
	if f.plain || strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		if f.valid || utf8.ValidString(s) {
			return p
		}
		return f.keep(repair(s))
	}
	var few [256]byte
	out := appendUnescaped(few[:0], s)
	if !utf8.Valid(out) {
		return f.keep(repair(string(out)))
	}
	start := f.text.Len()
	f.text.Write(out)
	return part{uint32(start), uint32(len(out))}
}

// add puts one field into the tree. Lists are objects with numbers for names, so
// an index of a billion costs no more than one of zero.
func (f *form) add(key, value part) error {
	if f.count++; f.count > MaxFormFields {
		return tooManyFields()
	}
	value = f.unescaped(value)
	sent := f.str(key)
	if name, ok := f.besideLast(sent); ok {
		name.start += key.start
		f.put(f.parent, name, value)
		return nil
	}
	key = f.unescaped(key)
	text := f.str(key)
	f.path = splitKey(f.path[:0], text)
	if len(f.path) > MaxFormDepth {
		return enrolld.Errorf(enrolld.Invalid, "the form is nested more than %d deep", MaxFormDepth)
	}
	at, counted := int32(root), false
	last := len(f.path) - 1
	for _, name := range f.path[:last] {
		name.start += key.start
		name, fresh := f.named(at, name)
		counted = counted || fresh
		kid := f.field(at, f.str(name))
		if kid == 0 || f.nodes[kid].kind != kindObject {
			kid = f.tree.add(at, kindObject, name, part{})
		}
		at = kid
	}
	name := f.path[last]
	f.prefix = ""
	if last > 0 && !counted {
		f.remember(sent, text, name, at)
	}
	name.start += key.start
	f.put(at, name, value)
	return nil
}

// remember notes where a field goes, when its key ends with its name and one
// bracket, both as they were sent.
func (f *form) remember(sent, key string, name part, parent int32) {
	text := key[name.start : name.start+name.size]
	if key[name.start+name.size:] != "]" {
		return
	}
	for _, bracket := range []string{"%5D", "%5d", "]"} {
		if before, ok := strings.CutSuffix(sent, bracket); ok {
			if prefix, ok := strings.CutSuffix(before, text); ok && strings.IndexByte(text, '%') < 0 && strings.IndexByte(text, '+') < 0 {
				f.prefix, f.close, f.parent = prefix, bracket, parent
			}
			return
		}
	}
}

// besideLast returns the name of a field that goes where the last one went.
func (f *form) besideLast(sent string) (name part, ok bool) {
	if f.prefix == "" || !f.valid || !strings.HasPrefix(sent, f.prefix) || !strings.HasSuffix(sent, f.close) ||
		len(sent) < len(f.prefix)+len(f.close) {
		return name, false
	}
	for _, c := range []byte(sent[len(f.prefix) : len(sent)-len(f.close)]) {
		if c == '%' || c == '+' || c == '[' || c == ']' {
			return name, false
		}
	}
	return part{uint32(len(f.prefix)), uint32(len(sent) - len(f.prefix) - len(f.close))}, true
}

// put adds a field's value to an object.
func (f *form) put(at int32, name, value part) {
	name, _ = f.named(at, name)
	f.tree.add(at, kindText, name, value)
}

// named gives a nameless member, as of a[], its number; the root's have none.
func (f *form) named(at int32, name part) (_ part, fresh bool) {
	if name.size == 0 && at != root {
		name, fresh = f.keep(strconv.Itoa(int(f.nodes[at].next))), true
	}
	f.number(at, name)
	return name, fresh
}

// number notes the highest number among an object's names.
func (f *form) number(at int32, name part) {
	if i, ok := index(f.str(name)); ok && i < math.MaxInt32 && int32(i) >= f.nodes[at].next {
		f.nodes[at].next = int32(i) + 1
	}
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
	return repair(string(appendUnescaped(make([]byte, 0, len(b)), string(b))))
}

func appendUnescaped(out []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if u, ok := unescapeByte(s[i:]); ok {
			c = u
			i += 2
		} else if c == '+' {
			c = ' '
		}
		out = append(out, c)
	}
	return out
}

// unescapeByte decodes the %XX that a text begins with.
func unescapeByte(b string) (byte, bool) {
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
