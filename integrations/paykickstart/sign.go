package paykickstart

import (
	"strings"

	"enrolld/integrations"
)

// phpBlanks is what PHP's trim takes away.
const phpBlanks = " \t\n\r\x00\x0b"

// signed says whether one of the texts that PayKickstart may have signed passes.
// Its documentation turns values into Latin-1 first and drops what does not fit;
// other code signs them as they are. How lists enter is not documented: PHP's own
// functions drop them, or else their members stand in their place.
func signed(n integrations.Node, passes func(text []byte) bool) bool {
	plain, whole := values(n)
	if passesIn(plain, passes) {
		return true
	}
	return whole != plain && passesIn(whole, passes)
}

// passesIn tries a text in both charsets, which are one for plain ASCII.
func passesIn(text string, passes func([]byte) bool) bool {
	latin := latin1(text)
	return passes(latin) || string(latin) != text && passes([]byte(text))
}

// values joins the values by the order of their names: without lists, and with
// their members.
func values(n integrations.Node) (plain, whole string) {
	var p, w strings.Builder
	p.Grow(1 << 10)
	nested := false
	for _, f := range n.Fields() {
		if f.Name == fieldHash || f.Name == fieldOld {
			continue
		}
		v := f.Value
		if v.IsObject() {
			if !nested {
				w.WriteString(p.String())
				nested = true
			}
			leaves(v, func(s string) { join(&w, s) })
			continue
		}
		s := v.Raw()
		join(&p, s)
		if nested {
			join(&w, s)
		}
	}
	if !nested {
		return p.String(), p.String()
	}
	return p.String(), w.String()
}

// join appends a value, unless PHP takes it for nothing.
func join(b *strings.Builder, s string) {
	if s = strings.Trim(s, phpBlanks); s == "" || s == "0" {
		return
	}
	if b.Len() > 0 {
		b.WriteByte('|')
	}
	b.WriteString(s)
}

func leaves(n integrations.Node, take func(string)) {
	if !n.IsObject() {
		take(n.Raw())
		return
	}
	for _, f := range n.Fields() {
		leaves(f.Value, take)
	}
}

// latin1 is a text in ISO 8859-1, without what that cannot write.
func latin1(s string) []byte {
	b := make([]byte, 0, len(s))
	if isASCII(s) {
		return append(b, s...)
	}
	for _, r := range s {
		if r <= 0xff {
			b = append(b, byte(r))
		}
	}
	return b
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
