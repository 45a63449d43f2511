package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld"
)

const (
	maxResponse      = 500
	maxRecipientName = 500
)

// QueueMessages adds messages to the mail queue. A message whose cause has one
// already is left out. Earlier mail to the same customers that waits goes before it,
// see hastenMessages.
func (tx *Tx) QueueMessages(ctx context.Context, messages []enrolld.Message) error {
	rows := make([][]any, len(messages))
	for i, m := range messages {
		data, err := json.Marshal(m.Data)
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		rows[i] = []any{
			m.AccountID, m.CustomerID, string(m.Kind), m.Cause, m.To, clip(m.ToName, maxRecipientName), string(data),
			"queued", tx.now, tx.now, orNull(m.LoginID), urgency(enrolld.RankOf(&m)),
		}
	}
	if err := tx.hastenMessages(ctx, messages); err != nil {
		return err
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_messages
		(account_id, customer_id, kind, cause, recipient, recipient_name, data, state, due_at, created_at, login_id, urgency) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE id = id`)
	if err != nil {
		return fmt.Errorf("queue messages: %w", err)
	}
	return nil
}

// ClaimMessages leases up to n due messages of a rank or before it, as Claim does for
// deliveries: those of the first rank first, but never all of them, see inTurn.
func (db *DB) ClaimMessages(
	ctx context.Context, n int, last enrolld.Rank, lease Lease, term time.Duration,
) ([]*enrolld.Message, error) {
	var list []*enrolld.Message
	err := db.InTx(ctx, func(tx *Tx) (err error) {
		list, err = inTurn(n, last, func(m *enrolld.Message) int64 { return m.ID }, func(rank enrolld.Rank, n int) ([]*enrolld.Message, error) {
			return Collect(ctx, tx, scanMessage, `SELECT id, account_id, customer_id, kind, cause, recipient, recipient_name, data,
				attempts, first_attempt_at, COALESCE(login_id, 0), COALESCE(template_id, 0), template_lang, ? - urgency
				FROM enrolld_messages FORCE INDEX (by_urgency) WHERE state = 'queued' AND urgency = ? AND due_at <= ?
				ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED`, enrolld.RankMany, urgency(rank), tx.now, n)
		})
		if err != nil || len(list) == 0 {
			return err
		}
		ids := make([]int64, len(list))
		for i, m := range list {
			ids[i], m.Lease, m.Mark = m.ID, string(lease.bytes()), db.keys.MessageMark(m)
			if m.FirstAt.IsZero() {
				m.FirstAt = tx.now
			}
		}
		in, args := In(ids, lease.bytes(), tx.now.Add(term), tx.now)
		_, err = tx.ExecContext(ctx, `UPDATE enrolld_messages SET lease = ?, due_at = ?, attempts = attempts + 1,
			first_attempt_at = COALESCE(first_attempt_at, ?) WHERE id IN `+in, args...)
		if err != nil {
			return fmt.Errorf("claim messages: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b *enrolld.Message) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

func scanMessage(rows *sql.Rows, to **enrolld.Message) error {
	var m enrolld.Message
	var first *time.Time
	var data []byte
	if err := rows.Scan(&m.ID, &m.AccountID, &m.CustomerID, &m.Kind, &m.Cause, &m.To, &m.ToName, &data,
		&m.Attempts, &first, &m.LoginID, &m.Wording.ID, &m.Wording.Lang, &m.Rank); err != nil {
		return err
	}
	if first != nil {
		m.FirstAt = *first
	}
	*to = &m
	return json.Unmarshal(data, &m.Data)
}

// FinishMessages records how attempts ended. A result whose lease has run out
// is recorded all the same when the message was sent: it is in the world.
func (db *DB) FinishMessages(ctx context.Context, results []enrolld.SendResult) error {
	return db.InTx(ctx, func(tx *Tx) error {
		sent := map[string][]int64{} // by the server's answer
		var gone []returned
		held := map[string][]enrolld.SendResult{} // by lease
		for _, r := range results {
			if r.Gone {
				gone = append(gone, returned{r.Message, enrolld.ReportBounced, r.Response})
			}
			if r.State == enrolld.SendSent {
				response := clip(r.Response, maxResponse)
				sent[response] = append(sent[response], r.Message.ID)
				continue
			}
			if r.Held && r.State == enrolld.SendRetry {
				held[r.Message.Lease] = append(held[r.Message.Lease], r)
				continue
			}
			if err := tx.finishUnsent(ctx, r); err != nil {
				return err
			}
		}
		for lease, list := range held {
			if err := tx.giveBack(ctx, lease, list); err != nil {
				return err
			}
		}
		for response, ids := range sent {
			list, args := In(ids, response, tx.now)
			// A bounce may have been quicker than we are, and an erasure of the recipient.
			if _, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET state = IF(state IN ('bounced','complained'), state, 'sent'),
				response = IF(recipient = '', '', ?), sent_at = ?, lease = '' WHERE id IN `+list, args...); err != nil {
				return fmt.Errorf("finish messages: %w", err)
			}
		}
		return tx.suppress(ctx, gone)
	})
}

