package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"enrolld"
)

// Keyring holds what is derived from the secret key file: one key for sealing
// secrets at rest, one for links that must come out the same each time.
type Keyring struct {
	aead  cipher.AEAD
	links []byte
	check []byte
}

const masterLen = 32

// sealedV1 marks the format of a sealed value: this byte, nonce, ciphertext.
const sealedV1 = 1

// NewKeyring derives the keys from a master key of 32 bytes.
func NewKeyring(master []byte) (*Keyring, error) {
	if len(master) != masterLen {
		return nil, enrolld.Errorf(enrolld.Invalid, "the secret key must be %d bytes, it is %d", masterLen, len(master))
	}
	derive := func(purpose string) []byte {
		key, err := hkdf.Key(sha256.New, master, nil, "enrolld "+purpose, masterLen)
		if err != nil {
			panic(err) // only for lengths that we do not ask for
		}
		return key
	}
	block, err := aes.NewCipher(derive("seal v1"))
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	return &Keyring{aead: aead, links: derive("links v1"), check: derive("check v1")}, nil
}

// LoadKeyring reads the secret key file. Where there is none it makes one with
// a random key that only the owner may read, if create is true.
func LoadKeyring(path string, create bool) (*Keyring, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the operator names the file
	if errors.Is(err, fs.ErrNotExist) && create {
		if text, err = createKey(path); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the secret key file %s cannot be read", path)
	}
	master, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, enrolld.Errorf(enrolld.Invalid, "the secret key file %s must hold 32 bytes in base64", path)
	}
	return NewKeyring(master)
}

func createKey(path string) ([]byte, error) {
	master := make([]byte, masterLen)
	if _, err := rand.Read(master); err != nil {
		return nil, fmt.Errorf("make a secret key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make a secret key: %w", err)
	}
	text := []byte(base64.StdEncoding.EncodeToString(master) + "\n")
	// Whole and on disk before it has its name: replicas that start together read
	// one key, and no key is lost that something was sealed with.
	f, err := os.CreateTemp(filepath.Dir(path), ".enrolld-key-") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make a secret key: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("make a secret key: %w", err)
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return os.ReadFile(path) //nolint:gosec // G304: as above
	}
	if err != nil {
		return nil, fmt.Errorf("make a secret key: %w", err)
	}
	return text, nil
}

// Seal encrypts a secret for one place; a value moved to another place does not
// open there.
func (k *Keyring) Seal(place string, plain []byte) []byte {
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce) // crypto/rand.Read does not fail
	out := append([]byte{sealedV1}, nonce...)
	return k.aead.Seal(out, nonce, plain, []byte(place))
}

// Open decrypts what Seal made for the same place.
func (k *Keyring) Open(place string, sealed []byte) ([]byte, error) {
	n := 1 + k.aead.NonceSize()
	if len(sealed) < n || sealed[0] != sealedV1 {
		return nil, enrolld.Errorf(enrolld.Internal, "a stored secret has an unknown form")
	}
	plain, err := k.aead.Open(nil, sealed[1:n], sealed[n:], []byte(place))
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Unavailable, err,
			"a stored secret does not open: is this the secret key file that it was stored with?")
	}
	return plain, nil
}

// linkAlphabet is what WordPress leaves in a reset key.
const linkAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// LinkKey is the 20-character key of a set-password link, always the same for
// the same purpose: a message that is tried again carries the same link, and
// the key itself is stored nowhere.
func (k *Keyring) LinkKey(purpose string) string {
	mac := hmac.New(sha256.New, k.links)
	mac.Write([]byte(purpose))
	sum := mac.Sum(nil)
	key := make([]byte, 20)
	for i := range key {
		// 256 is not a multiple of 62: the bias costs a fraction of a bit.
		key[i] = linkAlphabet[int(sum[i])%len(linkAlphabet)]
	}
	return string(key)
}

// tokenLen is 190 bits.
const tokenLen = 32

// Token is the secret part of a link in mail to the team, always the same for
// the same purpose, so that it is stored nowhere: HashToken of it is.
func (k *Keyring) Token(purpose string) string {
	mac := hmac.New(sha512.New, k.links)
	mac.Write([]byte("token " + purpose))
	sum := mac.Sum(nil)
	token := make([]byte, tokenLen)
	for i := range token {
		token[i] = linkAlphabet[int(sum[i])%len(linkAlphabet)] // biased by a fraction of a bit
	}
	return string(token)
}

// AddressHash stands for an email address of an account where the address itself
// must not: it shows nothing without the secret key, and differs between accounts.
func (k *Keyring) AddressHash(accountID int64, key enrolld.EmailKey) []byte {
	mac := hmac.New(sha256.New, k.links)
	_, _ = fmt.Fprintf(mac, "address %d %s", accountID, key)
	return mac.Sum(nil)
}

// ListHash makes what stands for an account's list of customers where the list itself
// must not be kept. As AddressHash, it shows nothing without the secret key: a short
// list could be guessed from a plain hash.
func (k *Keyring) ListHash(accountID int64) hash.Hash {
	mac := hmac.New(sha256.New, k.links)
	_, _ = fmt.Fprintf(mac, "list %d ", accountID)
	return mac
}

// MessageMark stands in the Message-ID of a message and proves that a report is about
// it. The cause is part of it since numbers of messages come again when a backup of
// the database is restored.
func (k *Keyring) MessageMark(m *enrolld.Message) string {
	mac := hmac.New(sha256.New, k.links)
	_, _ = fmt.Fprintf(mac, "mark %d %d %s", m.ID, m.AccountID, m.Cause)
	return hex.EncodeToString(mac.Sum(nil)[:enrolld.MessageMark])
}

// HashToken is how tokens are stored: as SHA-256, enough for random ones.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
