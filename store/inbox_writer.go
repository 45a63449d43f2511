package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"

	"enrolld"
)

// inboxWriter is a connection of the inbox's own with INSERTs that it has
// prepared, one for each of inboxSizes. A body of some kilobytes costs the server more
// to read as a literal than to store; prepared, it goes over as it is.
//
// It belongs to one goroutine.
type inboxWriter struct {
	pool  *sql.DB
	conn  *sql.Conn         // nil when there is none, or it broke
	stmts map[int]*sql.Stmt // by number of rows
}

// inboxSizes are the numbers of rows for which statements are prepared: a
// prepared statement holds memory in the server for each of its values, so there
// is not one for every number. Three of them make up nearly any batch.
var inboxSizes = []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, inboxBatch}

// flush writes a batch, in the largest statements that are prepared for.
func (w *inboxWriter) flush(batch []*pending) {
	for len(batch) > 0 {
		n := 1
		for _, size := range inboxSizes {
			if size <= len(batch) {
				n = size
			}
		}
		w.flushSome(batch[:n])
		batch = batch[n:]
	}
}

// flushSome writes deliveries in one statement or, when that fails for the sake
// of one of them, each by itself.
func (w *inboxWriter) flushSome(batch []*pending) {
	ctx, cancel := context.WithTimeout(context.Background(), inboxTimeout)
	defer cancel()
	rows := make([][]any, len(batch))
	for i, p := range batch {
		rows[i] = p.row
	}
	err := w.insert(ctx, rows)
	if err != nil && len(batch) > 1 && enrolld.CodeOf(err) != enrolld.Unavailable {
		for _, p := range batch {
			p.done <- w.insert(ctx, [][]any{p.row})
		}
		return
	}
	for _, p := range batch {
		p.done <- err
	}
}

// insert writes rows in one statement, which is its own transaction. A statement
// that may or may not have reached the server is run again: what is stored
// already is then counted as a duplicate.
func (w *inboxWriter) insert(ctx context.Context, rows [][]any) error {
	err := w.try(ctx, rows)
	for attempt := 1; attempt < txAttempts && (again(err) || attempt == 1 && brokenConn(err)); attempt++ {
		err = w.try(ctx, rows)
	}
	return Classify(err)
}

func (w *inboxWriter) try(ctx context.Context, rows [][]any) error {
	stmt, err := w.prepared(ctx, len(rows)) //nolint:sqlclosecheck // kept; close closes it
	if err == nil {
		args := make([]any, 0, len(rows)*len(rows[0]))
		for _, r := range rows {
			args = append(args, r...)
		}
		_, err = stmt.ExecContext(ctx, args...)
	}
	if err != nil && number(err) == 0 {
		w.close() // not the server's word: the connection is in an unknown state
	}
	return err
}

func (w *inboxWriter) prepared(ctx context.Context, rows int) (*sql.Stmt, error) {
	if w.conn == nil {
		conn, err := w.pool.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("connect the inbox: %w", err)
		}
		w.conn, w.stmts = conn, map[int]*sql.Stmt{}
	}
	if stmt, ok := w.stmts[rows]; ok {
		return stmt, nil
	}
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", deliveryValues), ",") + ")"
	stmt, err := w.conn.PrepareContext(ctx,
		insertDelivery+strings.TrimSuffix(strings.Repeat(row+",", rows), ",")+countDuplicate)
	if err != nil {
		return nil, fmt.Errorf("prepare the inbox: %w", err)
	}
	w.stmts[rows] = stmt
	return stmt, nil
}

// close gives the connection back to the pool, which closes it if it broke.
func (w *inboxWriter) close() {
	for _, stmt := range w.stmts {
		_ = stmt.Close()
	}
	if w.conn != nil {
		_ = w.conn.Close()
	}
	w.conn, w.stmts = nil, nil
}

// brokenConn says whether a connection turned out to be gone.
func brokenConn(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, sql.ErrConnDone)
}
