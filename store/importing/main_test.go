package importing_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/importer"
	"enrolld/importer/importertest"
	"enrolld/store/importing"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/storetest"
	"enrolld/store/wordpress"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const day = 24 * time.Hour

// maya is who brings lists.
var maya = enrolld.Actor{LoginID: 7, Name: "Maya Lind"}

// desk is a world with an importer's desk in it.
type desk struct {
	*pt.World
	x      *importing.Imports
	worker *importing.Worker
}

func newDesk(t *testing.T) *desk { return deskIn(pt.New(t)) }

func deskIn(w *pt.World) *desk {
	w.Exec(`UPDATE wp_posts SET post_status = 'publish' WHERE ID IN (12, 15, 18)`)
	w.Exec(`INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES
		(12, '_enrolld_course', '1'), (15, '_enrolld_course', '1'), (18, '_enrolld_course', '1')`)
	return &desk{w, importing.On(w.DB), importing.NewWorker(w.DB, importing.Options{Part: 7})}
}

func terms(courses ...int64) importing.Terms {
	var t importing.Terms
	for _, c := range courses {
		t.Courses = append(t.Courses, pt.Course(c))
	}
	return t
}

// draft uploads a list and decides on it.
func (d *desk) draft(file string, terms importing.Terms) importing.Import {
	d.T.Helper()
	i, err := d.x.Create(d.T.Context(), maya, importing.Upload{AccountID: d.Account.ID, FileName: "list.csv"}, strings.NewReader(file))
	d.Check(err)
	i, err = d.x.Decide(d.T.Context(), d.Account.ID, i.ID, i.Plan, terms)
	d.Check(err)
	return i
}

// start uploads a list and starts its import.
func (d *desk) start(file string, terms importing.Terms) importing.Import {
	d.T.Helper()
	i, err := d.x.Start(d.T.Context(), maya, d.Account.ID, d.draft(file, terms).ID)
	d.Check(err)
	return i
}

// work has the worker work until nothing waits for it.
func (d *desk) work() {
	d.T.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = d.worker.Step(d.T.Context())
		d.Check(err)
	}
}

// take imports a list and returns how it ended.
func (d *desk) take(file string, terms importing.Terms) importing.Import {
	d.T.Helper()
	i := d.start(file, terms)
	d.work()
	return d.get(i.ID)
}

func (d *desk) get(id int64) importing.Import {
	d.T.Helper()
	i, err := d.x.Get(d.T.Context(), d.Account.ID, id)
	d.Check(err)
	return i
}

func (d *desk) undo(id int64) importing.Import {
	d.T.Helper()
	_, err := d.x.Undo(d.T.Context(), maya, d.Account.ID, id)
	d.Check(err)
	d.work()
	return d.get(id)
}

func (d *desk) rejects(id int64) string {
	d.T.Helper()
	var out bytes.Buffer
	d.Check(d.x.Rejects(d.T.Context(), d.Account.ID, id, &out))
	return out.String()
}

// list is a CSV file of n people, the first of them number from.
func list(from, n int) string {
	var b strings.Builder
	b.WriteString("Email,First name,Last name\n")
	for i := range n {
		fmt.Fprintf(&b, "p%d@example.org,Ann,Lee\n", from+i)
	}
	return b.String()
}

// messy is a file with every defect, and who is to be taken in the end: WordPress
// cannot hold everybody whom the importer can read.
func messy(t *testing.T, seed uint64, rows int) (file string, people []string) {
	t.Helper()
	f := importertest.Messy(seed, rows)
	plan, err := importer.Propose(bytes.NewReader(f.Bytes), importer.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := importer.Open(bytes.NewReader(f.Bytes), plan, importer.At{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Verdict != importer.Ready {
			continue
		}
		if _, _, err := wordpress.Address(row.Email); err == nil {
			people = append(people, string(row.Key))
		}
	}
	slices.Sort(people)
	return string(f.Bytes), slices.Compact(people)
}
