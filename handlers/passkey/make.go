package passkey

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"enrolld"
	"enrolld/handlers/gate"
)

// BeginMake answers with the options for a new passkey of whoever is signed in.
// Devices that have one already are left out.
func (k *Keys) BeginMake(r *gate.Request) error {
	return reply(r, func() (any, error) {
		if err := k.check(); err != nil {
			return nil, err
		}
		h, err := k.holder(r.Context(), r.Viewer.Login)
		if err != nil {
			return nil, err
		}
		options, data, err := k.lib.BeginRegistration(h, webauthn.WithExclusions(h.descriptors()))
		if err != nil {
			return nil, fmt.Errorf("begin a passkey: %w", err)
		}
		return options, wait(r, keyMaking, string(purposeMake), data)
	})
}

// FinishMake stores the passkey that the device made, under the name that the
// script sent or the browser's own words. next is called then: it says where the
// browser goes.
func (k *Keys) FinishMake(r *gate.Request, next func(name string) (location string, err error)) error {
	return reply(r, func() (any, error) {
		name, err := k.finishMake(r)
		if err != nil {
			return nil, err
		}
		return goTo(next(name))
	})
}

func (k *Keys) finishMake(r *gate.Request) (name string, err error) {
	if err := k.check(); err != nil {
		return "", err
	}
	data, err := resume(r, keyMaking, string(purposeMake))
	if err != nil {
		return "", err
	}
	sent, err := read(r)
	if err != nil {
		return "", err
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(sent.Credential)
	if err != nil {
		return "", refused(err)
	}
	h, err := k.holder(r.Context(), r.Viewer.Login)
	if err != nil {
		return "", err
	}
	made, err := k.lib.CreateCredential(h, data, answer)
	if err != nil {
		return "", refused(err)
	}
	made.Attestation = webauthn.CredentialAttestation{} // none was asked for: nothing to look at later
	row, err := json.Marshal(made)
	if err != nil {
		return "", fmt.Errorf("keep a passkey: %w", err)
	}
	if name = strings.TrimSpace(sent.Name); name == "" {
		name = r.Browser()
	}
	return name, k.team.AddPasskey(r.Context(), r.Actor(), r.Viewer.Login.ID, name, made.ID, row)
}

// refused is the error for an answer of a device that proves nothing. The library
// says more than people need and less than a secret.
func refused(cause error) error {
	return enrolld.Wrap(enrolld.Invalid, cause, "the passkey could not be checked: try again")
}
