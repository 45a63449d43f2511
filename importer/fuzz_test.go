package importer_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"enrolld"
	"enrolld/importer"
	"enrolld/importer/importertest"

	"github.com/google/go-cmp/cmp"
)

// FuzzReader reads any bytes: no line that shows anything is in no row, reading
// goes on anywhere, and rejects read as they were given.
func FuzzReader(f *testing.F) {
	f.Add([]byte("Email,Name\nann@x.org,\"Lee,\nAnn\"\r\nbob@x.org;\"\"\"\r"), uint8(0), uint8(0))
	f.Add([]byte("a@x.org;\"b\nc@x.org;d\"e\n\xe9;=1\n\x00;'=\n"), uint8(1), uint8(1))
	f.Add([]byte("a\x00@\x00b\x00.\x00c\x00,\x00\"\x00\n\x00\x3d\xd8"), uint8(0), uint8(2))
	f.Add([]byte("a@x.org, b@x.org\n---\n\"A <c@x.org>\x85 d"), uint8(4), uint8(0))
	f.Add(importertest.Messy(5, 12).Bytes, uint8(1), uint8(0))
	f.Fuzz(func(t *testing.T, file []byte, delimiter, encoding uint8) {
		plan := importer.Plan{Format: importer.List, Encoding: importer.Encodings()[int(encoding)%4]}
		if i := int(delimiter) % 5; i < 4 {
			plan.Format, plan.Delimiter = importer.CSV, importer.Delimiters()[i]
			plan.Header, plan.Roles = make([]string, 3), []importer.Role{importer.Email, importer.Name, importer.Ignore}
		}
		all := readAll(t, file, plan, importer.At{})
		checkRows(t, all)
		if plan.Encoding == importer.UTF8 || plan.Encoding == importer.Windows1252 {
			checkLines(t, file, plan, all)
		}
		for i := 0; i < len(all); i += 1 + len(all)/8 {
			if diff := cmp.Diff(all[i+1:], nilIfEmpty(readAll(t, file, plan, all[i].End))); diff != "" {
				t.Fatalf("from row %d on: -want +got\n%s", i+1, diff)
			}
		}
		if plan.Format == importer.CSV && len(file) < importer.MaxRow/4 {
			checkRejects(t, plan, all)
		}
	})
}

func checkRows(t *testing.T, all []importer.Row) {
	t.Helper()
	for i, row := range all {
		if row.Number != int64(i+1) || row.End.Number != row.Number || row.End.Skip == 0 && row.End.Line < row.Line-1 {
			t.Fatalf("row %d has the wrong place: %+v", i+1, row)
		}
		_, key, err := enrolld.ParseEmail(row.Email)
		if row.Verdict == importer.Ready && (err != nil || key != row.Key) {
			t.Fatalf("row %d is ready: %+v", i+1, row)
		}
		if (row.Verdict == importer.Invalid) != slices.ContainsFunc(row.Problems, func(p importer.Problem) bool { return p.Code.Fatal() }) {
			t.Fatalf("the verdict does not follow from the problems: %+v", row)
		}
		for _, name := range []string{row.First, row.Last} {
			if !utf8.ValidString(name) || utf8.RuneCountInString(name) > importer.MaxName || strings.ContainsAny(name, "\x00\r\n\t") ||
				name != "" && strings.ContainsAny(name[:1], "=+-@") {
				t.Fatalf("row %d has the name %q", i+1, name)
			}
		}
	}
}

// checkLines says whether lines between rows are blank.
func checkLines(t *testing.T, file []byte, plan importer.Plan, all []importer.Row) {
	t.Helper()
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(file))
	lines := strings.Split(text, "\n")
	next := int64(1) // the line that has to be in a row, or blank
	for _, row := range append(all, importer.Row{Line: int64(len(lines)) + 1}) {
		for ; next < row.Line; next++ {
			if line := lines[next-1]; strings.ContainsFunc(line, func(r rune) bool {
				if plan.Format == importer.List {
					return r == '@'
				}
				return r > ' ' && r < 0x7f && r != '"' && string(r) != plan.Delimiter
			}) {
				t.Fatalf("line %d is in no row: %q", next, line)
			}
		}
		if row.End.Offset == int64(len(file)) {
			return
		}
		next = row.End.Line + 1
		if row.End.Skip > 0 {
			next = row.Line
		}
	}
}

