package imports

import (
	"net/http"
	"strings"
	"testing"
)

// TestMessyFiles: what is wrong with a row is said where it is, by row and column, and
// the rows around it are taken.
func TestMessyFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const good = "ann@example.org,Ann Lee\n"
	for name, tt := range map[string]struct{ file, wrong, row string }{
		"NUL":            {"Email,Name\n" + good + "bob@exam\x00ple.org,Bob\n", "Column 1 “Email”: there is a NUL byte in this row", "2"},
		"long line":      {"Email,Name\n" + good + "bob@example.org,\"" + strings.Repeat("x", 10<<20) + "\"\n", "This line is longer than 128 kB", "2"},
		"mixed encoding": {"Email,Name\n" + good + strings.Repeat("ok@example.org,Zoë\n", 9000) + "bob@example.org,Ren\xe9\n", "Column 2 “Name”: this cell has bytes that are no utf-8", "9,002"},
		"no header":      {good + "bob@example.org,Bob\nnonsense,Eve\n", "Column 1: this is not an email address", "3"},
		"open quote":     {"Email,Name\n" + good + "\"bob@example.org,Bob\ncleo@example.org,Cleo\n", "is opened in this line and never closed", "2"},
		"many cells":     {"Email,Name\n" + good + "bob@example.org,Roe,Bob\n", "more than the 2 columns", "2"},
		"many addresses": {"Email,Name\n" + good + "bob@example.org cleo@example.org,Bob\n", "more than one email address in this cell", "2"},
		"UTF-16":         {utf16("Email\tName\nann@example.org\tŁukasz\nnonsense\tx\n"), "Column 1 “Email”: this is not an email address", "2"},
	} {
		at := d.bring(tt.file)
		d.count(at)
		a := d.Get(at + "?verdict=invalid")
		has(t, name, a, http.StatusOK, tt.wrong, "row cannot be taken")
		if !strings.Contains(said(a), " "+tt.row+", line ") {
			t.Errorf("%s: not said to be row %s: %s", name, tt.row, said(a))
		}
		has(t, name+", the others", d.Get(at+"?verdict=new"), http.StatusOK, "ann@example.org")
	}
	two := d.bring("Email,Email,Name\nann@example.org,a@example.net,Ann\n")
	has(t, "one header twice", d.Get(two), http.StatusOK, "Choose what column 1 “Email” and column 2 “Email” are")
	has(t, "undecided", d.decide(two, "course", "page:12"), http.StatusUnprocessableEntity, "Choose what column 1")
	goes(t, "decided", d.decide(two, "course", "page:12", "role-0", "ignore", "role-1", "email"), two)
	d.work()
	has(t, "decided", d.Get(two), http.StatusOK, "a@example.net")
}

func utf16(s string) string {
	out := "\xff\xfe"
	for _, r := range s {
		out += string([]byte{byte(r), byte(r >> 8)})
	}
	return out
}
