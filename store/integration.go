package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
)

// Integration is a source of deliveries of one account.
type Integration struct {
	ID         int64
	AccountID  int64
	Platform   string
	Name       string
	Token      enrolld.Secret   // the part of the URL that names the integration
	Secrets    []enrolld.Secret // live signing secrets
	APIKey     enrolld.Secret
	Settings   json.RawMessage // the platform's own
	AcceptTest bool            // give access for test orders too
	CreatedAt  time.Time
	DisabledAt *time.Time
}

// sealedIntegration is what of an integration is encrypted at rest.
type sealedIntegration struct {
	Token   string   `json:"token"`
	Secrets []string `json:"secrets"`
	APIKey  string   `json:"api_key,omitempty"`
}

const (
	integrationPlace   = "integration"
	integrationColumns = `id, account_id, platform, name, sealed, settings, accept_test, created_at, disabled_at`
	tokenBytes         = 24
)

// NewToken makes a random token for a URL: 192 bits.
func NewToken() enrolld.Secret {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // crypto/rand.Read does not fail
	return enrolld.Secret(base64.RawURLEncoding.EncodeToString(b))
}

func (db *DB) seal(i Integration) ([]byte, error) {
	s := sealedIntegration{Token: i.Token.Reveal(), APIKey: i.APIKey.Reveal()}
	for _, secret := range i.Secrets {
		s.Secrets = append(s.Secrets, secret.Reveal())
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode the integration's secrets: %w", err)
	}
	return db.keys.Seal(integrationPlace, plain), nil
}

func (db *DB) scanIntegration(rows *sql.Rows, i *Integration) error {
	var sealed, settings []byte
	if err := rows.Scan(&i.ID, &i.AccountID, &i.Platform, &i.Name, &sealed, &settings, &i.AcceptTest,
		&i.CreatedAt, &i.DisabledAt); err != nil {
		return err
	}
	i.Settings = settings
	plain, err := db.keys.Open(integrationPlace, sealed)
	if err != nil {
		return err
	}
	var s sealedIntegration
	if err := json.Unmarshal(plain, &s); err != nil {
		return fmt.Errorf("decode the integration's secrets: %w", err)
	}
	i.Token, i.APIKey = enrolld.Secret(s.Token), enrolld.Secret(s.APIKey)
	for _, secret := range s.Secrets {
		i.Secrets = append(i.Secrets, enrolld.Secret(secret))
	}
	return nil
}

// AddIntegration stores a source under a new token.
func (db *DB) AddIntegration(ctx context.Context, i Integration) (Integration, error) {
	i.Token, i.CreatedAt = NewToken(), db.Now()
	if len(i.Settings) == 0 {
		i.Settings = json.RawMessage("{}")
	}
	sealed, err := db.seal(i)
	if err != nil {
		return i, err
	}
	res, err := db.sql.ExecContext(ctx, `INSERT INTO enrolld_integrations
		(account_id, platform, name, token_hash, sealed, settings, accept_test, created_at) VALUES (?,?,?,?,?,?,?,?)`,
		i.AccountID, i.Platform, i.Name, HashToken(i.Token.Reveal()), sealed, string(i.Settings), i.AcceptTest, i.CreatedAt)
	if err != nil {
		return i, Classify(fmt.Errorf("add integration: %w", err))
	}
	i.ID, err = res.LastInsertId()
	return i, err
}

// UpdateIntegration stores an integration's name, secrets, key, settings and
// test flag: a new secret beside the old one is how secrets are rotated.
func (db *DB) UpdateIntegration(ctx context.Context, i Integration) error {
	sealed, err := db.seal(i)
	if err != nil {
		return err
	}
	res, err := db.sql.ExecContext(ctx, `UPDATE enrolld_integrations
		SET name = ?, sealed = ?, settings = ?, accept_test = ?, disabled_at = ? WHERE id = ? AND account_id = ?`,
		i.Name, sealed, string(i.Settings), i.AcceptTest, i.DisabledAt, i.ID, i.AccountID)
	if err != nil {
		return Classify(fmt.Errorf("update integration: %w", err))
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return enrolld.Wrap(enrolld.NotFound, err, "there is no such integration")
	}
	return nil
}

// IntegrationByToken finds the integration that a URL names; NotFound when
// there is none, or when it is disabled.
func (db *DB) IntegrationByToken(ctx context.Context, platform, token string) (Integration, error) {
	list, err := Collect(ctx, db.sql, db.scanIntegration, `SELECT `+integrationColumns+` FROM enrolld_integrations
		WHERE token_hash = ? AND platform = ? AND disabled_at IS NULL`, HashToken(token), platform)
	return One(list, err, "there is no such webhook")
}

// Integration returns one integration of any account, for workers.
func (db *DB) Integration(ctx context.Context, id int64) (Integration, error) {
	list, err := Collect(ctx, db.sql, db.scanIntegration,
		`SELECT `+integrationColumns+` FROM enrolld_integrations WHERE id = ?`, id)
	return One(list, err, "there is no such integration")
}

// Integrations lists an account's sources.
func (db *DB) Integrations(ctx context.Context, accountID int64) ([]Integration, error) {
	list, err := Collect(ctx, db.sql, db.scanIntegration, `SELECT `+integrationColumns+` FROM enrolld_integrations
		WHERE account_id = ? ORDER BY id LIMIT 1000`, accountID)
	return list, Classify(err)
}
