package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"
)

// Tx is one transaction. Its time is fixed when it begins, so that everything
// in it agrees on now.
type Tx struct {
	*sql.Tx
	db  *DB
	now time.Time
}

// Now is the time of the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

const (
	txAttempts  = 8
	txFirstWait = 3 * time.Millisecond
)

// InTx runs f in a transaction: committed when f returns nil, rolled back
// otherwise. Deadlocks, lock timeouts and a cluster's certification failures
// run f again, a bounded number of times, after a growing random wait. f must
// therefore have no effect besides the transaction.
func (db *DB) InTx(ctx context.Context, f func(*Tx) error) error {
	wait := txFirstWait
	for attempt := 1; ; attempt++ {
		err := db.once(ctx, f)
		if err == nil || attempt == txAttempts || !again(err) {
			return Classify(err)
		}
		pause := time.NewTimer(wait/2 + rand.N(wait)) // jitter needs no secrecy
		select {
		case <-ctx.Done():
			pause.Stop()
			return Classify(ctx.Err())
		case <-pause.C:
		}
		wait *= 2
	}
}

func (db *DB) once(ctx context.Context, f func(*Tx) error) (err error) {
	sqlTx, err := db.sql.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			_ = sqlTx.Rollback() // also upon a panic, which goes on
		}
	}()
	if err := f(&Tx{Tx: sqlTx, db: db, now: db.Now()}); err != nil {
		return err
	}
	done = true
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
