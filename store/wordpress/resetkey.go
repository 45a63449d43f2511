package wordpress

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/blake2b"

	"enrolld"
)

const (
	// resetKeyLife is how long WordPress honours a key after its time stamp.
	resetKeyLife = 24 * time.Hour
	// fastHashKey is the key of wp_fast_hash, which came with WordPress 6.8.
	fastHashKey = "wp_fast_hash_6.8+"
)

var keyPattern = regexp.MustCompile(`^[A-Za-z0-9]{20}$`)

// The reasons of VerifyResetKey.
var (
	ErrKeyWrong   = errors.New("the key is not the one that was stored")
	ErrKeyExpired = errors.New("the key has expired")
)

// StoreResetKey lets the user set a password with key until validUntil, by
// writing user_activation_key. WordPress adds a day to the time stamp it finds,
// so a stamp in the future makes a link that lives longer than a day.
//
// A key replaces the one before. With a persistent object cache the key of an
// existing user is not seen until users:{ID} is purged; that of a new user is.
// Errors: Invalid for a malformed key, NotFound when there is no such user.
func StoreResetKey(
	ctx context.Context, conn Conn, site Site, info Info, userID int64, key string, validUntil time.Time,
) error {
	if err := site.Validate(); err != nil {
		return err
	}
	if !keyPattern.MatchString(key) {
		return enrolld.Errorf(enrolld.Invalid, "a set-password key has 20 letters and digits")
	}
	column := resetColumn(info, key, validUntil)
	res, err := conn.ExecContext(ctx,
		"UPDATE "+site.users()+" SET user_activation_key = ? WHERE ID = ?", column, userID)
	if err != nil {
		return fmt.Errorf("store the set-password key of user %d: %w", userID, err)
	}
	if n, err := res.RowsAffected(); err == nil && n > 0 {
		return nil
	}
	// No row changed: the same key again, or nobody there.
	var id int64
	err = conn.QueryRowContext(ctx, "SELECT ID FROM "+site.users()+" WHERE ID = ?", userID).Scan(&id)
	if err != nil {
		return notFound(err, fmt.Sprintf("WordPress user %d", userID))
	}
	return nil
}

func resetColumn(info Info, key string, validUntil time.Time) string {
	hash := fastHash(key)
	if !info.fastHashes() {
		hash = phpass("$P$"+string(phpassRounds)+randomText(itoa64, 8), key)
	}
	return strconv.FormatInt(validUntil.Add(-resetKeyLife).Unix(), 10) + ":" + hash
}

// fastHash is wp_fast_hash of WordPress 6.8.
func fastHash(key string) string {
	h, err := blake2b.New(30, []byte(fastHashKey))
	if err != nil {
		panic(err) // size and key are constants within BLAKE2b's limits
	}
	h.Write([]byte(key))
	return "$generic$" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// VerifyResetKey says what WordPress would say of a key, given the
// user_activation_key column: nil, ErrKeyWrong or ErrKeyExpired. Tests ask it what
// a link is worth.
func VerifyResetKey(column, key string, now time.Time) error {
	stamp, hash, ok := strings.Cut(column, ":")
	t, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || err != nil || key == "" {
		return ErrKeyWrong
	}
	want := fastHash(key)
	if strings.HasPrefix(hash, "$P$") {
		want = phpass(hash, key)
	}
	if want == "" || subtle.ConstantTimeCompare([]byte(hash), []byte(want)) != 1 {
		return ErrKeyWrong
	}
	if !now.Before(time.Unix(t, 0).Add(resetKeyLife)) {
		return ErrKeyExpired
	}
	return nil
}

// SetPasswordURL returns the address where the user chooses a password. siteURL
// is Info.SiteURL, not the home page: on Bedrock they differ. The login stands
// first and the action last, because mail programs cut punctuation off the end.
func SetPasswordURL(siteURL, login, key string) string {
	return strings.TrimRight(siteURL, "/") + "/wp-login.php?login=" + rawURLEncode(login) +
		"&key=" + rawURLEncode(key) + "&action=rp"
}

// rawURLEncode is PHP's rawurlencode.
func rawURLEncode(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
