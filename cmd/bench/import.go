package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/importing"
)

// smallImport is the import that the cost of a row is compared with.
const smallImport = 10_000

// importing measures customers per second from a CSV file to WordPress user with
// all meta, ground and access, beside LOAD DATA of exactly the same rows into
// copies of the same tables, in one run.
func (b *bench) importing(ctx context.Context) error {
	small, err := b.takeIn(ctx, "small", smallImport)
	if err != nil {
		return err
	}
	before, err := b.tableSizes(ctx)
	if err != nil {
		return err
	}
	large, err := b.takeIn(ctx, "large", b.options.rows)
	if err != nil {
		return err
	}
	after, err := b.tableSizes(ctx)
	if err != nil {
		return err
	}
	reference, err := b.loadData(ctx, grown(before, after))
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	ours := large.rate()
	b.add(row{
		"import: customers, file to user, ground and access", rate(ours), rate(reference) + " LOAD DATA of the same rows",
		times(ours / reference), "≥ 0.8×",
	})
	b.add(row{
		fmt.Sprintf("import: cost of a row at %d", b.options.rows), perRow(large), perRow(small) + fmt.Sprintf(" at %d", smallImport),
		times(small.rate() / ours), "≤ 1.3×",
	})
	b.add(row{"import: preview, rows", rate(large.previewed), "", "", ""})
	b.add(row{"import: memory", fmt.Sprintf("%d MiB", large.memory>>20), "", "", "< 128 MiB"})
	return nil
}

// taken is how an import went.
type taken struct {
	measured
	id        int64
	previewed float64 // rows a second
	memory    uint64  // bytes, at most, of this process
}

func perRow(t taken) string { return fmt.Sprintf("%.0f µs", t.took.Seconds()*1e6/float64(t.n)) }

// takeIn imports so many people.
func (b *bench) takeIn(ctx context.Context, name string, n int) (taken, error) {
	out := taken{measured: measured{n: n}}
	path := filepath.Join(b.dir, name+".csv")
	if err := writePeople(path, name, n); err != nil {
		return out, err
	}
	i, err := b.upload(ctx, path)
	if err != nil {
		return out, err
	}
	out.id = i.ID
	account, x := b.academy.Account.ID, importing.On(b.academy.DB)
	begin := time.Now()
	if _, err := x.Preview(ctx, account, i.ID, func(importing.Import) { out.memory = max(out.memory, memory()) }); err != nil {
		return out, err
	}
	out.previewed = perSecond(n, time.Since(begin))
	if i, err = x.Start(ctx, enrolld.Actor{Name: "bench"}, account, i.ID); err != nil {
		return out, err
	}
	worker := importing.NewWorker(b.academy.DB, importing.Options{})
	begin = time.Now()
	for steps := 1; steps > 0; {
		if steps, err = worker.StepOf(ctx, i.ID); err != nil {
			return out, err
		}
		out.memory = max(out.memory, memory())
	}
	out.took = time.Since(begin)
	if i, err = x.Get(ctx, account, i.ID); err != nil {
		return out, err
	}
	if want := (importing.Counts{Rows: int64(n), New: int64(n)}); i.State != importing.Done || i.Counts != want {
		return out, fmt.Errorf("the import is %s with %+v, want %+v", i.State, i.Counts, want)
	}
	return out, nil
}

func (b *bench) upload(ctx context.Context, path string) (importing.Import, error) {
	file, err := os.Open(path)
	if err != nil {
		return importing.Import{}, fmt.Errorf("open the list: %w", err)
	}
	defer func() { _ = file.Close() }()
	account, x := b.academy.Account.ID, importing.On(b.academy.DB)
	i, err := x.Create(ctx, enrolld.Actor{Name: "bench"}, importing.Upload{AccountID: account, FileName: filepath.Base(path)}, file)
	if err != nil {
		return i, err
	}
	course := enrolld.CourseRef{LMS: "page", ID: b.academy.Courses[0].ID}
	return x.Decide(ctx, account, i.ID, i.Plan, importing.Terms{Courses: []enrolld.CourseRef{course}})
}

