package importing_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/importer"
	"enrolld/store/importing"
)

// browse reads all rows of a verdict page by page.
func (d *desk) browse(id int64, v importing.Verdict, n int) (out []importing.Shown) {
	d.T.Helper()
	for from := int64(0); ; {
		p, err := d.x.Rows(d.T.Context(), d.Account.ID, id, v, from, n)
		d.Check(err)
		out = append(out, p.Rows...)
		if p.Next == 0 {
			return out
		}
		if len(p.Rows) != n || p.Next <= from {
			d.T.Fatalf("%d rows and then from %d, want %d and on", len(p.Rows), p.Next, n)
		}
		from = p.Next
	}
}

// TestRows pages through a messy file in pages of any size: each row is there once,
// with the verdict that it is counted by, and those of each verdict are the same ones.
func TestRows(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file, _ := messy(t, *seedFlag, 1300)
	d.take(list(0, 2), terms(12))
	i := d.draft(file+"p0@example.org,Ann,Lee\n", terms(12))
	if got := d.browse(i.ID, "", 100); got != nil {
		t.Errorf("before it was counted: %d rows, want none", len(got))
	}
	i, err := d.x.Preview(t.Context(), d.Account.ID, i.ID, func(importing.Import) {})
	d.Check(err)
	all := d.browse(i.ID, "", 170)
	var counts importing.Counts
	by := map[importing.Verdict][]importing.Shown{}
	for k, row := range all {
		if row.Number != int64(k+1) {
			t.Fatalf("row %d stands at place %d", row.Number, k+1)
		}
		counts.Rows++
		by[row.Verdict] = append(by[row.Verdict], row)
		if bad := row.Verdict == importing.Invalid; bad && len(row.Problems) == 0 || !bad && row.Email == "" {
			t.Errorf("%+v: want an address, or what is wrong", row)
		}
	}
	counts.New, counts.Known, counts.Same, counts.Invalid = int64(len(by["new"])), int64(len(by["known"])), int64(len(by["same"])), int64(len(by["invalid"]))
	if counts != *i.Preview {
		t.Errorf("rows %+v, counted %+v", counts, *i.Preview)
	}
	rng := rand.New(rand.NewPCG(*seedFlag, 2))
	for v, want := range by {
		n := 1 + rng.IntN(200)
		if v == importing.New {
			n += 150
		}
		if diff := cmp.Diff(want, d.browse(i.ID, v, n)); diff != "" {
			t.Errorf("-seed=%d: %s rows in pages of %d (-want +got):\n%s", *seedFlag, v, n, diff)
		}
	}
}

