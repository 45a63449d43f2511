package integrations

import (
	"net/http"
	"time"
)

// Request is a delivery as it came in. It may be made as a literal; one made by
// NewRequest is decoded once, however many of a platform's methods look into it.
type Request struct {
	Header     http.Header
	Body       []byte // raw: signatures are over these bytes
	ReceivedAt time.Time

	decoded *decoded // nil: decode anew each time
}

// decoded is what a body turned out to be. Copies of a request share it.
type decoded struct {
	done        bool
	body        []byte // what was decoded,
	contentType string // as what
	node        Node
	err         error
}

// NewRequest makes a request that keeps its decoded body. It and its copies are
// for one goroutine at a time, and its body must not be written to.
func NewRequest(h http.Header, body []byte, receivedAt time.Time) Request {
	return Request{Header: h, Body: body, ReceivedAt: receivedAt, decoded: &decoded{}}
}

// WithBody returns the request with another body, decoded by itself.
func (r Request) WithBody(body []byte) Request {
	if same(body, r.Body) {
		return r
	}
	return NewRequest(r.Header, body, r.ReceivedAt)
}

// same says whether two bodies are one in memory.
func same(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// Decode reads the body by the Content-Type; see the function of that name.
func (r Request) Decode() (Node, error) { return r.decode(r.Header.Get("Content-Type")) }

// DecodeJSON reads the body as JSON, whatever the Content-Type says.
func (r Request) DecodeJSON() (Node, error) { return r.decode(mediaJSON) }

func (r Request) decode(contentType string) (Node, error) {
	d := r.decoded
	switch {
	case d == nil:
		return Decode(r.Body, contentType)
	case !d.done:
		node, err := Decode(r.Body, contentType)
		*d = decoded{done: true, body: r.Body, contentType: contentType, node: node, err: err}
	case !same(d.body, r.Body) || d.contentType != contentType:
		// Somebody put another body or header into a copy.
		return Decode(r.Body, contentType)
	}
	return d.node, d.err
}
