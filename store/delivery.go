package store

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"enrolld"
)

// Delivery is one request that a platform sent, as it was stored.
type Delivery struct {
	ID            int64
	AccountID     int64
	IntegrationID int64
	Key           string // the platform's name for it; kept as its SHA-256
	Event         string
	State         enrolld.DeliveryState
	ReceivedAt    time.Time
	RemoteAddr    string
	RequestID     string
	Header        http.Header
	Body          []byte
	Duplicates    int
	Attempts      int
	FirstAttempt  *time.Time
	DueAt         time.Time
	FinishedAt    *time.Time
	Note          string // why it is where it is, for people
}

// Lease is the proof of a claim. What was claimed may be finished only with it.
type Lease [16]byte

// NewLease makes a lease nobody else has.
func NewLease() Lease {
	var l Lease
	_, _ = rand.Read(l[:]) // crypto/rand.Read does not fail
	return l
}

func (l Lease) bytes() []byte { return l[:] }

const (
	maxNote    = 500
	maxEvent   = 100
	maxAddr    = 45
	maxRequest = 32
)

func deliveryKey(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

const insertDelivery = `INSERT INTO enrolld_deliveries
	(account_id, integration_id, delivery_key, event, state, received_at, remote_addr, request_id, headers, body, due_at, note)
	VALUES `

// deliveryValues is how many values a row of insertDelivery has.
const deliveryValues = 12

// countDuplicate leaves the stored delivery as it is and counts the retry.
const countDuplicate = ` ON DUPLICATE KEY UPDATE duplicates = duplicates + 1`

func (d Delivery) row() []any {
	return []any{
		d.AccountID, d.IntegrationID, deliveryKey(d.Key), clip(d.Event, maxEvent), string(d.State), d.ReceivedAt,
		clip(d.RemoteAddr, maxAddr), clip(d.RequestID, maxRequest), encodeHeader(d.Header), d.Body, d.ReceivedAt,
		clip(d.Note, maxNote),
	}
}

// encodeHeader writes a header as HTTP does: the form that it came in, and that
// people read.
func encodeHeader(h http.Header) []byte {
	var b bytes.Buffer
	b.Grow(512)
	_ = h.Write(&b) // a buffer takes everything
	return b.Bytes()
}

func decodeHeader(text []byte) (http.Header, error) {
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(text, '\r', '\n')))).ReadMIMEHeader()
	if err != nil {
		return nil, fmt.Errorf("decode the header: %w", err)
	}
	return http.Header(h), nil
}

// Claim hands out up to n deliveries that are due and leases them: nobody else
// gets them before the lease runs out. What another worker is claiming just now
// is passed over; on a cluster where two nodes claim the same rows one of them
// fails to commit and tries again.
func (db *DB) Claim(ctx context.Context, n int, lease Lease, term time.Duration) ([]Delivery, error) {
	var list []Delivery
	err := db.InTx(ctx, func(tx *Tx) (err error) {
		due, err := tx.dueDeliveries(ctx, n)
		if err != nil || len(due) == 0 {
			return err
		}
		some, which := In(due)
		if list, err = collectDeliveries(ctx, tx, `WHERE id IN `+some+` ORDER BY due_at, id`, which...); err != nil {
			return err
		}
		until, now := tx.now.Add(term), tx.now
		ids := make([]int64, len(list))
		for i := range list {
			d := &list[i]
			ids[i], d.DueAt, d.Attempts = d.ID, until, d.Attempts+1
			if d.FirstAttempt == nil {
				d.FirstAttempt = &now
			}
		}
		in, args := In(ids, lease.bytes(), until, now)
		_, err = tx.ExecContext(ctx, `UPDATE enrolld_deliveries SET lease = ?, due_at = ?, attempts = attempts + 1,
			first_attempt_at = COALESCE(first_attempt_at, ?) WHERE id IN `+in, args...)
		if err != nil {
			return fmt.Errorf("claim deliveries: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// claimBytes is how much of bodies one claim may bring into memory, if it is
// more than one delivery.
const claimBytes = 16 << 20

// dueDeliveries locks up to n deliveries that are due, no more than fit claimBytes.
func (tx *Tx) dueDeliveries(ctx context.Context, n int) ([]int64, error) {
	type row struct{ id, size int64 }
	rows, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.id, &r.size) },
		`SELECT id, LENGTH(body) FROM enrolld_deliveries WHERE state = 'queued' AND due_at <= ?
			ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED`, tx.now, n)
	if err != nil {
		return nil, fmt.Errorf("find due deliveries: %w", err)
	}
	var ids []int64
	var total int64
	for _, r := range rows {
		if total += r.size; total > claimBytes && len(ids) > 0 {
			break
		}
		ids = append(ids, r.id)
	}
	return ids, nil
}

// Verdict is how the work on a delivery ended.
type Verdict struct {
	DeliveryID int64
	State      enrolld.DeliveryState // queued: try again at RetryAt
	Note       string
	RetryAt    time.Time
	Effects    []Effect
	Empty      bool // body and header are to go: it is about somebody who was erased
}

// Effect is what a delivery changed on one order.
type Effect struct {
	OrderID    int64
	CustomerID int64 // 0: not known yet
	Changes    []string
}

// Finish records verdicts within the transaction that holds their effects. It
// fails with a conflict when a lease has run out and somebody else has claimed
// the delivery: then none of the effects must commit.
func (tx *Tx) Finish(ctx context.Context, lease Lease, verdicts []Verdict) error {
	type ending struct {
		state enrolld.DeliveryState
		note  string
	}
	groups := map[ending][]int64{}
	var empty []int64
	var effects [][]any
	for _, v := range verdicts {
		if v.Empty {
			empty = append(empty, v.DeliveryID)
		}
		e := ending{v.State, clip(v.Note, maxNote)}
		groups[e] = append(groups[e], v.DeliveryID)
		for _, f := range v.Effects {
			changes, err := json.Marshal(f.Changes)
			if err != nil {
				return fmt.Errorf("encode the changes: %w", err)
			}
			effects = append(effects, []any{v.DeliveryID, f.OrderID, orNull(f.CustomerID), string(changes), tx.now})
		}
	}
	for e, ids := range groups {
		list, args := In(ids, string(e.state), tx.now, e.note, lease.bytes())
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries SET state = ?, finished_at = ?, note = ?
			WHERE lease = ? AND state = 'queued' AND id IN `+list, args...)
		if err != nil {
			return fmt.Errorf("finish deliveries: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != int64(len(ids)) {
			return enrolld.Wrap(enrolld.Conflict, err, "the lease on a delivery has run out")
		}
	}
	if err := tx.emptyDeliveries(ctx, empty); err != nil {
		return err
	}
	return InsertRows(ctx, tx, `INSERT INTO enrolld_delivery_effects (delivery_id, order_id, customer_id, changes, at) VALUES `,
		effects, ` ON DUPLICATE KEY UPDATE customer_id = VALUES(customer_id), changes = IF(VALUES(changes) = 'null', changes, VALUES(changes)), at = VALUES(at)`)
}

// Release ends the work on deliveries that had no effect: they wait for their
// next attempt, are parked, or are dead.
func (db *DB) Release(ctx context.Context, lease Lease, verdicts []Verdict) error {
	return db.InTx(ctx, func(tx *Tx) error {
		for _, v := range verdicts {
			var finished *time.Time
			if v.State != enrolld.DeliveryQueued {
				finished = &tx.now
			}
			_, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries
				SET state = ?, note = ?, due_at = ?, finished_at = ?, lease = '' WHERE lease = ? AND id = ? AND state = 'queued'`,
				string(v.State), clip(v.Note, maxNote), v.RetryAt, finished, lease.bytes(), v.DeliveryID)
			if err != nil {
				return fmt.Errorf("release delivery %d: %w", v.DeliveryID, err)
			}
		}
		return nil
	})
}

