package team

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
)

// How often resets may be asked for.
var (
	resetsPerOrigin = store.Budget{Every: time.Minute, Burst: 10}
	resetsPerName   = store.Budget{Every: 20 * time.Minute, Burst: 3}
	noLoginNotes    = store.Budget{Every: 24 * time.Hour, Burst: 1}
)

// RequestReset mails a link for a new password to the login of an address or user
// name. An address without a login is told so, at most once a day. Neither the
// answer nor the work done tells which it was. Errors: Invalid when the name can
// be nobody's, store.TooOftenError when too many were asked for from one place; too
// many for one name do nothing, silently.
func (t *Team) RequestReset(ctx context.Context, actor enrolld.Actor, name string) error {
	_, key, ok := loginKey(name)
	if !ok {
		return enrolld.Errorf(enrolld.Invalid, "this is neither an email address nor a user name: check how it is written")
	}
	if actor.Addr != "" {
		if wait, err := t.db.Spend(ctx, "reset from "+store.Place(actor.Addr), resetsPerOrigin); err != nil || wait > 0 {
			return tooOften(wait, err)
		}
	}
	if wait, err := t.db.Spend(ctx, "reset of "+key, resetsPerName); err != nil || wait > 0 {
		return err
	}
	told, err := t.db.Spend(ctx, "no login note "+key, noLoginNotes) // also when there is one: the same work
	if err != nil {
		return err
	}
	return t.db.InTx(ctx, func(tx *store.Tx) error { return t.requestReset(ctx, tx, actor, name, told == 0) })
}

func (t *Team) requestReset(ctx context.Context, tx *store.Tx, actor enrolld.Actor, name string, note bool) error {
	login, uses, err := lockNamed(ctx, tx, name)
	if err != nil {
		return err
	}
	link, err := makeLink(ctx, tx, t.db.Keys(), KindReset, login.ID, "")
	if err != nil {
		return err
	}
	o := own{tx: tx, actor: actor, login: login, uses: uses, visit: visitOf(ctx)}
	o.note("login.reset_requested", nil)
	switch address, _, err := enrolld.ParseEmail(name); {
	case login.ID != 0:
		o.tell(enrolld.TeamData{Event: enrolld.EventPasswordReset, Until: &link.expires, Link: link.mail})
	case err == nil && note:
		o.tellAt(enrolld.Login{Email: address}, enrolld.TeamData{Event: enrolld.EventNoLogin})
		o.mail[0].Cause = "no login " + rand.Text() // there is no login to count by
	default: // a write in place of the mail's
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_tokens SET used_at = ? WHERE id = ?`, tx.Now(), link.id); err != nil {
			return fmt.Errorf("end a link: %w", err)
		}
	}
	return o.finish(ctx)
}

// lockNamed finds and locks the login that has a name; the zero one, by the same
// statements, when there is none, or none any more.
func lockNamed(ctx context.Context, tx *store.Tx, name string) (login enrolld.Login, uses int64, err error) {
	where, key, _ := loginKey(name)
	found, err := store.Collect(ctx, tx, scanID, `SELECT l.id FROM enrolld_logins l WHERE `+where, key)
	if err != nil {
		return login, 0, fmt.Errorf("find a login: %w", err)
	}
	id := int64(0)
	if len(found) > 0 {
		id = found[0]
	}
	login, uses, err = lockLogin(ctx, tx, id)
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
		return enrolld.Login{}, 0, nil
	case err == nil && strings.Contains(name, "@") && login.Key != enrolld.EmailKey(key): // changed while it was found
		return enrolld.Login{}, 0, nil
	}
	return login, uses, err
}

// tooOften is the error of a budget that had nothing left.
func tooOften(wait time.Duration, err error) error {
	if err != nil {
		return err
	}
	return store.TooOften(wait)
}

// ResetPassword sets a password by a link of KindReset or KindFirstPassword, once,
// and ends every session and link of its login. It signs nobody in and leaves
// second factors as they are. Errors: NotFound when the link is not valid any more.
func (t *Team) ResetPassword(ctx context.Context, actor enrolld.Actor, kind, token, hash string) (loginID int64, err error) {
	if kind != KindReset && kind != KindFirstPassword {
		return 0, enrolld.Errorf(enrolld.NotFound, deadLink)
	}
	link, err := t.Link(ctx, kind, token)
	if err != nil {
		return 0, err
	}
	actor.LoginID = 0 // the link acts for its login, whoever is signed in
	err = t.onOwn(ctx, actor, link.LoginID, func(o *own) error {
		if err := o.useLink(ctx, link.ID); err != nil {
			return err
		}
		o.asSelf()
		n, err := o.setPassword(ctx, hash, "")
		o.note("login.password_reset", map[string]any{"link": kind, "sessions_ended": n})
		return err
	})
	return link.LoginID, err
}
