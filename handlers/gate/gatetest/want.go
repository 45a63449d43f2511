package gatetest

import (
	"strings"
	"testing"
)

// Want fails t when an answer has another status, or its body lacks one of the
// texts. what says which answer it is.
func Want(t testing.TB, what string, a Answer, status int, has ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%s: got status %d (to %q), want %d", what, a.Status, a.Location, status)
	}
	for _, text := range has {
		if !strings.Contains(a.Body, text) {
			t.Errorf("%s: the page lacks %q in\n%s", what, text, content(a.Body))
		}
	}
}

// Lacks fails t when the body of an answer has one of the texts.
func Lacks(t testing.TB, what string, a Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.Body, text) {
			t.Errorf("%s: the page has %q in\n%s", what, text, content(a.Body))
		}
	}
}

// content is what of a page is its own; all of it when it has no such part.
func content(body string) string {
	if _, main, ok := strings.Cut(body, "<main"); ok {
		body, _, _ = strings.Cut(main, "</main>")
		return "<main" + body
	}
	return body
}
