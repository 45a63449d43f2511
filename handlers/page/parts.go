package page

import "fmt"

// Kind is how good or bad a state is. Each has a colour and an icon; a word goes
// with it always.
type Kind string

// The kinds of states.
const (
	Good    Kind = "good"
	Warning Kind = "warning"
	Bad     Kind = "bad"
	Muted   Kind = "muted"
)

// Icon is the kind's icon.
func (k Kind) Icon() (string, error) {
	switch k {
	case Good:
		return "check-circle", nil
	case Warning:
		return "warning", nil
	case Bad:
		return "x-circle", nil
	case Muted:
		return "circle", nil
	}
	return "", fmt.Errorf("no kind %q: good, warning, bad or muted", string(k))
}

// Option is a choice in a select, among checkboxes or radios. Options with the
// same Group stand together under its title.
type Option struct {
	Value, Label string
	Hint         string // a line below the label; not in a select
	Group        string
	Disabled     bool
}

// OptionsOf are options that are called what they are.
func OptionsOf(names []string) []Option {
	var out []Option
	for _, name := range names {
		out = append(out, Option{Value: name, Label: name})
	}
	return out
}

// optionGroup is the options that stand together.
type optionGroup struct {
	Title   string
	Options []Option
}

// grouped keeps the order of options and of the groups' first mention.
func grouped(options []Option) []optionGroup {
	var out []optionGroup
	at := map[string]int{}
	for _, o := range options {
		n, ok := at[o.Group]
		if !ok {
			n = len(out)
			at[o.Group] = n
			out = append(out, optionGroup{Title: o.Group})
		}
		out[n].Options = append(out[n].Options, o)
	}
	return out
}

// Tab is a link among several that show the same thing in different ways.
type Tab struct {
	Title, URL string
	Count      string // "" for none; written as it should be read
	Current    bool
}

// Chip is a filter that is on. Words read on in the sentence that the chips make;
// URL is the list without this filter.
type Chip struct{ Words, URL string }

// Pager leads to the next page of a list by key. An empty address means that
// there is none.
type Pager struct {
	Newer, Older string
	Words        string // "50 of 1,204", "" for none
	First        bool   // Newer is the first page, whichever page this is
}

// Fact is a term with what is known. URL makes a link of Text.
type Fact struct {
	Term, Text, URL string
	Kind            Kind // "" for plain text, otherwise a badge
}

// Stat is a figure with its name. Value is written as it should be read.
type Stat struct {
	Label, Value string
	Note         string // "12% more than in April"
	Kind         Kind   // of the note, "" for none
	URL          string // the list behind the figure
}

// Confirm is the question before something that cannot be undone easily. A
// screen shows it with Confirmation, or as part of a page of its own.
type Confirm struct {
	Title  string   // "Deactivate Ann O'Neil?"
	Text   []string // paragraphs: what will happen to whom, and how to take it back
	Action string   // where the answer is posted
	Fields map[string]string
	Verb   string // of the button: "Deactivate"
	Danger bool
	Cancel string // where No leads
}

// ConfirmPage is a page that asks to confirm.
type ConfirmPage struct {
	Base
	Confirm Confirm
}

// Confirmation is the view of ConfirmPage. A link to it with data-dialog opens
// the question in place.
var Confirmation = New[ConfirmPage](ownFiles, "confirm")
