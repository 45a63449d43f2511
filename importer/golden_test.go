package importer_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"enrolld"
	"enrolld/importer"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is got into testdata; read the difference before you keep it")

// TestRead reads testdata/*.txtar: files named in are read as a file of that name
// would be, and told in the file behind, named want. The comment of an archive is
// for people, but for its words "pasted" and "escapes" on a line of their own.
func TestRead(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) < 5 {
		t.Fatalf("%d archives in testdata, %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+1 < len(archive.Files); i += 2 {
				in, want := archive.Files[i], &archive.Files[i+1]
				got := tellFile(fileOf(t, in.Data, archive.Comment), choiceOf(archive.Comment))
				if *update {
					want.Data = []byte(got)
				} else if diff := cmp.Diff(string(want.Data), got); diff != "" {
					t.Errorf("%s: -want +got\n%s", in.Name, diff)
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func choiceOf(comment []byte) importer.Choice {
	return importer.Choice{Pasted: bytes.Contains(comment, []byte("\npasted\n"))}
}

func fileOf(tb testing.TB, data, comment []byte) []byte {
	tb.Helper()
	if !bytes.Contains(comment, []byte("\nescapes\n")) {
		return data
	}
	var out []byte
	for line := range strings.Lines(string(data)) {
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `"`, `\"`) + `"`)
		if err != nil {
			tb.Fatalf("%s: %v", line, err)
		}
		out = append(out, text...)
	}
	return out
}

// tellFile reads a file by what is proposed for it and tells what is in it.
func tellFile(file []byte, choice importer.Choice) string {
	plan, err := importer.Propose(bytes.NewReader(file), choice)
	if err == nil {
		err = plan.Check()
	}
	if err != nil {
		return fmt.Sprintf("%s: %s\n", enrolld.CodeOf(err), enrolld.MessageOf(err))
	}
	r, err := importer.Open(bytes.NewReader(file), plan, importer.At{})
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	b.WriteString(tellPlan(plan))
	seen := importer.NewSeen(importer.MaxSeen)
	for {
		row, err := r.Next()
		if err != nil {
			return b.String()
		}
		seen.Judge(&row)
		b.WriteString(tellRow(row))
	}
}

func tellPlan(p importer.Plan) string {
	if p.Format == importer.List {
		return fmt.Sprintf("list, %s\n", p.Encoding)
	}
	out := fmt.Sprintf("csv, %s, %q:", p.Encoding, p.Delimiter)
	for i, role := range p.Roles {
		out += fmt.Sprintf(" %s=%s", strings.ReplaceAll(p.Header[i], " ", "_"), role)
	}
	return out + "\n" + strings.Join(append(p.Refusals(), ""), "\n")
}

func tellRow(row importer.Row) string {
	out := fmt.Sprintf("%d #%d %s <%s> %q %q\n", row.Line, row.Number, row.Verdict, row.Email, row.First, row.Last)
	for _, p := range row.Problems {
		out += fmt.Sprintf("    %d %s: %s\n", p.Column, p.Code, p.Message)
	}
	return out
}
