package catalogue

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/page"
)

const (
	day      = 24 * time.Hour
	maxDays  = 100 * 366
	maxHours = 366 * 24
	// seenForm is how a form keeps since when the rule stands that it shows.
	seenForm = time.RFC3339Nano
)

var (
	refundChoices = []page.Option{
		{Value: string(enrolld.Revoke), Label: "Access ends", Hint: "Also when a payment dispute is lost."},
		{Value: string(enrolld.Keep), Label: "Access stays"},
	}
	cancelChoices = []page.Option{
		{Value: string(enrolld.PeriodEnd), Label: "Access stays until the paid time is over", Hint: "The member has paid for it."},
		{Value: string(enrolld.Revoke), Label: "Access ends at once"},
		{Value: string(enrolld.Keep), Label: "Access stays for good"},
	}
	expiryChoices = []page.Option{
		{Value: string(enrolld.Revoke), Label: "Access ends"},
		{Value: string(enrolld.Keep), Label: "Access stays for good"},
	}
)

// ruleForm is what the form about a rule says.
type ruleForm struct {
	Rule enrolld.Rule
	Seen *time.Time // since when the rule stands that was looked at; nil: there was none
}

// fill makes the form of a product as it is.
func fill(p enrolld.Product) *page.Form {
	refs := make([]string, len(p.Rule.Courses))
	for i, ref := range p.Rule.Courses {
		refs[i] = ref.String()
	}
	f := page.NewForm().Set("course", refs...).Set("days", count(days(p.Rule.Duration))).Set("start", count(days(p.Rule.StartDelay))).
		Set("refund", or(p.Rule.OnRefund, enrolld.Revoke)).Set("cancel", or(p.Rule.OnCancel, enrolld.PeriodEnd)).
		Set("expiry", or(p.Rule.OnExpiry, enrolld.Revoke))
	if p.MappedAt != nil && len(refs) == 0 {
		f.Set("none", "1")
	}
	switch {
	case p.Rule.Grace < 0:
		f.Set("grace", "0")
	case p.Rule.Grace > 0:
		f.Set("grace", strconv.Itoa(int(p.Rule.Grace.Hours())))
	}
	return see(f, p)
}

// see notes in the form which rule it was made beside.
func see(f *page.Form, p enrolld.Product) *page.Form {
	f.Set("seen", "")
	if p.MappedAt != nil {
		f.Set("seen", p.MappedAt.Format(seenForm))
	}
	return f
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func or(made, otherwise enrolld.OnEnd) string {
	if made == "" {
		made = otherwise
	}
	return string(made)
}

// parse reads the form and says in it what is wrong. A course may be chosen that
// the site lists or that the product gives already.
func parse(f *page.Form, s site, p enrolld.Product) ruleForm {
	out := ruleForm{Rule: enrolld.Rule{Courses: parseCourses(f, s, p)}}
	if n, typed := parseCount(f, "days", maxDays); typed {
		out.Rule.Duration = time.Duration(n) * day
	}
	if n, typed := parseCount(f, "start", maxDays); typed {
		out.Rule.StartDelay = time.Duration(n) * day
	}
	if n, typed := parseCount(f, "grace", maxHours); typed {
		out.Rule.Grace = time.Duration(n) * time.Hour
		if n == 0 {
			out.Rule.Grace = -time.Hour // none; zero would mean the usual one
		}
	}
	out.Rule.OnRefund = parseEnd(f, "refund", "after a refund", refundChoices)
	out.Rule.OnCancel = parseEnd(f, "cancel", "after a cancellation", cancelChoices)
	out.Rule.OnExpiry = parseEnd(f, "expiry", "when the time is over", expiryChoices)
	if at, err := time.Parse(seenForm, f.Get("seen")); err == nil {
		out.Seen = &at
	}
	return out
}

func parseCourses(f *page.Form, s site, p enrolld.Product) []enrolld.CourseRef {
	var out []enrolld.CourseRef
	for _, v := range f.All("course") {
		ref, err := enrolld.ParseCourseRef(v)
		if err != nil {
			f.Fail("course", "One of the courses could not be read: choose again.")
			return nil
		}
		if _, listed := s.Find(ref); !listed && !slices.Contains(p.Rule.Courses, ref) {
			f.Fail("course", unknownCourse(s, ref))
		}
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	switch none := f.Get("none") != ""; {
	case none && len(out) > 0:
		f.Fail("none", "Choose courses, or say that it gives none: not both.")
	case !none && len(out) == 0:
		f.Fail("course", "Choose at least one course, or say below that it gives none.")
	}
	return out
}

func unknownCourse(s site, ref enrolld.CourseRef) string {
	if s.Away() {
		return "The site's courses cannot be read at the moment, so that a new one cannot be added. Nothing is lost: save again in a minute."
	}
	return "The site has no course " + ref.String() + " any more: choose another one."
}

func parseEnd(f *page.Form, name, when string, choices []page.Option) enrolld.OnEnd {
	v := f.Get(name)
	if !slices.ContainsFunc(choices, func(o page.Option) bool { return o.Value == v }) {
		f.Fail(name, "Choose what happens "+when+".")
	}
	return enrolld.OnEnd(v)
}

// parseCount reads a number of days or hours; false: nothing was typed, or it is wrong.
func parseCount(f *page.Form, name string, most int) (n int, typed bool) {
	v := strings.TrimSpace(f.Get(name))
	if v == "" {
		return 0, false
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > most {
		f.Fail(name, "Enter a whole number from 0 to "+strconv.Itoa(most)+", or leave it empty.")
		return 0, false
	}
	return n, true
}

// options lists the courses to choose from: those of the site, and those that the
// product gives or that were chosen, whether the site lists them or not.
func options(f *page.Form, s site, p enrolld.Product) []page.Option {
	var out []page.Option
	for _, c := range s.Courses {
		o := page.Option{Value: c.Ref.String(), Label: s.Title(c.Ref)}
		if c.Status != "" && c.Status != "publish" {
			o.Hint = "Not published yet (" + c.Status + ")"
		}
		out = append(out, o)
	}
	add := func(value string) {
		if !slices.ContainsFunc(out, func(o page.Option) bool { return o.Value == value }) {
			out = append(out, page.Option{Value: value, Label: value, Hint: missingHint(s)})
		}
	}
	for _, ref := range p.Rule.Courses {
		add(ref.String())
	}
	for _, v := range f.All("course") {
		if ref, err := enrolld.ParseCourseRef(v); err == nil {
			add(ref.String())
		}
	}
	return out
}

func missingHint(s site) string {
	if s.Away() {
		return ""
	}
	return "Not among the site's courses at the moment"
}
