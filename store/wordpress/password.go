package wordpress

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

const (
	// itoa64 is the alphabet of phpass; a character's index is its value.
	itoa64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// phpassRounds is the cost character of WordPress: 2^13 rounds.
	phpassRounds = 'B'
)

// unusablePassword returns a well-formed phpass hash of 34 characters that was
// not made from any password, so nobody knows one that fits. It costs no
// hashing: an import makes thousands a second. Its end follows from its beginning,
// by which it is known again; see neverSet.
func unusablePassword() string {
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

// phpass is crypt_private of class-phpass.php, which WordPress before 6.8 hashes
// the keys of its links with: setting is the hash, or its
// first 12 characters. It returns "" when setting is malformed, which equals no
// hash.
func phpass(setting, password string) string {
	if len(setting) < 12 {
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
