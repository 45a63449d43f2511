package enrolld

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a phone number: E.164 has 15 digits, extensions a few more.
const (
	minPhoneDigits = 5
	maxPhoneDigits = 20
	maxPhoneLen    = 40 // characters
)

// ParsePhone checks a phone number as people write it and keeps how they did:
// digits with spaces, dots, dashes, slashes and brackets, a + in front. What
// comes along unseen when a number is copied is dropped. An empty number is
// fine. Errors have code Invalid.
func ParsePhone(s string) (string, error) {
	s = strings.Join(strings.Fields(strings.Map(phoneRune, s)), " ")
	if s == "" {
		return "", nil
	}
	if utf8.RuneCountInString(s) > maxPhoneLen {
		return "", Errorf(Invalid, "the phone number is longer than %d characters: leave out what is not the number", maxPhoneLen)
	}
	number := strings.TrimPrefix(strings.TrimPrefix(s, "("), "+")
	if i := strings.IndexFunc(number, func(r rune) bool { return !strings.ContainsRune("0123456789 .-/()", r) }); i >= 0 {
		return "", Errorf(Invalid, "write the phone number in digits, for example +44 20 7946 0018")
	}
	digits := len(number) - len(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, number))
	if digits < minPhoneDigits || digits > maxPhoneDigits {
		return "", Errorf(Invalid, "a phone number has %d to %d digits: write it with the country's code, for example +44 20 7946 0018",
			minPhoneDigits, maxPhoneDigits)
	}
	return s, nil
}

// phoneRune makes one of every kind of space and dash, and drops what is not seen.
func phoneRune(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Pd, r):
		return '-'
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}
