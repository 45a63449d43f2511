package importing_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"enrolld/store"
	"enrolld/store/importing"
	"enrolld/store/storetest"
)

// What is done with a few rows of a file may read so many rows where every table
// has five thousand: it goes by an index, or else it reads one of them whole.
const (
	bigTable = 5000
	fewRows  = 20
	fewReads = 60 * fewRows
)

// TestStatementsGoByIndex takes strangers and known people in beside many.
func TestStatementsGoByIndex(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill()
	db := storetest.Open(t, d.DB.Name(), 1) // its session counts what its statements read
	db.SetClock(d.Clock.Now)
	x, w := importing.On(db), importing.NewWorker(db, importing.Options{Batch: 2 * fewRows})
	ctx := t.Context()
	known := strings.ReplaceAll(list(1, fewRows), "@example.org", "@many.example")
	steps := []struct {
		name string
		do   func() error
	}{
		{"nothing is due", func() error { _, err := w.Step(ctx); return err }},
	}
	var last int64
	for name, file := range map[string]string{"strangers": list(0, fewRows), "known": known} {
		draft := d.draft(file, terms(15))
		steps = append(steps, struct {
			name string
			do   func() error
		}{name, func() error {
			if _, err := x.Preview(ctx, d.Account.ID, draft.ID, func(importing.Import) {}); err != nil {
				return err
			}
			if _, err := x.Sample(ctx, d.Account.ID, draft.ID, fewRows); err != nil {
				return err
			}
			if _, err := x.Start(ctx, maya, d.Account.ID, draft.ID); err != nil {
				return err
			}
			last = draft.ID
			_, err := w.StepOf(ctx, draft.ID)
			return err
		}})
	}
	steps = append(steps, []struct {
		name string
		do   func() error
	}{
		{"undo", func() error {
			if _, err := x.Undo(ctx, maya, d.Account.ID, last); err != nil {
				return err
			}
			_, err := w.StepOf(ctx, last)
			return err
		}},
		{"the same list", func() error { _, _, err := x.Twin(ctx, d.Account.ID, last); return err }},
		{"left", func() error { _, err := x.Left(ctx, d.Account.ID, last, 0, fewRows); return err }},
		{"list", func() error { _, err := x.List(ctx, d.Account.ID, 0, fewRows); return err }},
	}...)
	for _, s := range steps {
		before := d.reads(db)
		if err := s.do(); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if got := d.reads(db) - before; got > fewReads {
			t.Errorf("%s: %d rows read, want at most %d", s.name, got, fewReads)
		}
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_grants WHERE course_id = 15`, fmt.Sprint(2*fewRows))
}

// fill makes every table that an import reads long.
func (d *desk) fill() {
	d.T.Helper()
	seq := fmt.Sprintf(" FROM seq_1_to_%d", bigTable)
	const email = `CONCAT('p', seq, '@many.example')`
	now := d.Clock.Now()
	d.Exec(`INSERT INTO wp_users (ID, user_login, user_nicename, user_email, user_registered) SELECT seq, CONCAT('u', seq), CONCAT('u', seq), `+email+`, ?`+seq, now)
	d.Exec(`INSERT INTO wp_usermeta (user_id, meta_key, meta_value) SELECT seq, 'wp_capabilities', 'a:1:{s:10:"subscriber";b:1;}'` + seq)
	d.Exec(`INSERT INTO enrolld_site_names (site_id, kind, name, user_id) SELECT ?, 'email', `+email+`, seq`+seq, d.Site.ID)
	d.Exec(`INSERT INTO enrolld_customers (id, account_id, email_key, email, first_name, wp_user_id, courses, created_at)
		SELECT seq, ?, `+email+`, `+email+`, 'Ann', seq, 1, ?`+seq, d.Account.ID, now)
	d.Exec(`INSERT INTO enrolld_grants (customer_id, lms, course_id, cause_kind, cause_id, account_id, state, reason, starts_at, created_at, updated_at)
		SELECT seq, 'page', 12, 'import', 4711, ?, 'live', 'paid', ?, ?, ?`+seq, d.Account.ID, now, now, now)
	d.Exec(`INSERT INTO enrolld_access (user_id, course_id, account_id, granted_at) SELECT seq, 12, ?, ?`+seq, d.Account.ID, now)
	d.Exec(`INSERT INTO enrolld_customer_words (account_id, word, customer_id) SELECT ?, 'ann', seq`+seq, d.Account.ID)
	d.Exec(`INSERT INTO enrolld_import_rows (import_id, verdict, place, problem) SELECT 4711, 'kept', seq, ''` + seq)
	d.Exec(`INSERT INTO enrolld_imports (account_id, file_name, state, plan, header, courses, preview, counts, undo_counts, actor, created_at, started_at)
		SELECT ?, 'old.csv', 'done', '{}', '', '[]', '', '{}', '{}', '', ?, ?`+seq, d.Account.ID, now, now)
	d.Exec(`ANALYZE TABLE wp_users, wp_usermeta, enrolld_site_names, enrolld_customers, enrolld_grants, enrolld_access,
		enrolld_customer_words, enrolld_import_rows, enrolld_imports`)
}

// reads is how many rows the only connection of a handle has read so far.
func (d *desk) reads(db *store.DB) int {
	d.T.Helper()
	rows, err := db.Conn().QueryContext(d.T.Context(), `SHOW SESSION STATUS WHERE variable_name LIKE 'Handler\_read%'`)
	d.Check(err)
	defer func() { _ = rows.Close() }()
	sum := 0
	for rows.Next() {
		var name, n string
		d.Check(rows.Scan(&name, &n))
		count, err := strconv.Atoi(n)
		d.Check(err)
		sum += count
	}
	d.Check(rows.Err())
	return sum
}
