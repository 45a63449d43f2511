package integrations

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Mask is what stands in a stored delivery where a secret was.
const Mask = "[redacted]"

// maskEscaped is Mask as a form has it.
const maskEscaped = "%5Bredacted%5D"

// MaskHeaders returns a copy of a header with the named values masked.
func MaskHeaders(h http.Header, names ...string) http.Header {
	out := h.Clone()
	for _, name := range names {
		for i := range out.Values(name) {
			out[http.CanonicalHeaderKey(name)][i] = Mask
		}
	}
	return out
}

// MaskField returns a copy of a body in which the value at a path is masked and
// every other byte is as it was. A body that cannot be read comes back as it is
// up to the place where it breaks. A multipart body is written anew.
func MaskField(body []byte, contentType string, path ...string) []byte {
	switch format(body, contentType) {
	case formatJSON:
		return maskJSON(body, path)
	case formatMultipart:
		return maskMultipart(body, contentType, path)
	}
	return maskForm(body, path)
}

func maskForm(body []byte, path []string) []byte {
	fields := bytes.Split(body, []byte("&"))
	for i, field := range fields {
		key, _, ok := bytes.Cut(field, []byte("="))
		if ok && under(splitKey(unescape(key)), path) {
			fields[i] = append(slices.Clone(key), "="+maskEscaped...)
		}
	}
	return bytes.Join(fields, []byte("&"))
}

// under says whether a key is the path or lies below it.
func under(key, path []string) bool {
	return len(path) > 0 && len(key) >= len(path) && slices.Equal(key[:len(path)], path)
}

func maskMultipart(body []byte, contentType string, path []string) []byte {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	err := eachPart(body, contentType, func(p *multipart.Part, value []byte) error {
		if under(splitKey(repair(p.FormName())), path) {
			value = []byte(Mask)
		}
		if out.Len() == 0 {
			if err := w.SetBoundary(boundary(contentType)); err != nil {
				return err
			}
		}
		part, err := w.CreatePart(p.Header)
		if err == nil {
			_, err = part.Write(value)
		}
		return err
	})
	if err != nil || w.Close() != nil {
		// What cannot be taken apart cannot be masked: nothing of it is kept.
		return []byte(Mask)
	}
	return out.Bytes()
}

func maskJSON(body []byte, path []string) []byte {
	skip := len(body) - len(bytes.TrimPrefix(body, bom))
	m := masker{dec: json.NewDecoder(bytes.NewReader(body[skip:])), path: path, size: len(body) - skip}
	m.dec.UseNumber()
	// An error ends the walk; what was found before it is masked.
	_ = m.value(0, true)
	out := make([]byte, 0, len(body))
	last := 0
	for _, s := range m.spans {
		out = append(out, body[last:skip+s[0]]...)
		out = append(out, `"`+Mask+`"`...)
		last = skip + s[1]
	}
	return append(out, body[last:]...)
}

// masker finds where in a JSON text the values at a path stand.
type masker struct {
	dec   *json.Decoder
	path  []string
	size  int
	spans [][2]int
}

// value reads one value; on says whether the path led here so far.
func (m *masker) value(depth int, on bool) error {
	if !on || depth == len(m.path) || depth > MaxJSONDepth {
		return m.leaf(on && depth == len(m.path))
	}
	t, err := m.dec.Token()
	if err != nil || t == json.Delim('[') {
		return errors.Join(err, m.skipList())
	}
	if t != json.Delim('{') {
		return nil
	}
	for m.dec.More() {
		t, err := m.dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := m.value(depth+1, name == m.path[depth]); err != nil {
			return err
		}
	}
	_, err = m.dec.Token()
	return err
}

// leaf reads a value as a whole. A secret that is cut off takes the rest of the
// body with it.
func (m *masker) leaf(secret bool) error {
	before := int(m.dec.InputOffset())
	var raw json.RawMessage
	err := m.dec.Decode(&raw)
	switch end := int(m.dec.InputOffset()); {
	case !secret:
	case err != nil:
		m.spans = append(m.spans, [2]int{before, m.size})
	default:
		m.spans = append(m.spans, [2]int{end - len(raw), end})
	}
	return err
}

// skipList reads to the end of a list that has begun.
func (m *masker) skipList() error {
	for m.dec.More() {
		var raw json.RawMessage
		if err := m.dec.Decode(&raw); err != nil {
			return err
		}
	}
	_, err := m.dec.Token()
	return err
}

// MaskText masks a text wherever it stands in a body, as it is and as forms and
// JSON escape it. Short texts are left: they would hit what only looks alike.
func MaskText(body []byte, text string) []byte {
	const least = 8
	if len(text) < least {
		return body
	}
	for _, form := range spellings(text) {
		body = bytes.ReplaceAll(body, []byte(form), []byte(strings.Trim(Mask, "[]")))
	}
	return body
}

// spellings returns the ways in which a text may stand in a body.
func spellings(text string) []string {
	quoted, err := json.Marshal(text)
	if err != nil {
		quoted = []byte(`""`)
	}
	plus := url.QueryEscape(text)
	out := []string{text, string(quoted[1 : len(quoted)-1]), plus, strings.ReplaceAll(plus, "+", "%20")}
	slices.Sort(out)
	return slices.Compact(out)
}

func boundary(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["boundary"]
}
