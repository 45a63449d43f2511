package clickbank

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // ClickBank derives its keys with it
	"crypto/subtle"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"enrolld"
	"enrolld/integrations"
)

// Fields of the envelope, and of what is stored in its place.
const (
	fieldCipher = "notification"
	fieldIV     = "iv"
	fieldStored = "enrolld_decrypted"
)

// keySize is that of AES-256: half of the hash's 40 digits would do for 128 bits.
const keySize = 32

// key is the AES key of a secret: the first 32 hex digits of its SHA-1, as text.
func key(secret []byte) []byte {
	sum := sha1.Sum(secret) //nolint:gosec // see above
	return []byte(hex.EncodeToString(sum[:]))[:keySize]
}

// open decrypts an envelope with the secret that fits and returns the
// notification in it. A delivery is verified, named and stored one after the
// other, so the last one that was opened is kept; what failed is not.
func (p *Platform) open(secrets []enrolld.Secret, envelope integrations.Node, s reading) (opened, bool) {
	text, iv := envelope.Get(fieldCipher), envelope.Get(fieldIV)
	if !text.IsText() || !iv.IsText() || envelope.Get(fieldStored).Exists() {
		return opened{}, false
	}
	last := p.last.Load()
	if last != nil && last.text == text.Raw() && last.iv == iv.Raw() && last.vendor == s.Vendor && slices.Equal(last.secrets, secrets) {
		return last.opened, true
	}
	o, ok := open(secrets, text, iv, s)
	if ok {
		p.last.Store(&lastOpened{text.Raw(), iv.Raw(), s.Vendor, slices.Clone(secrets), o})
	}
	return o, ok
}

// lastOpened is an envelope with what was in it, and by what it was opened.
type lastOpened struct {
	text, iv, vendor string
	secrets          []enrolld.Secret
	opened
}

// open tries all secrets, and each goes all the way, so that time does not tell at
// what an attempt failed.
func open(secrets []enrolld.Secret, text, iv integrations.Node, s reading) (opened, bool) {
	sealed, vector := integrations.DecodeBase64(text.Raw()), integrations.DecodeBase64(iv.Raw())
	if len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 || len(vector) != aes.BlockSize {
		return opened{}, false
	}
	var out opened
	for _, secret := range integrations.Keys(secrets) {
		plain, padded := decrypt(key(secret), vector, sealed)
		if n, err := integrations.DecodeJSON(plain); shaped(plain, n, err, s) && padded && out.plain == nil {
			out = opened{plain, n}
		}
	}
	return out, out.plain != nil
}

// opened is a notification as its envelope held it.
type opened struct {
	plain []byte
	n     integrations.Node
}

// decrypt undoes AES-256-CBC and the padding of PKCS#7; where the padding is none
// all of the text comes back.
func decrypt(key, iv, sealed []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed)
	last := plain[len(plain)-aes.BlockSize:]
	size := int(last[aes.BlockSize-1])
	ok := subtle.ConstantTimeLessOrEq(1, size) & subtle.ConstantTimeLessOrEq(size, aes.BlockSize)
	for i, c := range last {
		in := subtle.ConstantTimeLessOrEq(aes.BlockSize-size, i)
		ok &= subtle.ConstantTimeSelect(in, subtle.ConstantTimeByteEq(c, byte(size)), 1)
	}
	return plain[:len(plain)-subtle.ConstantTimeSelect(ok, size, 0)], ok == 1
}

// stored is what is kept of a notification.
func stored(plain []byte) []byte {
	out := append([]byte(nil), `{"`+fieldStored+`":`...)
	return append(append(out, bytes.TrimSpace(plain)...), '}')
}

var (
	knownType    = regexp.MustCompile(`^[A-Z][A-Z_-]{2,63}$`)
	knownReceipt = regexp.MustCompile(`^([A-Za-z0-9]{4,32}(-B[0-9]{1,4})?|\*{4,32})$`)
	knownItem    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// shaped says whether a text is a notification that ClickBank could have made. A
// change to the ciphertext turns a block into noise, which is neither printable
// nor JSON but once in millions of tries.
func shaped(plain []byte, n integrations.Node, err error, s reading) bool {
	if err != nil || !n.IsObject() || !printable(plain) {
		return false
	}
	kind, role, receipt := n.Get("transactionType"), n.Get("role"), n.Get("receipt")
	for _, f := range []integrations.Node{kind, role, receipt, n.Get("transactionTime"), n.Get("vendor")} {
		if f.Exists() && !f.Empty() && !f.IsText() {
			return false
		}
	}
	if !knownType.MatchString(kind.Text()) || moment(n.Get("transactionTime")).IsZero() {
		return false
	}
	if r := receipt.Text(); r != "" && !knownReceipt.MatchString(r) {
		return false
	}
	version, err := strconv.ParseFloat(n.Get("version").Text(), 64)
	if err != nil || !(version >= 6 && version < 100) { // nor NaN
		return false
	}
	for _, line := range n.Get("lineItems").List() {
		if !line.IsObject() {
			return false
		}
	}
	// What an affiliate is told carries the seller's name, and means nothing here.
	return s.ours(n.Get("vendor").Text()) || kind.Text() == typeTest || isForOthers(role.Text())
}

// printable says whether a text is UTF-8 without control characters.
func printable(b []byte) bool {
	for len(b) > 0 {
		if c := b[0]; c >= ' ' && c < 0x7f {
			b = b[1:]
			continue
		}
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size <= 1, r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			return false
		case r >= utf8.RuneSelf && !unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r):
			return false
		}
		b = b[size:]
	}
	return true
}
