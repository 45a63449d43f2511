package paypalipn

import (
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"enrolld/integrations"
)

// decode reads a message in the characters that its charset names. Most messages
// have nothing but ASCII in them, and are read as they are.
func decode(r integrations.Request) (integrations.Node, error) {
	n, err := r.Decode()
	if err != nil || !beyondASCII(r.Body) {
		return n, err
	}
	name := strings.ReplaceAll(n.Get("charset").Text(), "_", "-") // KOI8_R
	if strings.EqualFold(name, "shift-jis") {
		name = "shift_jis"
	}
	enc, err := htmlindex.Get(name)
	if err != nil || enc == encoding.Nop || strings.EqualFold(name, "utf-8") {
		return n, nil
	}
	return integrations.DecodeForm(transcode(r.Body, enc.NewDecoder()))
}

// beyondASCII says whether a form has other characters, escaped or not.
func beyondASCII(body []byte) bool {
	for i, c := range body {
		if c >= utf8.RuneSelf || c == '%' && i+1 < len(body) && (body[i+1] >= '8' && body[i+1] <= '9' || body[i+1] >= 'A') {
			return true
		}
	}
	return false
}

// transcode writes the values of a form anew, in UTF-8.
func transcode(body []byte, dec *encoding.Decoder) []byte {
	out := make([]byte, 0, len(body)+len(body)/8)
	for field := range bytes.SplitSeq(body, []byte("&")) {
		if len(out) > 0 {
			out = append(out, '&')
		}
		key, value, ok := bytes.Cut(field, []byte("="))
		out = append(out, key...)
		if !ok {
			continue
		}
		out = append(out, '=')
		if !beyondASCII(value) {
			out = append(out, value...)
			continue
		}
		plain, err := url.QueryUnescape(string(value))
		if err != nil {
			out = append(out, value...)
			continue
		}
		if text, err := dec.String(plain); err == nil {
			plain = text
		}
		out = append(out, url.QueryEscape(plain)...)
	}
	return out
}
