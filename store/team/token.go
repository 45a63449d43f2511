package team

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// Kinds of links.
const (
	KindReset         = "reset"        // a password that was forgotten
	KindFirstPassword = "set_password" // the first one
	kindEmailOld      = "email_old"    // a change of address, confirmed from the old one
	kindEmailNew      = "email_new"    // and from the new one
)

// linkKinds says where links lead and how long they work.
var linkKinds = map[string]struct {
	path string
	ttl  time.Duration
}{
	KindReset:         {"/reset/", time.Hour},
	KindFirstPassword: {"/set-password/", 7 * 24 * time.Hour},
	kindEmailOld:      {"/email/", 24 * time.Hour},
	kindEmailNew:      {"/email/", 24 * time.Hour},
}

// LinkToken is a link that works.
type LinkToken struct {
	ID        int64
	LoginID   int64
	Kind      string
	ExpiresAt time.Time
}

const deadLink = "this link is not valid any more: ask for a new one"

// Link finds a link of a kind by its token. Errors: NotFound when it is unknown,
// used, ended or expired, which are one answer.
func (t *Team) Link(ctx context.Context, kind, token string) (LinkToken, error) {
	list, err := store.Collect(ctx, t.db.Conn(), scanLink, `SELECT id, login_id, kind, expires_at FROM enrolld_tokens
		WHERE hash = ? AND kind = ? AND used_at IS NULL AND expires_at > ?`, store.HashToken(token), kind, t.db.Now())
	return store.One(list, err, deadLink)
}

func scanLink(rows *sql.Rows, l *LinkToken) error {
	return rows.Scan(&l.ID, &l.LoginID, &l.Kind, &l.ExpiresAt)
}

// madeLink is a link that was just made.
type madeLink struct {
	id      int64
	token   enrolld.Secret
	expires time.Time
	mail    enrolld.Link
}

// makeLink makes a link for a login (0: a row that nobody can use). The token is
// a keyed hash of a purpose that is told to nobody but the mail queue.
func makeLink(ctx context.Context, tx *store.Tx, keys *store.Keyring, kind string, loginID int64, data string) (madeLink, error) {
	k := linkKinds[kind]
	purpose := kind + " " + rand.Text()
	token := keys.Token(purpose)
	made := madeLink{token: enrolld.Secret(token), expires: tx.Now().Add(k.ttl), mail: enrolld.Link{Path: k.path, Purpose: purpose}}
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_tokens (kind, login_id, hash, data, created_at, expires_at) VALUES (?,?,?,?,?,?)`,
		kind, loginID, store.HashToken(token), data, tx.Now(), made.expires)
	if err != nil {
		return made, fmt.Errorf("make a link: %w", err)
	}
	made.id, err = res.LastInsertId()
	return made, err
}

// useLink uses a link of the locked login up, once.
func (o *own) useLink(ctx context.Context, id int64) error {
	res, err := o.tx.ExecContext(ctx, `UPDATE enrolld_tokens SET used_at = ?
		WHERE id = ? AND login_id = ? AND used_at IS NULL AND expires_at > ?`, o.tx.Now(), id, o.login.ID, o.tx.Now())
	return mustMeet(res, err, deadLink)
}

// endTokens ends all links of a login that were not used: resets, first passwords
// and changes of address.
func endTokens(ctx context.Context, tx *store.Tx, loginID int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_tokens SET used_at = ? WHERE login_id = ? AND used_at IS NULL`, tx.Now(), loginID)
	if err != nil {
		return fmt.Errorf("end links: %w", err)
	}
	return nil
}

// SweepTokens deletes links that expired a while ago, some at a time, and says
// how many.
func (t *Team) SweepTokens(ctx context.Context) (int, error) {
	res, err := t.db.Conn().ExecContext(ctx, `DELETE FROM enrolld_tokens WHERE expires_at < ? LIMIT ?`,
		t.db.Now().Add(-sessionGrace), sweepRows)
	if err != nil {
		return 0, store.Classify(fmt.Errorf("sweep links: %w", err))
	}
	n, err := res.RowsAffected()
	return int(n), err
}
