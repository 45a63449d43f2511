package team

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"enrolld"
	"enrolld/store"
)

// loginColumns are those of enrolld_logins l that loginFields takes.
const loginColumns = `l.id, l.email, l.email_key, l.username, l.name, l.phone, l.line1, l.line2, l.city, l.region, l.postal_code,
	l.country, l.password_at, l.must_change, l.totp_at,
	(SELECT COUNT(*) FROM enrolld_passkeys p WHERE p.login_id = l.id),
	l.last_sign_in_at, l.created_at, l.revision, l.session_epoch`

func loginFields(l *enrolld.Login) []any {
	return []any{
		&l.ID, &l.Email, &l.Key, &l.Username, &l.Name, &l.Phone, &l.Address.Line1, &l.Address.Line2, &l.Address.City,
		&l.Address.Region, &l.Address.PostalCode, &l.Address.Country, &l.PasswordAt, &l.MustChange, &l.TOTPAt, &l.Passkeys,
		&l.LastSignInAt, &l.CreatedAt, &l.Revision, &l.Epoch,
	}
}

func scanLogin(rows *sql.Rows, l *enrolld.Login) error { return rows.Scan(loginFields(l)...) }

const noLogin = "there is no such login"

// Login returns one login. Errors: NotFound.
func (t *Team) Login(ctx context.Context, id int64) (enrolld.Login, error) {
	return readLogin(ctx, t.db.Conn(), `l.id = ?`, id)
}

func readLogin(ctx context.Context, conn queryer, where string, args ...any) (enrolld.Login, error) {
	list, err := store.Collect(ctx, conn, scanLogin, `SELECT `+loginColumns+` FROM enrolld_logins l WHERE `+where, args...)
	return store.One(list, err, noLogin)
}

// lockLogin locks a login by writing to it, and reads it. uses counts how often
// that was done. Errors: NotFound.
func lockLogin(ctx context.Context, tx *store.Tx, id int64) (login enrolld.Login, uses int64, err error) {
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_logins SET uses = uses + 1 WHERE id = ?`, id); err != nil {
		return login, 0, fmt.Errorf("lock a login: %w", err)
	}
	list, err := store.Collect(ctx, tx, func(rows *sql.Rows, l *enrolld.Login) error {
		return rows.Scan(append(loginFields(l), &uses)...)
	}, `SELECT `+loginColumns+`, l.uses FROM enrolld_logins l WHERE l.id = ?`, id)
	login, err = store.One(list, err, noLogin)
	return login, uses, err
}

// Credentials are what a sign-in is checked against.
type Credentials struct {
	Login enrolld.Login
	Hash  string // empty when there is no login, or no password yet
}

// Credentials finds a login by what people type: an email address or a user name.
// False: there is none; VerifyPassword with the empty hash then takes its time all
// the same.
func (t *Team) Credentials(ctx context.Context, name string) (Credentials, bool, error) {
	where, key, ok := loginKey(name)
	if !ok {
		return Credentials{}, false, nil
	}
	list, err := store.Collect(ctx, t.db.Conn(), func(rows *sql.Rows, c *Credentials) error {
		return rows.Scan(append(loginFields(&c.Login), &c.Hash)...)
	}, `SELECT `+loginColumns+`, l.password_hash FROM enrolld_logins l WHERE `+where, key)
	if err != nil || len(list) == 0 {
		return Credentials{}, false, store.Classify(err)
	}
	return list[0], true, nil
}

// loginKey is the condition that finds a login by what people type; false: it can
// be nobody's.
func loginKey(name string) (where, key string, ok bool) {
	if strings.Contains(name, "@") {
		_, key, err := enrolld.ParseEmail(name)
		return `l.email_key = ?`, string(key), err == nil
	}
	_, key, err := enrolld.ParseUsername(name)
	return `l.username_key = ?`, key, err == nil
}

// What another login's holder has already.
var (
	errAddressTaken  = enrolld.Errorf(enrolld.Conflict, "this address has a login already")
	errUsernameTaken = enrolld.Errorf(enrolld.Conflict, "this user name is taken: choose another one")
)

// whoHas turns the refusal of a unique key of enrolld_logins into the error for
// people. Only the statement was undone, so the transaction can be asked.
func whoHas(ctx context.Context, tx *store.Tx, usernameKey any, id int64) error {
	taken, err := store.Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT id FROM enrolld_logins WHERE username_key = ? AND id <> ?`, usernameKey, id)
	switch {
	case err != nil:
		return fmt.Errorf("look for a user name: %w", err)
	case len(taken) > 0:
		return errUsernameTaken
	}
	return errAddressTaken
}
