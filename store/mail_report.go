package store

import (
	"cmp"
	"context"
	"crypto/subtle"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// What becomes of a report.
const (
	ReportTaken   = "taken"   // it is about a message of ours
	ReportUnknown = "unknown" // it is not
	ReportKnown   = "known"   // it was taken before
)

// So many soft bounces in a row, over so long, and the address is given up.
const (
	softInRow = 5
	softOver  = 3 * 24 * time.Hour
	// A report without a Message-ID is about a message of the last days, or about
	// none of ours.
	reportReach = 14 * 24 * time.Hour
	// and was on its way by then; so much may clocks differ.
	reportSkew = 5 * time.Minute
)

// TakeReports records what became of messages: in their rows and, where mail must
// not go there again, as suppressions. It returns what became of each report.
// accountID narrows it to one account's messages, 0 to none. byAddress lets a report
// without a Message-ID of ours be about the last message to its address: for sources
// that prove who they are. Taking the same reports again changes nothing.
func (db *DB) TakeReports(ctx context.Context, accountID int64, byAddress bool, reports []enrolld.MailReport) ([]string, error) {
	var out []string
	err := db.InTx(ctx, func(tx *Tx) error {
		out = slices.Repeat([]string{ReportUnknown}, len(reports))
		found, err := tx.reported(ctx, accountID, byAddress, reports)
		if err != nil {
			return err
		}
		var back []returned
		order := make([]int, 0, len(reports)) // by message, the order in which rows are locked
		for i := range reports {
			if found[i] != nil {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(found[a].ID, found[b].ID) })
		for _, i := range order {
			changed, err := tx.markReturned(ctx, found[i], reports[i])
			if err != nil {
				return err
			}
			if out[i] = ReportKnown; changed {
				out[i] = ReportTaken
			}
			r := returned{found[i], reports[i].Kind, reports[i].Text}
			if r.kind == enrolld.ReportSoft {
				given, err := tx.softEnough(ctx, found[i])
				if err != nil {
					return err
				}
				if !given {
					continue
				}
				r.text = fmt.Sprintf("%d in a row, the last: %s", softInRow, r.text)
			}
			back = append(back, r)
		}
		return tx.suppress(ctx, back)
	})
	return out, err
}

// markReturned notes in a message's row what came back, the first time. A complaint
// counts for more than a bounce. Of a message without a recipient, who was erased,
// no words are kept.
func (tx *Tx) markReturned(ctx context.Context, m *enrolld.Message, r enrolld.MailReport) (changed bool, err error) {
	state, unless := enrolld.SendBounced, `'bounced','complained'`
	if r.Kind == enrolld.ReportComplained {
		state, unless = enrolld.SendComplained, `'complained'`
	}
	at := r.At
	if at.IsZero() || at.After(tx.now) {
		at = tx.now
	}
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET state = ?, returned_at = ?, returned_text = IF(recipient = '', '', ?)
		WHERE id = ? AND account_id = ? AND state NOT IN (`+unless+`)`, string(state), at.UTC(), clip(r.Text, maxResponse), m.ID, m.AccountID)
	if err != nil {
		return false, fmt.Errorf("note what became of message %d: %w", m.ID, err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// softEnough says whether the last messages to a recipient all came back, over days,
// since somebody let mail go there again.
func (tx *Tx) softEnough(ctx context.Context, m *enrolld.Message) (bool, error) {
	key, ok := addressee(m)
	if !ok {
		return false, nil
	}
	type row struct {
		state string
		at    time.Time
	}
	list, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.state, &r.at) },
		`SELECT state, COALESCE(sent_at, created_at) FROM enrolld_messages WHERE customer_id = ? AND account_id = ? AND recipient = ?
		AND state IN ('sent','bounced','complained') AND id > COALESCE((SELECT lifted_message FROM enrolld_mail_suppressions
			WHERE account_id = ? AND address = ?), 0) ORDER BY id DESC LIMIT ?`,
		m.CustomerID, m.AccountID, m.To, m.AccountID, tx.db.keys.AddressHash(m.AccountID, key), softInRow)
	if err != nil {
		return false, fmt.Errorf("count the bounces of message %d's recipient: %w", m.ID, err)
	}
	for _, r := range list {
		if r.state != string(enrolld.SendBounced) {
			return false, nil
		}
	}
	return len(list) == softInRow && list[0].at.Sub(list[softInRow-1].at) >= softOver, nil
}

// reported finds the message of each report; nil where there is none of ours.
func (tx *Tx) reported(ctx context.Context, accountID int64, byAddress bool, reports []enrolld.MailReport) ([]*enrolld.Message, error) {
	named, err := tx.messagesNamed(ctx, reports)
	if err != nil {
		return nil, err
	}
	out := make([]*enrolld.Message, len(reports))
	for i, r := range reports {
		id, mark, _ := enrolld.ParseMessageID(r.MessageID)
		m := named[id]
		if m != nil && subtle.ConstantTimeCompare([]byte(mark), []byte(tx.db.keys.MessageMark(m))) != 1 {
			m = nil
		}
		if m == nil && byAddress {
			if m, err = tx.lastMessageTo(ctx, accountID, r); err != nil {
				return nil, err
			}
		}
		if m != nil && (accountID == 0 || m.AccountID == accountID) {
			out[i] = m
		}
	}
	return out, nil
}

const reportedColumns = `m.id, m.account_id, m.customer_id, m.kind, m.cause, m.recipient`

func scanReported(rows *sql.Rows, to **enrolld.Message) error {
	var m enrolld.Message
	*to = &m
	return rows.Scan(&m.ID, &m.AccountID, &m.CustomerID, &m.Kind, &m.Cause, &m.To)
}

// messagesNamed reads the messages that Message-IDs may name.
func (tx *Tx) messagesNamed(ctx context.Context, reports []enrolld.MailReport) (map[int64]*enrolld.Message, error) {
	var ids []int64
	for _, r := range reports {
		if id, _, ok := enrolld.ParseMessageID(r.MessageID); ok {
			ids = append(ids, id)
		}
	}
	out := make(map[int64]*enrolld.Message, len(ids))
	for part := range slices.Chunk(ids, maxRows) {
		in, args := In(part)
		list, err := Collect(ctx, tx, scanReported, `SELECT `+reportedColumns+` FROM enrolld_messages m WHERE m.id IN `+in, args...)
		if err != nil {
			return nil, fmt.Errorf("find the messages of reports: %w", err)
		}
		for _, m := range list {
			out[m.ID] = m
		}
	}
	return out, nil
}

// lastMessageTo finds the last message to a customer's address that went out in the
// last days, and before the report, of one account or, with 0, of any; nil when there
// is none.
func (tx *Tx) lastMessageTo(ctx context.Context, accountID int64, r enrolld.MailReport) (*enrolld.Message, error) {
	addr, key, err := enrolld.ParseEmail(r.Recipient)
	if err != nil {
		return nil, nil //nolint:nilerr // an address that is none is nobody's
	}
	at := tx.now
	if !r.At.IsZero() {
		at = r.At.UTC().Add(reportSkew)
	}
	list, err := Collect(ctx, tx, scanReported, `SELECT `+reportedColumns+` FROM enrolld_accounts a
		JOIN enrolld_customers c ON c.account_id = a.id AND c.email_key = ?
		JOIN enrolld_messages m ON m.customer_id = IF(c.part_of = 0, c.id, c.part_of)
		WHERE (? = 0 OR a.id = ?) AND m.account_id = a.id AND m.recipient = ? AND m.sent_at > ? AND m.first_attempt_at <= ? ORDER BY m.id DESC LIMIT 1`,
		string(key), accountID, accountID, addr, tx.now.Add(-reportReach), at)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}
