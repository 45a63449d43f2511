package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/store"
)

func note(ctx context.Context, tx *store.Tx, name string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO enrolld_settings (name, value) VALUES (?, '')", name)
	return err
}

func TestInTxRollsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failure := enrolld.Errorf(enrolld.Conflict, "no")
	err := w.db.InTx(t.Context(), func(tx *store.Tx) error {
		w.check(note(t.Context(), tx, "error"))
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("InTx = %v, want the function's own error", err)
	}
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf("recovered %v, want the panic to go on", got)
			}
		}()
		_ = w.db.InTx(t.Context(), func(tx *store.Tx) error {
			w.check(note(t.Context(), tx, "panic"))
			panic("boom")
		})
	}()
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return note(ctx, tx, "kept") })
	w.want("SELECT name FROM enrolld_settings", "kept")
	if open := w.db.Conn().Stats().InUse; open != 0 {
		t.Errorf("%d connections are still in use", open)
	}
}

func TestInTxTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.Advance(999) // the database has no nanoseconds
	w.inTx(func(_ context.Context, tx *store.Tx) error {
		first := tx.Now()
		w.clock.Advance(time.Hour)
		if want := time.Date(2026, 3, 4, 5, 6, 7, 891011000, time.UTC); !first.Equal(want) || !tx.Now().Equal(want) {
			t.Errorf("the time is %v and %v, want %v", first, tx.Now(), want)
		}
		return nil
	})
}

// Two transactions lock two rows in opposite order: the server ends one of
// them, and both are done in the end.
func TestInTxRetriesDeadlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec("INSERT INTO enrolld_settings (name, value) VALUES ('a', ''), ('b', '')")
	var tries [2]int
	var meet sync.WaitGroup
	meet.Add(2)
	errs := make([]error, 2)
	var all sync.WaitGroup
	for i, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		all.Go(func() {
			errs[i] = w.db.InTx(t.Context(), func(tx *store.Tx) error {
				tries[i]++
				lock := func(name string) error {
					_, err := tx.ExecContext(t.Context(),
						"UPDATE enrolld_settings SET value = CONCAT(value, 'x') WHERE name = ?", name)
					return err
				}
				if err := lock(order[0]); err != nil {
					return err
				}
				if tries[i] == 1 { // both hold their first row before they ask for the second
					meet.Done()
					meet.Wait()
				}
				return lock(order[1])
			})
		})
	}
	all.Wait()
	w.check(errors.Join(errs...))
	w.want("SELECT name, value FROM enrolld_settings ORDER BY name", "a|xx", "b|xx")
	if got := tries[0] + tries[1]; got < 3 {
		t.Errorf("the two ran %d times in all: there was no deadlock", got)
	}
}

func TestInTxAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := map[string]struct {
		err  error
		runs int
		code enrolld.Code
	}{
		"deadlock":            {&mysql.MySQLError{Number: 1213}, store.TxAttempts, enrolld.Unavailable},
		"lock timeout":        {&mysql.MySQLError{Number: 1205}, store.TxAttempts, enrolld.Unavailable},
		"record changed":      {&mysql.MySQLError{Number: 1020}, store.TxAttempts, enrolld.Unavailable},
		"refused at commit":   {&mysql.MySQLError{Number: 1180}, store.TxAttempts, enrolld.Unavailable},
		"wrapped":             {fmt.Errorf("x: %w", &mysql.MySQLError{Number: 1213}), store.TxAttempts, enrolld.Unavailable},
		"duplicate":           {&mysql.MySQLError{Number: 1062}, 1, enrolld.Internal},
		"something else":      {errors.New("else"), 1, enrolld.Internal},
		"to be parked":        {enrolld.Parkf("wait"), 1, enrolld.Internal},
		"a code of its own":   {enrolld.Errorf(enrolld.Invalid, "no"), 1, enrolld.Invalid},
		"nothing":             {nil, 1, ""},
		"cancelled by itself": {context.Canceled, 1, enrolld.Unavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			err := w.db.InTx(t.Context(), func(*store.Tx) error { runs++; return test.err })
			wantCode(t, "InTx", err, test.code)
			if runs != test.runs {
				t.Errorf("it ran %d times, want %d", runs, test.runs)
			}
			if test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("InTx = %v, want the cause within", err)
			}
		})
	}
}

// Succeeding after failures commits what the last run did, and only that.
func TestInTxLastRunCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	runs := 0
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		runs++
		if err := note(ctx, tx, fmt.Sprint("run ", runs)); err != nil {
			return err
		}
		if runs < 4 {
			return &mysql.MySQLError{Number: 1213}
		}
		return nil
	})
	w.want("SELECT name FROM enrolld_settings", "run 4")
}

func TestInTxCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := w.db.InTx(ctx, func(tx *store.Tx) error {
		w.check(note(ctx, tx, "lost"))
		cancel()
		return nil
	})
	wantCode(t, "commit of who went away", err, enrolld.Unavailable)
	err = w.db.InTx(ctx, func(*store.Tx) error { t.Error("it ran"); return nil })
	wantCode(t, "begin of who went away", err, enrolld.Unavailable)
	w.want("SELECT COUNT(*) FROM enrolld_settings", "0")
}