// Hold gives claimed deliveries of a paused account back without counting the
// attempt.
func (db *DB) Hold(ctx context.Context, lease Lease, ids []int64, until time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	list, args := In(ids, until, lease.bytes())
	_, err := db.sql.ExecContext(ctx, `UPDATE enrolld_deliveries
		SET due_at = ?, attempts = attempts - 1, first_attempt_at = IF(attempts = 0, NULL, first_attempt_at), lease = ''
		WHERE lease = ? AND state = 'queued' AND id IN `+list, args...)
	return Classify(err)
}

const deliveryColumns = `id, account_id, integration_id, event, state, received_at, remote_addr, request_id, headers, body,
	duplicates, attempts, first_attempt_at, due_at, finished_at, note`

func collectDeliveries(ctx context.Context, conn queryer, where string, args ...any) ([]Delivery, error) {
	list, err := Collect(ctx, conn, func(rows *sql.Rows, d *Delivery) error {
		var header []byte
		if err := rows.Scan(&d.ID, &d.AccountID, &d.IntegrationID, &d.Event, &d.State, &d.ReceivedAt, &d.RemoteAddr,
			&d.RequestID, &header, &d.Body, &d.Duplicates, &d.Attempts, &d.FirstAttempt, &d.DueAt, &d.FinishedAt,
			&d.Note); err != nil {
			return err
		}
		var err error
		d.Header, err = decodeHeader(header)
		return err
	}, `SELECT `+deliveryColumns+` FROM enrolld_deliveries `+where, args...)
	if err != nil {
		return nil, Classify(fmt.Errorf("read deliveries: %w", err))
	}
	return list, nil
}

// orNull is 0 as NULL.
func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// clip makes text what a column of n characters takes: at most n bytes, cut at a
// rune's edge, and UTF-8 whatever a platform or a mail server sent.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// Unpark ends the waiting of deliveries that are about the given orders, which
// now have their full effect, unless they wait for another order still.
func (tx *Tx) Unpark(ctx context.Context, orderIDs []int64) error {
	for part := range slices.Chunk(orderIDs, maxRows) {
		list, args := In(part)
		ids, err := Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
			`SELECT DISTINCT d.id FROM enrolld_delivery_effects e
			JOIN enrolld_deliveries d ON d.id = e.delivery_id AND d.state = 'parked'
			WHERE e.order_id IN `+list+` AND NOT EXISTS (SELECT 1 FROM enrolld_delivery_effects x
				JOIN enrolld_order_lines l ON l.order_id = x.order_id AND l.parked = TRUE WHERE x.delivery_id = d.id)
			ORDER BY d.id`, args...)
		if err != nil {
			return fmt.Errorf("find parked deliveries: %w", err)
		}
		for part := range slices.Chunk(ids, maxRows) {
			list, args := In(part, tx.now)
			if _, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries SET state = 'done', finished_at = ?, note = ''
				WHERE state = 'parked' AND id IN `+list, args...); err != nil {
				return fmt.Errorf("unpark deliveries: %w", err)
			}
		}
	}
	return nil
}
