package bulk

import (
	"fmt"
	"strings"
	"time"

	"enrolld/handlers/course"
	"enrolld/handlers/page"
	"enrolld/store/bulk"
)

// actionWords are how an action reads in its places.
type actionWords struct {
	title string // of the choice
	hint  string
	verb  string // of the button, before the customers: "Give access to"
}

var actions = []bulk.Action{bulk.Give, bulk.Extend, bulk.Take, bulk.Welcome}

var words = map[bulk.Action]actionWords{
	bulk.Give:    {"Give access", "To one or more courses, until a day or without end.", "Give access to"},
	bulk.Extend:  {"Extend access", "Of those who are in a course that ends: until a day, or by some days.", "Extend access of"},
	bulk.Take:    {"Take access away", "What people and imports gave. What an order gives stays.", "Take access from"},
	bulk.Welcome: {"Send a link to set a password", "To members who never set one.", "Send a link to"},
}

// names are the courses of a bulk action as people know them.
func names(b bulk.Bulk, courses course.List) string {
	var out []string
	for _, ref := range b.Terms.Courses {
		out = append(out, "‘"+courses.Title(ref)+"’")
	}
	return strings.Join(out, ", ")
}

// what says what is done, with no word about whom: "Give ‘Ink’ until 3 May 2027".
func what(b bulk.Bulk, courses course.List) string {
	list := names(b, courses)
	switch b.Action {
	case bulk.Give:
		return "Give " + list + untilWords(b.Terms.Until)
	case bulk.Take:
		return "Take away " + list
	case bulk.Extend:
		if b.Terms.Until != nil {
			return "Extend " + list + untilWords(b.Terms.Until)
		}
		return fmt.Sprintf("Extend %s by %s", list, page.Plural(b.Terms.Days, "day", "days"))
	case bulk.Welcome:
		return "Send a link to set a password"
	}
	return "Not decided yet"
}

func untilWords(until *time.Time) string {
	if until == nil {
		return " without end"
	}
	return " until " + page.LastDayWords(until)
}

// whom says whom it is for.
func whom(b bulk.Bulk) string {
	switch {
	case b.Chosen:
		return "Customers who were ticked"
	case b.Selection.Words != "":
		return "Customers " + b.Selection.Words
	}
	return "All customers"
}

var stateKinds = map[bulk.State]page.Fact{
	bulk.Choosing: {Text: "To be decided", Kind: page.Muted}, bulk.Gathering: {Text: "Being counted", Kind: page.Muted},
	bulk.Ready: {Text: "Not started", Kind: page.Muted}, bulk.Running: {Text: "Running", Kind: page.Warning},
	bulk.Done: {Text: "Done", Kind: page.Good}, bulk.Cancelled: {Text: "Cancelled", Kind: page.Warning},
	bulk.Undoing: {Text: "Being undone", Kind: page.Warning}, bulk.Undone: {Text: "Undone", Kind: page.Muted},
}

// notes are things to know before it begins.
func notes(b bulk.Bulk) []string {
	c := b.Foreseen
	var out []string
	switch b.Action {
	case bulk.Give:
		if c.Orders > 0 {
			out = append(out, fmt.Sprintf("%s a course of these by an order already. What you give stays when the order is refunded.",
				page.Plural(c.Orders, "of them has", "of them have")))
		}
		if c.More > 0 {
			out = append(out, page.Plural(c.More, "customer has", "customers have")+" it already: what you give is one more reason, and stays when the other one goes.")
		}
		switch {
		case !b.Terms.Notify:
			out = append(out, "No email is sent.")
		case c.Mails == 0:
			out = append(out, "No email is sent: nothing opens that was not open before.")
		default:
			out = append(out, page.Plural(c.Mails, "email goes out", "emails go out")+", to those to whom a course opens. New members get a link to set a password.")
			if b.Terms.Template != "" {
				out = append(out, "In the words of ‘"+b.Terms.Template+"’, where there is such a text of the email.")
			}
		}
	case bulk.Take:
		if c.Orders > 0 {
			out = append(out, page.Plural(c.Orders, "of them keeps", "of them keep")+" a course all the same, since an order gives it too.")
		}
		out = append(out, "No email is sent.")
	case bulk.Extend:
		if c.Orders > 0 {
			out = append(out, "Where an order's term ends, the time after it is given by you. The order itself is not changed.")
		}
		out = append(out, "No email is sent.")
	case bulk.Welcome:
		out = append(out, page.Plural(c.Mails, "email goes out", "emails go out")+". The link in an earlier email stops working with the new one.")
	}
	if b.Action.Undoable() {
		return append(out, "It can be undone for 90 days; what was changed meanwhile is then left alone.")
	}
	return append(out, "What was sent cannot be taken back.")
}

// bucket is a part of the result as people read it.
type bucket struct {
	in    bulk.Bucket
	title string
	kind  page.Kind
	count int64
}

// buckets are the parts of a result that have somebody in them.
func buckets(b bulk.Bulk) []bucket {
	c := b.Done
	changed := bucket{bulk.Changed, "Changed", page.Good, c.Change}
	if b.Action == bulk.Welcome {
		changed.title = "Queued"
	}
	all := []bucket{
		changed, {bulk.Unchanged, "Already so", page.Muted, c.Same}, {bulk.NotPossible, "Not possible", page.Warning, c.Refused},
		{bulk.WentWrong, "Failed", page.Bad, c.Failed}, {bulk.TakenBack, "Undone", page.Good, c.Undone},
		{bulk.LeftAlone, "Kept when undone", page.Warning, c.Kept}, {bulk.NotTakenBack, "Could not be undone", page.Bad, c.Stuck},
		{bulk.NotReached, "Not done", page.Muted, b.Foreseen.Members - c.Seen()},
	}
	var out []bucket
	for _, x := range all {
		if x.count > 0 || x.in == bulk.Changed {
			out = append(out, x)
		}
	}
	return out
}

// outcome is what became of somebody.
func outcome(b bulk.Bulk, t bulk.Target) page.Fact {
	if t.Waits && b.StartedAt != nil {
		return page.Fact{Text: "Not done", Kind: page.Muted}
	}
	for _, x := range buckets(bulk.Bulk{Action: b.Action, Tally: everyBucket}) {
		if x.in == t.Undone && t.Undone != bulk.All || t.Undone == bulk.All && string(x.in) == string(t.Outcome) {
			return page.Fact{Text: x.title, Kind: x.kind}
		}
	}
	return page.Fact{Text: string(t.Outcome), Kind: page.Muted}
}

// everyBucket has somebody in each.
var everyBucket = bulk.Tally{Done: bulk.Counts{Change: 1, Same: 1, Refused: 1, Failed: 1, Undone: 1, Kept: 1, Stuck: 1}}
