package page

import "time"

// Entry is one thing that happened, in a timeline. The newest comes first.
type Entry struct {
	At        time.Time
	Kind      Kind   // "" for muted
	Icon      string // "" for the kind's
	Title     string // "Access was given to Ink & Wash"
	Text      string
	Who       string // "Ann O'Neil", "ThriveCart"
	Cause     string // the words of the link to what caused it: "order #1514394"
	CauseURL  string
	Unsettled bool // it is still to come
}

// Mark is the icon that stands beside the entry.
func (e Entry) Mark() (string, error) {
	if e.Icon != "" {
		return e.Icon, nil
	}
	if e.Kind == "" {
		return "circle", nil
	}
	return e.Kind.Icon()
}
