package integrations

import (
	"net/http"
	"testing"
	"time"
)

func TestRequestDecodesOnce(t *testing.T) {
	r := NewRequest(http.Header{}, []byte(`{"a":1}`), time.Time{})
	first, err := r.Decode()
	if err != nil {
		t.Fatal(err)
	}
	again := r
	if n, _ := again.Decode(); n != first {
		t.Error("a copy decoded the body anew")
	}
	if n, _ := r.DecodeJSON(); n == first {
		t.Error("the body as JSON is the body by its Content-Type")
	}
	if n, _ := r.WithBody(r.Body).Decode(); n != first {
		t.Error("the same body was decoded anew")
	}
	for name, other := range map[string]Request{
		"WithBody": r.WithBody([]byte(`{"a":2}`)),
		"Body":     {Header: r.Header, Body: []byte(`{"a":2}`), decoded: r.decoded},
		"literal":  {Header: r.Header, Body: []byte(`{"a":2}`)},
		"cut":      {Header: r.Header, Body: []byte(`{"a":2}x`)[:7], decoded: r.decoded},
	} {
		if n, err := other.Decode(); n.Get("a").Text() != "2" || err != nil {
			t.Errorf("%s: got %s (%v), want the other body's 2", name, show(n), err)
		}
	}
	r.Header = http.Header{"Content-Type": {"multipart/form-data"}}
	if _, err := r.Decode(); err == nil {
		t.Error("another Content-Type got the tree of the first one")
	}
}
