package importer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"enrolld"
	"enrolld/importer"

	"github.com/google/go-cmp/cmp"
)

const refuseAll = "column 2 “Role” is never read: an import gives no rights and sets no passwords"

func TestPlanCheck(t *testing.T) {
	t.Parallel()
	table := importer.Plan{
		Format: importer.CSV, Encoding: importer.UTF8, Delimiter: ",", HasHeader: true,
		Header: []string{"Email", "Role", "Name"}, Roles: []importer.Role{importer.Email, importer.Refused, importer.Name},
	}
	tests := []struct {
		name string
		edit func(p *importer.Plan)
		want string
	}{
		{"good", func(*importer.Plan) {}, ""},
		{"good list", func(p *importer.Plan) { *p = importer.Plan{Format: importer.List, Encoding: importer.Windows1252} }, ""},
		{"role taken", func(p *importer.Plan) { p.Roles = []importer.Role{"email", "name", "ignore"} }, refuseAll},
		{"role left out quietly", func(p *importer.Plan) { p.Roles = []importer.Role{"email", "ignore", "name"} }, refuseAll},
		{"no address", func(p *importer.Plan) { p.Roles[0] = "ignore" }, "no column has email addresses: choose the one that does"},
		{"two addresses", func(p *importer.Plan) { p.Roles[2] = "email" },
			"choose one: column 1 “Email” and column 3 “Name” are both read as the email address"},
		{"undecided", func(p *importer.Plan) { p.Roles[0], p.Roles[2] = "", "" },
			"choose what column 1 “Email” and column 3 “Name” are: they look like the same thing"},
		{"unknown role", func(p *importer.Plan) { p.Roles[2] = "boss" },
			`column 3 “Name” cannot be read as "boss": choose email, name, first name, last name or nothing`},
		{"too few roles", func(p *importer.Plan) { p.Roles = p.Roles[:2] }, "a file has 1 to 500 columns, and each is read in one way"},
		{"delimiter", func(p *importer.Plan) { p.Delimiter = `"` }, `cells cannot be divided by "\"": choose comma, semicolon, tab or bar`},
		{"encoding", func(p *importer.Plan) { p.Encoding = "ebcdic" }, `the encoding "ebcdic" is not known: choose one of the list`},
		{"format", func(p *importer.Plan) { p.Format = "xls" }, `the format "xls" is not known: choose a table or a list`},
		{"start", func(p *importer.Plan) { p.Start.Offset = -1 }, "the plan of this import is damaged: choose the file again"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := table
			p.Roles = slices.Clone(p.Roles)
			tt.edit(&p)
			err := p.Check()
			if got := enrolld.MessageOf(err); got != tt.want || err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
				t.Errorf("Check() = %v (%s), want %q", err, enrolld.CodeOf(err), tt.want)
			}
		})
	}
}

func TestPlan_isKeptAsJSON(t *testing.T) {
	t.Parallel()
	file := []byte("sep=;\nE-Mail;Role;Name\nann@x.org;admin;Ann\n")
	want := propose(t, file, importer.Choice{})
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got importer.Plan
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", text, diff)
	}
	if diff := cmp.Diff(importer.At{Offset: 23, Line: 2}, got.Start); diff != "" {
		t.Errorf("Start: -want +got\n%s", diff)
	}
}

func TestPlanMappingKey(t *testing.T) {
	t.Parallel()
	key := func(header string) string {
		return propose(t, []byte(header+"\nann@x.org;Ann\n"), importer.Choice{}).MappingKey()
	}
	if a, b := key("E-Mail;Prénom"), key("\ufeffe mail; PRENOM "); a != b || len(a) != 32 {
		t.Errorf("the same header has the keys %q and %q", a, b)
	}
	if a, b := key("E-Mail;Vorname"), key("E-Mail;Name"); a == b {
		t.Errorf("two headers have the key %q", a)
	}
	if got := propose(t, []byte("ann@x.org;Ann\n"), importer.Choice{}).MappingKey(); got != "" {
		t.Errorf("without a header the key is %q, want none", got)
	}
}

