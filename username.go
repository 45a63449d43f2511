package enrolld

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Lengths of a username, in characters. They hold for its key too.
const (
	minUsername = 3
	maxUsername = 60
)

// reserved are names that only the service itself may bear, without dots,
// underscores and hyphens: someone who has one could be taken for it.
var reserved = map[string]bool{
	"abuse": true, "account": true, "admin": true, "administrator": true, "anonymous": true, "api": true, "billing": true,
	"enrolld": true, "everyone": true, "helpdesk": true, "hostmaster": true, "mailerdaemon": true, "moderator": true,
	"nobody": true, "noreply": true, "null": true, "operator": true, "owner": true, "postmaster": true, "root": true,
	"security": true, "staff": true, "superadmin": true, "superuser": true, "support": true, "sysadmin": true, "system": true,
	"undefined": true, "webmaster": true,
}

// usernameShape is letters and digits, each with what marks it, and what may stand
// between them. Some scripts put two marks on a letter, none needs many.
var usernameShape = regexp.MustCompile(`^[\pL\p{Nd}]\pM{0,2}(?:[._-]?[\pL\p{Nd}]\pM{0,2})*$`)

// lookalikes are scripts that have letters of the same looks.
var lookalikes = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek}

// ParseUsername checks a username and returns it in Unicode NFKC, together with
// the key under which it is unique: in NFKC and case-folded. A username has
// letters and digits of any script, and dots, underscores and hyphens between
// them; it has no @, so nobody can take it for an address. One that mixes Latin
// with Cyrillic or Greek letters is refused, since two such names can look the
// same; two names that are wholly of different scripts can still. Errors have
// code Invalid.
func ParseUsername(s string) (name, key string, err error) {
	if !utf8.ValidString(s) {
		return "", "", Errorf(Invalid, "the username is not text")
	}
	if len(s) > 16*maxUsername { // before normalizing, which costs time
		return "", "", Errorf(Invalid, "the username must have %d to %d characters", minUsername, maxUsername)
	}
	name = norm.NFKC.String(strings.TrimFunc(s, blank))
	if n := utf8.RuneCountInString(name); n < minUsername || n > maxUsername {
		return "", "", Errorf(Invalid, "the username must have %d to %d characters; this one has %d", minUsername, maxUsername, n)
	}
	if err := checkUsernameLetters(name); err != nil {
		return "", "", err
	}
	key = usernameKey(name)
	if utf8.RuneCountInString(key) > maxUsername {
		return "", "", Errorf(Invalid, "the username is too long: shorten it")
	}
	if reserved[strings.NewReplacer(".", "", "_", "", "-", "").Replace(key)] {
		return "", "", Errorf(Invalid, "the username %q is kept for the service itself: choose another", name)
	}
	return name, key, nil
}

// usernameKey folds until nothing changes: normalizing what was folded can make
// a letter that folds again.
func usernameKey(name string) string {
	for {
		key := norm.NFKC.String(cases.Fold().String(name))
		if key == name {
			return key
		}
		name = key
	}
}

func checkUsernameLetters(name string) error {
	if strings.Contains(name, "@") {
		return Errorf(Invalid, "a username has no @: an email address signs in as it is and needs no username")
	}
	var scripts int
	for _, script := range lookalikes {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(script, r) }) {
			scripts++
		}
	}
	if scripts > 1 {
		return Errorf(Invalid, "the username mixes letters of different alphabets that look alike: write it in one")
	}
	if !usernameShape.MatchString(name) {
		return Errorf(Invalid, "write the username in letters and digits, with single dots, underscores or hyphens between them")
	}
	return nil
}
