package catalogue

import (
	"fmt"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type productPage struct {
	page.Base
	Now       time.Time
	List      string
	Product   enrolld.Product
	Platform  string
	Parked    int
	Lines     int
	Courses   []courseLine
	Problem   string // why the site's courses could not be read
	Facts     []page.Fact
	EditURL   string // "" for who may not
	DeleteURL string // "" for who may not, and while an order names the product
}

// courseLine is a course that a product gives. URL is "" when the site does not
// list it.
type courseLine struct{ Title, URL, Note string }

var productView = page.New[productPage](files, "product")

func (s *Screens) show(r *gate.Request) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	use, err := s.frame.DB.ProductUse(r.Context(), p)
	if err != nil {
		return err
	}
	site := s.site(r, len(p.Rule.Courses) > 0)
	view := &productPage{
		Base: r.Base(p.Label()), Now: r.Now(), List: r.Path("/products"), Product: p, Platform: s.platform(p.Platform),
		Parked: use.Parked, Lines: use.Lines, Courses: site.lines(p), Problem: site.Problem, Facts: ruleFacts(p.Rule),
	}
	if r.Membership.Scope.EditProducts {
		view.EditURL = pathOf(r, p) + "/edit"
	}
	if r.Membership.Scope.DeleteProducts && use.Lines == 0 {
		view.DeleteURL = pathOf(r, p) + "/delete"
	}
	return gate.Show(r, productView, view)
}

func (s site) lines(p enrolld.Product) []courseLine {
	out := make([]courseLine, len(p.Rule.Courses))
	for i, ref := range p.Rule.Courses {
		c, ok := s.Find(ref)
		out[i] = courseLine{Title: s.Title(ref), URL: c.URL}
		switch {
		case !ok && !s.Away():
			out[i].Note = "not among the site's courses"
		case c.Status != "" && c.Status != "publish":
			out[i].Note = c.Status
		}
	}
	return out
}

// ruleFacts is a rule in the words of the form.
func ruleFacts(r enrolld.Rule) []page.Fact {
	lasts, begins := "Without end", "At once"
	if r.Duration > 0 {
		lasts = page.Plural(days(r.Duration), "day", "days")
	}
	if r.StartDelay > 0 {
		begins = page.Plural(days(r.StartDelay), "day", "days") + " after the sale"
	}
	return []page.Fact{
		{Term: "Access lasts", Text: lasts},
		{Term: "Access begins", Text: begins},
		{Term: "Grace", Text: graceWords(r.Grace)},
		{Term: "After a refund", Text: labelOf(refundChoices, r.OnRefund, enrolld.Revoke)},
		{Term: "After a cancellation", Text: labelOf(cancelChoices, r.OnCancel, enrolld.PeriodEnd)},
		{Term: "When the paid time is over", Text: labelOf(expiryChoices, r.OnExpiry, enrolld.Revoke)},
	}
}

func graceWords(grace time.Duration) string {
	switch {
	case grace < 0:
		return "None"
	case grace == 0:
		grace = enrolld.DefaultGrace
	}
	return fmt.Sprintf("%d hours after an unpaid period", int(grace.Hours()))
}

func days(d time.Duration) int { return int(d / day) }

// labelOf is the choice that a rule made, or that it makes when it says nothing.
func labelOf(choices []page.Option, made, otherwise enrolld.OnEnd) string {
	if made == "" {
		made = otherwise
	}
	for _, c := range choices {
		if c.Value == string(made) {
			return c.Label
		}
	}
	return string(made)
}
