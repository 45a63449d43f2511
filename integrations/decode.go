package integrations

import (
	"bytes"
	"errors"
	"mime"
	"strings"
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
func Decode(body []byte, contentType string) (Node, error) {
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

// The content types that nearly all deliveries have.
const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
)

// mediaType is the content type without its parameters; "" when it is none.
func mediaType(contentType string) string {
	switch contentType {
	case "", mediaJSON, mediaForm:
		return contentType
	case mediaJSON + "; charset=utf-8":
		return mediaJSON
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	return media
}

func format(body []byte, contentType string) bodyFormat {
	media := mediaType(contentType)
	switch {
	case media == mediaJSON || strings.HasSuffix(media, "+json") || media == "text/json":
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
