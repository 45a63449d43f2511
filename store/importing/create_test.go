package importing_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/importer"
	"enrolld/store/importing"
	pt "enrolld/store/provision/provisiontest"
)

// TestCreate_refused keeps nothing of a file that is none, or does not arrive.
func TestCreate_refused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.x.SetMaxSize(3 << 20)
	broken := errors.New("the connection is gone")
	for name, tt := range map[string]struct {
		file io.Reader
		want error
		code enrolld.Code
	}{
		"zip":         {strings.NewReader("PK\x03\x04 and more"), nil, enrolld.Invalid},
		"nothing":     {strings.NewReader(" \n"), nil, enrolld.Invalid},
		"broken":      {io.MultiReader(strings.NewReader(list(0, 60_000)), iotest.ErrReader(broken)), broken, enrolld.Internal},
		"cut":         {io.MultiReader(strings.NewReader(list(0, 60_000)), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF, enrolld.Internal},
		"cut at once": {io.MultiReader(strings.NewReader(list(0, 6)), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF, enrolld.Internal},
		"large":       {io.MultiReader(strings.NewReader(list(0, 10)), &endless{3 << 20}), nil, enrolld.Invalid},
	} {
		_, err := d.x.Create(t.Context(), maya, importing.Upload{AccountID: d.Account.ID, FileName: "list.csv"}, tt.file)
		if enrolld.CodeOf(err) != tt.code || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want code %v", name, err, tt.code)
		}
		d.Want(`SELECT COUNT(*), (SELECT COUNT(*) FROM enrolld_import_files) FROM enrolld_imports`, "0|0")
	}
}

// endless is so many bytes of addresses.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = "a@b.cd\n"[i%7]
	}
	e.left -= int64(len(p))
	return len(p), nil
}

// TestCreate_room keeps so many lists of an account that nobody started, and so many
// bytes of them; what was started or discarded is none of them, nor is another's.
func TestCreate_room(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.x.SetMaxKept(3, 2<<20)
	other, _ := d.AddAccount("Other", d.Site)
	create := func(account, size int64) (int64, string) {
		i, err := d.x.Create(t.Context(), maya, importing.Upload{AccountID: account, FileName: "list.csv"}, io.LimitReader(&endless{size}, size))
		return i.ID, enrolld.MessageOf(err)
	}
	const (
		many  = "3 lists wait to be started already: start or discard some of them under Imports first"
		large = "the lists that wait to be started and this one have more than 0 GB together: start or discard some of them under Imports first"
	)
	var last int64
	for n, tt := range []struct {
		account, size int64
		before        func()
		want          string
	}{
		{d.Account.ID, 700, nil, ""},
		{d.Account.ID, 3 << 20, nil, large},
		{d.Account.ID, 2<<20 - 699, nil, large},
		{d.Account.ID, 2<<20 - 700, nil, ""},
		{d.Account.ID, 7, nil, large},
		{other.ID, 2 << 20, nil, ""},
		{d.Account.ID, 700, func() { d.Check(d.x.Discard(t.Context(), maya, d.Account.ID, last)) }, ""},
		{d.Account.ID, 700, nil, ""},
		{d.Account.ID, 700, nil, many},
		{d.Account.ID, 700, func() {
			d.Exec(`UPDATE enrolld_imports SET state = 'running', started_at = created_at WHERE id = ?`, last)
		}, ""},
		{d.Account.ID, 700, func() { d.Exec(`UPDATE enrolld_imports SET state = 'uploading', size = 0`) }, many},
	} {
		if tt.before != nil {
			tt.before()
		}
		id, got := create(tt.account, tt.size)
		if got != tt.want {
			t.Errorf("%d: %q, want %q", n, got, tt.want)
		}
		if id != 0 && tt.account == d.Account.ID {
			last = id
		}
	}
	d.Want(`SELECT COUNT(DISTINCT import_id) FROM enrolld_import_files f WHERE NOT EXISTS (SELECT * FROM enrolld_imports i WHERE i.id = f.import_id)`, "0")
}

