package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// Suppression is why an address takes no mail of an account.
type Suppression struct {
	BouncedAt    *time.Time // nothing is sent there
	ComplainedAt *time.Time // only what is transactional is sent there
	Reason       string     // in the words of who refused it, without addresses
}

// returned is a message that came back.
type returned struct {
	*enrolld.Message
	kind enrolld.ReportKind
	text string
}

// suppressed is a row to write.
type suppressed struct {
	account int64
	address []byte
	returned
}

// suppress keeps mail from the recipients of messages that came back. Mail to the
// team is never kept back: nobody could let them in again. What was lifted stays so
// until a later message bounces.
func (tx *Tx) suppress(ctx context.Context, list []returned) error {
	var rows []suppressed
	for _, r := range list {
		if key, ok := addressee(r.Message); ok {
			rows = append(rows, suppressed{r.AccountID, tx.db.keys.AddressHash(r.AccountID, key), r})
		}
	}
	slices.SortFunc(rows, func(a, b suppressed) int {
		return cmp.Or(cmp.Compare(a.account, b.account), bytes.Compare(a.address, b.address), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range rows {
		column, counts, fresh := "bounced_at", "VALUES(message_id) > lifted_message", "bounced_at IS NULL"
		if r.kind == enrolld.ReportComplained {
			// Nobody lifts a complaint, and the reason is told of what bounces.
			column, counts, fresh = "complained_at", "TRUE", "complained_at IS NULL AND bounced_at IS NULL"
		}
		// The columns are set from left to right: the date comes last, since what is
		// there already keeps its reason.
		_, err := tx.ExecContext(ctx, `INSERT INTO enrolld_mail_suppressions (account_id, address, reason, message_id, `+column+`)
			VALUES (?,?,?,?,?) ON DUPLICATE KEY UPDATE
			reason = IF(`+counts+` AND `+fresh+`, VALUES(reason), reason),
			message_id = IF(VALUES(message_id) > lifted_message, GREATEST(message_id, VALUES(message_id)), message_id),
			`+column+` = IF(`+counts+`, COALESCE(`+column+`, VALUES(`+column+`)), `+column+`)`,
			r.account, r.address, clip(r.text, maxResponse), r.ID, tx.now)
		if err != nil {
			return fmt.Errorf("suppress the address of message %d: %w", r.ID, err)
		}
	}
	return nil
}

// addressee is the key of a message's recipient; false for mail to the team.
func addressee(m *enrolld.Message) (enrolld.EmailKey, bool) {
	if m.Kind == enrolld.MessageTeam || m.CustomerID == 0 {
		return "", false
	}
	_, key, err := enrolld.ParseEmail(m.To)
	return key, err == nil
}

// Withheld says which of the messages must not go out, and why, by their ids.
func (db *DB) Withheld(ctx context.Context, messages []*enrolld.Message) (map[int64]string, error) {
	found, err := db.suppressions(ctx, messages)
	if err != nil {
		return nil, err
	}
	left, err := db.optedOut(ctx, messages)
	if err != nil {
		return nil, err
	}
	out := map[int64]string{}
	for _, m := range messages {
		key, ok := addressee(m)
		if !ok {
			continue
		}
		s := found[string(db.keys.AddressHash(m.AccountID, key))]
		switch {
		case s.BouncedAt != nil:
			out[m.ID] = "not sent, since mail to this address bounces: " + s.Reason
		case m.Kind.Transactional():
		case s.ComplainedAt != nil:
			out[m.ID] = "not sent, since the recipient called our mail spam"
		case left[optOut{m.CustomerID, m.Kind}]:
			out[m.ID] = "not sent, since the customer unsubscribed from " + m.Kind.InWords()
		}
	}
	return out, nil
}

// suppressions are those of the recipients, by hash.
func (db *DB) suppressions(ctx context.Context, messages []*enrolld.Message) (map[string]Suppression, error) {
	var accounts []int64
	var hashes [][]byte
	for _, m := range messages {
		if key, ok := addressee(m); ok {
			accounts, hashes = append(accounts, m.AccountID), append(hashes, db.keys.AddressHash(m.AccountID, key))
		}
	}
	if len(hashes) == 0 {
		return nil, nil
	}
	slices.Sort(accounts)
	inAccounts, args := In(slices.Compact(accounts))
	inHashes, args := In(hashes, args...)
	type row struct {
		hash []byte
		Suppression
	}
	rows, err := Collect(ctx, db.sql, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.hash, &r.BouncedAt, &r.ComplainedAt, &r.Reason)
	}, `SELECT address, bounced_at, complained_at, reason FROM enrolld_mail_suppressions
		WHERE account_id IN `+inAccounts+` AND address IN `+inHashes, args...)
	if err != nil {
		return nil, Classify(fmt.Errorf("look for suppressed addresses: %w", err))
	}
	out := make(map[string]Suppression, len(rows))
	for _, r := range rows {
		out[string(r.hash)] = r.Suppression
	}
	return out, nil
}

// SuppressionOf reads why an address takes no mail of an account; the zero value
// when it takes mail.
func (db *DB) SuppressionOf(ctx context.Context, accountID int64, key enrolld.EmailKey) (Suppression, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, s *Suppression) error {
		return rows.Scan(&s.BouncedAt, &s.ComplainedAt, &s.Reason)
	}, `SELECT bounced_at, complained_at, reason FROM enrolld_mail_suppressions WHERE account_id = ? AND address = ?`,
		accountID, db.keys.AddressHash(accountID, key))
	if err != nil || len(list) == 0 {
		return Suppression{}, Classify(err)
	}
	return list[0], nil
}

// LiftSuppression lets mail that bounced go to a customer's address again. That they
// called mail spam stays, as what they unsubscribed from does. Errors: NotFound,
// Conflict when nothing is kept from the address.
func (db *DB) LiftSuppression(ctx context.Context, actor enrolld.Actor, accountID, customerID int64) error {
	return db.InTx(ctx, func(tx *Tx) error {
		found, err := Collect(ctx, tx, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers
			WHERE id = ? AND account_id = ?`, customerID, accountID)
		c, err := One(found, err, "there is no such customer")
		if err != nil {
			return err
		}
		hash := tx.db.keys.AddressHash(accountID, c.Key)
		old, err := Collect(ctx, tx, func(rows *sql.Rows, s *string) error { return rows.Scan(s) },
			`SELECT reason FROM enrolld_mail_suppressions WHERE account_id = ? AND address = ? AND bounced_at IS NOT NULL FOR UPDATE`,
			accountID, hash)
		if err != nil {
			return fmt.Errorf("lift a suppression: %w", err)
		}
		if len(old) == 0 {
			return enrolld.Errorf(enrolld.Conflict, "mail to this address is not kept back any more")
		}
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_mail_suppressions SET bounced_at = NULL, lifted_message = message_id
			WHERE account_id = ? AND address = ?`, accountID, hash); err != nil {
			return fmt.Errorf("lift a suppression: %w", err)
		}
		entry := AuditBy(actor, accountID, "customer.mail_resumed")
		entry.CustomerID, entry.Subject = customerID, c.Email
		entry.Before, entry.After = map[string]string{"suppressed": old[0]}, map[string]string{"suppressed": ""}
		return tx.Audit(ctx, []AuditEntry{entry})
	})
}
