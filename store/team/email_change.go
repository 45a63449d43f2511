package team

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// How often changes of address may be asked for.
var (
	changesPerLogin   = store.Budget{Every: 4 * time.Hour, Burst: 5}
	changesPerAddress = store.Budget{Every: 8 * time.Hour, Burst: 3}
)

// emailChange is the data of the two links of a change.
type emailChange struct {
	Change    string `json:"change"` // the same in both
	Email     string `json:"email"`  // the new one
	Confirmed bool   `json:"confirmed,omitempty"`
}

// PendingEmail is a change of address that waits to be confirmed.
type PendingEmail struct {
	Email string // the one that the login shall have
	At    time.Time
}

// PendingEmail returns the change of address that a login waits for; false: none.
func (t *Team) PendingEmail(ctx context.Context, loginID int64) (PendingEmail, bool, error) {
	links, err := emailLinks(ctx, t.db.Conn(), `login_id = ? AND used_at IS NULL AND expires_at > ?`, loginID, t.db.Now())
	if err != nil || len(links) == 0 {
		return PendingEmail{}, false, store.Classify(err)
	}
	last := links[0]
	return PendingEmail{last.data.Email, last.ExpiresAt.Add(-linkKinds[last.Kind].ttl)}, true, nil
}

// RequestEmailChange mails a link to a login's address and one to the address that
// it shall have; the change is made when both were followed. A new request ends
// the one before. An address that has a login gets a note instead of a link, and
// the answer is the same. Errors: Invalid; store.TooOftenError.
func (t *Team) RequestEmailChange(ctx context.Context, actor enrolld.Actor, loginID int64, email string) error {
	address, key, err := enrolld.ParseEmail(email)
	if err != nil {
		return err
	}
	for name, budget := range map[string]store.Budget{
		fmt.Sprintf("email change of %d", loginID): changesPerLogin, "email change to " + string(key): changesPerAddress,
	} {
		if wait, err := t.db.Spend(ctx, name, budget); err != nil || wait > 0 {
			return tooOften(wait, err)
		}
	}
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		if o.login.Email == address {
			return enrolld.Errorf(enrolld.Invalid, "this is your address already")
		}
		if err := o.endEmailChanges(ctx); err != nil {
			return err
		}
		o.note("login.email_change_requested", nil)
		return o.askBoth(ctx, t.db.Keys(), address, key)
	})
}

// askBoth makes the two links and mails them.
func (o *own) askBoth(ctx context.Context, keys *store.Keyring, address string, key enrolld.EmailKey) error {
	data, err := json.Marshal(emailChange{Change: rand.Text(), Email: address})
	if err != nil {
		return fmt.Errorf("encode a change of address: %w", err)
	}
	old, err := makeLink(ctx, o.tx, keys, kindEmailOld, o.login.ID, string(data))
	if err != nil {
		return err
	}
	fresh, err := makeLink(ctx, o.tx, keys, kindEmailNew, o.login.ID, string(data))
	if err != nil {
		return err
	}
	o.tell(enrolld.TeamData{Event: enrolld.EventEmailChangeOld, Subject: address, Until: &old.expires, Link: old.mail})
	has, err := readLogin(ctx, o.tx, `l.email_key = ? AND l.id <> ?`, string(key), o.login.ID)
	switch enrolld.CodeOf(err) {
	case enrolld.NotFound:
		o.tellAt(enrolld.Login{ID: o.login.ID, Email: address, Name: o.login.Name},
			enrolld.TeamData{Event: enrolld.EventEmailChangeNew, Subject: address, Until: &fresh.expires, Link: fresh.mail})
	case "": // without a link, the mail says why
		o.tellAt(has, enrolld.TeamData{Event: enrolld.EventEmailChangeNew, Subject: address})
	default:
		return err
	}
	return nil
}

func (o *own) endEmailChanges(ctx context.Context) error {
	_, err := o.tx.ExecContext(ctx, `UPDATE enrolld_tokens SET used_at = ?
		WHERE login_id = ? AND kind IN (?, ?) AND used_at IS NULL`, o.tx.Now(), o.login.ID, kindEmailOld, kindEmailNew)
	if err != nil {
		return fmt.Errorf("end changes of address: %w", err)
	}
	return nil
}

// emailLink is one of the two links of a change.
type emailLink struct {
	LinkToken
	data emailChange
}

