package enrolld

import (
	"strings"
	"unicode"
)

// Limits of a paste of addresses.
const (
	MaxInvitees     = 500
	MaxInviteesText = 64 << 10 // bytes
	maxInviteeText  = 80       // characters of what was typed, in a report
	maxInviteeName  = 100      // characters
)

// Invitee is one person of a paste, or one piece of it that is nobody's address.
type Invitee struct {
	Text    string // as it was typed, at most 80 characters; for reports
	Name    string // may be empty
	Email   string // empty when there is a Problem with the address
	Key     EmailKey
	Problem string // why this is not invited; empty: it is
}

// String writes the invitee so that ParseInvitees reads the same again:
// "Ann Lee" <ann@example.org>; or what was typed when there is no address.
func (i Invitee) String() string {
	switch {
	case i.Email == "":
		return i.Text
	case i.Name == "":
		return "<" + i.Email + ">"
	}
	return `"` + i.Name + `" <` + i.Email + `>`
}

// ParseInvitees reads addresses as people paste them: one a line or many, between
// commas, semicolons, tabs or spaces, with bullets, quotes, mailto: or a name
// beside them. Every line that says anything is accounted for: by the invitees
// that it names or by one with a Problem. An address that comes again is reported
// once. At most MaxInvitees are returned, and one more that says where reading
// stopped when the paste had more, or more than MaxInviteesText.
func ParseInvitees(text string) []Invitee {
	text, rest := strings.TrimSpace(text), ""
	if len(text) > MaxInviteesText {
		text, rest = cutText(text)
	}
	list := inviteeList{seen: map[EmailKey]int{}}
	for line := range strings.SplitSeq(lineEnds.Replace(text), "\n") {
		for _, i := range parseInviteeLine(line) {
			if len(list.all) == MaxInvitees {
				return append(list.all, stopped(i.Text, "there are more than %d: send these, then go on from here", MaxInvitees))
			}
			list.add(i)
		}
	}
	if rest != "" {
		list.all = append(list.all, stopped(rest, "the text is longer than %d kB: send these, then go on from here", MaxInviteesText>>10))
	}
	return list.all
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// cutText divides a text that is too long after the last line that fits, or the
// last word; never in one, where half an address could be somebody else's.
func cutText(text string) (head, rest string) {
	for _, ends := range []string{"\r\n", cellEnds, " "} {
		if end := strings.LastIndexAny(text[:MaxInviteesText], ends); end >= 0 {
			return text[:end], text[end:]
		}
	}
	return "", text
}

func stopped(text, problem string, limit int) Invitee {
	return Invitee{Text: asTyped(text), Problem: MessageOf(Errorf(TooLarge, problem, limit))}
}

// asTyped is the beginning of a text, for a report.
func asTyped(s string) string {
	const enough = maxInviteeText * 8 // bytes: the rest of a long text is not looked at
	if len(s) > enough {
		s = s[:enough]
	}
	return cutRunes(oneLine(s), maxInviteeText)
}

// inviteeList collects invitees and finds those who come again.
type inviteeList struct {
	all  []Invitee
	seen map[EmailKey]int // how often
}

func (l *inviteeList) add(i Invitee) {
	if i.Key != "" {
		l.seen[i.Key]++
		switch l.seen[i.Key] {
		case 1:
		case 2:
			i.Problem = "is there twice"
		default:
			return
		}
	}
	l.all = append(l.all, i)
}

// parseInviteeLine returns the addresses of a line, each with the name beside it,
// or one invitee with a problem when it has none. A line that shows nothing has
// nobody.
func parseInviteeLine(line string) []Invitee {
	var out []Invitee
	var waiting []string // words of earlier cells of a line that begins with names
	cells := inviteeCells(line)
	for _, cell := range cells {
		found, words := cell.invitees()
		switch {
		case len(found) > 0:
			found[0].Name = joinName(found[0].Name, waiting)
			out, waiting = append(out, found...), nil
		case len(out) > 0 && !cells[0].named():
			last := &out[len(out)-1]
			last.Name = joinName(last.Name, words)
		default:
			waiting = append(waiting, words...)
		}
	}
	if len(out) == 0 && strings.ContainsFunc(line, says) {
		return []Invitee{{Text: asTyped(line), Problem: "there is no email address in this: write one, for example ann@example.org"}}
	}
	return out
}

// says whether a character can mean anything in a list of people.
func says(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' }

// joinName puts words behind a name. So "Lee, Ann <ann@example.org>" is Ann Lee.
func joinName(name string, words []string) string {
	return cleanName(name + " " + strings.Join(words, " "))
}

func cleanName(s string) string {
	s = cutRunes(strings.Trim(oneLine(s), nameEdges), maxInviteeName)
	if !strings.ContainsFunc(s, unicode.IsLetter) {
		return ""
	}
	return strings.Trim(s, nameEdges)
}

// toInvitee checks an address that stood in a paste.
func toInvitee(typed string) Invitee {
	addr, key, err := ParseEmail(typed)
	if err != nil {
		return Invitee{Text: asTyped(typed), Problem: MessageOf(err)}
	}
	return Invitee{Text: asTyped(typed), Email: addr, Key: key}
}
