package mailer

import (
	"strings"
	"sync"
	"time"

	"enrolld"
)

// providers are the domains behind which one receiver stands.
var providers = map[string][]string{
	"gmail":   {"gmail.com", "googlemail.com"},
	"outlook": {"outlook.*", "hotmail.*", "live.*", "msn.com", "passport.com"},
	"yahoo":   {"yahoo.*", "ymail.com", "rocketmail.com", "aol.*", "aim.com", "verizon.net"},
	"icloud":  {"icloud.com", "me.com", "mac.com"},
	"gmx":     {"gmx.*", "web.de", "mail.com", "1und1.de", "online.de"},
	"tonline": {"t-online.de", "magenta.de"},
	"orange":  {"orange.fr", "wanadoo.fr"},
	"proton":  {"proton.me", "protonmail.com", "protonmail.ch", "pm.me"},
	"zoho":    {"zoho.*", "zohomail.*"},
	"yandex":  {"yandex.*", "ya.ru"},
	"mailru":  {"mail.ru", "inbox.ru", "list.ru", "bk.ru"},
}

// providerOf names who receives mail for a domain in ASCII: one of providers, or
// the domain itself.
func providerOf(domain string) string {
	domain = strings.ToLower(domain)
	first, rest, _ := strings.Cut(domain, ".")
	for name, domains := range providers {
		for _, d := range domains {
			// Countries have domains of one or two labels: live.nl, yahoo.co.uk.
			wild, any := strings.CutSuffix(d, ".*")
			if d == domain || any && wild == first && rest != "" && strings.Count(rest, ".") <= 1 {
				return name
			}
		}
	}
	return domain
}

const (
	// slotLife is how long a turn that was given is good for; later, it is asked for
	// anew, so that what was put off for hours does not go out at once.
	slotLife = time.Minute
	// Who asks us to slow down is left alone for so long, doubling.
	firstBackoff = time.Minute
	lastBackoff  = 30 * time.Minute
	// pacedMessages bounds what is remembered of turns; beyond it none is given, and
	// messages ask again when those before them are through.
	pacedMessages = 100_000
)

// traffic paces what goes to each provider. It never waits: it says when a message's
// turn is, so that others go out meanwhile. It is safe for concurrent use, and knows
// of this replica only.
type traffic struct {
	limits Limits
	room   int // turns that are remembered

	mu    sync.Mutex
	lanes map[string]*lane
	turns map[int64]turn // of messages that were put off
	swept time.Time
}

// turn is when a message may go, and of which rank it was when it was told.
type turn struct {
	at   time.Time
	rank enrolld.Rank
}

func newTraffic(limits Limits) *traffic {
	return &traffic{limits: limits, room: pacedMessages, lanes: map[string]*lane{}, turns: map[int64]turn{}}
}

// turn says when message id may go to a domain: now or before, or at a later time,
// at which it is to ask again. Who is of a lower rank gets the turn of one of a higher,
// be it their own of before: that one gets another when it asks.
func (t *traffic) turn(id int64, rank enrolld.Rank, domain string, now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(now)
	l := t.lane(providerOf(domain))
	if l == nil {
		return now
	}
	given, ok := t.turns[id]
	if ok && now.Before(given.at) && given.rank <= rank {
		return given.at
	}
	if age := now.Sub(given.at); ok && age >= 0 && age < slotLife && !l.until.After(now) {
		delete(t.turns, id)
		l.used(given.at)
		return now
	}
	from := now
	if l.until.After(now) {
		from = l.until
	}
	at, instead := l.take(slot{id: id, rank: rank}, from, now, ok || len(t.turns) < t.room)
	if t.turns[instead].at.Equal(at) { // and not a better one that it got since
		delete(t.turns, instead)
	}
	switch {
	case at.IsZero():
		// Without room to remember it, a turn would pass unused: the message asks again when
		// those before it are through, and the others who do not all at once.
		return l.end(from).Add(time.Duration(id%int64(t.room)) * l.interval)
	case at.After(now):
		t.turns[id] = turn{at, rank}
	default:
		delete(t.turns, id)
		l.used(at)
	}
	return at
}

// lane is the one of a provider; nil when it is neither limited nor backed off from.
func (t *traffic) lane(provider string) *lane {
	if l, ok := t.lanes[provider]; ok {
		return l
	}
	rate := t.limits.of(provider)
	if rate == 0 {
		return nil
	}
	l := newLane(rate)
	t.lanes[provider] = l
	return l
}

// slower leaves a provider alone for a while.
func (t *traffic) slower(domain string, now time.Time) (provider string, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	provider = providerOf(domain)
	l := t.lane(provider)
	if l == nil {
		l = newLane(afterBackoff)
		t.lanes[provider] = l
	}
	if l.until.After(now) {
		return provider, l.until // one of those that were on their way when the first was refused
	}
	l.backoff = min(max(firstBackoff, 2*l.backoff), lastBackoff)
	l.until = now.Add(l.backoff)
	return provider, l.until
}

// rests is until when a provider is left alone; zero: it is not.
func (t *traffic) rests(domain string, now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lanes[providerOf(domain)]; l != nil && l.until.After(now) {
		return l.until
	}
	return time.Time{}
}

// well notes that a provider took a message.
func (t *traffic) well(domain string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lanes[providerOf(domain)]; l != nil && !l.until.After(now) {
		l.backoff = 0
	}
}

// sweep forgets turns that nobody came for, and providers that are of no interest.
func (t *traffic) sweep(now time.Time) {
	if now.Sub(t.swept) < slotLife {
		return
	}
	t.swept = now
	for id, turn := range t.turns {
		if now.Sub(turn.at) > slotLife {
			delete(t.turns, id)
		}
	}
	for name, l := range t.lanes {
		if now.Sub(l.until) > lastBackoff && !l.end(now).After(now) {
			delete(t.lanes, name)
		}
	}
}
