package customers

import (
	"encoding/json"
	"strings"
	"time"

	"enrolld/handlers/page"
	"enrolld/store"
)

// state is what the audit log keeps of a customer before and after a change. What
// does not belong to the change is empty, and everything is after an erasure.
type state struct {
	Email   string `json:"email"`
	First   string `json:"first_name"`
	Last    string `json:"last_name"`
	Address string `json:"address"`
	Reason  string `json:"reason"`
}

func (s state) name() string { return strings.TrimSpace(s.First + " " + s.Last) }

// whatChanged says what an entry of the timeline was about: "ann@x.org → ann@y.org".
func whatChanged(e store.CustomerEvent) string {
	var before, after state
	_ = json.Unmarshal(e.Before, &before) // what it does not tell is left out
	_ = json.Unmarshal(e.After, &after)
	switch e.Action {
	case "customer.changed":
		var out []string
		for _, c := range [][2]string{{before.Email, after.Email}, {before.name(), after.name()}} {
			if c[0] != c[1] {
				out = append(out, orNothing(c[0])+" → "+orNothing(c[1]))
			}
		}
		return strings.Join(out, " · ")
	case "customer.address_added":
		return after.Address
	case "customer.address_removed":
		return before.Address
	case "customer.merged", "customer.unmerged":
		return e.Subject
	}
	return after.Reason
}

func orNothing(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// endOf says until when what was opened or changed is open. Without end is what one
// expects, unless the end was what changed.
func endOf(action string, until *time.Time) string {
	switch {
	case action != "access.granted" && action != "access.changed" && action != "ground.given":
		return ""
	case until != nil:
		return ", until " + page.LastDayWords(until)
	case action == "access.changed":
		return ", without end"
	}
	return ""
}
