package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"enrolld"
)

// Site is a WordPress install as enrolld_sites keeps it.
type Site struct {
	ID            int64
	Schema        string
	BasePrefix    string
	UsersTable    string
	UserMetaTable string
	Multisite     bool
	ContentDir    string // where plugins go; empty when the files are elsewhere
}

const accountColumns = `id, name, site_id, blog_id, site_url, from_name, from_address, link_days, companion_at, paused_at, created_at,
	parent_id, second_factor_from`

func scanAccount(rows *sql.Rows, a *enrolld.Account) error {
	return rows.Scan(&a.ID, &a.Name, &a.SiteID, &a.BlogID, &a.SiteURL, &a.FromName, &a.FromAddress, &a.LinkDays,
		&a.CompanionAt, &a.PausedAt, &a.CreatedAt, &a.ParentID, &a.SecondFactorFrom)
}

// AddAccount stores an account and the site that it is on; a site that is known
// by its users table already is used as it is, its content folder renewed.
func (db *DB) AddAccount(ctx context.Context, a enrolld.Account, s Site) (enrolld.Account, error) {
	err := db.InTx(ctx, func(tx *Tx) error {
		siteID, err := tx.saveSite(ctx, s)
		if err != nil {
			return err
		}
		a.SiteID, a.CreatedAt = siteID, tx.now
		res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_accounts
			(name, site_id, blog_id, site_url, from_name, from_address, link_days, created_at, parent_id)
			VALUES (?,?,?,?,?,?,?,?,?)`,
			a.Name, a.SiteID, a.BlogID, a.SiteURL, a.FromName, a.FromAddress, a.LinkDays, a.CreatedAt, a.ParentID)
		if IsDuplicate(err) {
			return enrolld.Errorf(enrolld.Conflict, "there is an account %q already", a.Name)
		}
		if err != nil {
			return fmt.Errorf("add account: %w", err)
		}
		a.ID, err = res.LastInsertId()
		return err
	})
	return a, err
}

func (tx *Tx) saveSite(ctx context.Context, s Site) (int64, error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_sites
		(schema_name, base_prefix, users_table, usermeta_table, multisite, content_dir, created_at) VALUES (?,?,?,?,?,?,?)
		ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), multisite = VALUES(multisite),
			content_dir = IF(VALUES(content_dir) = '', content_dir, VALUES(content_dir))`,
		s.Schema, s.BasePrefix, s.UsersTable, s.UserMetaTable, s.Multisite, s.ContentDir, tx.now)
	if err != nil {
		return 0, fmt.Errorf("save site: %w", err)
	}
	return res.LastInsertId()
}

// Accounts lists every account by name.
func (db *DB) Accounts(ctx context.Context) ([]enrolld.Account, error) {
	list, err := Collect(ctx, db.sql, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts ORDER BY name LIMIT 10000`)
	return list, Classify(err)
}

// Account returns one account; NotFound when there is none.
func (db *DB) Account(ctx context.Context, id int64) (enrolld.Account, error) {
	list, err := Collect(ctx, db.sql, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts WHERE id = ?`, id)
	return One(list, err, "there is no such account")
}

// AccountByName finds a client account, or a sub-account as "Client / Brand";
// with an empty name the only account there is.
func (db *DB) AccountByName(ctx context.Context, name string) (enrolld.Account, error) {
	if name != "" {
		list, err := db.accountsNamed(ctx, name)
		return One(list, err, fmt.Sprintf("there is no account %q; 'enrolld account list' shows them", name))
	}
	list, err := Collect(ctx, db.sql, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts LIMIT 2`)
	if err == nil && len(list) > 1 {
		return enrolld.Account{}, enrolld.Errorf(enrolld.Invalid, "there are several accounts: say which with --account")
	}
	return One(list, err, "there is no account yet: add one with 'enrolld account add'")
}

func (db *DB) accountsNamed(ctx context.Context, name string) ([]enrolld.Account, error) {
	list, err := Collect(ctx, db.sql, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts WHERE parent_id = 0 AND name = ?`, name)
	at := strings.LastIndexByte(name, '/')
	if err != nil || len(list) > 0 || at < 0 {
		return list, err
	}
	return Collect(ctx, db.sql, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts WHERE name = ? AND parent_id =
		(SELECT p.id FROM enrolld_accounts p WHERE p.parent_id = 0 AND p.name = ?)`,
		strings.TrimSpace(name[at+1:]), strings.TrimSpace(name[:at]))
}

// SetPaused stops or resumes the processing of an account's deliveries; they are
// received all the same. Resuming makes what was held due at once.
func (db *DB) SetPaused(ctx context.Context, accountID int64, paused bool) error {
	return db.InTx(ctx, func(tx *Tx) error {
		var at *time.Time
		if paused {
			at = &tx.now
		}
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_accounts SET paused_at = ? WHERE id = ?`, at, accountID); err != nil {
			return fmt.Errorf("pause account: %w", err)
		}
		if paused {
			return nil
		}
		_, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries SET due_at = ?
			WHERE account_id = ? AND state = 'queued' AND due_at > ? AND lease = ?`, tx.now, accountID, tx.now, Lease{}.bytes())
		if err != nil {
			return fmt.Errorf("resume account: %w", err)
		}
		return nil
	})
}

// Site returns the WordPress install of an account.
func (db *DB) Site(ctx context.Context, id int64) (Site, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, s *Site) error {
		return rows.Scan(&s.ID, &s.Schema, &s.BasePrefix, &s.UsersTable, &s.UserMetaTable, &s.Multisite, &s.ContentDir)
	}, `SELECT id, schema_name, base_prefix, users_table, usermeta_table, multisite, content_dir FROM enrolld_sites WHERE id = ?`, id)
	return One(list, err, "there is no such site")
}

const companionPlace = "account companion"

// SetCompanion records that the companion plugin was installed with this key.
func (db *DB) SetCompanion(ctx context.Context, accountID int64, key enrolld.Secret) error {
	sealed := db.keys.Seal(companionPlace, []byte(key.Reveal()))
	_, err := db.sql.ExecContext(ctx, `UPDATE enrolld_accounts SET companion_key = ?, companion_at = ? WHERE id = ?`,
		sealed, db.Now(), accountID)
	return Classify(err)
}

// CompanionKey returns the key that signs requests to the account's companion
// plugin; NotFound when it is not installed.
func (db *DB) CompanionKey(ctx context.Context, accountID int64) (enrolld.Secret, error) {
	var sealed []byte
	err := db.sql.QueryRowContext(ctx, `SELECT companion_key FROM enrolld_accounts WHERE id = ?`, accountID).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(sealed) == 0 {
		return "", enrolld.Errorf(enrolld.NotFound, "the companion plugin is not installed: run 'enrolld companion install'")
	}
	if err != nil {
		return "", Classify(err)
	}
	plain, err := db.keys.Open(companionPlace, sealed)
	return enrolld.Secret(plain), err
}

// One returns the only element, or NotFound with a message.
func One[T any](list []T, err error, missing string) (T, error) {
	var zero T
	switch {
	case err != nil:
		return zero, Classify(err)
	case len(list) == 0:
		return zero, enrolld.Errorf(enrolld.NotFound, "%s", missing)
	}
	return list[0], nil
}
