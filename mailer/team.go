package mailer

import (
	"cmp"
	"net/netip"
	"time"

	"enrolld"
	"enrolld/mailer/letter"
)

// productName is who writes to the team where no account does.
const productName = "Enrolld"

// Limits of what mail to the team says, in runes.
const (
	maxSubjectName = 60 // a name within a subject
	maxPreheader   = 150
	maxDetail      = 1500 // every permission there is, in words
)

// teamView is what mail to the team says besides what every mail says.
type teamView struct {
	Title  phrase
	Text   []phrase // paragraphs
	Facts  []fact
	Note   phrase // how long the link is valid; nil: nothing to say
	Advice phrase // what to do when it is not as it should be; nil: nothing
	Why    phrase // why the reader gets it
}

// fact is one line of the list of facts.
type fact struct {
	Name, Value string
	URL         string // where to look at it; may be empty
}

// newTeamView is newView for mail to the team, which knows no site.
func newTeamView(m *enrolld.Message) (*view, error) {
	d := m.Data.Team
	if d == nil {
		return nil, enrolld.Errorf(enrolld.Invalid, "the message to the team does not say what it is about")
	}
	w, ok := wordsOf(d)
	if !ok {
		return nil, enrolld.Errorf(enrolld.Invalid, "there are no words for the event %q", d.Event)
	}
	url := letter.WebURL(d.URL)
	if w.needsLink && url == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "the message about the event %q has no link", d.Event)
	}
	short, long := w.blanks(d, maxSubjectName), w.blanks(d, maxWord)
	v := &view{
		Lang:      "en",
		Subject:   headerText(short.fill(w.subject).String(), maxSubject),
		Preheader: letter.Cut(short.fill(w.preheader).String(), maxPreheader),
		Site:      long.values["account"],
		Hello:     "Hello,",
		Team:      w.write(long),
	}
	for _, l := range d.Lines {
		v.Team.Facts = append(v.Team.Facts, fact{letter.Cut(unlinked(l.Name), maxWord), letter.Cut(unlinked(l.Text), maxWord), letter.WebURL(l.URL)})
	}
	if v.Site == "" {
		v.Site = productName
	}
	if name := greetingName(m.ToName); name != "" && name == unlinked(name) {
		v.Hello = "Hello " + name + ","
	}
	if w.button != "" && url != "" {
		v.Button = button{w.button, url}
	}
	return v, nil
}

// write says the words of an event.
func (w words) write(b blanks) *teamView {
	t := &teamView{Title: b.fill(w.title), Note: b.fill(w.note), Advice: b.fill(w.advice), Why: b.fill(w.why.account)}
	for _, s := range w.text {
		if p := b.fill(s); p != nil {
			t.Text = append(t.Text, p)
		}
	}
	for _, f := range w.facts {
		if value := b.values[f.key]; value != "" {
			t.Facts = append(t.Facts, fact{Name: f.name, Value: value})
		}
	}
	if b.values["account"] == "" {
		t.Why = b.fill(w.why.alone)
	}
	return t
}

// blanks cleans what an event's words may name, with names of at most maxName
// runes.
func (w words) blanks(d *enrolld.TeamData, maxName int) blanks {
	b := blanks{
		values: map[string]string{
			"account": letter.Cut(unlinked(d.Account), maxName),
			"actor":   letter.Cut(unlinked(d.Actor), maxName),
			"subject": letter.Cut(unlinked(d.Subject), maxName),
			"detail":  letter.Cut(unlinked(d.Detail), maxDetail),
			"addr":    networkAddress(d.Addr),
			"agent":   letter.Cut(unlinked(d.Agent), maxWord),
			"at":      moment(d.At),
		},
		otherwise: map[string]string{
			"account": "a client account", "actor": "somebody", "subject": cmp.Or(w.unnamed, "somebody"),
			"until": w.undated, "detail": w.undetailed,
		},
	}
	if d.Until != nil {
		b.values["until"] = moment(*d.Until)
	}
	return b
}

// networkAddress is s when it is an IP address, else "".
func networkAddress(s string) string {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	return addr.Unmap().WithZone("").String()
}

// moment formats a time the way nobody misreads it, in UTC; "" for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
