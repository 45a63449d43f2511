package team

import (
	"context"
	"crypto/rand"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// AddLogin makes a login without a password, for the command line: its email
// address and name, perhaps a user name and a phone number. The holder is mailed a
// link to set the first password; its token is returned too, for where no mail
// goes out yet. Errors: Invalid; Conflict when the address or user name is taken.
func (t *Team) AddLogin(ctx context.Context, actor enrolld.Actor, l enrolld.Login) (enrolld.Login, enrolld.Secret, error) {
	var token enrolld.Secret
	var added enrolld.Login
	err := t.db.InTx(ctx, func(tx *store.Tx) (err error) {
		if added, err = insertLogin(ctx, tx, l, ""); err != nil {
			return err
		}
		o := own{tx: tx, actor: actor, login: added, visit: visitOf(ctx)}
		o.noteChange("login.added", nil, nil, profileState(added))
		if token, err = o.firstPassword(ctx, t.db.Keys()); err != nil {
			return err
		}
		return o.finish(ctx)
	})
	return added, token, err
}

// FirstPassword makes and mails another link to set the first password, and
// returns its token, for the command line. Errors: NotFound; Conflict when there
// is a password.
func (t *Team) FirstPassword(ctx context.Context, actor enrolld.Actor, loginID int64) (enrolld.Secret, error) {
	var token enrolld.Secret
	err := t.onOwn(ctx, actor, loginID, func(o *own) (err error) {
		if o.login.PasswordAt != nil {
			return enrolld.Errorf(enrolld.Conflict, "this login has a password already: ask for a new one on the sign-in page")
		}
		token, err = o.firstPassword(ctx, t.db.Keys())
		return err
	})
	return token, err
}

func (o *own) firstPassword(ctx context.Context, keys *store.Keyring) (enrolld.Secret, error) {
	link, err := makeLink(ctx, o.tx, keys, KindFirstPassword, o.login.ID, "")
	if err != nil {
		return "", err
	}
	o.note("login.link_made", nil)
	o.tell(enrolld.TeamData{Event: enrolld.EventSetPassword, Subject: o.login.Email, Until: &link.expires, Link: link.mail})
	return link.token, nil
}

// insertLogin stores a new login: Email, Name, Username, Phone, Address and
// MustChange of l, which it checks, and a password's hash (empty: none yet).
// Errors: Invalid; errAddressTaken, errUsernameTaken.
func insertLogin(ctx context.Context, tx *store.Tx, l enrolld.Login, hash string) (enrolld.Login, error) {
	var err error
	if l.Email, l.Key, err = enrolld.ParseEmail(l.Email); err != nil {
		return l, err
	}
	p, usernameKey, err := loginProfile(l).checked()
	if err != nil {
		return l, err
	}
	l.Name, l.Username, l.Phone, l.Address = p.Name, p.Username, p.Phone, p.Address
	l.CreatedAt, l.Revision, l.Epoch, l.PasswordAt = tx.Now(), 1, 1, nil
	if hash != "" {
		l.PasswordAt = &l.CreatedAt
	}
	handle := make([]byte, handleLen)
	_, _ = rand.Read(handle) // does not fail
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_logins (email, email_key, username, username_key, name, phone,
		line1, line2, city, region, postal_code, country, password_hash, password_at, must_change, handle, created_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		l.Email, string(l.Key), l.Username, usernameKey, l.Name, l.Phone, l.Address.Line1, l.Address.Line2, l.Address.City,
		l.Address.Region, l.Address.PostalCode, l.Address.Country, hash, l.PasswordAt, l.MustChange, handle, l.CreatedAt)
	switch {
	case store.IsDuplicate(err):
		return l, whoHas(ctx, tx, usernameKey, 0)
	case err != nil:
		return l, fmt.Errorf("store a login: %w", err)
	}
	l.ID, err = res.LastInsertId()
	return l, err
}