// checkRejects says whether the cells of a reject file are those that were given.
func checkRejects(t *testing.T, plan importer.Plan, all []importer.Row) {
	t.Helper()
	if slices.ContainsFunc(all, func(r importer.Row) bool { return len(r.Cells) >= importer.MaxColumns-1 }) {
		return
	}
	file := rejects(t, plan, all)
	if len(all) == 0 {
		return
	}
	plan.Encoding, plan.HasHeader, plan.Start = importer.UTF8, true, importer.At{Offset: int64(bytes.IndexByte(file, '\n')) + 1, Line: 1}
	plan.Header, plan.Roles = append([]string{"Problem"}, plan.Header...), append([]importer.Role{importer.Note}, plan.Roles...)
	var got, want [][]string
	for _, row := range readAll(t, file, plan, importer.At{}) {
		got = append(got, row.Cells[1:])
	}
	for _, row := range all {
		cells := append(slices.Clone(row.Cells), make([]string, max(0, 3-len(row.Cells)))...)
		want = append(want, cells)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("rejects %q: -want +got\n%s", file, diff)
	}
}

// FuzzPropose looks at any head of a file: what is proposed gives nobody rights,
// and people can always correct it.
func FuzzPropose(f *testing.F) {
	f.Add([]byte("Email;Role;Passwort;Name\nann@x.org;a;b;c\n"), false)
	f.Add([]byte("sep=|\nuser_email|E-Mail|Nom\n"), false)
	f.Add([]byte("\xff\xfes\x00e\x00p\x00=\x00"), true)
	f.Add(importertest.Messy(6, 12).Bytes, true)
	f.Fuzz(func(t *testing.T, head []byte, pasted bool) {
		plan, err := importer.Propose(bytes.NewReader(head), importer.Choice{Pasted: pasted})
		if err != nil {
			if enrolld.CodeOf(err) != enrolld.Invalid {
				t.Fatalf("Propose: %v", err)
			}
			return
		}
		if plan.Format == importer.CSV {
			all := make([]importer.Role, len(plan.Roles))
			for i := range all {
				all[i] = importer.Ignore
			}
			if i := slices.IndexFunc(plan.Roles, func(r importer.Role) bool { return r != importer.Refused }); i >= 0 {
				all[i] = importer.Email
				if err := plan.WithRoles(all).Check(); err != nil {
					t.Fatalf("%+v cannot be corrected: %v", plan, err)
				}
			}
		}
		if plan.Check() == nil {
			checkRows(t, readAll(t, head, plan, importer.At{}))
		}
	})
}

// FuzzList reads any line as a list: each person it names, written by itself, is
// the same person.
func FuzzList(f *testing.F) {
	for _, line := range []string{
		"Ann Lee <ann@x.org>, bob@x.org", `"Lee, Ann" <ann@x.org>; Bob` + "\tbob@x.org\tRoe", "<a@x.org", `a"b@x.org"`, "mailto:ann@x.org?subject=<b@x.org>",
	} {
		f.Add(line)
	}
	plan := importer.Plan{Format: importer.List, Encoding: importer.UTF8}
	f.Fuzz(func(t *testing.T, line string) {
		rows := readAll(t, []byte(line), plan, importer.At{})
		checkRows(t, rows)
		for _, row := range rows {
			if row.Verdict != importer.Ready {
				continue
			}
			again := readAll(t, []byte(row.Cells[0]), plan, importer.At{})
			if len(again) != 1 || again[0].Key != row.Key || again[0].Verdict != importer.Ready {
				t.Fatalf("%q of %q reads as %+v", row.Cells[0], line, again)
			}
		}
	})
}
