package wordpress

import (
	"strings"

	"enrolld"
)

// isLocal: what is_email lets stand before the @.
func isLocal(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte("!#$%&'*+/=?^_`{|}~.-", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// isLabel: letters and digits, and hyphens between them.
func isLabel(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && (s[i] != '-' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != ""
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// Address returns the form of an email address that WordPress can hold, and its
// key. The case of the local part is kept, as WordPress keeps it; a domain in
// another script goes to its ASCII form. sanitize_email would silently remove
// other letters from the local part and so write to somebody else: such an
// address is an error with code Invalid, as is one of more than 100 characters.
func Address(email string) (string, enrolld.EmailKey, error) {
	addr, key, err := enrolld.ParseEmail(email)
	if err != nil {
		return "", "", err
	}
	local := addr[:strings.LastIndexByte(addr, '@')]
	domain := strings.TrimSuffix(addr[len(local)+1:], ".")
	if !isASCII(domain) {
		domain = key.Domain()
	}
	if !isLocal(local) {
		return "", "", enrolld.Errorf(enrolld.Invalid,
			"WordPress cannot hold this address: before the @ stand only ASCII letters, "+
				"digits and !#$%%&'*+/=?^_`{|}~.-")
	}
	for label := range strings.SplitSeq(domain, ".") {
		if !isLabel(label) {
			return "", "", enrolld.Errorf(enrolld.Invalid,
				"WordPress cannot hold the domain of this address")
		}
	}
	addr = local + "@" + domain
	if len(addr) > maxEmail || len(addr) < 6 {
		return "", "", enrolld.Errorf(enrolld.Invalid,
			"WordPress holds addresses of 6 to %d characters; this one has %d", maxEmail, len(addr))
	}
	return addr, key, nil
}

// keyOf returns the key of a user_email column, "" when it holds no address.
// WordPress's form stores & as &amp;.
func keyOf(column string) enrolld.EmailKey {
	_, key, err := enrolld.ParseEmail(strings.ReplaceAll(column, "&amp;", "&"))
	if err != nil {
		return ""
	}
	return key
}

// spellings returns the values of user_email that may belong to an address. The
// column compares without case in all but _bin collations, where the caller
// compares lower-cased.
func spellings(given, addr string, key enrolld.EmailKey) []string {
	out := []string{addr}
	add := func(s string) {
		for _, have := range out {
			if strings.EqualFold(have, s) {
				return
			}
		}
		out = append(out, s)
	}
	add(string(key))
	add(strings.TrimSpace(given))
	if strings.Contains(addr, "&") {
		add(strings.ReplaceAll(addr, "&", "&amp;"))
	}
	return out
}
