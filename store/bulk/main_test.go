package bulk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/bulk"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const day = 24 * time.Hour

// maya is who does things with many.
var maya = enrolld.Actor{LoginID: 7, Name: "Maya Lind"}

// desk is a world with somebody at a desk in it.
type desk struct {
	*pt.World
	x      *bulk.Bulks
	worker *bulk.Worker
}

func newDesk(t *testing.T) *desk {
	w := pt.New(t)
	w.Exec(`UPDATE wp_posts SET post_status = 'publish' WHERE ID IN (12, 15, 18)`)
	w.Exec(`INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES
		(12, '_enrolld_course', '1'), (15, '_enrolld_course', '1'), (18, '_enrolld_course', '1')`)
	return &desk{w, bulk.On(w.DB), bulk.NewWorker(w.DB, bulk.Options{})}
}

// give has somebody, or an import, give a course to addresses.
func (d *desk) give(cause enrolld.Cause, page int64, until *time.Time, addresses ...string) {
	d.T.Helper()
	at, err := provision.LoadPlace(d.T.Context(), d.DB, d.Account.ID)
	d.Check(err)
	var gifts []provision.Gift
	for _, a := range addresses {
		gifts = append(gifts, provision.Gift{Email: a, First: "Ann", Last: "Lee", Grants: []enrolld.Grant{{
			Course: pt.Course(page), Cause: cause, Until: until,
		}}})
	}
	d.Check(d.DB.InTx(d.T.Context(), func(tx *store.Tx) error {
		_, err := provision.Give(d.T.Context(), tx, at, enrolld.Actor{Name: "somebody"}, gifts)
		return err
	}))
}

var (
	byPaul   = enrolld.Cause{Kind: enrolld.CausePerson, ID: 3}
	byImport = enrolld.Cause{Kind: enrolld.CauseImport, ID: 5}
)

func (d *desk) id(email string) int64 {
	d.T.Helper()
	c, err := d.DB.CustomerByKey(d.T.Context(), d.Account.ID, enrolld.EmailKey(email))
	d.Check(err)
	return c.ID
}

func filter(f store.CustomerFilter) bulk.Selection { return bulk.Selection{Filter: f, Words: "some"} }

// decided puts a set together.
func (d *desk) decided(s bulk.Selection, action bulk.Action, terms bulk.Terms) bulk.Bulk {
	d.T.Helper()
	ctx := d.T.Context()
	b, err := d.x.Choose(ctx, maya, d.Account.ID, s)
	d.Check(err)
	b, err = d.x.Decide(ctx, maya, d.Account.ID, b.ID, action, terms)
	d.Check(err)
	d.Check(d.x.Prepare(ctx, b.ID))
	return d.get(b.ID)
}

// done does something and says how it ended.
func (d *desk) done(s bulk.Selection, action bulk.Action, terms bulk.Terms) bulk.Bulk {
	d.T.Helper()
	b := d.decided(s, action, terms)
	d.Check(d.x.Start(d.T.Context(), maya, d.Account.ID, b.ID))
	d.work()
	return d.get(b.ID)
}

func (d *desk) undone(id int64) bulk.Bulk {
	d.T.Helper()
	d.Check(d.x.Undo(d.T.Context(), maya, d.Account.ID, id))
	d.work()
	return d.get(id)
}

func (d *desk) work() {
	d.T.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = d.worker.Step(d.T.Context())
		d.Check(err)
	}
}

func (d *desk) get(id int64) bulk.Bulk {
	d.T.Helper()
	b, err := d.x.Get(d.T.Context(), d.Account.ID, id)
	d.Check(err)
	return b
}

// targets says of each address what became of it.
func (d *desk) targets(id int64, in bulk.Bucket) []string {
	d.T.Helper()
	list, err := d.x.Targets(d.T.Context(), d.Account.ID, id, in, 0, 1000)
	d.Check(err)
	var out []string
	for _, t := range list {
		out = append(out, fmt.Sprintf("%s|%s|%s|%s", t.Customer.Email, t.Outcome, t.Undone, t.Why))
	}
	slices.Sort(out)
	return out
}

func terms(pages ...int64) bulk.Terms {
	var t bulk.Terms
	for _, p := range pages {
		t.Courses = append(t.Courses, pt.Course(p))
	}
	return t
}

func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func people(from, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("p%03d@example.org", from+i))
	}
	return out
}
