package page_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"enrolld/handlers/page"
)

func TestCSV(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	c := page.NewCSV(w, "people.csv", "Name", "Note")
	if c.Begun() || w.Body.Len() != 0 {
		t.Error("something left before the first row")
	}
	for _, row := range [][]string{{"Ann", "a, \"b\"\nc"}, {"=1+1", "@x"}, {"-1", "+1"}, {"\t1", "＝1"}, {"", "a=1"}, {"\xff", "\r"}, {"\n=1", "é"},
		{"Lee;=1+1;x", "a; -b"}, {"x\n\"=1", "a;b=1;c"}, {";＝1", "y\t '@z;;+1"}} {
		if err := c.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.End(); err != nil {
		t.Fatal(err)
	}
	want := "Name,Note\nAnn,\"a, \"\"b\"\"\nc\"\n'=1+1,'@x\n'-1,'+1\n'\t1,'＝1\n,a=1\n\xff,\"'\r\"\n\"'\n'=1\",é\n" +
		"Lee;'=1+1;x,a; '-b\n\"x\n\"\"'=1\",a;b=1;c\n;'＝1,y\t ''@z;;'+1\n"
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

// deadlines counts how often a writer was given more time.
type deadlines struct {
	http.ResponseWriter
	n int
}

func (d *deadlines) SetWriteDeadline(time.Time) error {
	d.n++
	return nil
}

// A long file has more time than a page: a server's limit for an answer would cut
// it off.
func TestCSVTakesItsTime(t *testing.T) {
	t.Parallel()
	w := &deadlines{ResponseWriter: httptest.NewRecorder()}
	out := page.NewCSV(w, "long.csv", "n")
	for range 3500 {
		if err := out.Row("1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.End(); err != nil || w.n != 3 {
		t.Errorf("more time was given %d times, %v; want 3", w.n, err)
	}
}
