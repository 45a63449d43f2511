package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	t.Parallel()
	got, err := clean("# a comment\nB.example\r\n\na.example\nsub.b.example\n x.y.sub.b.example\nb.example\nbücher.example\nab.example\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a.example", "ab.example", "b.example", "xn--bcher-kva.example"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, bad := range []string{"<html>", "com", "a b.example", ".", "a@b.example"} {
		if got, err := clean(bad); err == nil {
			t.Errorf("clean(%q) = %q; want an error", bad, got)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "list.txt")
	if err := run("-", out, "", strings.NewReader("b.example\n")); err == nil {
		t.Error("a list without a source was written")
	}
	if err := run("-", out, "somebody's of 2026-09-21. Licence: CC0-1.0", strings.NewReader("b.example\na.example\n")); err != nil {
		t.Fatal(err)
	}
	first := mustRead(t, out)
	if !strings.HasSuffix(first, "Source: somebody's of 2026-09-21. Licence: CC0-1.0\n\na.example\nb.example\n") {
		t.Errorf("wrote %q", first)
	}
	if err := run(out, out, "", nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, mustRead(t, out)); diff != "" {
		t.Errorf("cleaning the list again changed it: -first +second\n%s", diff)
	}
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
