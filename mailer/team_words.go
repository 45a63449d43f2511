package mailer

import (
	"maps"

	"enrolld"
)

// words are what one event says. Sentences may have the blanks {account},
// {actor}, {subject}, {detail}, {until} and {at}, which TeamData fills. A
// paragraph, note or advice with a blank that nothing fills is left out.
type words struct {
	subject    string // of the mail, also read without opening it
	preheader  string
	title      string
	text       []string // paragraphs
	facts      []factWord
	button     string // label; empty: no button, whatever the link
	needsLink  bool   // without it the mail makes no sense
	note       string // below the button
	advice     string
	why        why
	unnamed    string // {subject} when it has no name; default "somebody"
	undated    string // {until} when there is none; default: leave the sentence out
	undetailed string // {detail}, likewise
}

// factWord names a value of TeamData for people.
type factWord struct{ name, key string }

// Facts that many events show. Where somebody was is told only to that person,
// or to whoever answers for the address that they entered.
var (
	factAccount     = factWord{"Account", "account"}
	factPermissions = factWord{"Permissions", "detail"}
	factWhen        = factWord{"When", "at"}
	factsOrigin     = []factWord{factWhen, {"Network address", "addr"}, {"Browser", "agent"}}
)

// why says why somebody gets a mail: about an account, or alone.
type why struct{ account, alone string }

var (
	whyLogin = why{
		"You receive this email because you have a login at Enrolld for the account {account}.",
		"You receive this email because you have a login at Enrolld.",
	}
	whyOwner = why{
		"You receive this email because you own the account {account} at Enrolld.",
		"You receive this email because you own a client account at Enrolld.",
	}
	whyTopic = why{
		"You receive this email because you have a login at Enrolld for the account {account} and take mail about its users. " +
			"You can change that under Email preferences.",
		"You receive this email because you have a login at Enrolld and take mail about users. " +
			"You can change that under Email preferences.",
	}
	whyHad = why{
		"You receive this email because you had access to the account {account} at Enrolld.",
		"You receive this email because you had access to a client account at Enrolld.",
	}
	whyInvited = why{
		"You receive this email because somebody invited this address to the account {account} at Enrolld.",
		"You receive this email because somebody invited this address to Enrolld.",
	}
	whyEntered = why{
		"You receive this email because somebody entered this address at Enrolld.",
		"You receive this email because somebody entered this address at Enrolld.",
	}
)

// Sentences that many events say.
const (
	noteOnce      = "The link works once and is valid until {until}."
	adviceNotYou  = "Was this not you? Set a new password at once, and end the sessions that you do not know under Security."
	buttonProtect = "Open Security"
	buttonUsers   = "See the users"
)

// teamWords are the words of every event.
var teamWords = merged(loginWords, factorWords, invitationWords, memberWords, importWords, failureWords)

func merged(tables ...map[enrolld.TeamEvent]words) map[enrolld.TeamEvent]words {
	all := map[enrolld.TeamEvent]words{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// wordsOf finds the words for what happened. A new address that has a login of
// its own gets no link to confirm, and is told why.
func wordsOf(d *enrolld.TeamData) (words, bool) {
	if d.Event == enrolld.EventEmailChangeNew && d.Link.Path == "" {
		return addressTaken, true
	}
	w, ok := teamWords[d.Event]
	return w, ok
}
