package integrations

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"strings"

	"enrolld"
)

// The limits of a decoded body. Real deliveries stay far below them; what is
// above wants to hurt.
const (
	MaxFormDepth  = 8       // brackets in a form's key
	MaxFormFields = 5_000   // fields of a form
	MaxJSONDepth  = 32      // nested lists and objects
	MaxJSONValues = 100_000 // values of any kind
)

// Decode reads a body as JSON, multipart or a form. The content type decides;
// where it is missing or too general, a body that begins as JSON is JSON.
func Decode(body []byte, contentType string) (*Node, error) {
	switch format(body, contentType) {
	case formatJSON:
		return DecodeJSON(body)
	case formatMultipart:
		return decodeMultipart(body, contentType)
	}
	return DecodeForm(body)
}

type bodyFormat uint8

const (
	formatForm bodyFormat = iota
	formatJSON
	formatMultipart
)

func format(body []byte, contentType string) bodyFormat {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		media = ""
	}
	switch {
	case media == "application/json" || strings.HasSuffix(media, "+json") || media == "text/json":
		return formatJSON
	case strings.HasPrefix(media, "multipart/"):
		return formatMultipart
	}
	// Some senders call JSON a form, so that the first byte is the better
	// witness. No form that means anything begins with a bracket.
	body = bytes.TrimLeft(bytes.TrimPrefix(body, bom), " \t\r\n")
	if len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		return formatJSON
	}
	return formatForm
}

// bom is the byte order mark that some Windows programs put before JSON.
var bom = []byte("\xef\xbb\xbf")

// DecodeJSON reads one JSON value. Numbers stay exact, a name given twice has
// its last value, bytes that are not UTF-8 become U+FFFD.
func DecodeJSON(body []byte) (*Node, error) {
	body = bytes.TrimPrefix(body, bom)
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, enrolld.Errorf(enrolld.Invalid, "the body is empty")
	}
	d := jsonDecoder{dec: json.NewDecoder(bytes.NewReader(body))}
	d.dec.UseNumber()
	n, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := d.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, enrolld.Errorf(enrolld.Invalid, "the body goes on after its JSON value")
	}
	return n, nil
}

type jsonDecoder struct {
	dec    *json.Decoder
	values int
}

// token returns the next token. The decoder's own messages quote the body, so
// they are not passed on.
func (d *jsonDecoder) token() (json.Token, error) {
	t, err := d.dec.Token()
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, enrolld.Errorf(enrolld.Invalid, "the body is JSON that ends too early")
	case err != nil:
		return nil, enrolld.Errorf(enrolld.Invalid, "the body is not JSON (at byte %d)", d.dec.InputOffset())
	}
	return t, nil
}

func (d *jsonDecoder) value(depth int) (*Node, error) {
	t, err := d.token()
	if err != nil {
		return nil, err
	}
	return d.node(t, depth)
}

func (d *jsonDecoder) node(t json.Token, depth int) (*Node, error) {
	if d.values++; d.values > MaxJSONValues {
		return nil, enrolld.Errorf(enrolld.Invalid, "the body has more than %d values", MaxJSONValues)
	}
	switch v := t.(type) {
	case nil:
		return &Node{kind: kindNull}, nil
	case bool:
		if v {
			return &Node{kind: kindBool, text: "true"}, nil
		}
		return &Node{kind: kindBool, text: "false"}, nil
	case json.Number:
		return &Node{kind: kindNumber, text: v.String()}, nil
	case string:
		return &Node{kind: kindText, text: v}, nil
	}
	if depth++; depth > MaxJSONDepth {
		return nil, enrolld.Errorf(enrolld.Invalid, "the body is nested more than %d deep", MaxJSONDepth)
	}
	if t == json.Delim('[') {
		return d.list(depth)
	}
	return d.object(depth)
}

func (d *jsonDecoder) list(depth int) (*Node, error) {
	n := &Node{kind: kindList}
	for {
		t, err := d.token()
		if err != nil || t == json.Delim(']') {
			return n, err
		}
		item, err := d.node(t, depth)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
}

func (d *jsonDecoder) object(depth int) (*Node, error) {
	n := &Node{kind: kindObject, fields: map[string]*Node{}}
	for {
		t, err := d.token()
		if err != nil || t == json.Delim('}') {
			return n, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, enrolld.Errorf(enrolld.Invalid, "the body is not JSON")
		}
		if n.fields[name], err = d.value(depth); err != nil {
			return nil, err
		}
	}
}