// writePeople writes a list of people with names of different lengths, as
// addresses are in the world.
func writePeople(path, name string, n int) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	first := []string{"Ann", "Maximiliane", "Zoë", "Jean-Luc", "Bo"}
	last := []string{"Lee", "van der Berg", "García Márquez", "Roe"}
	w := bufio.NewWriter(file)
	_, _ = fmt.Fprintln(w, "Email,First name,Last name")
	for i := range n {
		f, l := first[i%len(first)], last[i%len(last)]
		_, _ = fmt.Fprintf(w, "%s.%d@mail%d.example.org,%s,%s\n", name, i, i%97, f, l)
	}
	return errors.Join(w.Flush(), file.Close())
}

// memory is what the Go runtime holds of the machine's.
func memory() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}

// tableSizes counts the rows of every table but those that hold the file and the
// import itself.
func (b *bench) tableSizes(ctx context.Context) (map[string]int64, error) {
	tables, err := store.Collect(ctx, b.academy.DB.Conn(), func(rows *sql.Rows, t *string) error { return rows.Scan(t) },
		`SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
		AND table_name NOT IN ('enrolld_imports', 'enrolld_import_files') ORDER BY table_name`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	out := map[string]int64{}
	for _, t := range tables {
		var n int64
		if err := b.academy.DB.Conn().QueryRowContext(ctx, "SELECT COUNT(*) FROM `"+t+"`").Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", t, err)
		}
		out[t] = n
	}
	return out, nil
}

// growth is a table that an import wrote to: its last rows are the import's.
type growth struct {
	table string
	rows  int64
}

func grown(before, after map[string]int64) []growth {
	var out []growth
	for t, n := range after {
		if d := n - before[t]; d >= smallImport {
			out = append(out, growth{t, d})
		}
	}
	slices.SortFunc(out, func(a, b growth) int { return strings.Compare(a.table, b.table) })
	return out
}

// loadData writes out what the import wrote and loads it into copies of the
// tables; it returns people a second.
func (b *bench) loadData(ctx context.Context, tables []growth) (float64, error) {
	dir := filepath.Join(b.dir, "dump")
	if err := os.Mkdir(dir, 0o777); err != nil {
		return 0, fmt.Errorf("make a folder: %w", err)
	}
	if err := errors.Join(os.Chmod(b.dir, 0o711), os.Chmod(dir, 0o777)); err != nil {
		return 0, fmt.Errorf("let the server write: %w", err)
	}
	var took time.Duration
	for _, t := range tables {
		part, err := b.loadTable(ctx, t, filepath.Join(dir, t.table))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.table, err)
		}
		took += part
	}
	return perSecond(b.options.rows, took), nil
}

func (b *bench) loadTable(ctx context.Context, t growth, path string) (time.Duration, error) {
	// The store's own connections wait for an answer no longer than a page may.
	conn, err := sql.Open("mysql", b.academy.MariaDB.DSN(b.academy.DB.Name()))
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	for _, q := range []string{
		"CREATE TABLE bench_copy LIKE `" + t.table + "`",
		fmt.Sprintf("SELECT * INTO OUTFILE '%s' CHARACTER SET binary FROM `%s` %s", path, t.table, onlyImported(t.table)),
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return 0, err
		}
	}
	begin := time.Now()
	res, err := conn.ExecContext(ctx, fmt.Sprintf("LOAD DATA INFILE '%s' INTO TABLE bench_copy CHARACTER SET binary", path))
	if err != nil {
		return 0, err
	}
	took := time.Since(begin)
	// The audit log has three entries about the import itself.
	if n, err := res.RowsAffected(); err != nil || n > t.rows || n < t.rows-3 {
		return 0, errors.Join(err, fmt.Errorf("loaded %d rows of %d", n, t.rows))
	}
	_, err = conn.ExecContext(ctx, "DROP TABLE bench_copy")
	return took, err
}

// onlyImported picks the rows of the large import.
func onlyImported(table string) string {
	const ours = `(SELECT id FROM enrolld_customers WHERE email LIKE 'large.%')`
	const users = `(SELECT wp_user_id FROM enrolld_customers WHERE email LIKE 'large.%')`
	switch table {
	case "enrolld_customers":
		return `WHERE email LIKE 'large.%' ORDER BY 1`
	case "wp_users":
		return `WHERE ID IN ` + users + ` ORDER BY 1`
	case "wp_usermeta", "enrolld_access", "enrolld_site_names", "enrolld_signals":
		return `WHERE user_id IN ` + users
	case "enrolld_audit":
		return `WHERE customer_id IN ` + ours + ` ORDER BY 1`
	}
	return `WHERE customer_id IN ` + ours
}
