package wordpress

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The widths of WordPress's columns, in characters. maxName is ours: usermeta
// would hold any length, but a first name of a megabyte is an attack.
const (
	maxLogin    = 60
	maxNicename = 50
	maxEmail    = 100
	maxDisplay  = 250
	maxName     = 250
)

var (
	percentOctet   = regexp.MustCompile(`%[a-fA-F0-9]{2}`)
	htmlEntity     = regexp.MustCompile(`&.+?;`)
	notLoginChar   = regexp.MustCompile(`(?i)[^a-z0-9 _.\-@]`)
	manySpaces     = regexp.MustCompile(`[ \t\n\r\f\v]+`)
	notSlugChar    = regexp.MustCompile(`[^%a-z0-9 _-]`)
	manyDashes     = regexp.MustCompile(`-+`)
	lessThanRun    = regexp.MustCompile(`<[^<>]*>?`)
	lineSpaces     = regexp.MustCompile(`[\r\n\t ]+`)
	brokenEntity   = regexp.MustCompile(`&[#A-Za-z0-9]{0,31}$`)
	slugDashEntity = strings.NewReplacer("&nbsp;", "-", "&#160;", "-", "&ndash;", "-", "&#8211;", "-",
		"&mdash;", "-", "&#8212;", "-", "/", "-")
)

// SanitizeUser is sanitize_user($s, true) and the trim of wp_insert_user: what
// is left of s as a login. It may be empty, and longer than a login may be.
func SanitizeUser(s string) string {
	s = removeAccents(stripAllTags(s))
	s = percentOctet.ReplaceAllString(s, "")
	s = htmlEntity.ReplaceAllString(s, "")
	s = notLoginChar.ReplaceAllString(s, "")
	return manySpaces.ReplaceAllString(strings.Trim(s, phpSpace), " ")
}

// SanitizeNicename is sanitize_title(mb_substr($login, 0, 50)): the slug that
// stands in public addresses of a login made by SanitizeUser. For text with
// letters beyond remove_accents it drops what WordPress percent-encodes.
func SanitizeNicename(login string) string {
	s := stripTags(removeAccents(cutRunes(login, maxNicename)))
	s = keepOctets(s)
	s = slugDashEntity.Replace(strings.ToLower(s))
	s = htmlEntity.ReplaceAllString(s, "")
	s = strings.ReplaceAll(s, ".", "-")
	s = notSlugChar.ReplaceAllString(s, "")
	s = manySpaces.ReplaceAllString(s, "-")
	s = strings.Trim(manyDashes.ReplaceAllString(s, "-"), "-")
	return cutRunes(s, maxNicename)
}

// keepOctets drops every % that does not begin an escaped octet.
func keepOctets(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] != '%' || percentOctet.MatchString(s[i:min(i+3, len(s))]) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// SanitizeText is sanitize_text_field: one line, no tags, no escaped octets.
// Invalid UTF-8 is dropped byte by byte, where WordPress empties the field.
func SanitizeText(s string) string {
	s = strings.ToValidUTF8(s, "")
	if strings.Contains(s, "<") {
		// wp_pre_kses_less_than: a < that no > follows is text, not a tag.
		s = lessThanRun.ReplaceAllStringFunc(s, func(m string) string {
			if strings.HasSuffix(m, ">") {
				return m
			}
			return escapeQuotes(EscapeHTML(m))
		})
		s = strings.ReplaceAll(stripAllTags(s), "<\n", "&lt;\n")
	}
	s = strings.Trim(lineSpaces.ReplaceAllString(s, " "), phpSpace)
	found := false
	for octet := percentOctet.FindString(s); octet != ""; octet = percentOctet.FindString(s) {
		s = strings.ReplaceAll(s, octet, "")
		found = true
	}
	if found {
		s = strings.Trim(lineSpaces.ReplaceAllString(s, " "), phpSpace)
	}
	return s
}

// CleanName is what wp_insert_user stores for a first or last name: text
// without tags and control characters, with & < > as entities, cut to 250
// characters. WordPress shows it unescaped, so no tag may survive here.
func CleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
			return -1 // broken text, and marks that turn the line around
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return cutEscaped(EscapeHTML(SanitizeText(s)), maxName)
}

// cutRunes returns the first n characters of s.
func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// cutEscaped is cutRunes that leaves no half entity and no space at the end.
func cutEscaped(s string, n int) string {
	cut := cutRunes(s, n)
	if cut == s {
		return s
	}
	return strings.TrimSpace(brokenEntity.ReplaceAllString(cut, ""))
}

// fitCharset drops what a column of the MySQL character set cannot hold; in
// strict mode the statement would fail, otherwise MySQL cuts the text there.
func fitCharset(s, charset string) string {
	var fits func(rune) bool
	switch charset {
	case "", "utf8mb4":
		return s
	case "utf8", "utf8mb3":
		fits = func(r rune) bool { return r <= 0xFFFF }
	case "latin1":
		fits = func(r rune) bool { _, ok := charmap.Windows1252.EncodeRune(r); return ok }
	default:
		s, fits = removeAccents(s), func(r rune) bool { return r < utf8.RuneSelf }
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if fits(r) {
			return r
		}
		return -1
	}, s))
}
