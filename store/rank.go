package store

import (
	"context"
	"fmt"
	"slices"

	"enrolld"
)

// urgency is how a rank is stored: the higher one goes first. So the rows of what many
// wait for are the first of an index. InnoDB passes over what was removed from an index
// and not purged yet, beyond the end of a range, until it meets a row that is there: if
// they came last, each look for what somebody waits for would pass over all of them.
func urgency(r enrolld.Rank) int { return int(enrolld.RankMany) - int(r) }

// inTurn reads up to n rows that are due, of a rank or before it: those of the first
// rank first. A quarter of n is kept for the ranks behind it, and of that one half for
// the last, so that nobody waits for good while those before them come without end;
// what they do not need is anybody's.
//
// read locks and reads the first rows of a rank. It is asked a second time only when
// more than their part waits in one rank, and less in the others.
func inTurn[T any](n int, last enrolld.Rank, id func(T) int64, read func(rank enrolld.Rank, n int) ([]T, error)) ([]T, error) {
	kept := n / 4 // for the ranks behind
	var out []T
	var got [enrolld.RankMany + 1]int // by rank
	for rank := range last + 1 {
		if rank == last {
			kept = 0
		}
		room := n - len(out) - kept
		kept /= 2
		if room <= 0 {
			continue
		}
		rows, err := read(rank, room)
		if err != nil {
			return nil, err
		}
		if got[rank] = len(rows); len(rows) < room {
			got[rank] = 0 // that was all
		}
		out = append(out, rows...)
	}
	return fill(n, out, got[:], id, read)
}

// fill adds rows of the ranks of which there are more than were got so far, up to n.
func fill[T any](n int, out []T, got []int, id func(T) int64, read func(rank enrolld.Rank, n int) ([]T, error)) ([]T, error) {
	for rank, had := range got {
		if had == 0 || len(out) == n {
			continue
		}
		known := make(map[int64]bool, len(out))
		for _, row := range out {
			known[id(row)] = true
		}
		rows, err := read(enrolld.Rank(rank), had+n-len(out)) // ours are there again
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if len(out) < n && !known[id(row)] {
				out = append(out, row)
			}
		}
	}
	return out, nil
}

// followers are whom new rows of a rank are about: what waits about them already, of a
// higher rank, is to go with them.
type followers map[following][]int64 // ids of customers, or of users

type following struct {
	account int64
	rank    enrolld.Rank
}

func (f followers) add(accountID int64, rank enrolld.Rank, id int64) {
	if id != 0 && rank < enrolld.RankMany {
		at := following{accountID, rank}
		f[at] = append(f[at], id)
	}
}

// hasten runs an update of what waits about them, whose arguments are the urgency, more,
// the account and the urgency again, then ids.
func (f followers) hasten(ctx context.Context, tx *Tx, update string, more ...any) error {
	for at, ids := range f {
		for part := range slices.Chunk(ids, maxRows) {
			in, args := In(part, slices.Concat([]any{urgency(at.rank)}, more, []any{at.account, urgency(at.rank)})...)
			if _, err := tx.ExecContext(ctx, update+in, args...); err != nil {
				return fmt.Errorf("have what waits go with what is new: %w", err)
			}
		}
	}
	return nil
}

// hastenMessages has earlier mail to the customers of messages be of the same rank: who
// buys a course while an import's welcome waits for its turn needs that one first, to
// log in. What was never tried is due at once, whatever turn it was given.
func (tx *Tx) hastenMessages(ctx context.Context, messages []enrolld.Message) error {
	f := followers{}
	for i := range messages {
		f.add(messages[i].AccountID, enrolld.RankOf(&messages[i]), messages[i].CustomerID)
	}
	return f.hasten(ctx, tx, `UPDATE enrolld_messages FORCE INDEX (customer) SET urgency = ?,
		due_at = IF(attempts = 0, LEAST(due_at, ?), due_at)
		WHERE account_id = ? AND urgency < ? AND state = 'queued' AND customer_id IN `, tx.now)
}

// hastenSignals has what waits about the users of signals be told with them.
func (tx *Tx) hastenSignals(ctx context.Context, signals []Signal) error {
	f := followers{}
	for _, s := range signals {
		f.add(s.AccountID, s.Rank, s.UserID)
	}
	return f.hasten(ctx, tx, `UPDATE enrolld_signals FORCE INDEX (by_user) SET urgency = ?
		WHERE account_id = ? AND urgency < ? AND user_id IN `)
}
