package store

import (
	"context"
	"fmt"

	"enrolld"
)

const (
	maxBy          = 100
	maxBlockReason = 500
)

// SaveStanding writes what the team decided about a customer whom the transaction
// has locked. Whoever settles them afterwards writes their words anew.
func (tx *Tx) SaveStanding(ctx context.Context, c enrolld.Customer) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET blocked_at = ?, blocked_by = ?, block_reason = ?, removed_at = ?,
		removed_by = ?, gone = ?, erased_at = ? WHERE id = ? AND account_id = ?`,
		c.BlockedAt, clip(c.BlockedBy, maxBy), clip(c.BlockReason, maxBlockReason), c.RemovedAt, clip(c.RemovedBy, maxBy), c.Gone,
		c.ErasedAt, c.ID, c.AccountID)
	if err != nil {
		return fmt.Errorf("save the standing of customer %d: %w", c.ID, err)
	}
	return nil
}

// MarkExported notes that everything of a customer was handed out as it was at a
// revision, and writes it into the audit log.
func (db *DB) MarkExported(ctx context.Context, actor enrolld.Actor, c enrolld.Customer) error {
	return db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET exported_revision = ? WHERE id = ? AND account_id = ?`,
			c.Revision, c.ID, c.AccountID)
		if err != nil {
			return fmt.Errorf("note an export: %w", err)
		}
		entry := AuditBy(actor, c.AccountID, "customer.exported")
		entry.CustomerID = c.ID
		return tx.Audit(ctx, []AuditEntry{entry})
	})
}

// DropMessages ends what waits to be sent to a customer. Somebody decided it: it is
// no failure, as mail that was given up is.
func (tx *Tx) DropMessages(ctx context.Context, accountID, customerID int64, why string) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET state = 'suppressed', response = ?, lease = ''
		WHERE customer_id = ? AND account_id = ? AND state = 'queued'`, why, customerID, accountID)
	if err != nil {
		return fmt.Errorf("end the messages of a customer: %w", err)
	}
	return nil
}

// aboutCourses are the kinds of messages that are for the customer wherever they are
// reached.
var aboutCourses = []enrolld.MessageKind{
	enrolld.MessageWelcome, enrolld.MessageAccess, enrolld.MessageRefunded, enrolld.MessageExpiring, enrolld.MessageExpired,
	enrolld.MessagePaymentFailed,
}

// RedirectMessages has the mail about courses that waits to be sent to the address that
// a locked customer had, go to another one. One with a link that somebody asked for stays
// where the WordPress user is, unless links go along. What is on its way just now is.
func (tx *Tx) RedirectMessages(ctx context.Context, c enrolld.Customer, email string, links bool) error {
	kinds, args := In(aboutCourses, email, c.ID, c.AccountID, c.Email, Lease{}.bytes(), links)
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET recipient = ? WHERE customer_id = ? AND account_id = ? AND recipient = ?
		AND state = 'queued' AND lease = ? AND (? OR JSON_EXTRACT(data, '$.link_user') IS NULL) AND kind IN `+kinds, args...)
	if err != nil {
		return fmt.Errorf("redirect the messages of a customer: %w", err)
	}
	return nil
}
