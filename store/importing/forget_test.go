package importing_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"enrolld/store"
	"enrolld/store/importing"
)

func utf16le(s string) string {
	out := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(s)) {
		out = append(out, byte(c), byte(c>>8))
	}
	return string(out)
}

// TestNaming finds an address in the files of imports, across the edges of their
// parts, and forgets the files of those that have ended.
func TestNaming(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const row = "Email\nann@example.org\n"
	padded := "Email\n" + strings.Repeat("x", 1<<20-6-5) + "\nANN@example.org\n" // the address straddles the edge
	ended := d.take(row, terms(12))
	open := []importing.Import{d.draft(utf16le(row), terms(12)), d.draft(padded, terms(12))}
	d.draft("Email\nanna@example.org\njoann@example.org\nann@example.org.uk\n", terms(12))
	gotEnded, gotOpen, err := d.x.Naming(t.Context(), d.Account.ID, "Ann@example.org", "")
	d.Check(err)
	if len(gotEnded) != 1 || gotEnded[0].ID != ended.ID || len(gotOpen) != 2 || gotOpen[0].ID != open[0].ID || gotOpen[1].ID != open[1].ID {
		t.Fatalf("got %+v and %+v, want the one that ended and the first two that have not", gotEnded, gotOpen)
	}
	if a, b, err := d.x.Naming(t.Context(), d.Account.ID+1, "ann@example.org"); len(a)+len(b) > 0 || err != nil {
		t.Errorf("of another account: %+v %+v, %v", a, b, err)
	}
	d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error { return importing.Forget(t.Context(), tx, gotEnded) }))
	if got := d.get(ended.ID); got.Size != 0 || got.Counts != ended.Counts {
		t.Errorf("forgotten: %d bytes, %+v, want none, and the counts", got.Size, got.Counts)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_import_files WHERE import_id = `+fmt.Sprint(ended.ID), "0")
}