// ConfirmEmailChange follows one of the two links; with the second one the login
// has its new address, and done is true. Errors: NotFound when the link is not
// valid any more; Conflict when the address got a login meanwhile.
func (t *Team) ConfirmEmailChange(ctx context.Context, actor enrolld.Actor, token string) (done bool, err error) {
	links, err := emailLinks(ctx, t.db.Conn(), `hash = ? AND used_at IS NULL AND expires_at > ?`, store.HashToken(token), t.db.Now())
	link, err := store.One(links, err, deadLink)
	if err != nil {
		return false, err
	}
	actor.LoginID = 0 // the link acts for its login, whoever is signed in
	err = t.onOwn(ctx, actor, link.LoginID, func(o *own) error {
		if err := o.useLink(ctx, link.ID); err != nil {
			return err
		}
		o.asSelf()
		if done, err = o.bothConfirmed(ctx, link); err != nil {
			return err
		}
		if done {
			return o.changeEmail(ctx, link.data.Email)
		}
		o.note("login.email_change_confirmed", map[string]any{"link": link.Kind})
		return nil
	})
	return done && err == nil, err
}

// EmailLink finds one of the two links by its token, for the page that asks to
// confirm it, and the address that the login shall have. Errors: NotFound.
func (t *Team) EmailLink(ctx context.Context, token string) (LinkToken, string, error) {
	links, err := emailLinks(ctx, t.db.Conn(), `hash = ? AND used_at IS NULL AND expires_at > ?`, store.HashToken(token), t.db.Now())
	link, err := store.One(links, err, deadLink)
	return link.LinkToken, link.data.Email, err
}

func emailLinks(ctx context.Context, conn queryer, where string, args ...any) ([]emailLink, error) {
	return store.Collect(ctx, conn, func(rows *sql.Rows, l *emailLink) error {
		var data []byte
		if err := rows.Scan(&l.ID, &l.LoginID, &l.Kind, &l.ExpiresAt, &data); err != nil {
			return err
		}
		return json.Unmarshal(data, &l.data)
	}, `SELECT id, login_id, kind, expires_at, data FROM enrolld_tokens
		WHERE kind IN ('`+kindEmailOld+`', '`+kindEmailNew+`') AND `+where+` ORDER BY id DESC LIMIT 20`, args...)
}

// bothConfirmed notes that a link was followed and says whether the other one was.
// A link that merely ended counts as used but not as followed.
func (o *own) bothConfirmed(ctx context.Context, link emailLink) (bool, error) {
	link.data.Confirmed = true
	data, err := json.Marshal(link.data)
	if err != nil {
		return false, fmt.Errorf("encode a change of address: %w", err)
	}
	if _, err := o.tx.ExecContext(ctx, `UPDATE enrolld_tokens SET data = ? WHERE id = ?`, string(data), link.ID); err != nil {
		return false, fmt.Errorf("confirm a change of address: %w", err)
	}
	others, err := emailLinks(ctx, o.tx, `login_id = ? AND id <> ?`, o.login.ID, link.ID)
	if err != nil {
		return false, fmt.Errorf("find a change of address: %w", err)
	}
	for _, other := range others {
		if other.data.Change == link.data.Change {
			return other.data.Confirmed, nil
		}
	}
	return false, nil
}

// changeEmail gives the login its new address, ends its links, which were mailed
// to the old one, and tells both addresses.
func (o *own) changeEmail(ctx context.Context, email string) error {
	address, key, err := enrolld.ParseEmail(email)
	if err != nil {
		return err
	}
	_, err = o.tx.ExecContext(ctx, `UPDATE enrolld_logins SET email = ?, email_key = ?, revision = revision + 1 WHERE id = ?`,
		address, string(key), o.login.ID)
	switch {
	case store.IsDuplicate(err):
		return errAddressTaken
	case err != nil:
		return fmt.Errorf("change an address: %w", err)
	}
	o.noteChange("login.email_changed", nil, map[string]any{"email": o.login.Email}, map[string]any{"email": address})
	o.tell(enrolld.TeamData{Event: enrolld.EventEmailChanged, Subject: address})
	fresh := o.login
	fresh.Email = address
	o.tellAt(fresh, enrolld.TeamData{Event: enrolld.EventEmailChanged, Subject: address, Link: enrolld.Link{Path: securityPath}})
	return endTokens(ctx, o.tx, o.login.ID)
}
