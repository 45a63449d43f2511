package mailer

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"enrolld"
)

// Limits of what comes from outside, in runes.
const (
	maxSubject      = 200 // whole subject line
	maxSubjectTitle = 110 // a title or a site's name within a subject
	maxTitle        = 300 // a title in the body
	maxWord         = 120 // site name, user name, order number in the body
)

// view is everything a template may say, cleaned and formatted. Text is safe to
// print on one line; URLs are absolute http(s) addresses or empty.
type view struct {
	Lang      string
	Subject   string
	Preheader string // what a list of mails shows beside the subject
	Site      string
	SiteURL   string
	Hello     string // "Hello Maya,"
	Order     string
	Courses   []courseView
	Login     string
	LoginURL  string
	LinkUntil string // "3 May 2026, 14:05 UTC"
	Contact   string // where questions go
	Button    button
	Team      *teamView // mail to the team; nil: to a member
}

// courseView is one line of the list of courses.
type courseView struct {
	Title string
	URL   string
	Until string // "3 May 2026"; empty: no end
}

// button is the one thing that a message asks the reader to do.
type button struct{ Label, URL string }

// One says whether there is exactly one course.
func (v *view) One() bool { return len(v.Courses) == 1 }

// newView cleans m's data and adds what is particular to its kind. Errors have
// code Invalid: no later attempt with the same data can succeed.
func newView(m *enrolld.Message) (*view, error) {
	if m.Kind == enrolld.MessageTeam {
		return newTeamView(m)
	}
	d := &m.Data
	v := &view{
		Lang:     "en",
		SiteURL:  webURL(d.SiteURL),
		LoginURL: webURL(d.LoginURL),
		Hello:    "Hello,",
		Order:    cut(oneLine(d.Order), maxWord),
		Login:    cut(oneLine(d.Login), maxWord),
		Contact:  contact(m),
	}
	if v.Site = cut(oneLine(d.SiteName), maxWord); v.Site == "" {
		v.Site = hostOf(v.SiteURL)
	}
	if v.LoginURL == "" {
		v.LoginURL = v.SiteURL
	}
	if v.Site == "" || v.LoginURL == "" {
		return nil, enrolld.Errorf(enrolld.Invalid,
			"the message has no site name or no http(s) address of the site")
	}
	if name := greetingName(d.FirstName); name != "" {
		v.Hello = "Hello " + name + ","
	}
	for _, c := range d.Courses {
		v.Courses = append(v.Courses, newCourseView(c))
	}
	v.LinkUntil = moment(d.LinkValidUntil)
	if err := v.describe(m.Kind, webURL(d.SetPasswordURL)); err != nil {
		return nil, err
	}
	v.Subject = headerText(v.Subject, maxSubject)
	return v, nil
}

// describe sets subject, preheader and button.
func (v *view) describe(kind enrolld.MessageKind, setPasswordURL string) error {
	site := cut(v.Site, maxSubjectTitle)
	if kind != enrolld.MessageWelcome && len(v.Courses) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "a message of kind %q needs a course", kind)
	}
	switch kind {
	case enrolld.MessageWelcome:
		if setPasswordURL == "" {
			return enrolld.Errorf(enrolld.Invalid, "the welcome message has no set-password link")
		}
		v.Subject = fmt.Sprintf("Welcome to %s: set your password", site)
		v.Preheader = "Choose a password, and you can start."
		v.Button = button{"Set your password", setPasswordURL}
	case enrolld.MessageAccess:
		v.Subject = "Your access to " + v.titles()
		v.Preheader = fmt.Sprintf("Log in at %s with the account you already have.", site)
		v.Button = button{"Log in", v.LoginURL}
	case enrolld.MessageRefunded:
		v.Subject = fmt.Sprintf("Refunded: your access to %s has ended", v.titles())
		v.Preheader = fmt.Sprintf("What this means for your account at %s.", site)
	default:
		return enrolld.Errorf(enrolld.Invalid, "there is no template for messages of kind %q", kind)
	}
	return nil
}

// titles names the first course and counts the others.
func (v *view) titles() string {
	first := cut(v.Courses[0].Title, maxSubjectTitle)
	switch n := len(v.Courses) - 1; n {
	case 0:
		return first
	case 1:
		return first + " and 1 more course"
	default:
		return fmt.Sprintf("%s and %d more courses", first, n)
	}
}

func newCourseView(c enrolld.MessageCourse) courseView {
	v := courseView{Title: cut(oneLine(c.Title), maxTitle), URL: webURL(c.URL)}
	if v.Title == "" {
		v.Title = "Your course"
	}
	if c.Until != nil {
		v.Until = day(*c.Until)
	}
	return v
}

// day formats a date the way nobody misreads it, in UTC.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// contact is the address that an answer to m reaches.
func contact(m *enrolld.Message) string {
	for _, s := range []string{m.ReplyTo, m.FromAddress} {
		if addr, _, err := enrolld.ParseEmail(s); err == nil {
			return addr
		}
	}
	return ""
}

func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
