package wordpress

import (
	"regexp"
	"strings"
)

var scriptOrStyle = regexp.MustCompile(`(?is)<script[^>]*?>.*?</script>|<style[^>]*?>.*?</style>`)

// stripAllTags is wp_strip_all_tags: script and style go with their content,
// other tags without it.
func stripAllTags(s string) string {
	if strings.Contains(s, "<") {
		s = scriptOrStyle.ReplaceAllString(s, "")
	}
	return strings.Trim(stripTags(s), phpSpace)
}

// stripTags is PHP's strip_tags without allowed tags. A < before white space is
// text; quotes inside a tag hide a >; a tag that never ends swallows the rest.
func stripTags(s string) string {
	if !strings.ContainsAny(s, "<>\x00") {
		return s
	}
	t := tagStripper{in: s}
	for t.at = 0; t.at < len(s); t.at++ {
		if c := s[t.at]; c != 0 {
			t.step(c)
		}
	}
	return t.out.String()
}

// The states of php_strip_tags_ex.
const (
	inText = iota
	inTag
	inCode    // <? … ?>
	inDecl    // <! … >
	inComment // <!-- … -->
)

type tagStripper struct {
	in    string
	at    int
	out   strings.Builder
	state int
	depth int  // < inside a tag that still wait for their >
	quote byte // the quote that is open inside a tag, or 0
}

func (t *tagStripper) step(c byte) {
	if t.state == inText {
		t.text(c)
		return
	}
	switch {
	case c == '>':
		t.close()
	case c == '<' && t.state != inComment:
		if t.quote == 0 && !t.spaceFollows() && t.state == inTag {
			t.depth++
		}
	case c == '"' || c == '\'':
		t.toggle(c)
	case c == '!' && t.state == inTag && t.before(1) == '<':
		t.state = inDecl
	case c == '?' && t.state == inTag && t.before(1) == '<':
		t.state = inCode
	case c == '-' && t.state == inDecl && t.before(1) == '-' && t.before(2) == '!':
		t.state = inComment
	}
}

func (t *tagStripper) text(c byte) {
	switch {
	case c == '<' && !t.spaceFollows():
		t.state = inTag
	case c == '>' && t.depth > 0:
		t.depth--
	default:
		t.out.WriteByte(c)
	}
}

func (t *tagStripper) close() {
	if t.depth > 0 && t.state != inComment {
		t.depth--
		return
	}
	if t.quote != 0 {
		return
	}
	switch t.state {
	case inComment:
		if t.before(1) != '-' || t.before(2) != '-' {
			return
		}
	case inCode:
		if t.before(1) != '?' {
			return
		}
	}
	t.state, t.quote = inText, 0
}

func (t *tagStripper) toggle(c byte) {
	if t.state == inComment || t.state != inTag && t.before(1) == '\\' {
		return
	}
	switch t.quote {
	case 0:
		t.quote = c
	case c:
		t.quote = 0
	}
}

func (t *tagStripper) before(n int) byte {
	if t.at < n {
		return 0
	}
	return t.in[t.at-n]
}

func (t *tagStripper) spaceFollows() bool {
	return t.at+1 < len(t.in) && strings.IndexByte(" \t\n\v\f\r", t.in[t.at+1]) >= 0
}
