package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
)

// MailSource is somebody who tells us what became of mail: a mail provider's
// webhook, or whoever pipes a bounce mailbox.
type MailSource struct {
	ID        int64
	AccountID int64 // whose mail it may speak of; 0: everybody's
	Provider  string
	Token     enrolld.Secret // the part of the URL that names the source
	Secrets   []enrolld.Secret
	CreatedAt time.Time
}

// sealedSource is what of a source is encrypted at rest.
type sealedSource struct {
	Token   string   `json:"token"`
	Secrets []string `json:"secrets"`
}

const (
	mailSourcePlace   = "mail source"
	mailSourceColumns = `id, account_id, provider, sealed, created_at`
)

func (db *DB) scanMailSource(rows *sql.Rows, m *MailSource) error {
	var sealed []byte
	if err := rows.Scan(&m.ID, &m.AccountID, &m.Provider, &sealed, &m.CreatedAt); err != nil {
		return err
	}
	plain, err := db.keys.Open(mailSourcePlace, sealed)
	if err != nil {
		return err
	}
	var s sealedSource
	if err := json.Unmarshal(plain, &s); err != nil {
		return fmt.Errorf("decode the source's secrets: %w", err)
	}
	m.Token = enrolld.Secret(s.Token)
	for _, secret := range s.Secrets {
		m.Secrets = append(m.Secrets, enrolld.Secret(secret))
	}
	return nil
}

// AddMailSource stores a source under a new token.
func (db *DB) AddMailSource(ctx context.Context, m MailSource) (MailSource, error) {
	m.Token, m.CreatedAt = NewToken(), db.Now()
	s := sealedSource{Token: m.Token.Reveal()}
	for _, secret := range m.Secrets {
		s.Secrets = append(s.Secrets, secret.Reveal())
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return m, fmt.Errorf("encode the source's secrets: %w", err)
	}
	res, err := db.sql.ExecContext(ctx, `INSERT INTO enrolld_mail_sources (account_id, provider, token_hash, sealed, created_at)
		VALUES (?,?,?,?,?)`, m.AccountID, m.Provider, HashToken(s.Token), db.keys.Seal(mailSourcePlace, plain), m.CreatedAt)
	if err != nil {
		return m, Classify(fmt.Errorf("add a mail source: %w", err))
	}
	m.ID, err = res.LastInsertId()
	return m, err
}

// MailSources lists all sources.
func (db *DB) MailSources(ctx context.Context) ([]MailSource, error) {
	list, err := Collect(ctx, db.sql, db.scanMailSource, `SELECT `+mailSourceColumns+` FROM enrolld_mail_sources ORDER BY id LIMIT 1000`)
	return list, Classify(err)
}

// MailSourceByToken finds a source. Errors: NotFound.
func (db *DB) MailSourceByToken(ctx context.Context, token string) (MailSource, error) {
	list, err := Collect(ctx, db.sql, db.scanMailSource, `SELECT `+mailSourceColumns+` FROM enrolld_mail_sources
		WHERE token_hash = ?`, HashToken(token))
	return One(list, err, "there is no such address for mail events")
}

// RemoveMailSource forgets a source: its address is not found any more. Errors: NotFound.
func (db *DB) RemoveMailSource(ctx context.Context, id int64) error {
	res, err := db.sql.ExecContext(ctx, `DELETE FROM enrolld_mail_sources WHERE id = ?`, id)
	if err != nil {
		return Classify(fmt.Errorf("remove a mail source: %w", err))
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return enrolld.Wrap(enrolld.NotFound, err, "there is no source of mail events with this number")
	}
	return nil
}
