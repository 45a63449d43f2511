package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"enrolld"
)

// MessageFilter picks messages to an account's members. Empty fields pick all.
type MessageFilter struct {
	State  string // "queued", "sent", "dead" and what else the column has
	Kind   enrolld.MessageKind
	Before int64 // the last one of the page before; 0: the newest
	Limit  int
}

// MailRecord is a message to a member with everything that is known of it.
type MailRecord struct {
	MessageRecord
	CustomerID int64
	Cause      string
	To, ToName string
	Data       enrolld.MessageData
	FirstAt    *time.Time      // when the first attempt began
	DueAt      time.Time       // of one that waits: when it is tried next
	Sending    bool            // a worker has it
	Wording    enrolld.Wording // its ID and Lang, once it was fixed; see WordingByID
}

const mailColumns = `id, customer_id, kind, cause, recipient, recipient_name, data, state, attempts, response, created_at, sent_at,
	returned_at, returned_text, first_attempt_at, due_at, state = 'queued' AND HEX(lease) <> REPEAT('0', 32),
	COALESCE(template_id, 0), template_lang FROM enrolld_messages`

func scanMail(rows *sql.Rows, m *MailRecord) error {
	var data []byte
	if err := rows.Scan(&m.ID, &m.CustomerID, &m.Kind, &m.Cause, &m.To, &m.ToName, &data, &m.State, &m.Attempts, &m.Response,
		&m.CreatedAt, &m.SentAt, &m.ReturnedAt, &m.ReturnedText, &m.FirstAt, &m.DueAt, &m.Sending,
		&m.Wording.ID, &m.Wording.Lang); err != nil {
		return err
	}
	return json.Unmarshal(data, &m.Data)
}

// MessagePage lists messages to an account's members, the newest first. Mail to the
// team is no part of it.
func (db *DB) MessagePage(ctx context.Context, accountID int64, f MessageFilter) ([]MailRecord, error) {
	where, args, index := []string{"account_id = ?", "customer_id <> 0"}, []any{accountID}, "recent"
	if f.Kind != "" {
		where, args, index = append(where, "kind = ?"), append(args, string(f.Kind)), "by_kind"
	}
	if f.State != "" {
		where, args, index = append(where, "state = ?"), append(args, f.State), "by_state"
	}
	if f.Before != 0 {
		where, args = append(where, "id < ?"), append(args, f.Before)
	}
	list, err := Collect(ctx, db.sql, scanMail, `SELECT `+mailColumns+` FORCE INDEX (`+index+`)
		WHERE `+strings.Join(where, " AND ")+` ORDER BY id DESC LIMIT ?`, append(args, f.Limit)...)
	return list, Classify(err)
}

const noMessage = "there is no such message"

// Message reads a message to an account's customer.
func (db *DB) Message(ctx context.Context, accountID, customerID, id int64) (MailRecord, error) {
	list, err := Collect(ctx, db.sql, scanMail, `SELECT `+mailColumns+` WHERE id = ? AND account_id = ? AND customer_id = ?`,
		id, accountID, customerID)
	return One(list, err, noMessage)
}

// LockMessage reads a message to an account's customer and keeps others from
// sending it again at the same time.
func (tx *Tx) LockMessage(ctx context.Context, accountID, customerID, id int64) (MailRecord, error) {
	list, err := Collect(ctx, tx, scanMail, `SELECT `+mailColumns+` WHERE id = ? AND account_id = ? AND customer_id = ? FOR UPDATE`,
		id, accountID, customerID)
	return One(list, err, noMessage)
}

// Resent counts the messages whose cause begins with prefix, and says whether one
// of them waits still.
func (tx *Tx) Resent(ctx context.Context, accountID int64, prefix string) (n int, waits bool, err error) {
	var waiting *int
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*), SUM(state = 'queued') FROM enrolld_messages
		WHERE account_id = ? AND cause >= ? AND cause < ?`, accountID, []byte(prefix), after(prefix)).Scan(&n, &waiting)
	return n, waiting != nil && *waiting > 0, err
}
