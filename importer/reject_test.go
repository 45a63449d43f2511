package importer_test

import (
	"bytes"
	"strings"
	"testing"

	"enrolld/importer"

	"github.com/google/go-cmp/cmp"
)

// rejects writes every row as if it had not been taken.
func rejects(tb testing.TB, plan importer.Plan, rows []importer.Row) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := importer.NewRejectWriter(&out, plan)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestRejectWriter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
		pasted         bool
	}{
		{name: "header", in: "E-Mail;Name;Note\nann@x;Lee, Ann;\"a;b\"\nbob;=1+1;-5\n", want: "Problem;E-Mail;Name;Note\r\n" +
			"line 2: column 1 “E-Mail”: the email address has no valid domain;ann@x;Lee, Ann;\"a;b\"\r\n" +
			"line 3: column 1 “E-Mail”: this is not an email address;bob;'=1+1;'-5\r\n"},
		{name: "no header", in: "ann@x.org,Ann,7\n,Bob,8\n", want: "Problem,Email,Name,Column 3\r\n" +
			"line 1,ann@x.org,Ann,7\r\nline 2: column 1: there is no email address here,,Bob,8\r\n"},
		{name: "from a reject file", in: "Problem,Email\n\"line 7, bad\",ann@x\n", want: "Problem,Email\r\n" +
			"line 2: column 2 “Email”: the email address has no valid domain,ann@x\r\n"},
		{name: "too many cells", in: "Email,Name\nann@x.org,Lee, Ann\n", want: "Problem,Email,Name\r\n\"line 2: column 3: the row has 3 cells, more than " +
			"the 2 columns: put cells that have the delimiter in them into quotation marks (\"\")\",ann@x.org,Lee,\" Ann\"\r\n"},
		{name: "passwords", in: "Email,Password\nann@x,secret\n", want: "Problem,Email,Password\r\n" +
			"line 2: column 1 “Email”: the email address has no valid domain,ann@x,\r\n"},
		{name: "list", in: "Ann Lee ann@x\nnobody\nbob@x.org", pasted: true, want: "Problem,Email\r\n" +
			"line 1: the email address has no valid domain,\"\"\"Ann Lee\"\" <ann@x>\"\r\n" +
			"line 2: there is no email address here,nobody\r\nline 3,bob@x.org\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan := propose(t, []byte(tt.in), importer.Choice{Pasted: tt.pasted})
			got := string(rejects(t, plan, readAll(t, []byte(tt.in), plan, importer.At{})))
			if diff := cmp.Diff("\ufeff"+tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			again := propose(t, []byte(got), importer.Choice{})
			if !again.HasHeader || again.Roles[0] != importer.Note {
				t.Errorf("the reject file would be read by %+v", again)
			}
		})
	}
}

// TestRejectWriter_again imports rejects that were mended: the rows are as good as
// in the first file.
func TestRejectWriter_again(t *testing.T) {
	t.Parallel()
	in := []byte("Nombre,Correo,Nota\n\"Lee, Ann\",ann@x,=1\nBob,bob@x.org,\"two\nlines\"\n")
	plan := propose(t, in, importer.Choice{})
	rows := readAll(t, in, plan, importer.At{})
	mended := bytes.ReplaceAll(rejects(t, plan, rows[:1]), []byte(",ann@x,"), []byte(",ann@x.org,"))
	got := readAll(t, mended, propose(t, mended, importer.Choice{}), importer.At{})
	if len(got) != 1 || got[0].Email != "ann@x.org" || got[0].First != "Ann" || got[0].Last != "Lee" || got[0].Verdict != importer.Ready {
		t.Errorf("got %+v", got)
	}
	if note := got[0].Cells[len(got[0].Cells)-1]; note != "=1" {
		t.Errorf("the note is %q, want it as it was, =1", note)
	}
}

// TestRejectWriter_mapping has columns that a person had to name: the reject file
// finds what was remembered of them.
func TestRejectWriter_mapping(t *testing.T) {
	t.Parallel()
	in := []byte("Wer,Wo,Rolle\nAnn Lee,ann@x,admin\nBob,bob@x.org,-\n")
	plan := propose(t, in, importer.Choice{}).WithRoles([]importer.Role{importer.Name, importer.Email, importer.Ignore})
	file := rejects(t, plan, readAll(t, in, plan, importer.At{})[:1])
	file = bytes.ReplaceAll(file, []byte("ann@x,"), []byte("ann@x.org,"))
	again := propose(t, file, importer.Choice{})
	if plan.MappingKey() != again.MappingKey() {
		t.Errorf("the mapping is remembered under %s and looked up under %s", plan.MappingKey(), again.MappingKey())
	}
	again = again.WithRoles(plan.Mapping())
	if diff := cmp.Diff([]importer.Role{importer.Note, importer.Name, importer.Email, importer.Refused}, again.Roles); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if row := readAll(t, file, again, importer.At{})[0]; row.First != "Ann" || row.Email != "ann@x.org" {
		t.Errorf("got %+v", row)
	}
}

func TestRejectWriter_empty(t *testing.T) {
	t.Parallel()
	if got := rejects(t, importer.Plan{Format: importer.List}, nil); len(got) != 0 {
		t.Errorf("got %q, want nothing", got)
	}
	var out strings.Builder
	w := importer.NewRejectWriter(&out, importer.Plan{Format: importer.List})
	if err := w.Write(importer.Row{Line: 3, Cells: []string{"ann@x.org"}}, "this is an administrator of the site"); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeffProblem,Email\r\nline 3: this is an administrator of the site,ann@x.org\r\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
