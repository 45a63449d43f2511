package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
)

// Actions of the audit log about entries.
const (
	AuditEntryAsked   = "customer.login_as"
	AuditEntryTaken   = "customer.login_as_taken"
	AuditEntryRefused = "customer.login_as_refused"
	AuditEntryEnded   = "customer.login_as_ended"
)

// What of an entry the audit log knows.
const (
	toldNothing = iota
	toldTaken
	toldEnd
)

// toldEntry is an entry with what the audit log knows of it.
type toldEntry struct {
	id, accountID, customerID, loginID int64
	operator, reason, email            string
	takenAt, untilAt, endedAt          *time.Time
	end                                enrolld.EntryEnd
	told                               int
}

// entryDetail is what an audit entry says about an entry.
type entryDetail struct {
	Entry  int64            `json:"entry"`
	Reason string           `json:"reason"`
	At     time.Time        `json:"at"`
	How    enrolld.EntryEnd `json:"how,omitempty"`
}

// AskedEntry is what the audit log says of an entry that is made.
func AskedEntry(actor enrolld.Actor, id int64, e NewEntry, email string, at time.Time) AuditEntry {
	a := AuditBy(actor, e.AccountID, AuditEntryAsked)
	a.CustomerID, a.Subject, a.Detail = e.CustomerID, email, entryDetail{Entry: id, Reason: e.Reason, At: at}.json()
	return a
}

func (d entryDetail) json() string {
	b, _ := json.Marshal(d) // of texts and a time: cannot fail
	return string(b)
}

// NoteEntries writes to the audit log what happened to entries on the sites, each
// thing once, and ends those whose time is over. It returns how many it wrote of,
// and may run on several replicas at once. account 0: of every account.
func (db *DB) NoteEntries(ctx context.Context, accountID int64) (n int, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		n = 0
		list, err := tx.lockEntries(ctx, `e.told < ? AND (? = 0 OR e.account_id = ?) AND (e.ended_at IS NOT NULL OR e.told < ? AND e.until_at IS NOT NULL
			OR e.until_at <= ? OR e.until_at IS NULL AND e.expires_at <= ?)
			ORDER BY e.id LIMIT `+fmt.Sprint(maxEntries)+` FOR UPDATE SKIP LOCKED`,
			toldEnd, accountID, accountID, toldTaken, tx.now, tx.now.Add(-tokenGrace))
		if err != nil {
			return err
		}
		for i := range list {
			if err := list[i].timeIsOver(ctx, tx); err != nil {
				return err
			}
		}
		n = len(list)
		return tx.tellEntries(ctx, list, enrolld.Actor{})
	})
	return n, err
}

// timeIsOver ends an entry whose time is over, as of when it was.
func (e *toldEntry) timeIsOver(ctx context.Context, tx *Tx) error {
	switch {
	case e.endedAt != nil:
		return nil
	case e.untilAt == nil:
		e.endedAt, e.end = &tx.now, enrolld.EntryUnused
	case !e.untilAt.After(tx.now):
		e.endedAt, e.end = e.untilAt, enrolld.EntryOver
	default:
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_entries SET ended_at = ?, ended_by = ? WHERE id = ?`, *e.endedAt, string(e.end), e.id)
	if err != nil {
		return fmt.Errorf("end an entry: %w", err)
	}
	return nil
}

// lockEntries reads entries; the condition ends with the lock.
func (tx *Tx) lockEntries(ctx context.Context, where string, args ...any) ([]toldEntry, error) {
	list, err := Collect(ctx, tx, func(rows *sql.Rows, e *toldEntry) error {
		return rows.Scan(&e.id, &e.accountID, &e.customerID, &e.loginID, &e.operator, &e.reason, &e.takenAt, &e.untilAt, &e.endedAt, &e.end, &e.told)
	}, `SELECT e.id, e.account_id, e.customer_id, e.login_id, e.operator, e.reason, e.taken_at, e.until_at, e.ended_at, e.ended_by, e.told
		FROM enrolld_entries e WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	return list, tx.nameEntries(ctx, list)
}

// nameEntries reads whom entries are about; a customer who is gone has no address.
func (tx *Tx) nameEntries(ctx context.Context, list []toldEntry) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]int64, len(list))
	for i, e := range list {
		ids[i] = e.customerID
	}
	emails := map[int64]string{}
	in, args := In(ids)
	_, err := Collect(ctx, tx, func(rows *sql.Rows, _ *struct{}) error {
		var id int64
		var email string
		err := rows.Scan(&id, &email)
		emails[id] = email
		return err
	}, `SELECT id, email FROM enrolld_customers WHERE id IN `+in, args...)
	for i := range list {
		list[i].email = emails[list[i].customerID]
	}
	return err
}

// tellEntries writes what the audit log does not know yet. by is who ended them;
// without a login, whoever they are of.
func (tx *Tx) tellEntries(ctx context.Context, list []toldEntry, by enrolld.Actor) error {
	var entries []AuditEntry
	told := map[int][]int64{}
	for _, e := range list {
		more, now := e.untold(by)
		entries = append(entries, more...)
		told[now] = append(told[now], e.id)
	}
	if len(entries) > 0 {
		if err := tx.Audit(ctx, entries); err != nil {
			return err
		}
	}
	for now, ids := range told {
		in, args := In(ids, now)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_entries SET told = ? WHERE id IN `+in, args...); err != nil {
			return fmt.Errorf("note that entries were told: %w", err)
		}
	}
	return nil
}

// untold is what the audit log is to learn, and what it knows then. An entry that
// nobody took is not worth a line: that it was asked for is there.
func (e toldEntry) untold(by enrolld.Actor) (out []AuditEntry, told int) {
	own := enrolld.Actor{LoginID: e.loginID, Name: e.operator}
	if by.LoginID == 0 {
		by = own
	}
	told = e.told
	note := func(actor enrolld.Actor, action string, at time.Time, how enrolld.EntryEnd) {
		a := AuditBy(actor, e.accountID, action)
		a.CustomerID, a.Subject, a.Detail = e.customerID, e.email, entryDetail{e.id, e.reason, at, how}.json()
		out = append(out, a)
	}
	if told < toldTaken && e.untilAt != nil {
		note(own, AuditEntryTaken, *e.takenAt, "")
		told = toldTaken
	}
	switch {
	case e.endedAt == nil:
		return out, told
	case e.untilAt != nil:
		note(by, AuditEntryEnded, *e.endedAt, e.end)
	case e.end == enrolld.EntryNoUser, e.end == enrolld.EntryRights:
		note(own, AuditEntryRefused, *e.endedAt, e.end)
	}
	return out, toldEnd
}
