package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/bulk"
)

// bulk measures giving a course to everybody who came by an import, and undoing it,
// in customers per second: beside multi-row INSERTs of the same grants and access rows
// into copies of the tables, and beside the import itself, in one run.
func (b *bench) bulk(ctx context.Context) error {
	small, err := b.giveAll(ctx, "bulkfew", smallImport)
	if err != nil {
		return err
	}
	if err := b.takeAllBack(ctx, small); err != nil {
		return err
	}
	large, err := b.giveAll(ctx, "bulkmany", b.options.rows)
	if err != nil {
		return err
	}
	reference, err := b.insertAgain(ctx, large)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	if err := b.takeAllBack(ctx, large); err != nil {
		return err
	}
	b.add(row{
		"bulk: customers given a course", rate(large.given.rate()), rate(reference.rate()) + " INSERT of the same grants and access",
		times(large.given.rate() / reference.rate()), "≥ 0.1×",
	})
	b.add(row{
		"bulk: the same beside the import", rate(large.given.rate()), rate(large.imported.rate()) + " imported",
		times(large.given.rate() / large.imported.rate()), "",
	})
	for _, part := range []struct {
		name         string
		large, small taken
	}{
		{"gathering, with what is foreseen,", large.gathered, small.gathered},
		{"giving", large.given, small.given},
		{"undoing", large.undone, small.undone},
	} {
		b.add(row{
			fmt.Sprintf("bulk: %s a customer at %d", part.name, b.options.rows), perRow(part.large),
			perRow(part.small) + fmt.Sprintf(" at %d", smallImport), times(part.small.rate() / part.large.rate()), "≤ 1.3×",
		})
	}
	most := max(large.gathered.memory, large.given.memory, large.undone.memory)
	b.add(row{"bulk: memory", fmt.Sprintf("%d MiB", most>>20), "", "", "< 128 MiB"})
	return nil
}

// givenAll is a bulk action over a whole filter, and how it went.
type givenAll struct {
	id                                int64
	course                            enrolld.CourseRef
	imported, gathered, given, undone taken
}

// giveAll imports so many people and gives each another course.
func (b *bench) giveAll(ctx context.Context, name string, n int) (*givenAll, error) {
	out := &givenAll{course: enrolld.CourseRef{LMS: "page", ID: b.academy.Courses[1].ID}}
	var err error
	if out.imported, err = b.takeIn(ctx, name, n); err != nil {
		return nil, err
	}
	account, x, by := b.academy.Account.ID, bulk.On(b.academy.DB), enrolld.Actor{Name: "bench"}
	chosen, err := x.Choose(ctx, by, account, bulk.Selection{Filter: store.CustomerFilter{Import: out.imported.id}, Words: "an import"})
	if err != nil {
		return nil, err
	}
	action, err := x.Decide(ctx, by, account, chosen.ID, bulk.Give, bulk.Terms{Courses: []enrolld.CourseRef{out.course}})
	if err != nil {
		return nil, err
	}
	out.id = action.ID
	if action, out.gathered, err = b.workOff(ctx, out.id, n); err != nil {
		return nil, err
	}
	if action.State != bulk.Ready || action.Foreseen.Change != int64(n) {
		return nil, fmt.Errorf("the action is %s for %+v, want it ready for %d", action.State, action.Foreseen, n)
	}
	if err := x.Start(ctx, by, account, out.id); err != nil {
		return nil, err
	}
	if action, out.given, err = b.workOff(ctx, out.id, n); err != nil {
		return nil, err
	}
	if action.State != bulk.Done || action.Done.Change != int64(n) {
		return nil, fmt.Errorf("the action is %s with %+v, want it done with %d", action.State, action.Done, n)
	}
	return out, nil
}

func (b *bench) takeAllBack(ctx context.Context, g *givenAll) error {
	n := g.given.n
	if err := bulk.On(b.academy.DB).Undo(ctx, enrolld.Actor{Name: "bench"}, b.academy.Account.ID, g.id); err != nil {
		return err
	}
	action, took, err := b.workOff(ctx, g.id, n)
	if err != nil {
		return err
	}
	if g.undone = took; action.State != bulk.Undone || action.Done.Undone != int64(n) {
		return fmt.Errorf("the action is %s with %+v, want it undone for %d", action.State, action.Done, n)
	}
	return nil
}

// workOff does a bulk action's steps until no worker is wanted.
func (b *bench) workOff(ctx context.Context, id int64, n int) (bulk.Bulk, taken, error) {
	out := taken{measured: measured{n: n}}
	worker := bulk.NewWorker(b.academy.DB, bulk.Options{})
	begin := time.Now()
	for steps := 1; steps > 0; {
		var err error
		if steps, err = worker.StepOf(ctx, id); err != nil {
			return bulk.Bulk{}, out, err
		}
		out.memory = max(out.memory, memory())
	}
	out.took = time.Since(begin)
	action, err := bulk.On(b.academy.DB).Get(ctx, b.academy.Account.ID, id)
	return action, out, err
}

// insertAgain writes the grants and the access rows that an action gave into copies of
// their tables: as many rows in a transaction as the action has customers in one.
func (b *bench) insertAgain(ctx context.Context, g *givenAll) (measured, error) {
	out := measured{n: g.given.n}
	for _, t := range []struct {
		table, key, where string
		args              []any
	}{
		{"enrolld_grants", "customer_id", "account_id = ? AND cause_line = ?", []any{b.academy.Account.ID, fmt.Sprint("bulk:", g.id)}},
		{"enrolld_access", "user_id", "account_id = ? AND course_id = ?", []any{b.academy.Account.ID, g.course.ID}},
	} {
		if _, err := b.academy.DB.Conn().ExecContext(ctx, "CREATE TABLE bench_copy LIKE "+t.table); err != nil {
			return out, err
		}
		written := 0
		for last := any(0); ; {
			rows, err := b.rowsBehind(ctx, `SELECT `+t.key+`, x.* FROM `+t.table+` x WHERE `+t.where+` AND `+t.key+` > ? ORDER BY `+t.key+` LIMIT ?`,
				slices.Concat(t.args, []any{last, bulk.DefaultBatch})...)
			if err != nil {
				return out, fmt.Errorf("%s: %w", t.table, err)
			}
			if len(rows) == 0 {
				break
			}
			last, written = rows[len(rows)-1][0], written+len(rows)
			for i := range rows {
				rows[i] = rows[i][1:]
			}
			begin := time.Now()
			if err := b.academy.DB.InTx(ctx, func(tx *store.Tx) error {
				return store.InsertRows(ctx, tx, "INSERT INTO bench_copy VALUES ", rows, "")
			}); err != nil {
				return out, fmt.Errorf("%s: %w", t.table, err)
			}
			out.took += time.Since(begin)
		}
		if written != out.n {
			return out, fmt.Errorf("%s has %d rows of the action, want %d", t.table, written, out.n)
		}
		if _, err := b.academy.DB.Conn().ExecContext(ctx, "DROP TABLE bench_copy"); err != nil {
			return out, err
		}
	}
	return out, nil
}

// rowsBehind reads whole rows, whatever their columns.
func (b *bench) rowsBehind(ctx context.Context, query string, args ...any) ([][]any, error) {
	return store.Collect(ctx, b.academy.DB.Conn(), func(rows *sql.Rows, out *[]any) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		*out = make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range to {
			to[i] = &(*out)[i]
		}
		return rows.Scan(to...)
	}, query, args...)
}