func (tx *Tx) finishUnsent(ctx context.Context, r enrolld.SendResult) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET state = ?, response = ?, due_at = ?, lease = ''
		WHERE id = ? AND lease = ? AND state = 'queued'`,
		string(r.State), clip(r.Response, maxResponse), tx.orNow(r.RetryAt), r.Message.ID, []byte(r.Message.Lease))
	if err != nil {
		return fmt.Errorf("finish message %d: %w", r.Message.ID, err)
	}
	return nil
}

func (tx *Tx) orNow(at time.Time) time.Time {
	if at.IsZero() {
		return tx.now
	}
	return at
}

// giveBack returns messages that were claimed under a lease and not tried. Those that
// were hastened meanwhile are due at once.
func (tx *Tx) giveBack(ctx context.Context, lease string, list []enrolld.SendResult) error {
	for part := range slices.Chunk(list, maxRows) {
		ids, args := make([]int64, len(part)), make([]any, 0, 5*len(part))
		for i, r := range part {
			ids[i], args = r.Message.ID, append(args, r.Message.ID, urgency(r.Message.Rank), tx.now, tx.orNow(r.RetryAt))
		}
		in, more := In(ids, append(args, []byte(lease))...)
		_, err := tx.ExecContext(ctx, `UPDATE enrolld_messages
			SET due_at = CASE id`+strings.Repeat(" WHEN ? THEN IF(urgency > ?, ?, ?)", len(part))+` END, lease = '',
				first_attempt_at = IF(attempts <= 1, NULL, first_attempt_at), attempts = IF(attempts > 0, attempts - 1, 0)
			WHERE lease = ? AND state = 'queued' AND id IN `+in, more...)
		if err != nil {
			return fmt.Errorf("give messages back: %w", err)
		}
	}
	return nil
}

// MessageRecord is a message as its history shows it.
type MessageRecord struct {
	ID        int64      `json:"id"`
	Kind      string     `json:"kind"`
	State     string     `json:"state"`
	Attempts  int        `json:"attempts"`
	Response  string     `json:"response,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	SentAt    *time.Time `json:"sent_at,omitempty"`
	// What came back after it was sent: a bounce or a complaint.
	ReturnedAt   *time.Time `json:"returned_at,omitempty"`
	ReturnedText string     `json:"returned_text,omitempty"`
}

// MessagesOf lists the messages of an account's customer, newest first.
func (db *DB) MessagesOf(ctx context.Context, accountID, customerID int64) ([]MessageRecord, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, m *MessageRecord) error {
		return rows.Scan(&m.ID, &m.Kind, &m.State, &m.Attempts, &m.Response, &m.CreatedAt, &m.SentAt,
			&m.ReturnedAt, &m.ReturnedText)
	}, `SELECT id, kind, state, attempts, response, created_at, sent_at, returned_at, returned_text FROM enrolld_messages
		WHERE customer_id = ? AND account_id = ? ORDER BY id DESC LIMIT 200`, customerID, accountID)
	return list, Classify(err)
}

// LinkKey is the key of the set-password link in a message.
func (db *DB) LinkKey(messageID int64) string {
	return db.keys.LinkKey(fmt.Sprintf("message %d", messageID))
}

// MessageUser is the WordPress user of a message's customer.
type MessageUser struct {
	CustomerID int64
	WPUserID   int64
}

// MessageUsers reads the WordPress users of the messages' customers.
func (tx *Tx) MessageUsers(ctx context.Context, messages []*enrolld.Message) (map[int64]MessageUser, error) {
	ids := make([]int64, len(messages))
	for i, m := range messages {
		ids[i] = m.CustomerID
	}
	out := make(map[int64]MessageUser, len(ids))
	for part := range slices.Chunk(ids, maxRows) {
		list, args := In(part)
		found, err := Collect(ctx, tx, func(rows *sql.Rows, u *MessageUser) error { return rows.Scan(&u.CustomerID, &u.WPUserID) },
			`SELECT id, COALESCE(wp_user_id, 0) FROM enrolld_customers WHERE id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("read the users of messages: %w", err)
		}
		for _, u := range found {
			out[u.CustomerID] = u
		}
	}
	return out, nil
}
