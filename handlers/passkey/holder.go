package passkey

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"enrolld"
)

// holder is a login as the library sees it.
type holder struct {
	login  enrolld.Login
	handle []byte
	keys   []webauthn.Credential
}

// WebAuthnID is the login's handle, which says nothing about anybody.
func (h *holder) WebAuthnID() []byte { return h.handle }

// WebAuthnName is what the device lists the passkey under.
func (h *holder) WebAuthnName() string { return h.login.Email }

// WebAuthnDisplayName is the person's name.
func (h *holder) WebAuthnDisplayName() string { return h.login.Label() }

// WebAuthnCredentials are the login's passkeys.
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (h *holder) descriptors() []protocol.CredentialDescriptor {
	out := make([]protocol.CredentialDescriptor, len(h.keys))
	for i := range h.keys {
		out[i] = h.keys[i].Descriptor()
	}
	return out
}

// holder reads a login and its passkeys.
func (k *Keys) holder(ctx context.Context, login enrolld.Login) (*holder, error) {
	handle, err := k.team.Handle(ctx, login.ID)
	if err != nil {
		return nil, err
	}
	rows, err := k.team.Passkeys(ctx, login.ID)
	if err != nil {
		return nil, err
	}
	h := &holder{login: login, handle: handle, keys: make([]webauthn.Credential, len(rows))}
	for i, row := range rows {
		if err := json.Unmarshal(row.Data, &h.keys[i]); err != nil {
			return nil, fmt.Errorf("read passkey %d: %w", row.ID, err)
		}
	}
	return h, nil
}
