package team

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"enrolld"
	"enrolld/store"
)

// What every authenticator app can do: six digits, a step of 30 seconds.
const (
	totpIssuer = "Enrolld"
	totpStep   = 30 * time.Second
	totpDigits = 6
)

var totpOptions = totp.ValidateOpts{
	Period: uint(totpStep / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
}

// NewTOTP makes the secret of an authenticator app for a login, to be stored by
// ConfirmTOTP, and the address that the app reads from a QR code, which holds it.
func NewTOTP(login enrolld.Login) (secret, url enrolld.Secret, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: login.Email})
	if err != nil {
		return "", "", fmt.Errorf("make a secret for an authenticator app: %w", err)
	}
	return enrolld.Secret(key.Secret()), enrolld.Secret(key.URL()), nil
}

// ConfirmTOTP stores the secret of an authenticator app once the app has shown a
// code of it. An app that the login had before works no more. Errors: Invalid when
// the code is wrong.
func (t *Team) ConfirmTOTP(ctx context.Context, actor enrolld.Actor, loginID int64, secret enrolld.Secret, code string) error {
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		step, ok, err := matchingStep(secret, code, o.tx.Now(), 0)
		if err != nil {
			return err
		}
		if !ok {
			return enrolld.Errorf(enrolld.Invalid, "this code is not right: enter the one that the app shows now, and check that "+
				"the clock of the phone is right")
		}
		_, err = o.tx.ExecContext(ctx, `UPDATE enrolld_logins SET totp_secret = ?, totp_at = ?, totp_step = ? WHERE id = ?`,
			t.db.Keys().Seal(totpPlace(loginID), []byte(secret.Reveal())), o.tx.Now(), step, loginID)
		if err != nil {
			return fmt.Errorf("store an authenticator app: %w", err)
		}
		o.note("login.factor_added", map[string]any{"factor": "app", "replaced": o.login.TOTPAt != nil})
		o.tell(enrolld.TeamData{Event: enrolld.EventFactorAdded, Subject: "an authenticator app"})
		return nil
	})
}

// storedTOTP is a login's authenticator app.
type storedTOTP struct {
	sealed []byte
	step   int64
}

// CheckTOTP says whether a code is one that the login's app shows now, give or
// take a step, and was not used before: each code works once, and none of an
// earlier step after it. False without an app, too.
func (t *Team) CheckTOTP(ctx context.Context, loginID int64, code string) (bool, error) {
	var ok bool
	err := t.db.InTx(ctx, func(tx *store.Tx) error {
		ok = false
		apps, err := store.Collect(ctx, tx, func(rows *sql.Rows, a *storedTOTP) error { return rows.Scan(&a.sealed, &a.step) },
			`SELECT totp_secret, totp_step FROM enrolld_logins WHERE id = ? AND totp_at IS NOT NULL`, loginID)
		if err != nil || len(apps) == 0 {
			return err
		}
		secret, err := t.db.Keys().Open(totpPlace(loginID), apps[0].sealed)
		if err != nil {
			return err
		}
		step, match, err := matchingStep(enrolld.Secret(secret), code, tx.Now(), apps[0].step)
		if err != nil || !match {
			return err
		}
		// Whoever moves the step forward has used the code.
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_logins SET totp_step = ?
			WHERE id = ? AND totp_step < ? AND totp_secret = ? AND totp_at IS NOT NULL`, step, loginID, step, apps[0].sealed)
		if err != nil {
			return fmt.Errorf("use a code: %w", err)
		}
		n, err := res.RowsAffected()
		ok = n == 1
		return err
	})
	return ok && err == nil, err
}

// matchingStep finds the step after last whose code was given: the current one or
// one of its neighbours.
func matchingStep(secret enrolld.Secret, code string, now time.Time, last int64) (step int64, ok bool, err error) {
	code = strings.NewReplacer(" ", "", "\u00a0", "", "-", "").Replace(code)
	if len(code) != totpDigits {
		return 0, false, nil
	}
	current := now.Unix() / int64(totpStep/time.Second)
	for s := max(current-1, last+1); s <= current+1; s++ {
		want, err := totp.GenerateCodeCustom(secret.Reveal(), time.Unix(s*int64(totpStep/time.Second), 0), totpOptions)
		if err != nil {
			return 0, false, enrolld.Wrap(enrolld.Invalid, err, "the secret of the authenticator app cannot be read: start again")
		}
		if !ok && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok, nil
}

// RemoveTOTP removes a login's authenticator app. required: the login has to have
// a second factor. Errors: NotFound; Forbidden when it is required and the last.
func (t *Team) RemoveTOTP(ctx context.Context, actor enrolld.Actor, loginID int64, required bool) error {
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		switch {
		case o.login.TOTPAt == nil:
			return enrolld.Errorf(enrolld.NotFound, "there is no authenticator app to remove")
		case required && o.login.Passkeys == 0:
			return enrolld.Errorf(enrolld.Forbidden, "you need a second factor: add a passkey first, or replace the app by another one")
		}
		_, err := o.tx.ExecContext(ctx, `UPDATE enrolld_logins SET totp_secret = '', totp_at = NULL WHERE id = ?`, loginID)
		if err != nil {
			return fmt.Errorf("remove an authenticator app: %w", err)
		}
		o.note("login.factor_removed", map[string]any{"factor": "app"})
		o.tell(enrolld.TeamData{Event: enrolld.EventFactorRemoved, Subject: "the authenticator app"})
		if o.login.Passkeys > 0 {
			return nil
		}
		return endRecoveryCodes(ctx, o.tx, loginID)
	})
}

// totpPlace binds a sealed secret to its login.
func totpPlace(loginID int64) string { return fmt.Sprintf("login %d totp", loginID) }
