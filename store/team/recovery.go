package team

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"

	"enrolld"
	"enrolld/store"
)

// Recovery codes: ten of 60 bits, in groups of four, out of 32 letters and digits
// that nobody mistakes for each other.
const (
	recoveryCodes    = 10
	recoveryLen      = 12
	recoveryGroup    = 4
	recoveryAlphabet = "23456789abcdefghijkmnpqrstuvwxyz"
)

// MakeRecoveryCodes makes new recovery codes for a login and ends those that it
// had. They are told once, here. Errors: Conflict when there is no second factor
// that they could stand in for.
func (t *Team) MakeRecoveryCodes(ctx context.Context, actor enrolld.Actor, loginID int64) ([]string, error) {
	codes := make([]string, recoveryCodes)
	rows := make([][]any, recoveryCodes)
	for i := range codes {
		codes[i] = newRecoveryCode()
		rows[i] = []any{loginID, t.hashRecovery(loginID, codes[i])}
	}
	err := t.onOwn(ctx, actor, loginID, func(o *own) error {
		if !o.login.SecondFactor() {
			return enrolld.Errorf(enrolld.Conflict, "add an authenticator app or a passkey first: recovery codes stand in for them")
		}
		if err := endRecoveryCodes(ctx, o.tx, loginID); err != nil {
			return err
		}
		if err := store.InsertRows(ctx, o.tx, `INSERT INTO enrolld_recovery_codes (login_id, hash) VALUES `, rows, ""); err != nil {
			return fmt.Errorf("store recovery codes: %w", err)
		}
		o.note("login.codes_made", nil)
		o.tell(enrolld.TeamData{Event: enrolld.EventCodesMade})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func newRecoveryCode() string {
	b := make([]byte, recoveryLen)
	_, _ = rand.Read(b) // does not fail
	var code strings.Builder
	for i, c := range b {
		if i > 0 && i%recoveryGroup == 0 {
			code.WriteByte('-')
		}
		code.WriteByte(recoveryAlphabet[int(c)%len(recoveryAlphabet)]) // 256 is a multiple of 32: no bias
	}
	return code.String()
}

// hashRecovery is how a code is stored. 60 bits could be guessed from a plain hash
// by whoever has the database, with patience; a keyed one says nothing without the
// secret key file, which is not in it.
func (t *Team) hashRecovery(loginID int64, code string) []byte {
	code = strings.Map(func(r rune) rune {
		if strings.ContainsRune(recoveryAlphabet, r) {
			return r
		}
		return -1
	}, strings.ToLower(code))
	return store.HashToken(t.db.Keys().Token(fmt.Sprintf("recovery %d %s", loginID, code)))
}

// UseRecoveryCode uses a recovery code up, once, and tells the holder. left is how
// many remain; ok is false when it is none of the login's. Case, spaces and dashes
// do not matter.
func (t *Team) UseRecoveryCode(ctx context.Context, actor enrolld.Actor, loginID int64, code string) (left int, ok bool, err error) {
	actor.LoginID = 0 // the login itself, while it signs in
	err = t.onOwn(ctx, actor, loginID, func(o *own) error {
		ok = false
		res, err := o.tx.ExecContext(ctx, `UPDATE enrolld_recovery_codes SET used_at = ?
			WHERE login_id = ? AND hash = ? AND used_at IS NULL`, o.tx.Now(), loginID, t.hashRecovery(loginID, code))
		if err != nil {
			return fmt.Errorf("use a recovery code: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		if left, err = recoveryCodesLeft(ctx, o.tx, loginID); err != nil {
			return err
		}
		ok = true
		o.asSelf()
		o.note("login.code_used", map[string]any{"left": left})
		o.tell(enrolld.TeamData{Event: enrolld.EventCodeUsed, Detail: codesLeft(left)})
		return nil
	})
	return left, ok && err == nil, err
}

// codesLeft says how many codes remain, for mail.
func codesLeft(n int) string {
	switch n {
	case 0:
		return "It was the last one."
	case 1:
		return "One code is left."
	}
	return fmt.Sprintf("%d codes are left.", n)
}

// RecoveryCodesLeft says how many of a login's recovery codes were not used yet.
func (t *Team) RecoveryCodesLeft(ctx context.Context, loginID int64) (int, error) {
	n, err := recoveryCodesLeft(ctx, t.db.Conn(), loginID)
	return n, store.Classify(err)
}

func recoveryCodesLeft(ctx context.Context, conn queryer, loginID int64) (int, error) {
	list, err := store.Collect(ctx, conn, func(rows *sql.Rows, n *int) error { return rows.Scan(n) },
		`SELECT COUNT(*) FROM enrolld_recovery_codes WHERE login_id = ? AND used_at IS NULL`, loginID)
	if err != nil {
		return 0, fmt.Errorf("count recovery codes: %w", err)
	}
	return list[0], nil
}

func endRecoveryCodes(ctx context.Context, tx *store.Tx, loginID int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_recovery_codes WHERE login_id = ?`, loginID); err != nil {
		return fmt.Errorf("end recovery codes: %w", err)
	}
	return nil
}
