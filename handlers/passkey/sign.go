package passkey

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"enrolld"
	"enrolld/handlers/gate"
)

// Purpose is what a passkey is asked for. What was made for one proves nothing
// for another.
type Purpose string

// The purposes.
const (
	SignIn       Purpose = "sign in"       // who it is: the passkey says
	SecondFactor Purpose = "second factor" // after the password
	Again        Purpose = "again"         // of who is signed in

	purposeMake Purpose = "make"
)

// BeginSign answers with the options to sign in. With SignIn login is empty and
// the device offers what it has, otherwise only passkeys of the login count.
func (k *Keys) BeginSign(r *gate.Request, purpose Purpose, login enrolld.Login) error {
	return reply(r, func() (any, error) {
		if err := k.check(); err != nil {
			return nil, err
		}
		options, data, err := k.beginSign(r.Context(), purpose, login)
		if err != nil {
			return nil, err
		}
		return options, wait(r, keySigning, string(purpose), data)
	})
}

func (k *Keys) beginSign(
	ctx context.Context, purpose Purpose, login enrolld.Login,
) (options *protocol.CredentialAssertion, data *webauthn.SessionData, err error) {
	if purpose == SignIn {
		return begun(k.lib.BeginDiscoverableLogin())
	}
	h, err := k.holder(ctx, login)
	if err != nil {
		return nil, nil, err
	}
	if len(h.keys) == 0 {
		return nil, nil, enrolld.Errorf(enrolld.Conflict, "this login has no passkey")
	}
	return begun(k.lib.BeginLogin(h))
}

func begun(
	options *protocol.CredentialAssertion, data *webauthn.SessionData, err error,
) (*protocol.CredentialAssertion, *webauthn.SessionData, error) {
	if err != nil {
		return nil, nil, fmt.Errorf("begin with a passkey: %w", err)
	}
	return options, data, nil
}

// FinishSign checks what the device signed. When it proves a login, done is called
// with it: it says where the browser goes. A copied passkey proves nothing.
func (k *Keys) FinishSign(
	r *gate.Request, purpose Purpose, login enrolld.Login, done func(enrolld.Login) (location string, err error),
) error {
	return reply(r, func() (any, error) {
		proven, err := k.finishSign(r, purpose, login)
		if err != nil {
			return nil, err
		}
		return goTo(done(proven))
	})
}

func (k *Keys) finishSign(r *gate.Request, purpose Purpose, login enrolld.Login) (enrolld.Login, error) {
	if err := k.check(); err != nil {
		return login, err
	}
	data, err := resume(r, keySigning, string(purpose))
	if err != nil {
		return login, err
	}
	sent, err := read(r)
	if err != nil {
		return login, err
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(sent.Credential)
	if err != nil {
		return login, refused(err)
	}
	h, used, err := k.verify(r.Context(), purpose, login, data, answer)
	if err != nil {
		return login, k.failed(r, h, err)
	}
	return h.login, k.used(r, h, used)
}

// verify returns whose passkey it is, and the passkey as it is now.
func (k *Keys) verify(
	ctx context.Context, purpose Purpose, login enrolld.Login, data webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData,
) (h *holder, used *webauthn.Credential, err error) {
	if purpose != SignIn {
		if h, err = k.holder(ctx, login); err != nil {
			return nil, nil, err
		}
		used, err = k.lib.ValidateLogin(h, data, answer)
		return h, used, asRefused(err)
	}
	var broken error // ours, not the caller's: the library makes one of both
	_, used, err = k.lib.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		if h, broken = k.byHandle(ctx, handle); broken != nil {
			return nil, broken
		}
		return h, nil
	}, data, answer)
	if broken != nil {
		return nil, nil, broken
	}
	return h, used, asRefused(err)
}

func asRefused(err error) error {
	if err == nil {
		return nil
	}
	return refused(err)
}

var errNobody = enrolld.Errorf(enrolld.Invalid, "this passkey belongs to no login here: choose another one, or sign in with a password")

func (k *Keys) byHandle(ctx context.Context, handle []byte) (*holder, error) {
	login, err := k.team.LoginByHandle(ctx, handle)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return nil, errNobody
	}
	if err != nil {
		return nil, err
	}
	return k.holder(ctx, login)
}

// used keeps the passkey's counter. One that did not grow may be a copy's: it is
// refused, and nothing is kept of it.
func (k *Keys) used(r *gate.Request, h *holder, used *webauthn.Credential) error {
	if used.Authenticator.CloneWarning {
		return k.failed(r, h, enrolld.Errorf(enrolld.Forbidden,
			"this passkey seems to have been copied: sign in another way, then remove it under Security"))
	}
	row, err := json.Marshal(used)
	if err != nil {
		return fmt.Errorf("keep a passkey: %w", err)
	}
	return k.team.UsedPasskey(r.Context(), h.login.ID, used.ID, row)
}

// failed notes a try that proved nothing, when it is known whose it was.
func (k *Keys) failed(r *gate.Request, h *holder, cause error) error {
	why := "passkey"
	switch enrolld.CodeOf(cause) {
	case enrolld.Forbidden:
		why = "copied passkey"
	case enrolld.Invalid:
	default:
		return cause // ours
	}
	if h == nil {
		return cause
	}
	if err := k.team.SignInFailed(r.Context(), r.Actor(), h.login.ID, why); err != nil {
		return err
	}
	return cause
}
