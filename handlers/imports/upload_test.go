package imports

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
)

// TestUploadRefused says what a file is instead, keeps what was pasted, and leaves
// nothing behind.
func TestUploadRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	wide := "Email" + strings.Repeat(",x", 500) + "\nann@example.org\n"
	for name, tt := range map[string]struct {
		parts  []string
		status int
		text   string
	}{
		"zip":              {[]string{"file=a.zip", "PK\x03\x04 and more"}, 422, "This file is an archive (.zip), not a CSV file: unpack it"},
		"workbook":         {[]string{"file=a.xlsx", "PK\x03\x04 [Content_Types].xml"}, 422, "This file is a spreadsheet, not a CSV file"},
		"binary":           {[]string{"file=a.csv", strings.Repeat("\x00\x01\x02\x03\xff\xfe", 5000)}, 422, ""},
		"page":             {[]string{"file=a.xls", "<html><table>"}, 422, "a web page or XML"},
		"empty":            {[]string{"file=a.csv", " \n"}, 422, "There is nothing in this file"},
		"header alone":     {[]string{"file=a.csv", "Email,Name\n"}, 422, "a header and no row behind it"},
		"no address":       {[]string{"file=a.csv", "a,b\nc,d\n"}, 422, "There is no email address in the first rows"},
		"too many columns": {[]string{"file=a.csv", wide}, 422, "too many columns"},
		"no file":          {[]string{"file=", ""}, 422, "Choose a file, or paste a list"},
		"nothing":          {nil, 422, "Choose a file, or paste a list"},
		"empty list":       {[]string{"list", " \n "}, 422, "Paste a list first"},
		"long list":        {[]string{"list", strings.Repeat("ann@example.org\n", maxPaste/16+1)}, 422, "save it as a file, and choose that"},
		"foreign terms":    {[]string{"like", "4711", "file=a.csv", members}, 404, "There is no such import"},
		"damaged terms":    {[]string{"like", "x", "file=a.csv", members}, 404, "There is no such import"},
	} {
		has(t, name, d.PostParts(d.at("/new"), tt.parts...), tt.status, tt.text)
	}
	has(t, "no parts at all", d.Post(d.at("/new"), nil), http.StatusUnprocessableEntity, "The form could not be read")
	if n := d.Number("SELECT (SELECT COUNT(*) FROM enrolld_imports) + (SELECT COUNT(*) FROM enrolld_import_files)"); n != 0 {
		t.Errorf("%d rows are left behind, want none", n)
	}
}

// form is the body of an upload, and its type.
func form(file string) (body, kind string) {
	return "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + file + "\r\n--x--\r\n", "multipart/form-data; boundary=x"
}

// TestUploadBrokenOff: what did not arrive whole is not taken for a file, wherever it
// broke off.
func TestUploadBrokenOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	whole, kind := form("Email\n" + strings.Repeat("ann@example.org\n", 200_000))
	for name, body := range map[string]io.Reader{
		"within the head":   strings.NewReader(whole[:20]),
		"at once":           strings.NewReader(whole[:150]),
		"in a later piece":  strings.NewReader(whole[:len(whole)-200]),
		"before its end":    strings.NewReader(whole[:len(whole)-8]),
		"the line is dead":  io.MultiReader(strings.NewReader(whole[:2<<20]), gone{}),
		"more than allowed": io.MultiReader(strings.NewReader(whole[:150]), gone{&http.MaxBytesError{Limit: maxUpload}}),
	} {
		q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, gatetest.BaseURL+d.at("/new"), body)
		q.Header.Set("Content-Type", kind)
		has(t, name, d.Do(q), http.StatusUnprocessableEntity)
		if n := d.Number("SELECT (SELECT COUNT(*) FROM enrolld_imports) + (SELECT COUNT(*) FROM enrolld_import_files)"); n != 0 {
			t.Errorf("%s: %d rows are left behind, want none", name, n)
		}
	}
}

// gone is a connection that ends with an error.
type gone struct{ error }

func (g gone) Read([]byte) (int, error) {
	if g.error == nil {
		return 0, errors.New("connection reset by peer")
	}
	return 0, g.error
}

// TestUploadIsBounded: the limit of forms does not bound a file, its own does.
func TestUploadIsBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	large := "Email\n" + strings.Repeat("ann@example.org\n", 100_000)
	at := d.bring(large)
	if n := d.Number("SELECT MAX(size) FROM enrolld_imports"); n != int64(len(large)) {
		t.Errorf("%d bytes are there, want %d", n, len(large))
	}
	big := posts(t, d, at, strings.Repeat("x", 300<<10))
	if big != http.StatusUnprocessableEntity {
		t.Errorf("another form of 300 kB: %d, want 422", big)
	}
}

func posts(t *testing.T, d *desk, at, text string) int {
	t.Helper()
	q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, gatetest.BaseURL+at+"/edit", strings.NewReader("course="+text))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.Do(q).Status
}

// TestUploadsHaveBounds: who comes when there are too many is told to wait.
func TestUploadsHaveBounds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.screens.uploads = gate.NewCrowd(0, 0)
	has(t, "no room", d.PostParts(d.at("/new"), "list", "ann@example.org"), http.StatusServiceUnavailable, "wait until one has ended")
}

// deadlines notes those that are set on a connection.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = append(d.read, at); return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = append(d.write, at); return nil }

// TestPatience: a body may take longer than a form while something comes, and not for
// ever.
func TestPatience(t *testing.T) {
	t.Parallel()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	body := &patient{io.NopCloser(bytes.NewReader(make([]byte, 10))), http.NewResponseController(w), time.Now().Add(uploadLimit)}
	begin := time.Now()
	if _, err := io.ReadAll(body); err != nil {
		t.Fatal(err)
	}
	if len(w.read) < 2 || w.read[0].Before(begin.Add(restLimit)) || w.write[0].Before(w.read[0].Add(answerLimit)) {
		t.Errorf("deadlines %v and %v, want %v behind each read, and later ones for the answer", w.read, w.write, restLimit)
	}
	body.end = begin
	_, _ = body.Read(make([]byte, 1))
	if got := w.read[len(w.read)-1]; got.After(begin) {
		t.Errorf("behind its end: read until %v, want %v", got, begin)
	}
}