// TestRows_words says why, and where.
func TestRows_words(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take("Email\nold@example.org\n", terms(12))
	i := d.draft("Name;Mail\nAnn Lee;ann@example.org\n;nonsense\n=Bob;bob@example.org\nAnn;ANN@example.org\n;old@example.org\n", terms(12))
	_, err := d.x.Preview(t.Context(), d.Account.ID, i.ID, func(importing.Import) {})
	d.Check(err)
	got := d.browse(i.ID, "", 50)
	want := []importing.Shown{
		{Number: 1, Line: 2, Email: "ann@example.org", First: "Ann", Last: "Lee", Verdict: importing.New},
		{Number: 2, Line: 3, Cell: "nonsense", Verdict: importing.Invalid, Problems: []string{"column 2 “Mail”: " + badAddress}},
		{
			Number: 3, Line: 4, Email: "bob@example.org", First: "Bob", Verdict: importing.New,
			Problems: []string{"column 1 “Name”: the name began like a formula of a spreadsheet; that beginning was taken off"},
		},
		{
			Number: 4, Line: 5, Email: "ANN@example.org", First: "Ann", Verdict: importing.Same,
			Problems: []string{"the same address came before in this file"},
		},
		{
			Number: 5, Line: 6, Email: "old@example.org", Verdict: importing.Same,
			Problems: []string{"has it already: this list is one more reason"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var badAddress = func() string {
	_, _, err := enrolld.ParseEmail("nonsense")
	return enrolld.MessageOf(err)
}()

// TestRows_countedAnew keeps nothing of an earlier count, nor of one that was
// overtaken.
func TestRows_countedAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.draft(list(0, 1100), terms(12))
	preview := func() {
		t.Helper()
		_, err := d.x.Preview(t.Context(), d.Account.ID, i.ID, func(importing.Import) {})
		d.Check(err)
	}
	preview()
	d.Want(`SELECT COUNT(*) FROM enrolld_import_sheets`, "3")
	plan := i.Plan.WithRoles([]importer.Role{importer.Ignore, importer.Email, importer.Last})
	_, err := d.x.Decide(t.Context(), d.Account.ID, i.ID, plan, terms(12))
	d.Check(err)
	if got := d.browse(i.ID, "", 2000); got != nil {
		t.Errorf("decided anew: %d rows, want none", len(got))
	}
	preview()
	if got := len(d.browse(i.ID, importing.Invalid, 700)); got != 1100 {
		t.Errorf("%d invalid rows by another column, want 1100", got)
	}
	d.Check(d.x.Cancel(t.Context(), maya, d.Account.ID, i.ID))
	d.Want(`SELECT COUNT(*) FROM enrolld_import_sheets`, "0")
}

// TestReread reads a file in another way, and looks at it before it is decided what
// columns are.
func TestReread(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const file = "E-mail;E-mail;Rolle\n\xfcnal@example.org;b@example.org;admin\n"
	i, err := d.x.Create(t.Context(), maya, importing.Upload{AccountID: d.Account.ID, FileName: "a.csv"}, strings.NewReader(file))
	d.Check(err)
	if err := i.Plan.Check(); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Fatalf("two columns of addresses: %v, want invalid", err)
	}
	look, err := d.x.Look(t.Context(), d.Account.ID, i.ID, 5)
	d.Check(err)
	if len(look) != 1 || cmp.Diff([]string{"ünal@example.org", "b@example.org"}, look[0].Cells[:2]) != "" {
		t.Errorf("got %+v, want the row's cells", look)
	}
	i, err = d.x.Reread(t.Context(), d.Account.ID, i.ID, importer.Choice{Encoding: "windows-1254", Delimiter: ";", Header: new(true)}, terms(12))
	d.Check(err)
	if i.Plan.Encoding != "windows-1254" || i.State != importing.Draft || len(i.Terms.Courses) != 1 {
		t.Errorf("got %+v, want a draft in windows-1254 with the course", i)
	}
	if _, err := d.x.Reread(t.Context(), d.Account.ID, i.ID, importer.Choice{Encoding: "klingon"}, terms(12)); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("an unknown encoding: %v, want invalid", err)
	}
}

// TestBucket has each customer of an undone import in one bucket, page by page.
func TestBucket(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.take(list(0, 6), terms(12))
	d.take(list(4, 2), terms(12, 15))
	d.Exec(`UPDATE enrolld_grants SET ends_at = '2027-01-01' WHERE cause_id = ? AND customer_id = (SELECT id FROM enrolld_customers WHERE email_key = 'p1@example.org')`, i.ID)
	d.undo(i.ID)
	got := map[importing.Bucket][]string{}
	for _, b := range []importing.Bucket{importing.WasUndone, importing.WasKept, importing.Failed} {
		for after := int64(0); ; {
			page, err := d.x.Bucket(t.Context(), d.Account.ID, i.ID, b, after, 2)
			d.Check(err)
			for _, r := range page {
				got[b] = append(got[b], strings.TrimSpace(r.Email+" "+r.Why))
				after = r.CustomerID
			}
			if len(page) < 2 {
				break
			}
		}
	}
	want := map[importing.Bucket][]string{
		importing.WasUndone: {"p0@example.org", "p2@example.org", "p3@example.org"},
		importing.WasKept: {
			"p1@example.org page:12: it was changed since",
			"p4@example.org page:12: another import gives it too", "p5@example.org page:12: another import gives it too",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if u := d.get(i.ID).Undo; fmt.Sprint(u.Undone, u.Kept, u.Failed) != "3 3 0" {
		t.Errorf("counted %+v, want 3, 3 and 0", u)
	}
}
