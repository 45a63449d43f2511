package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"enrolld"
)

// Budget is how often something may happen: Burst times at once, and one more
// for each Every that passes.
type Budget struct {
	Every time.Duration
	Burst int
}

// Spend takes one off a budget that all replicas share. wait is 0 when there was
// one, otherwise how long it takes until there is; nothing is taken then. The
// name says what is limited and is stored as a hash.
//
// One column holds it: when the budget will be full again, had nothing more been
// taken (the generic cell rate algorithm).
func (db *DB) Spend(ctx context.Context, name string, b Budget) (wait time.Duration, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		held, err := tx.HoldBudgets(ctx, b, name)
		if err != nil {
			return err
		}
		wait = held[0].Spend()
		return tx.SaveBudgets(ctx, held)
	})
	return wait, err
}

// HeldBudget is a budget that a transaction holds: nobody else spends it until
// the transaction ends. What was spent counts once SaveBudgets wrote it.
type HeldBudget struct {
	name        []byte
	budget      Budget
	now, freeAt time.Time
	spent       bool
}

// latest is when the budget is full again, at most: a clock that was ahead for a
// while has everybody wait no longer than one that was right.
func (h *HeldBudget) latest(freeAt time.Time) time.Time {
	if most := h.now.Add(time.Duration(h.budget.Burst) * h.budget.Every); freeAt.After(most) {
		return most
	}
	return freeAt
}

// Wait says how long it takes until there is one to spend; 0: there is one.
func (h *HeldBudget) Wait() time.Duration {
	latest := h.now.Add(time.Duration(h.budget.Burst-1) * h.budget.Every) // a later freeAt means that none is left
	return max(0, h.freeAt.Sub(latest))
}

// Spend takes one off, unless there is none: then it says how long to wait.
func (h *HeldBudget) Spend() (wait time.Duration) {
	if wait = h.Wait(); wait == 0 {
		h.freeAt, h.spent = h.freeAt.Add(h.budget.Every), true
	}
	return wait
}

// HoldBudgets makes the budgets' rows or locks them, and returns them in the
// order of the names, which are distinct. Whoever holds several kinds always takes
// them in the same order.
func (tx *Tx) HoldBudgets(ctx context.Context, b Budget, names ...string) ([]*HeldBudget, error) {
	held := make([]*HeldBudget, len(names))
	byName := make(map[string]*HeldBudget, len(names))
	for i, name := range names {
		held[i] = &HeldBudget{name: HashToken(name), budget: b, now: tx.now, freeAt: tx.now}
		byName[string(held[i].name)] = held[i]
	}
	if err := tx.writeBudgets(ctx, held, "GREATEST(free_at, VALUES(free_at))"); err != nil {
		return nil, err
	}
	for part := range slices.Chunk(held, maxRows) {
		keys := make([][]byte, len(part))
		for i, h := range part {
			keys[i] = h.name
		}
		in, args := In(keys)
		err := tx.readBudgets(ctx, byName, `SELECT name, free_at FROM enrolld_budgets WHERE name IN `+in, args)
		if err != nil {
			return nil, err
		}
	}
	return held, nil
}

func (tx *Tx) readBudgets(ctx context.Context, byName map[string]*HeldBudget, query string, args []any) error {
	_, err := Collect(ctx, tx, func(rows *sql.Rows, _ *struct{}) error {
		var name []byte
		var at time.Time
		if err := rows.Scan(&name, &at); err != nil {
			return err
		}
		h := byName[string(name)]
		h.freeAt = h.latest(at)
		return nil
	}, query, args...)
	if err != nil {
		return fmt.Errorf("read budgets: %w", err)
	}
	return nil
}

// SaveBudgets writes what was spent of budgets that the transaction holds.
func (tx *Tx) SaveBudgets(ctx context.Context, held []*HeldBudget) error {
	spent := slices.DeleteFunc(slices.Clone(held), func(h *HeldBudget) bool { return !h.spent })
	return tx.writeBudgets(ctx, spent, "VALUES(free_at)")
}

func (tx *Tx) writeBudgets(ctx context.Context, held []*HeldBudget, freeAt string) error {
	rows := make([][]any, len(held))
	for i, h := range held {
		rows[i] = []any{h.name, h.freeAt}
	}
	slices.SortFunc(rows, func(a, b []any) int { return bytes.Compare(a[0].([]byte), b[0].([]byte)) })
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_budgets (name, free_at) VALUES `, rows, ` ON DUPLICATE KEY UPDATE free_at = `+freeAt)
	if err != nil {
		return fmt.Errorf("write budgets: %w", err)
	}
	return nil
}

// Left says how long it takes until a budget has one to spend, and takes nothing.
func (db *DB) Left(ctx context.Context, name string, b Budget) (wait time.Duration, err error) {
	now := db.Now()
	list, err := Collect(ctx, db.sql, scanTime, `SELECT free_at FROM enrolld_budgets WHERE name = ?`, HashToken(name))
	if err != nil || len(list) == 0 {
		return 0, Classify(err)
	}
	h := HeldBudget{budget: b, now: now}
	h.freeAt = h.latest(list[0])
	return h.Wait(), nil
}

// Place is where a request comes from, for names of budgets: an IPv4 address, or
// the network of an IPv6 one, since whoever has one of those has 2^64.
func Place(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		return netip.PrefixFrom(ip, placeBits).Masked().String()
	}
	return ip.String()
}

const placeBits = 64

// SweepBudgets forgets budgets that are full.
func (db *DB) SweepBudgets(ctx context.Context) error {
	_, err := db.sql.ExecContext(ctx, `DELETE FROM enrolld_budgets WHERE free_at < ? LIMIT 10000`, db.Now().Add(-time.Hour))
	return Classify(err)
}

// TooOften is the answer when a budget is spent.
func TooOften(wait time.Duration) error {
	return &TooOftenError{Wait: wait, Err: enrolld.Errorf(enrolld.Unavailable, "too many tries: wait %s and try again", words(wait))}
}

// TooOftenError is an error that says when to try again.
type TooOftenError struct {
	Wait time.Duration
	Err  error
}

// Error says how long to wait.
func (e *TooOftenError) Error() string { return e.Err.Error() }

// Unwrap returns the error with its code.
func (e *TooOftenError) Unwrap() error { return e.Err }

// words says a wait as people do, rounded up.
func words(wait time.Duration) string {
	switch {
	case wait <= 90*time.Second:
		return fmt.Sprintf("%d seconds", max(1, int((wait+time.Second-1)/time.Second)))
	case wait <= 90*time.Minute:
		return fmt.Sprintf("%d minutes", int((wait+time.Minute-1)/time.Minute))
	}
	return fmt.Sprintf("%d hours", int((wait+time.Hour-1)/time.Hour))
}
