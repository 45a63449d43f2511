package main

import (
	"strings"
	"testing"
)

// stream is what `go test -json` says of two suites of one platform and one of
// another.
const stream = `
{"Action":"attr","Package":"p/a","Test":"TestConformance","Key":"platform","Value":"Alpha"}
{"Action":"pass","Package":"p/a","Test":"TestConformance/verify"}
{"Action":"pass","Package":"p/a","Test":"TestConformance/forged"}
{"Action":"pass","Package":"p/a","Test":"TestConformance/life/x"}
{"Action":"attr","Package":"p/a","Test":"TestConformance/refund","Key":"lacks","Value":"no API"}
{"Action":"skip","Package":"p/a","Test":"TestConformance/refund"}
{"Action":"attr","Package":"p/b","Test":"TestConformance/one","Key":"platform","Value":"Beta"}
{"Action":"pass","Package":"p/b","Test":"TestConformance/one/verify"}
{"Action":"fail","Package":"p/b","Test":"TestConformance/one/forged"}
{"Action":"skip","Package":"p/b","Test":"TestConformance/one/refund"}
`

func TestCells(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.rows()
	if len(rows) != 2 || rows[0].title != "Alpha" || rows[1].title != "Beta" {
		t.Fatalf("got rows %+v", rows)
	}
	for _, tt := range []struct {
		row, column int
		want        string
	}{
		{0, 0, proven}, {0, 14, proven}, {0, 19, ""}, {0, 1, missing},
		{1, 0, failed}, {1, 19, missing}, // skipped without a reason
	} {
		if got, _ := r.cell(rows[tt.row], columns[tt.column]); got != tt.want {
			t.Errorf("%s, %s: got %q, want %q", rows[tt.row].title, columns[tt.column].head, got, tt.want)
		}
	}
	var out strings.Builder
	err = r.write(&out, []string{"Alpha", "Gamma"})
	if err == nil || !strings.Contains(err.Error(), "Alpha: trial") || !strings.Contains(err.Error(), "Gamma: no conformance suite") {
		t.Errorf("got error %v, want one that names what is missing", err)
	}
	if !strings.Contains(out.String(), "(1) no API") {
		t.Errorf("the reason is not printed:\n%s", out.String())
	}
}
