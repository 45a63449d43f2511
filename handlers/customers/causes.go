package customers

import (
	"fmt"
	"strconv"
	"time"

	"enrolld"
	"enrolld/store"
)

// access is what a customer has of one course, or had, and why.
type access struct {
	Course enrolld.CourseRef
	Title  string
	Until  *time.Time // of what is open; nil: without end
	Causes []cause
}

// cause is a ground of access in words: "Order #1514394, ThriveCart, 3 May 2026".
type cause struct {
	Words  string
	URL    string // what it was, for who may see it; "": nothing to follow
	Reason string
	State  enrolld.GrantState
	From   time.Time
	Until  *time.Time
	ByHand bool // given by a person or an import
}

// accesses sorts the ledger into courses that are open and those that are not.
func (s *Screens) accesses(h history) (open, shut []access) {
	plain := make([]enrolld.Grant, len(h.grants))
	for i, g := range h.grants {
		plain[i] = g.Grant
	}
	until := map[enrolld.CourseRef]*time.Time{}
	for _, a := range enrolld.AccessOf(plain) {
		until[a.Course] = a.Until
	}
	var all []access
	for i, g := range h.grants { // sorted by course
		if i == 0 || h.grants[i-1].Course != g.Course {
			all = append(all, access{Course: g.Course, Title: h.site.Title(g.Course)})
		}
		last := &all[len(all)-1]
		last.Causes = append(last.Causes, s.cause(h, g))
	}
	for _, a := range all {
		if end, ok := until[a.Course]; ok {
			a.Until = end
			open = append(open, a)
			continue
		}
		shut = append(shut, a)
	}
	return open, shut
}

func (s *Screens) cause(h history, g store.Grant) cause {
	c := cause{
		Words: s.causeWords(h, g), Reason: reasonWords(g), State: g.State, From: g.From, Until: g.Until,
		ByHand: g.Cause.Kind != enrolld.CauseOrder,
	}
	if g.Cause.Kind == enrolld.CauseImport && h.imports != "" {
		c.URL = h.imports + "/" + strconv.FormatInt(g.Cause.ID, 10)
	}
	if c.State == enrolld.GrantLive && c.ByHand {
		c.Reason = "" // nothing that the cause does not say
	}
	return c
}

func (s *Screens) causeWords(h history, g store.Grant) string {
	switch g.Cause.Kind {
	case enrolld.CausePerson:
		return fmt.Sprintf("Given by %s, %s", h.names[g.Cause.ID], day(g.CreatedAt))
	case enrolld.CauseImport:
		return fmt.Sprintf("Import %d, %s", g.Cause.ID, day(g.CreatedAt))
	}
	for _, o := range h.orders {
		if o.ID == g.Cause.ID {
			return fmt.Sprintf("%s, %s, %s", orderWords(o), s.platform(o.Platform), day(soldAt(o)))
		}
	}
	return "An order, " + day(g.CreatedAt)
}

func orderWords(o store.Order) string {
	if n := o.Record.Number.Value; n != "" {
		return "Order #" + n
	}
	return "Order"
}

func reasonWords(g store.Grant) string {
	if g.Reason == enrolld.ReasonExpired && g.Cause.Kind != enrolld.CauseOrder {
		return "its time is over"
	}
	return g.Reason.Text()
}

func day(at time.Time) string { return at.UTC().Format("2 January 2006") }
