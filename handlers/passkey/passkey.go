package passkey

import (
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"enrolld"
	"enrolld/store/team"
)

// patience is how long a ceremony may take. A page that offers passkeys among
// the names of a field begins one before anybody has chosen anything.
const patience = 15 * time.Minute

// askFor is how long the browser asks, when it was told to.
const askFor = 5 * time.Minute

// Keys makes passkeys and signs in with them. It is safe for concurrent use.
type Keys struct {
	team *team.Team
	lib  *webauthn.WebAuthn // nil: there are none at this address
}

// New makes Keys for the admin's address. Passkeys belong to its host name: at
// another one they are not found, and where the address is a number there are none.
func New(base *url.URL, t *team.Team) (*Keys, error) {
	host := base.Hostname()
	if net.ParseIP(host) != nil {
		return &Keys{team: t}, nil
	}
	timeout := webauthn.TimeoutConfig{Timeout: askFor, TimeoutUVD: askFor}
	lib, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Enrolld", RPOrigins: []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
	})
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the address of the admin (--base-url) cannot have passkeys: %q", base.Host)
	}
	return &Keys{t, lib}, nil
}

// Offered says whether there can be passkeys at all.
func (k *Keys) Offered() bool { return k.lib != nil }

func (k *Keys) check() error {
	if k.lib == nil {
		return enrolld.Errorf(enrolld.Invalid, "passkeys need a host name: open the admin at its name, not at a number")
	}
	return nil
}
