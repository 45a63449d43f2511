package importer_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"enrolld/importer"
	"enrolld/importer/importertest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

func TestMessy(t *testing.T) {
	t.Parallel()
	want := importertest.Messy(1, 10_000)
	plan := propose(t, want.Bytes, importer.Choice{})
	seen := importer.NewSeen(importer.MaxSeen)
	var got importertest.File
	codes := map[importer.Code]int{}
	for _, row := range readAll(t, want.Bytes, plan, importer.At{}) {
		seen.Judge(&row)
		switch row.Verdict {
		case importer.Ready:
			got.Ready = append(got.Ready, importertest.Person{Email: row.Email, First: row.First, Last: row.Last})
		case importer.Same:
			got.Same++
		case importer.Invalid:
			got.Invalid++
		}
		for _, p := range row.Problems {
			codes[p.Code]++
		}
		if row.Cells[min(3, len(row.Cells)-1)] == "administrator" {
			t.Errorf("line %d: a role was read", row.Line)
		}
	}
	want.Bytes = nil // quicker to compare
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%.3000s", diff)
	}
	for _, code := range []importer.Code{
		importer.NoEmail, importer.BadEmail, importer.BadEncoding, importer.NULByte, importer.LongRow, importer.UnclosedQuote, importer.ExtraCells,
		importer.StrayQuote, importer.FewCells, importer.FormulaName, importer.ControlName, importer.LongName, importer.Repeated,
	} {
		if codes[code] == 0 {
			t.Errorf("no row of the messy file has the problem %q", code)
		}
	}
}

// TestReader_resumesAnywhere reads a file of every encoding once, then on from
// each place, and in pieces of any size: the rows are always the same.
func TestReader_resumesAnywhere(t *testing.T) {
	t.Parallel()
	messy := importertest.Messy(2, 250).Bytes
	for name, file := range map[string][]byte{
		"utf-8":    messy,
		"utf-16le": utf16(t, unicode.LittleEndian, messy),
		"utf-16be": utf16(t, unicode.BigEndian, messy),
		"list":     []byte("Ann <ann@x.org>, bob@x.org; cy@x.org\n\n---\n\ndi@x.org, Di\r\na@x.org b@x.org c@x.org"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := propose(t, file, importer.Choice{Pasted: name == "list"})
			all := readAll(t, file, plan, importer.At{})
			rng := rand.New(rand.NewPCG(3, 3))
			for i := 0; i < len(all); i += 1 + rng.IntN(len(all)/20+1) {
				if diff := cmp.Diff(all[i+1:], nilIfEmpty(readAll(t, file, plan, all[i].End))); diff != "" {
					t.Fatalf("from row %d on: -want +got\n%.2000s", i+1, diff)
				}
			}
			if got := all[len(all)-1].End.Offset; got > int64(len(file)) {
				t.Errorf("the last row ends at byte %d of %d", got, len(file))
			}
			for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
				r, err := importer.Open(seeker{wrap(bytes.NewReader(file[plan.Start.Offset:]))}, plan, importer.At{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(all, drain(t, r)); diff != "" {
					t.Fatalf("in pieces: -want +got\n%.2000s", diff)
				}
			}
		})
	}
}

func nilIfEmpty(rows []importer.Row) []importer.Row {
	if rows == nil {
		return []importer.Row{}
	}
	return rows
}

// seeker stands where it should already.
type seeker struct{ io.Reader }

func (seeker) Seek(offset int64, _ int) (int64, error) { return offset, nil }

func utf16(tb testing.TB, order unicode.Endianness, text []byte) []byte {
	tb.Helper()
	text = []byte(strings.ToValidUTF8(strings.TrimPrefix(string(text), "\ufeff"), "é"))
	out, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().Bytes(text)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
