package team

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// SignIn is how somebody proved who they are.
type SignIn struct {
	LoginID int64
	// Epoch is the login's when the first proof was given: a sign-in that sessions
	// were ended in the middle of is refused.
	Epoch int64
	How   string // "password", "password and app code", "passkey", …
	// KnownBrowser: somebody signed in to this login from it before.
	KnownBrowser bool
	Agent        string // the browser, in words
}

// SignedIn completes a sign-in: it binds the context's visit to the login, so that
// the session under its new token is the login's, notes the time, and mails the
// holder when the browser is not known. Errors: Unauthorized when the login's
// password was changed or its sessions were ended since the first proof.
func (t *Team) SignedIn(ctx context.Context, actor enrolld.Actor, s SignIn) error {
	actor.LoginID = 0 // whoever was signed in before: the login itself acts
	err := t.onOwn(ctx, actor, s.LoginID, func(o *own) error {
		if o.login.Epoch != s.Epoch {
			return enrolld.Errorf(enrolld.Unauthorized, "something about this login was changed meanwhile: sign in again")
		}
		o.asSelf()
		_, err := o.tx.ExecContext(ctx, `UPDATE enrolld_logins SET last_sign_in_at = ? WHERE id = ?`, o.tx.Now(), s.LoginID)
		if err != nil {
			return fmt.Errorf("note a sign-in: %w", err)
		}
		o.note("login.signed_in", map[string]any{"how": s.How, "browser": s.Agent, "known": s.KnownBrowser})
		if !s.KnownBrowser && o.login.LastSignInAt != nil {
			o.tell(enrolld.TeamData{Event: enrolld.EventNewSignIn, Detail: s.How, Agent: s.Agent})
		}
		return nil
	})
	if err == nil {
		v := visitOf(ctx)
		v.LoginID, v.Epoch = s.LoginID, s.Epoch
	}
	return err
}

// SignInFailed notes a sign-in that was refused and why. loginID is 0 when nobody
// has the name that was given: the entry then says nothing of whom.
func (t *Team) SignInFailed(ctx context.Context, actor enrolld.Actor, loginID int64, why string) error {
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		o := own{tx: tx, actor: actor, login: enrolld.Login{ID: loginID}}
		o.note("login.failed", map[string]any{"why": why})
		return o.finish(ctx)
	})
}