// TestCreate_roomAtOnce: of lists that come in at once, no more are kept.
func TestCreate_roomAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.x.SetMaxKept(3, 1<<30)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, _ = d.x.Create(t.Context(), maya, importing.Upload{AccountID: d.Account.ID, FileName: "list.csv"}, &endless{700})
		})
	}
	group.Wait()
	d.Want(`SELECT COUNT(*) FROM enrolld_imports`, "3")
}

// TestCreate_remembers reads the columns of a header as somebody decided before.
func TestCreate_remembers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const file = "A;B;C\nann@example.org;Ann;Lee\nbob@example.org;Bob;Roe\n"
	up := importing.Upload{AccountID: d.Account.ID, FileName: `C:\lists\` + "buyers\x00.csv", Choice: importer.Choice{Header: new(true)}}
	i, err := d.x.Create(t.Context(), maya, up, strings.NewReader(file))
	d.Check(err)
	if i.FileName != "buyers.csv" || i.State != importing.Draft || i.Size != int64(len(file)) {
		t.Errorf("got %+v, want a draft of buyers.csv", i)
	}
	roles := []importer.Role{importer.Email, importer.First, importer.Last}
	_, err = d.x.Decide(t.Context(), d.Account.ID, i.ID, i.Plan.WithRoles(roles), terms(12))
	d.Check(err)
	_, err = d.x.Start(t.Context(), maya, d.Account.ID, i.ID)
	d.Check(err)
	again, err := d.x.Create(t.Context(), maya, up, strings.NewReader(file))
	d.Check(err)
	if diff := cmp.Diff(roles, again.Plan.Roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	other, _ := d.AddAccount("Other", d.Site)
	up.AccountID = other.ID
	theirs, err := d.x.Create(t.Context(), maya, up, strings.NewReader(file))
	d.Check(err)
	if cmp.Equal(roles, theirs.Plan.Roles) {
		t.Errorf("another account's mapping was taken: %v", theirs.Plan.Roles)
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.draft(list(0, 3), terms())
	past := d.Clock.Now().Add(-time.Hour)
	for name, tt := range map[string]struct {
		plan  importer.Plan
		terms importing.Terms
	}{
		"unknown course": {i.Plan, terms(13)},
		"twice":          {i.Plan, terms(12, 12)},
		"past":           {i.Plan, importing.Terms{Courses: terms(12).Courses, EndsAt: &past}},
		"no address":     {i.Plan.WithRoles([]importer.Role{importer.Ignore, importer.First, importer.Last}), terms(12)},
	} {
		if _, err := d.x.Decide(t.Context(), d.Account.ID, i.ID, tt.plan, tt.terms); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
	if _, err := d.x.Start(t.Context(), maya, d.Account.ID, i.ID); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("start without a course: got %v, want invalid", err)
	}
	started := d.start(list(0, 3), terms(12))
	if _, err := d.x.Decide(t.Context(), d.Account.ID, started.ID, started.Plan, terms(15)); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("decide on what runs: got %v, want conflict", err)
	}
}

// TestOtherAccount finds nothing of an import by the id alone.
func TestOtherAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.draft(list(0, 3), terms(12))
	other, _ := d.AddAccount("Other", d.Site)
	ctx, id := t.Context(), other.ID
	for name, do := range map[string]func() error{
		"Get":     func() error { _, err := d.x.Get(ctx, id, i.ID); return err },
		"Decide":  func() error { _, err := d.x.Decide(ctx, id, i.ID, i.Plan, terms(12)); return err },
		"Check":   func() error { _, err := d.x.Check(ctx, maya, id, i.ID); return err },
		"Preview": func() error { _, err := d.x.Preview(ctx, id, i.ID, func(importing.Import) {}); return err },
		"Sample":  func() error { _, err := d.x.Sample(ctx, id, i.ID, 10); return err },
		"Start":   func() error { _, err := d.x.Start(ctx, maya, id, i.ID); return err },
		"Pause":   func() error { _, err := d.x.Pause(ctx, maya, id, i.ID); return err },
		"Resume":  func() error { _, err := d.x.Resume(ctx, maya, id, i.ID); return err },
		"Cancel":  func() error { return d.x.Cancel(ctx, maya, id, i.ID) },
		"Undo":    func() error { _, err := d.x.Undo(ctx, maya, id, i.ID); return err },
		"Left":    func() error { _, err := d.x.Left(ctx, id, i.ID, 0, 10); return err },
		"Rejects": func() error { return d.x.Rejects(ctx, id, i.ID, io.Discard) },
	} {
		if err := do(); enrolld.CodeOf(err) != enrolld.NotFound {
			t.Errorf("%s: got %v, want not found", name, err)
		}
	}
	if theirs, err := d.x.List(ctx, id, 0, 10); err != nil || len(theirs) != 0 {
		t.Errorf("List: got %d imports, %v, want none", len(theirs), err)
	}
	if mine, err := d.x.List(ctx, d.Account.ID, 0, 10); err != nil || len(mine) != 1 {
		t.Errorf("List: got %d imports, %v, want one", len(mine), err)
	}
}

// TestCheck has a worker count; a decision meanwhile makes it count no more.
func TestCheck(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(list(0, 2), terms(12))
	i := d.draft(list(0, 5)+"nonsense,,\n", terms(12, 15))
	_, err := d.x.Check(t.Context(), maya, d.Account.ID, i.ID)
	d.Check(err)
	d.work()
	want := importing.Counts{Rows: 6, New: 3, Known: 2, Invalid: 1}
	if got := d.get(i.ID); got.State != importing.Ready || *got.Preview != want {
		t.Errorf("got %s %+v, want ready %+v", got.State, got.Preview, want)
	}
	sample, err := d.x.Sample(t.Context(), d.Account.ID, i.ID, 200)
	d.Check(err)
	var verdicts []importing.Verdict
	for _, s := range sample {
		verdicts = append(verdicts, s.Verdict)
	}
	const k, n = importing.Known, importing.New
	if diff := cmp.Diff([]importing.Verdict{k, k, n, n, n, importing.Invalid}, verdicts); diff != "" {
		t.Errorf("sample (-want +got):\n%s", diff)
	}
	i, err = d.x.Decide(t.Context(), d.Account.ID, i.ID, i.Plan, terms(12))
	if d.Check(err); i.State != importing.Draft || i.Preview != nil {
		t.Errorf("decided anew: got %s %+v, want a draft without counts", i.State, i.Preview)
	}
	d.Want(pt.Access, "p0@example.org|12|no end", "p1@example.org|12|no end")
}

// TestSweep removes what nobody started, and files of what ended long ago.
func TestSweep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	done := d.take(list(0, 3), terms(12))
	d.draft(list(0, 3), terms(12))
	sweep := func() {
		t.Helper()
		_, err := d.x.Sweep(t.Context())
		d.Check(err)
	}
	sweep()
	d.Want(`SELECT COUNT(*), (SELECT COUNT(*) FROM enrolld_import_files) FROM enrolld_imports`, "2|2")
	d.Clock.Advance(8 * day)
	sweep()
	d.Want(`SELECT state FROM enrolld_imports`, "done")
	d.Want(`SELECT COUNT(*) FROM enrolld_import_files`, "1")
	d.Clock.Advance(90 * day)
	sweep()
	d.Want(`SELECT state FROM enrolld_imports`, "done")
	d.Want(`SELECT COUNT(*) FROM enrolld_import_files`, "0")
	if err := d.x.Rejects(t.Context(), d.Account.ID, done.ID, io.Discard); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("rejects without a file: got %v, want not found", err)
	}
}
