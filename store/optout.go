package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"enrolld"
)

// UnsubscribePath is where customers end mail that is not transactional; the token
// follows.
const UnsubscribePath = "/unsubscribe/"

// optOut is what a customer ended.
type optOut struct {
	customer int64
	kind     enrolld.MessageKind
}

// Subscription is one kind of mail to one customer.
type Subscription struct {
	AccountID, CustomerID int64
	Kind                  enrolld.MessageKind
}

func (s Subscription) purpose() string {
	return fmt.Sprintf("unsubscribe %d %d %s", s.AccountID, s.CustomerID, s.Kind)
}

// UnsubscribeToken is the last part of the address that ends a kind of mail to a
// customer: what it is about and a keyed hash of that. It never expires, and nothing
// has to be stored for it.
func (k *Keyring) UnsubscribeToken(s Subscription) string {
	return fmt.Sprintf("%s.%s.%s.%s", strconv.FormatInt(s.AccountID, 36), strconv.FormatInt(s.CustomerID, 36), s.Kind, k.Token(s.purpose()))
}

// OpenUnsubscribe reads such a token. Errors: NotFound when it is not one of ours.
func (k *Keyring) OpenUnsubscribe(token string) (Subscription, error) {
	none := enrolld.Errorf(enrolld.NotFound, "this link is not complete: copy it whole from the email")
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return Subscription{}, none
	}
	account, err := strconv.ParseInt(parts[0], 36, 64)
	if err != nil {
		return Subscription{}, none
	}
	customer, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return Subscription{}, none
	}
	s := Subscription{account, customer, enrolld.MessageKind(parts[2])}
	if subtle.ConstantTimeCompare([]byte(parts[3]), []byte(k.Token(s.purpose()))) != 1 || s.Kind.Transactional() {
		return Subscription{}, none
	}
	return s, nil
}

// customerActor is the name of the customer in the audit log.
const customerActor = "customer"

// Unsubscribe ends a kind of mail, or begins it again, as the customer wants it;
// saying so twice does no harm. The team has no way to do it. Errors: NotFound when
// there is no such customer.
func (db *DB) Unsubscribe(ctx context.Context, s Subscription, from enrolld.Actor, ends bool) error {
	return db.InTx(ctx, func(tx *Tx) error {
		// The customer is locked, so that nobody is erased meanwhile.
		c, err := tx.lockWhose(ctx, s)
		if err != nil {
			return err
		}
		entry := AuditBy(from, s.AccountID, "customer.resubscribed")
		query := `DELETE FROM enrolld_mail_optouts WHERE account_id = ? AND customer_id = ? AND kind = ?`
		args := []any{s.AccountID, c.ID, string(s.Kind)}
		if ends {
			entry = AuditBy(from, s.AccountID, "customer.unsubscribed")
			query = `INSERT IGNORE INTO enrolld_mail_optouts (account_id, customer_id, kind, at) VALUES (?,?,?,?)`
			args = append(args, tx.now)
		}
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("change a subscription: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		entry.Actor, entry.CustomerID, entry.Subject = customerActor, c.ID, s.Kind.InWords()
		entry.Detail = fmt.Sprintf(`{"mail":%q}`, s.Kind.InWords())
		entry.Before, entry.After = map[string]bool{"subscribed": ends}, map[string]bool{"subscribed": !ends}
		return tx.Audit(ctx, []AuditEntry{entry})
	})
}

// lockWhose locks the customer of a subscription: of a mail to somebody who was
// merged since, the one who stayed.
func (tx *Tx) lockWhose(ctx context.Context, s Subscription) (enrolld.Customer, error) {
	const missing = "there is no such subscription any more"
	ids, err := Collect(ctx, tx, scanID, `SELECT `+whose+` FROM enrolld_customers WHERE account_id = ? AND id = ?`, s.AccountID, s.CustomerID)
	if _, err = One(ids, err, missing); err != nil {
		return enrolld.Customer{}, err
	}
	list, err := tx.LockCustomersByID(ctx, s.AccountID, ids)
	if err == nil && len(list) == 0 {
		return enrolld.Customer{}, fmt.Errorf("a customer was merged meanwhile: %w", ErrAgain)
	}
	return One(list, err, missing)
}

// OptOuts lists what a customer unsubscribed from; of one who was merged, what the
// one who stayed did.
func (db *DB) OptOuts(ctx context.Context, accountID, customerID int64) ([]enrolld.MessageKind, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, k *enrolld.MessageKind) error { return rows.Scan(k) },
		`SELECT kind FROM enrolld_mail_optouts WHERE account_id = ? AND customer_id =
			(SELECT `+whose+` FROM enrolld_customers WHERE account_id = ? AND id = ?) ORDER BY kind LIMIT 20`, accountID, accountID, customerID)
	return list, Classify(err)
}

// optedOut finds what the recipients of messages that are not transactional ended.
func (db *DB) optedOut(ctx context.Context, messages []*enrolld.Message) (map[optOut]bool, error) {
	var ids []int64
	for _, m := range messages {
		if m.CustomerID != 0 && !m.Kind.Transactional() {
			ids = append(ids, m.CustomerID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	in, args := In(slices.Compact(ids))
	rows, err := Collect(ctx, db.sql, func(rows *sql.Rows, o *optOut) error { return rows.Scan(&o.customer, &o.kind) },
		`SELECT customer_id, kind FROM enrolld_mail_optouts WHERE customer_id IN `+in, args...)
	if err != nil {
		return nil, Classify(fmt.Errorf("look who unsubscribed: %w", err))
	}
	out := make(map[optOut]bool, len(rows))
	for _, o := range rows {
		out[o] = true
	}
	return out, nil
}
