package wordpress

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"

	"enrolld"
)

// fallbackLogin is the base of a login when nothing of the address is left.
const fallbackLogin = "member"

// speaking are logins that would let a buyer speak for the site; the first half
// are the illegal_names of a new network.
var speaking = map[string]bool{
	"www": true, "web": true, "root": true, "admin": true, "main": true, "invite": true,
	"administrator": true, "webmaster": true, "support": true, "system": true, "editor": true,
}

// loginCandidates returns the logins to try for an address, one a call: the
// sanitised local part, then the same with six characters that only this
// address has. The whole address is never a login, since the nicename made of
// it is public.
func loginCandidates(addr string, key enrolld.EmailKey) func() string {
	base := SanitizeUser(addr[:strings.LastIndexByte(addr, '@')])
	base = strings.Trim(strings.ReplaceAll(base, "@", ""), " ")
	if strings.Trim(base, " _.-") == "" {
		base = fallbackLogin
	}
	n := -1
	if speaking[strings.ToLower(base)] {
		n = 0
	}
	return func() string {
		n++
		if n == 0 {
			return strings.TrimRight(cutRunes(base, maxLogin), " ")
		}
		return strings.TrimRight(cutRunes(base, maxLogin-7), " ") + "-" + hashSuffix(key, n)
	}
}

// nicenameCandidates follows wp_insert_user: the slug of the login, then with
// -2, -3 … On a site with a thousand of one name that would be a thousand
// tries, so after -5 come the six characters of the address.
func nicenameCandidates(login string, key enrolld.EmailKey) func() string {
	base := SanitizeNicename(login)
	n := 0
	if base == "" {
		base, n = fallbackLogin, 5
	}
	return func() string {
		n++
		suffix := strconv.Itoa(n)
		switch {
		case n == 1:
			return base
		case n > 5:
			suffix = hashSuffix(key, n)
		}
		return cutRunes(base, maxNicename-1-len(suffix)) + "-" + suffix
	}
}

// hashSuffix returns the nth six base36 characters of an address.
func hashSuffix(key enrolld.EmailKey, n int) string {
	sum := sha256.Sum256([]byte(key))
	if n > 4 { // the sum is used up: go on with the sum of it and the number
		sum = sha256.Sum256(append(sum[:], byte(n), byte(n>>8)))
		n = 1
	}
	const space = 36 * 36 * 36 * 36 * 36 * 36
	s := strconv.FormatUint(binary.BigEndian.Uint64(sum[8*(n-1):])%space, 36)
	return strings.Repeat("0", 6-len(s)) + s
}
