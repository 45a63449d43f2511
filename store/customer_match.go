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
	probe string // what is asked of each candidate
	args  []any
	asked int // conditions in it, and the sieve
	// sieve is a word that is asked of the candidates as they are read; nil: none is.
	sieve *beginning
	// everybody: there is no clause. plain: those whom the driver lists are in, each
	// once.
	everybody, plain bool

	top    int64 // from it on there is nobody
	oldest int64 // below it there is nobody
}

const (
	firstLook = 200    // candidates that are looked at together, at first
	longLook  = 5_000  // later
	maxLook   = 25_000 // candidates that are looked at for one page
	sizing    = 2_000  // candidates that are counted to choose who drives
)

// newMatch chooses who drives.
func (db *DB) newMatch(ctx context.Context, accountID int64, clauses []clause) (*match, error) {
	m := &match{conn: db.sql, top: math.MaxInt64, everybody: len(clauses) == 0}
	if list, ok := intersection(clauses); ok {
		m.drive = clause{list: list}
		m.questions(clauses)
		return m, nil
	}
	driver, err := m.choose(ctx, clauses)
	if err != nil {
		return nil, Classify(err)
	}
	m.plain = len(clauses) == 0
	if driver < 0 {
		m.drive = everybody(accountID)
	} else {
		m.drive = clauses[driver]
		m.plain = len(clauses) == 1 && m.drive.plain
		if m.drive.certain {
			clauses = slices.Delete(slices.Clone(clauses), driver, driver+1)
		}
	}
	m.questions(m.sift(clauses))
	return m, nil
}

// sift takes the longest word that was typed as the sieve.
func (m *match) sift(clauses []clause) []clause {
	at := slices.IndexFunc(clauses, func(c clause) bool { return c.begins != nil })
	if at < 0 {
		return clauses
	}
	m.sieve = clauses[at].begins
	return slices.Delete(slices.Clone(clauses), at, at+1)
}

// questions puts together what is asked of each candidate.
func (m *match) questions(clauses []clause) {
	var probes []string
	for _, c := range clauses {
		if c.list == nil && c.probe != "" {
			probes, m.args = append(probes, c.probe), append(m.args, c.args...)
		}
	}
	m.probe, m.asked = strings.Join(probes, " AND "), len(probes)
	if m.sieve != nil {
		m.asked++
	}
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

// choose returns which clause drives: the one with the fewest candidates, and of
// several with many the first, or one whose candidates need not be asked about it
// again; -1 when none lists candidates.
func (m *match) choose(ctx context.Context, clauses []clause) (driver int, err error) {
	var drivers []int
	for i, c := range clauses {
		if len(c.from) > 0 {
			drivers = append(drivers, i)
		}
	}
	driver = -1
	fewest := math.MaxInt
	for _, i := range drivers {
		n := 0
		if len(drivers) > 1 {
			if n, err = clauses[i].size(ctx, m.conn, sizing); err != nil {
				return driver, err
			}
		}
		if n < fewest || n == fewest && clauses[i].certain && !clauses[driver].certain {
			driver, fewest = i, n
		}
	}
	return driver, nil
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
	look := min(max(firstLook, n+1), most)
	for looked := 0; looked < most; {
		ids, low, err := m.read(ctx, below, look)
		if err != nil {
			return out, Classify(err)
		}
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
		case low < m.oldest || low == 0:
			out.low = 0
			return out, nil
		}
		below, out.low = low, low
		looked += look
		look = min(nextLook(looked, len(out.ids), n), most-looked)
	}
	return out, nil
}

// read reads up to n candidates below an id, each once, and says which was the lowest
// that was looked at; 0: there are no more.
func (m *match) read(ctx context.Context, below int64, n int) (ids []int64, low int64, err error) {
	var all []int64
	if m.sieve != nil {
		query, args := m.drive.below(below, n)
		all, ids, err = m.sieve.among(ctx, m.conn, query, args)
	} else if all, err = m.drive.read(ctx, m.conn, below, n); err == nil {
		ids = slices.Compact(slices.Clone(all))
	}
	if err != nil || len(all) < n {
		return ids, 0, err
	}
	return ids, slices.Min(all), nil
}

// nextLook is how many candidates to look at, when of so many only so many were in
// and n are wanted: as many as that promises, and some; at most five times as many.
func nextLook(looked, in, n int) int {
	return min(5*looked, longLook, max(firstLook, looked*(n+1-in)*3/2/max(in, 1)))
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
		list, err := Collect(ctx, m.conn, scanID, `SELECT c.id FROM enrolld_customers c WHERE c.id IN `+in+` AND c.part_of = 0 AND `+m.probe+`
			ORDER BY c.id DESC`, append(args, m.args...)...)
		if err != nil {
			return nil, fmt.Errorf("ask for customers: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
}
