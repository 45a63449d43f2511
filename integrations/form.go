package integrations

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"

	"enrolld"
)

// DecodeForm reads application/x-www-form-urlencoded as PHP does, because the
// senders are written in PHP and for it: a[b][0][c]=v makes a tree, a[] counts
// up, of two equal keys the last counts, an escape that is none stands for
// itself. Unlike PHP it leaves dots and blanks in names alone.
func DecodeForm(body []byte) (*Node, error) {
	f := newForm()
	for len(body) > 0 {
		var field []byte
		field, body, _ = bytes.Cut(body, []byte("&"))
		if len(field) == 0 {
			continue
		}
		key, value, _ := bytes.Cut(field, []byte("="))
		if err := f.add(unescape(key), unescape(value)); err != nil {
			return nil, err
		}
	}
	return f.root, nil
}

// decodeMultipart reads multipart/form-data; files are passed over.
func decodeMultipart(body []byte, contentType string) (*Node, error) {
	f := newForm()
	err := eachPart(body, contentType, func(p *multipart.Part, value []byte) error {
		if p.FileName() != "" || p.FormName() == "" {
			return nil
		}
		return f.add(repair(p.FormName()), repair(string(value)))
	})
	return f.root, err
}

func eachPart(body []byte, contentType string, do func(*multipart.Part, []byte) error) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return enrolld.Errorf(enrolld.Invalid, "the body is multipart, but its Content-Type names no boundary")
	}
	broken := enrolld.Errorf(enrolld.Invalid, "the body is not the multipart form that its Content-Type promises")
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for n := 0; ; n++ {
		p, err := r.NextRawPart()
		if err == io.EOF { //nolint:errorlint // a cut body wraps io.EOF, the end does not
			return nil
		}
		if err != nil {
			return broken
		}
		value, err := io.ReadAll(p)
		if err != nil {
			return broken
		}
		if n >= MaxFormFields {
			return tooManyFields()
		}
		if err := do(p, value); err != nil {
			return err
		}
	}
}

func tooManyFields() error {
	return enrolld.Errorf(enrolld.Invalid, "the form has more than %d fields", MaxFormFields)
}

type form struct {
	root  *Node
	count int
}

func newForm() *form { return &form{root: &Node{kind: kindObject, fields: map[string]*Node{}}} }

// add puts one field into the tree. Lists are maps with numbers for keys, so an
// index of a billion costs no more than one of zero.
func (f *form) add(key, value string) error {
	if f.count++; f.count > MaxFormFields {
		return tooManyFields()
	}
	path := splitKey(key)
	if len(path) > MaxFormDepth {
		return enrolld.Errorf(enrolld.Invalid, "the form is nested more than %d deep", MaxFormDepth)
	}
	n := f.root
	for i, name := range path {
		if i > 0 && name == "" {
			name = strconv.Itoa(n.next)
		}
		if at, ok := index(name); ok && at >= n.next && at < 1<<62 {
			n.next = at + 1
		}
		if i == len(path)-1 {
			n.fields[name] = &Node{kind: kindText, text: value}
			break
		}
		child := n.fields[name]
		if child == nil || child.kind != kindObject {
			child = &Node{kind: kindObject, fields: map[string]*Node{}}
			n.fields[name] = child
		}
		n = child
	}
	return nil
}

// splitKey splits a[b][] into a, b and "". What follows a bracket that is not
// closed belongs to the name; what follows a closed one is dropped, as in PHP.
func splitKey(key string) []string {
	key = strings.TrimLeft(key, " ")
	open := strings.IndexByte(key, '[')
	if open <= 0 || !strings.Contains(key[open:], "]") {
		return []string{key}
	}
	path := []string{key[:open]}
	for rest := key[open:]; strings.HasPrefix(rest, "["); {
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			break
		}
		path = append(path, rest[1:end])
		rest = rest[end+1:]
		if len(path) > MaxFormDepth {
			break
		}
	}
	return path
}

// unescape decodes + and %XX and leaves what is neither.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '+') < 0 {
		return repair(string(b))
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(b) && unhex(b[i+1]) >= 0 && unhex(b[i+2]) >= 0:
			out = append(out, byte(unhex(b[i+1])<<4|unhex(b[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return repair(string(out))
}

func repair(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
