package wordpress

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"enrolld"
)

const (
	// itoa64 is the alphabet of phpass; a character's index is its value.
	itoa64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// phpassRounds is the cost character of WordPress: 2^13 rounds.
	phpassRounds = 'B'
	// maxPassword is the longest password that WordPress hashes, in bytes.
	maxPassword = 4096
)

// VerifyPassword says whether password matches a user_pass value, as
// wp_check_password of WordPress 6.8 and later does: md5, phpass, $wp$2y$ and
// plain bcrypt. Unlike hashing, verifying does not trim.
func VerifyPassword(hash, password string) bool {
	if len(hash) <= 32 {
		sum := md5.Sum([]byte(password))
		return same(hash, hex.EncodeToString(sum[:]))
	}
	if len(password) > maxPassword {
		return false
	}
	switch {
	case strings.HasPrefix(hash, "$wp"):
		// Three characters go, not four: the rest is an ordinary $2y$ hash.
		return bcrypt.CompareHashAndPassword([]byte(hash[3:]), []byte(prehash(password))) == nil
	case strings.HasPrefix(hash, "$P$"), strings.HasPrefix(hash, "$H$"):
		return same(hash, phpass(hash, password))
	case strings.HasPrefix(hash, "$2"):
		return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	}
	return false
}

// HashPassword returns a phpass hash, the one form that every version of
// WordPress accepts. Like wp_hash_password it trims the password first.
func HashPassword(password string) (string, error) {
	password = strings.Trim(password, phpSpace)
	if len(password) > maxPassword {
		return "", enrolld.Errorf(enrolld.Invalid, "the password is longer than %d bytes", maxPassword)
	}
	return phpass("$P$"+string(phpassRounds)+randomText(itoa64, 8), password), nil
}

// UnusablePassword returns a well-formed phpass hash of 34 characters that was
// not made from any password, so nobody knows one that fits. It costs no
// hashing: an import makes thousands a second. Its end follows from its beginning,
// by which it is known again; see neverSet.
func UnusablePassword() string {
	head := "$P$" + string(phpassRounds) + randomText(itoa64, 20)
	return head + unusableEnd(head)
}

// unusableEnd is the last ten characters of an unusable password: those of a hash
// that somebody's password was made into are like it once in 2^56.
func unusableEnd(head string) string {
	sum := sha256.Sum256([]byte("enrolld: nobody has set a password yet " + head))
	out := make([]byte, 10)
	for i := range out {
		out[i] = itoa64[sum[i]&63]
	}
	out[9] = itoa64[sum[9]&3] // the last of the 22 characters of an MD5 sum holds two bits only
	return string(out)
}

// neverSet says that a user_pass is still the one that we made a user with.
func neverSet(hash string) bool {
	const headLength = 24
	return len(hash) == headLength+10 && strings.HasPrefix(hash, "$P$"+string(phpassRounds)) &&
		hash[headLength:] == unusableEnd(hash[:headLength])
}

// prehash is the input of bcrypt in WordPress 6.8: it lifts bcrypt's limit of
// 72 bytes.
func prehash(password string) string {
	mac := hmac.New(sha512.New384, []byte("wp-sha384"))
	mac.Write([]byte(password))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// phpass is crypt_private of class-phpass.php: setting is the hash, or its
// first 12 characters. It returns "" when setting is malformed, which equals no
// hash.
func phpass(setting, password string) string {
	if len(setting) < 12 || len(password) > maxPassword {
		return ""
	}
	log2 := strings.IndexByte(itoa64, setting[3])
	if log2 < 7 || log2 > 30 {
		return ""
	}
	sum := md5.Sum([]byte(setting[4:12] + password))
	buf := make([]byte, md5.Size+len(password))
	copy(buf[md5.Size:], password)
	for range 1 << log2 {
		copy(buf, sum[:])
		sum = md5.Sum(buf)
	}
	return setting[:12] + encode64(sum[:])
}

// encode64 is phpass's own base64: little-endian, three bytes to four characters.
func encode64(in []byte) string {
	var b strings.Builder
	for i := 0; i < len(in); i += 3 {
		var word uint32
		for j, c := range in[i:min(i+3, len(in))] {
			word |= uint32(c) << (8 * j)
		}
		for range min(len(in)-i, 3) + 1 {
			b.WriteByte(itoa64[word&63])
			word >>= 6
		}
	}
	return b.String()
}

// randomText returns n characters of an alphabet, each equally likely.
func randomText(alphabet string, n int) string {
	out := make([]byte, 0, n)
	limit := 256 - 256%len(alphabet)
	var buf [64]byte
	for len(out) < n {
		rand.Read(buf[:]) // never fails since Go 1.24: it ends the process instead
		for _, c := range buf {
			if int(c) < limit && len(out) < n {
				out = append(out, alphabet[int(c)%len(alphabet)])
			}
		}
	}
	return string(out)
}

func same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
