package enrolld

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// EmailKey is the form of an address under which a customer is unique: trimmed,
// Unicode NFC, local part lower-cased, domain lower-cased and in ASCII
// (punycode). The address itself is stored as it was given.
type EmailKey string

// maxEmailLen is the longest address SMTP can carry (RFC 5321, erratum 1690).
const maxEmailLen = 254

// Domain returns the part after the @.
func (k EmailKey) Domain() string {
	return string(k[strings.LastIndexByte(string(k), '@')+1:])
}

// hosts turns domain names into the form that DNS knows. Unlike idna.Lookup it
// also minds the lengths that DNS allows.
var hosts = idna.New(
	idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.Transitional(false),
)

// ParseEmail checks one bare address as people type it and returns it trimmed,
// together with its key. It refuses display names, quoted local parts, address
// literals, domains without a dot, control and invisible characters and anything
// longer than SMTP carries. Errors have code Invalid and a message for people.
func ParseEmail(s string) (addr string, key EmailKey, err error) {
	if !utf8.ValidString(s) {
		return "", "", Errorf(Invalid, "the email address is not text")
	}
	s = strings.TrimFunc(s, blank)
	if key, ok := plainEmail(s); ok {
		return s, key, nil
	}
	return parseEmail(s)
}

// parseEmail is ParseEmail of any trimmed text.
func parseEmail(s string) (addr string, key EmailKey, err error) {
	if len(s) > 4*maxEmailLen { // before normalizing: NFC costs time and shortens no more than that
		return "", "", Errorf(Invalid, "the email address is longer than %d characters", maxEmailLen)
	}
	addr = norm.NFC.String(s)
	if addr == "" {
		return "", "", Errorf(Invalid, "the email address is empty")
	}
	if len(addr) > maxEmailLen {
		return "", "", Errorf(Invalid, "the email address is longer than %d characters", maxEmailLen)
	}
	if strings.ContainsFunc(addr, func(r rune) bool {
		return blank(r) || unicode.IsControl(r) || strings.ContainsRune(`"<>(),;:\[]`, r) || r == unicode.ReplacementChar
	}) {
		return "", "", Errorf(Invalid, "the email address has a character that addresses cannot have")
	}
	parsed, err := mail.ParseAddress(addr)
	if err != nil || parsed.Address != addr {
		return "", "", Errorf(Invalid, "this is not an email address")
	}
	at := strings.LastIndexByte(addr, '@')
	domain, err := hosts.ToASCII(addr[at+1:])
	if err != nil || !named(domain) {
		return "", "", Errorf(Invalid, "the email address has no valid domain")
	}
	key = EmailKey(norm.NFC.String(strings.ToLower(addr[:at])) + "@" + strings.ToLower(domain))
	if len(key) > maxEmailLen {
		return "", "", Errorf(Invalid, "the email address is longer than %d characters", maxEmailLen)
	}
	return addr, key, nil
}

// plainEmail is the key of an address as nearly all are: letters, digits and single
// dots, in a lower-case domain. For others, good or not, ok is false. It is a tenth
// of the work; a test compares it with the whole.
func plainEmail(s string) (key EmailKey, ok bool) {
	at := strings.IndexByte(s, '@')
	if at < 1 || len(s) > maxEmailLen || len(s)-at-1 > maxPlainDomain {
		return "", false
	}
	local := s[:at]
	if !plainLocal(local) || !plainDomain(s[at+1:]) {
		return "", false
	}
	if lower := strings.ToLower(local); lower != local {
		return EmailKey(lower + s[at:]), true
	}
	return EmailKey(s), true
}

func plainLocal(local string) bool {
	for i := range len(local) {
		c := local[i]
		switch {
		case c == '.':
			if i == 0 || i == len(local)-1 || local[i-1] == '.' {
				return false
			}
		case !letterOrDigit(c) && (c < 'A' || c > 'Z') && c != '_' && c != '-' && c != '+':
			return false
		}
	}
	return true
}

// plainDomain knows labels of single hyphens between letters and digits.
func plainDomain(domain string) bool {
	dots, begin := 0, 0
	for i := range len(domain) {
		switch c := domain[i]; {
		case letterOrDigit(c):
		case i == begin || i == len(domain)-1 || domain[i-1] == '-' || i-begin > maxLabel:
			return false
		case c == '.':
			dots, begin = dots+1, i+1
		case c != '-':
			return false
		}
	}
	return dots > 0 && begin < len(domain) && len(domain)-begin <= maxLabel && named(domain)
}

const maxLabel = 63

const maxPlainDomain = 253 // of DNS

func letterOrDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// blank says whether a character shows nothing: spaces, and what comes along
// when an address is copied from a page or a spreadsheet (zero-width spaces,
// marks of byte order and direction).
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// named says whether a domain has a dot and does not end in a number, as IP
// addresses do and no host name may.
func named(domain string) bool {
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && strings.Trim(domain[dot+1:], "0123456789") != ""
}

// MaskAddress shows of an address as much as its owner needs to know it again, and
// nobody else can write to: "m•••@e•••.com". Empty for what is none.
func MaskAddress(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at <= 0 || at == len(addr)-1 {
		return ""
	}
	domain, end := addr[at+1:], ""
	if dot := strings.LastIndexByte(domain, '.'); dot > 0 {
		end = domain[dot:]
	}
	return begins(addr[:at]) + "@" + begins(domain) + end
}

func begins(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	return string(r) + "•••"
}
