package importer

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed headers.txt
var headerList string

// prefixes say whose a column is, not what: Billing Email, Customer first name.
var prefixes = []string{"billing", "customer", "contact", "user", "member", "student", "buyer", "client", "subscriber", "your", "primary", "account", "kunden", "teilnehmer", "meta"}

type headerWord struct {
	role Role
	rank int // 0 is the plain word; 1 has whose it is in front
}

// headerWords is what every name of headers.txt means, by its headerKey.
var headerWords = sync.OnceValue(func() map[string]headerWord {
	words := map[string]headerWord{}
	var role Role
	for line := range strings.Lines(headerList) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", line[0] == '#':
		case line[0] == '[':
			role = Role(strings.Trim(line, "[]"))
		default:
			for name := range strings.SplitSeq(strings.TrimSuffix(line, ","), ",") {
				words[headerKey(name)] = headerWord{role: role}
			}
		}
	}
	return words
})

// headerKey is what a name of a column is compared by: letters and digits without
// case and accents.
func headerKey(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(cutRunes(strings.ToValidUTF8(name, ""), 200)))
}

// readHeader says what a name of a column means; Ignore when nobody knows.
func readHeader(name string) headerWord {
	if refusedHeader(name) {
		return headerWord{role: Refused}
	}
	key := headerKey(name)
	if word, ok := headerWords()[key]; ok {
		return word
	}
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			if word, ok := headerWords()[rest]; ok {
				return headerWord{word.role, 1}
			}
		}
	}
	return headerWord{role: Ignore}
}

// refusedHeader says whether a column would give rights or passwords.
func refusedHeader(name string) bool {
	key := headerKey(name)
	if headerWords()[key].role == Refused {
		return true
	}
	for _, part := range []string{"password", "passwort", "kennwort", "userpass", "capabilit", "userlevel", "userrole"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(key, prefix); ok && headerWords()[rest].role == Refused {
			return true
		}
	}
	return false
}
