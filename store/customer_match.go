package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// match walks the customers that meet every clause, the newest first. One clause
// drives, that with the fewest candidates; the others are asked of each candidate.
// The work of one page is bounded: where conditions contradict each other over a
// long stretch it may end early, and says from where to go on.
type match struct {
	conn  *sql.DB
	drive clause
	probe string
	args  []any
	// everybody: there is no clause. plain: those whom the driver lists are in, each
	// once.
	everybody, plain bool

	top    int64 // from it on there is nobody
	oldest int64 // below it there is nobody
}

const (
	firstLook = 200    // candidates that are looked at together, at first
	maxLook   = 25_000 // candidates that are looked at for one page
	sizing    = 5_000  // candidates that are counted to choose who drives
)

// newMatch chooses who drives.
func (db *DB) newMatch(ctx context.Context, accountID int64, clauses []clause) (*match, error) {
	m := &match{conn: db.sql, top: math.MaxInt64, everybody: len(clauses) == 0}
	var probes []string
	for _, c := range clauses {
		if c.list == nil && c.probe != "" {
			probes, m.args = append(probes, c.probe), append(m.args, c.args...)
		}
	}
	m.probe = strings.Join(probes, " AND ")
	if list, ok := intersection(clauses); ok {
		m.drive = clause{list: list}
		return m, nil
	}
	err := m.choose(ctx, accountID, clauses)
	m.plain = len(clauses) == 0 || len(clauses) == 1 && m.drive.plain
	return m, Classify(err)
}

// within narrows the walk to those who joined in a time. Ids are in the order of
// joining but for what happened at the same moment on several replicas, hence the
// margin; the clause says who is in exactly.
func (m *match) within(ctx context.Context, accountID int64, from, to time.Time) error {
	const edge = `(SELECT id FROM enrolld_customers FORCE INDEX (joined) WHERE account_id = ? AND created_at `
	if !to.IsZero() {
		err := m.conn.QueryRowContext(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM `+edge+`< ? ORDER BY created_at DESC LIMIT 1000) e`,
			accountID, to).Scan(&m.top)
		if err != nil {
			return Classify(fmt.Errorf("find who joined last: %w", err))
		}
	}
	if !from.IsZero() {
		err := m.conn.QueryRowContext(ctx, `SELECT COALESCE(MIN(id), ~0 >> 1) FROM `+edge+`>= ? ORDER BY created_at LIMIT 1000) e`,
			accountID, from).Scan(&m.oldest)
		if err != nil {
			return Classify(fmt.Errorf("find who joined first: %w", err))
		}
	}
	return nil
}

// intersection is who is in all of the lists; false when there is none.
func intersection(clauses []clause) (out []int64, ok bool) {
	for _, c := range clauses {
		switch {
		case c.list == nil:
		case !ok:
			out, ok = c.list, true
		default:
			other := c.list
			out = slices.DeleteFunc(slices.Clone(out), func(id int64) bool {
				_, found := slices.BinarySearchFunc(other, id, func(x, want int64) int { return int(want - x) })
				return !found
			})
		}
	}
	return out, ok
}

func (m *match) choose(ctx context.Context, accountID int64, clauses []clause) error {
	var drivers []clause
	for _, c := range clauses {
		if len(c.from) > 0 {
			drivers = append(drivers, c)
		}
	}
	if len(drivers) == 0 {
		m.drive = everybody(accountID)
		return nil
	}
	m.drive = drivers[0]
	fewest := math.MaxInt
	for _, c := range drivers {
		if len(drivers) == 1 {
			break
		}
		n, err := c.size(ctx, m.conn, sizing)
		if err != nil {
			return err
		}
		if n < fewest {
			m.drive, fewest = c, n
		}
	}
	return nil
}

// found is a stretch of a list: who is in it, and the lowest id that was looked at.
type found struct {
	ids []int64
	// low is where the next stretch begins, below; 0: the list is over.
	low int64
	// total is how many are in the whole list, where all of them were read; otherwise 0.
	total int
}

// find finds up to n customers below an id, having looked at no more than most.
func (m *match) find(ctx context.Context, below int64, n, most int) (found, error) {
	if below == 0 || below > m.top {
		below = m.top
	}
	var out found
	look := max(firstLook, n+1)
	for looked := 0; looked < most; looked, look = looked+look, min(look*5, most-looked) {
		ids, err := m.drive.read(ctx, m.conn, below, look)
		if err != nil {
			return out, Classify(err)
		}
		over := len(ids) < look
		ids = slices.Compact(slices.Clone(ids))
		good, err := m.ask(ctx, ids)
		if err != nil {
			return out, Classify(err)
		}
		out.ids = append(out.ids, good...)
		switch {
		case len(out.ids) > n:
			out.ids = out.ids[:n]
			out.low = out.ids[n-1]
			return out, nil
		case over || len(ids) == 0 || ids[len(ids)-1] < m.oldest:
			out.low = 0
			return out, nil
		}
		below = ids[len(ids)-1]
		out.low = below
	}
	return out, nil
}

// asks is how many candidates one question is about. MariaDB makes a table of a
// list of a thousand, and may then read every customer beside it.
const asks = 500

// ask returns which of the candidates meet every clause.
func (m *match) ask(ctx context.Context, ids []int64) ([]int64, error) {
	if m.probe == "" {
		return ids, nil
	}
	var out []int64
	for part := range slices.Chunk(ids, asks) {
		in, args := In(part)
		list, err := Collect(ctx, m.conn, scanID, `SELECT c.id FROM enrolld_customers c WHERE c.id IN `+in+` AND `+m.probe+`
			ORDER BY c.id DESC`, append(args, m.args...)...)
		if err != nil {
			return nil, fmt.Errorf("ask for customers: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
}
