package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	"time"

	"enrolld"
)

// NewEntry is what somebody of the team asks for who wants to see the site as a
// customer does.
type NewEntry struct {
	AccountID, CustomerID int64
	// LoginID and Operator are who asks; the site shows the name.
	LoginID  int64
	Operator string
	UserID   int64 // the customer's WordPress user
	CourseID int64 // the page to begin at; 0: the site's home
	Reason   string
	Back     string // the address to return to
}

// Entry is one that lasts.
type Entry struct {
	ID       int64
	LoginID  int64
	Operator string
	Reason   string
	From     time.Time // when the site let them in
	Until    time.Time
}

const (
	maxReason    = 300
	maxEntries   = 100
	entryTokenOf = 32 // bytes
	// tokenGrace is how long after its end a token is given up: the companion goes by
	// the database's clock, and we by ours.
	tokenGrace = time.Minute
)

// AddEntry adds an entry and returns the token that the site takes, once. Of the
// token the hash is stored.
func (tx *Tx) AddEntry(ctx context.Context, e NewEntry) (id int64, token enrolld.Secret, err error) {
	b := make([]byte, entryTokenOf)
	_, _ = rand.Read(b) // crypto/rand.Read does not fail
	text := base64.RawURLEncoding.EncodeToString(b)
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_entries (account_id, customer_id, login_id, user_id, course_id, token_hash,
		operator, reason, back_url, seconds, created_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`,
		e.AccountID, e.CustomerID, e.LoginID, e.UserID, e.CourseID, HashToken(text), clip(e.Operator, maxActor), clip(e.Reason, maxReason),
		e.Back, int(enrolld.EntryTerm.Seconds()), tx.now, tx.now.Add(enrolld.EntryTokenTerm))
	if err != nil {
		return 0, "", fmt.Errorf("add an entry: %w", err)
	}
	id, err = res.LastInsertId()
	return id, enrolld.Secret(text), err
}

// EndEntriesOfLogin ends every entry that was made for a login, taken or not.
func (tx *Tx) EndEntriesOfLogin(ctx context.Context, loginID int64) error {
	return tx.endEntries(ctx, enrolld.EntryRevoked, `login_id = ?`, loginID)
}

// EndEntriesOfCustomer ends every entry as a customer, taken or not: they were
// blocked, or are to be forgotten.
func (tx *Tx) EndEntriesOfCustomer(ctx context.Context, customerID int64) error {
	return tx.endEntries(ctx, enrolld.EntryBarred, `customer_id = ?`, customerID)
}

func (tx *Tx) endEntries(ctx context.Context, how enrolld.EntryEnd, where string, args ...any) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_entries SET ended_at = ?, ended_by = ? WHERE ended_at IS NULL AND `+where,
		append([]any{tx.now, string(how)}, args...)...)
	if err != nil {
		return fmt.Errorf("end entries: %w", err)
	}
	return nil
}

// Entries lists who is on the site as a customer now, the newest first.
func (db *DB) Entries(ctx context.Context, accountID, customerID int64) ([]Entry, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, e *Entry) error {
		return rows.Scan(&e.ID, &e.LoginID, &e.Operator, &e.Reason, &e.From, &e.Until)
	}, `SELECT id, login_id, operator, reason, taken_at, until_at FROM enrolld_entries
		WHERE customer_id = ? AND ended_at IS NULL AND account_id = ? AND until_at > ? ORDER BY id DESC LIMIT ?`,
		customerID, accountID, db.Now(), maxEntries)
	return list, Classify(err)
}

// EndEntry ends an entry that lasts: the site does so at the next request. byLogin
// 0: whosever it is. Errors: NotFound when it is over already, or somebody else's.
func (db *DB) EndEntry(ctx context.Context, actor enrolld.Actor, accountID, customerID, id, byLogin int64) error {
	return db.InTx(ctx, func(tx *Tx) error {
		where, args := `e.id = ? AND e.customer_id = ? AND e.account_id = ? AND e.ended_at IS NULL AND e.until_at > ?`, []any{id, customerID, accountID, tx.now}
		if byLogin != 0 {
			where, args = where+` AND e.login_id = ?`, append(args, byLogin)
		}
		list, err := tx.lockEntries(ctx, where+` FOR UPDATE`, args...)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return enrolld.Errorf(enrolld.NotFound, "this session on the site is over already")
		}
		e := list[0]
		if err := tx.endEntries(ctx, enrolld.EntryStopped, `id = ?`, id); err != nil {
			return err
		}
		e.endedAt, e.end = &tx.now, enrolld.EntryStopped
		return tx.tellEntries(ctx, []toldEntry{e}, actor)
	})
}