func TestPlanWithRoles(t *testing.T) {
	t.Parallel()
	file := []byte("Email,Email,Role\nold@x.org,new@x.org,admin\n")
	plan, err := importer.Propose(bytes.NewReader(file), importer.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "choose what column 1 “Email” and column 2 “Email” are: they look like the same thing"; enrolld.MessageOf(plan.Check()) != want {
		t.Errorf("Check() = %v, want %q", plan.Check(), want)
	}
	rows := readAll(t, file, plan.WithRoles([]importer.Role{"ignore", "email", "name"}), importer.At{})
	if diff := cmp.Diff([]string{"old@x.org", "new@x.org", ""}, rows[0].Cells); diff != "" || rows[0].Email != "new@x.org" || rows[0].First != "" {
		t.Errorf("row %+v; cells: -want +got\n%s", rows[0], diff)
	}
}

func TestPropose_choices(t *testing.T) {
	t.Parallel()
	no := false
	tests := []struct {
		name   string
		file   string
		choice importer.Choice
		want   string // the first row
	}{
		{"encoding", "Email;Name\nann@x.org;\xc0\xed\xed\xe0\n", importer.Choice{Encoding: "windows-1251"}, "2 <ann@x.org> Анна"},
		{"delimiter", "Email|Name\nann@x.org|Ann;x\n", importer.Choice{Delimiter: "|"}, "2 <ann@x.org> Ann;x"},
		{"header is a person", "Email,Name\nann@x.org,Ann\n", importer.Choice{Header: &no}, "1 <> Name"},
		{"roles", "A,B,C\nann@x.org,bob@x.org,Ann\n", importer.Choice{Roles: []importer.Role{"ignore", "email", "name"}}, "2 <bob@x.org> Ann"},
		{"list", "Email,Name\nann@x.org,Ann\n", importer.Choice{Format: importer.List}, "1 <>"},
		{"table, though pasted", "ann@x.org,Ann\n", importer.Choice{Format: importer.CSV, Pasted: true}, "1 <ann@x.org> Ann"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			row := readAll(t, []byte(tt.file), propose(t, []byte(tt.file), tt.choice), importer.At{})[0]
			got := strings.TrimSpace(string(rune('0'+row.Line)) + " <" + row.Email + "> " + row.First)
			if got != tt.want {
				t.Errorf("got %s, want %s (%+v)", got, tt.want, row)
			}
		})
	}
}

// TestPropose_longFile has what matters behind the 64 kB that are looked at.
func TestPropose_longFile(t *testing.T) {
	t.Parallel()
	file := []byte("Email;Name\n" + strings.Repeat("ann@x.org;Ann\n", 10_000) + "jo@x.org;Jos\xe9\n")
	plan := propose(t, file, importer.Choice{})
	rows := readAll(t, file, plan, importer.At{})
	last := rows[len(rows)-1]
	if plan.Encoding != importer.UTF8 || len(rows) != 10_001 || last.Verdict != importer.Invalid || last.Problems[0].Code != importer.BadEncoding {
		t.Errorf("%s, %d rows, the last: %+v", plan.Encoding, len(rows), last)
	}
	if diff := cmp.Diff([]string{"jo@x.org", "José"}, last.Cells); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPropose_manyColumns(t *testing.T) {
	t.Parallel()
	file := "Email" + strings.Repeat(",x", importer.MaxColumns) + "\nann@x.org\n"
	_, err := importer.Propose(strings.NewReader(file), importer.Choice{})
	if enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("Propose: %v, want that it is invalid", err)
	}
}

// TestReader_manyCells has something in no column that is kept: the row is told all the same.
func TestReader_manyCells(t *testing.T) {
	t.Parallel()
	in := []byte("Email,Name\n" + strings.Repeat(",", 2*importer.MaxColumns) + "ann@x.org\nbob@x.org,Bob\n")
	rows := readAll(t, in, propose(t, in, importer.Choice{}), importer.At{})
	if len(rows) != 2 || rows[0].Verdict != importer.Invalid || len(rows[0].Cells) != importer.MaxColumns || rows[1].Email != "bob@x.org" {
		t.Errorf("got %d rows, the first: %+v", len(rows), rows[0])
	}
}

func TestReader_fileFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	text := "Email\nann@x.org\n" + strings.Repeat("b", 400<<10)
	plan := propose(t, []byte(text[:20]), importer.Choice{})
	src := io.MultiReader(strings.NewReader(text[plan.Start.Offset:]), iotest.ErrReader(broken))
	r, err := importer.Open(seeker{src}, plan, importer.At{})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if row.Email != "ann@x.org" || err != nil {
		t.Fatalf("first row %+v, %v", row, err)
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Errorf("Next: %v, want %v", err, broken)
		}
	}
	if got := r.At(); got != row.End {
		t.Errorf("reading goes on at %+v, want %+v", got, row.End)
	}
	if _, err := importer.Propose(iotest.ErrReader(broken), importer.Choice{}); !errors.Is(err, broken) {
		t.Errorf("Propose: %v, want %v", err, broken)
	}
}
