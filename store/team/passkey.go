package team

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// Limits of passkeys.
const (
	maxPasskeys    = 10 // of a login
	maxPasskeyName = 60
	handleLen      = 32 // bytes of a login's handle
)

// Passkey is a WebAuthn credential.
type Passkey struct {
	ID        int64
	LoginID   int64
	Name      string
	Data      []byte // JSON of webauthn.Credential
	CreatedAt time.Time
	UsedAt    *time.Time // nil: never
}

// Passkeys lists a login's passkeys, the oldest first.
func (t *Team) Passkeys(ctx context.Context, loginID int64) ([]Passkey, error) {
	list, err := passkeys(ctx, t.db.Conn(), `login_id = ?`, loginID)
	return list, store.Classify(err)
}

func passkeys(ctx context.Context, conn queryer, where string, args ...any) ([]Passkey, error) {
	return store.Collect(ctx, conn, func(rows *sql.Rows, p *Passkey) error {
		return rows.Scan(&p.ID, &p.LoginID, &p.Name, &p.Data, &p.CreatedAt, &p.UsedAt)
	}, `SELECT id, login_id, name, data, created_at, used_at FROM enrolld_passkeys WHERE `+where+` ORDER BY id LIMIT 100`, args...)
}

// AddPasskey stores a passkey that was just registered. Errors: Invalid when the
// name is none; Conflict when there are ten, or it is registered already.
func (t *Team) AddPasskey(
	ctx context.Context, actor enrolld.Actor, loginID int64, name string, credentialID, data []byte,
) error {
	name, err := passkeyName(name)
	if err != nil {
		return err
	}
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		if o.login.Passkeys >= maxPasskeys {
			return enrolld.Errorf(enrolld.Conflict, "a login has at most %d passkeys: remove one that you do not use", maxPasskeys)
		}
		_, err := o.tx.ExecContext(ctx, `INSERT INTO enrolld_passkeys (login_id, credential, name, data, created_at) VALUES (?,?,?,?,?)`,
			loginID, credentialHash(credentialID), name, data, o.tx.Now())
		switch {
		case store.IsDuplicate(err):
			return enrolld.Errorf(enrolld.Conflict, "this passkey is registered already")
		case err != nil:
			return fmt.Errorf("store a passkey: %w", err)
		}
		o.note("login.factor_added", map[string]any{"factor": "passkey", "name": name})
		o.tell(enrolld.TeamData{Event: enrolld.EventFactorAdded, Subject: "the passkey '" + name + "'"})
		return nil
	})
}

// RenamePasskey gives a passkey another name. Errors: Invalid, NotFound.
func (t *Team) RenamePasskey(ctx context.Context, actor enrolld.Actor, loginID, id int64, name string) error {
	name, err := passkeyName(name)
	if err != nil {
		return err
	}
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		p, err := o.passkey(ctx, id)
		if err != nil {
			return err
		}
		if _, err := o.tx.ExecContext(ctx, `UPDATE enrolld_passkeys SET name = ? WHERE id = ?`, name, id); err != nil {
			return fmt.Errorf("rename a passkey: %w", err)
		}
		o.noteChange("login.passkey_renamed", nil, map[string]any{"name": p.Name}, map[string]any{"name": name})
		return nil
	})
}

// RemovePasskey removes a passkey. required: the login has to have a second
// factor. Errors: NotFound; Forbidden when it is required and the last.
func (t *Team) RemovePasskey(ctx context.Context, actor enrolld.Actor, loginID, id int64, required bool) error {
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		p, err := o.passkey(ctx, id)
		if err != nil {
			return err
		}
		last := o.login.Passkeys == 1 && o.login.TOTPAt == nil
		if last && required {
			return enrolld.Errorf(enrolld.Forbidden, "you need a second factor: add another passkey or an authenticator app first")
		}
		if _, err := o.tx.ExecContext(ctx, `DELETE FROM enrolld_passkeys WHERE id = ?`, id); err != nil {
			return fmt.Errorf("remove a passkey: %w", err)
		}
		o.note("login.factor_removed", map[string]any{"factor": "passkey", "name": p.Name})
		o.tell(enrolld.TeamData{Event: enrolld.EventFactorRemoved, Subject: "the passkey '" + p.Name + "'"})
		if !last {
			return nil
		}
		return endRecoveryCodes(ctx, o.tx, loginID)
	})
}

// passkey reads a passkey of the locked login. Errors: NotFound.
func (o *own) passkey(ctx context.Context, id int64) (Passkey, error) {
	list, err := passkeys(ctx, o.tx, `id = ? AND login_id = ?`, id, o.login.ID)
	return store.One(list, err, "there is no such passkey")
}

// UsedPasskey notes that a login signed in with a passkey; data is the credential
// with its new counter. Errors: NotFound when the login has no such passkey.
func (t *Team) UsedPasskey(ctx context.Context, loginID int64, credentialID, data []byte) error {
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_passkeys SET data = ?, used_at = ? WHERE login_id = ? AND credential = ?`,
			data, tx.Now(), loginID, credentialHash(credentialID))
		return mustMeet(res, err, "there is no such passkey")
	})
}

// Handle is what a login is to WebAuthn: 32 random bytes that say nothing of it.
// Errors: NotFound.
func (t *Team) Handle(ctx context.Context, loginID int64) ([]byte, error) {
	list, err := store.Collect(ctx, t.db.Conn(), func(rows *sql.Rows, h *[]byte) error { return rows.Scan(h) },
		`SELECT handle FROM enrolld_logins WHERE id = ?`, loginID)
	return store.One(list, err, noLogin)
}

// LoginByHandle finds a login by what it is to WebAuthn. Errors: NotFound.
func (t *Team) LoginByHandle(ctx context.Context, handle []byte) (enrolld.Login, error) {
	return readLogin(ctx, t.db.Conn(), `l.handle = ?`, handle)
}

func passkeyName(s string) (string, error) {
	name, err := enrolld.ParseName(s)
	if err == nil && len([]rune(name)) > maxPasskeyName {
		err = enrolld.Errorf(enrolld.Invalid, "a passkey's name has at most %d characters", maxPasskeyName)
	}
	return name, err
}

// credentialHash is what a credential is found by: ids have up to 1023 bytes.
func credentialHash(id []byte) []byte {
	sum := sha256.Sum256(id)
	return sum[:]
}
