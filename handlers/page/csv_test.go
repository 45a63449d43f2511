package page_test

import (
	"net/http/httptest"
	"testing"

	"enrolld/handlers/page"
)

func TestCSV(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	c := page.NewCSV(w, "people.csv", "Name", "Note")
	if c.Begun() || w.Body.Len() != 0 {
		t.Error("something left before the first row")
	}
	for _, row := range [][]string{{"Ann", "a, \"b\"\nc"}, {"=1+1", "@x"}, {"-1", "+1"}, {"\t1", "＝1"}, {"", "a=1"}, {"\xff", "\r"}, {"\n=1", "é"}} {
		if err := c.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.End(); err != nil {
		t.Fatal(err)
	}
	want := "Name,Note\nAnn,\"a, \"\"b\"\"\nc\"\n'=1+1,'@x\n'-1,'+1\n'\t1,'＝1\n,a=1\n\xff,\"'\r\"\n\"'\n=1\",é\n"
	if got := w.Body.String(); got != want || !c.Begun() {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="people.csv"` {
		t.Errorf("the file is sent as %s", got)
	}
}

func TestEmptyCSV(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	if err := page.NewCSV(w, "x.csv", "Name").End(); err != nil || w.Body.String() != "Name\n" {
		t.Errorf("got %q, %v, want the head alone", w.Body.String(), err)
	}
}
