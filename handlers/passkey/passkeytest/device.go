// Package passkeytest is a device that makes passkeys and signs with them, for
// tests: what a browser and its authenticator do together, without either.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Device holds one passkey, once it has made it.
type Device struct {
	T testing.TB
	// Origin is the address that the browser shows.
	Origin string
	// Counter is what the device counts; it goes up by Step with each signature.
	// Synced passkeys count nothing: both are 0.
	Counter, Step uint32
	// Careless: it asks for no finger, face or PIN.
	Careless bool
	// Handle is whose passkey it is, as the device was told.
	Handle []byte

	id  []byte
	key *ecdsa.PrivateKey
}

// New makes a device in a browser at an address.
func New(t testing.TB, origin string) *Device {
	t.Helper()
	return &Device{T: t, Origin: origin}
}

// options are those of either ceremony.
type options struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		User      struct{ ID string }
		Allow     []struct{ ID string } `json:"allowCredentials"`
		Exclude   []struct{ ID string } `json:"excludeCredentials"`
		Verify    string                `json:"userVerification"`
	}
}

func (d *Device) read(text string) (o options) {
	d.T.Helper()
	if err := json.Unmarshal([]byte(text), &o); err != nil || o.PublicKey.Challenge == "" {
		d.T.Fatalf("no options: %s", text)
	}
	return o
}

// Make makes a passkey and returns what the script posts; name may be empty.
func (d *Device) Make(optionsJSON, name string) string {
	d.T.Helper()
	o := d.read(optionsJSON)
	d.Handle = d.bytes(o.PublicKey.User.ID)
	d.id = make([]byte, 24)
	_, _ = rand.Read(d.id)
	var err error
	if d.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		d.T.Fatal(err)
	}
	attestation := d.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": d.data(o.PublicKey.RP.ID, d.credential())})
	return d.post(name, map[string]any{
		"clientDataJSON": text(d.client("webauthn.create", o)), "attestationObject": text(attestation), "transports": []string{"internal"},
	})
}

// Sign signs a challenge and returns what the script posts.
func (d *Device) Sign(optionsJSON string) string {
	d.T.Helper()
	o := d.read(optionsJSON)
	d.Counter += d.Step
	client := d.client("webauthn.get", o)
	data := d.data(o.PublicKey.RPID, nil)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte(nil), data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, signed[:])
	if err != nil {
		d.T.Fatal(err)
	}
	return d.post("", map[string]any{
		"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature), "userHandle": text(d.Handle),
	})
}

// Knows says whether the options name the device's passkey, among those allowed or
// left out.
func (d *Device) Knows(optionsJSON string) bool {
	o := d.read(optionsJSON)
	for _, c := range append(o.PublicKey.Allow, o.PublicKey.Exclude...) {
		if c.ID == text(d.id) {
			return true
		}
	}
	return false
}

func (d *Device) client(kind string, o options) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": o.PublicKey.Challenge, "origin": d.Origin, "crossOrigin": false})
	if err != nil {
		d.T.Fatal(err)
	}
	return b
}

// data is what the authenticator says: for which site, how, and how often.
func (d *Device) data(site string, credential []byte) []byte {
	flags := protocol.FlagUserPresent
	if !d.Careless {
		flags |= protocol.FlagUserVerified
	}
	if credential != nil {
		flags |= protocol.FlagAttestedCredentialData
	}
	sum := sha256.Sum256([]byte(site))
	out := append(sum[:], byte(flags))
	out = binary.BigEndian.AppendUint32(out, d.Counter)
	return append(out, credential...)
}

func (d *Device) credential() []byte {
	point, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.T.Fatal(err)
	}
	out := make([]byte, 16) // no model of device
	out = binary.BigEndian.AppendUint16(out, uint16(len(d.id)))
	out = append(out, d.id...)
	return append(out, d.cbor(webauthncose.EC2PublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
		Curve:         int64(webauthncose.P256), XCoord: point[1:33], YCoord: point[33:],
	})...)
}

func (d *Device) post(name string, response map[string]any) string {
	b, err := json.Marshal(map[string]any{"name": name, "credential": map[string]any{
		"id": text(d.id), "rawId": text(d.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	}})
	if err != nil {
		d.T.Fatal(err)
	}
	return string(b)
}

func (d *Device) cbor(v any) []byte {
	b, err := webauthncbor.Marshal(v)
	if err != nil {
		d.T.Fatal(err)
	}
	return b
}

func (d *Device) bytes(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		d.T.Fatal(err)
	}
	return b
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
