package mailer

import (
	"cmp"
	"net/url"
	"strings"

	"enrolld"
	"enrolld/mailer/letter"
)

// Limits of what comes from outside, in runes.
const (
	maxSubject      = 200 // whole subject line
	maxSubjectTitle = 110 // a title or a site's name within a subject; to the team
	maxTitle        = 300 // a title in the body
	maxWord         = 120 // site name, user name, order number in the body
)

// view is everything a template may say, cleaned and formatted. Text is safe to
// print on one line; URLs are absolute http(s) addresses or empty.
type view struct {
	Lang      string
	Dir       string // ltr or rtl
	Subject   string
	Preheader string // what a list of mails shows beside the subject
	Site      string
	SiteURL   string
	Hello     string // "Hello Maya,"; to the team
	Button    button
	Team      *teamView // mail to the team; nil: to a member

	Blocks []letter.Block // what a member is told
	Text   string         // the same as plain text
	Why    string         // why a member gets it; the site's name follows
	Stop   button         // how they end such mail; without a URL, they cannot
}

// button is the one thing that a message asks the reader to do.
type button struct{ Text, URL string }

// newView cleans m's data and says it in the message's wording. Errors have code
// Invalid: no later attempt with the same data can succeed.
func newView(m *enrolld.Message) (*view, error) {
	if m.Kind == enrolld.MessageTeam {
		return newTeamView(m)
	}
	if _, ok := letter.Of(m.Kind); !ok {
		return nil, enrolld.Errorf(enrolld.Invalid, "there is no template for messages of kind %q", m.Kind)
	}
	w := wordingOf(m)
	tongue := letter.TongueOf(w.Lang)
	values, err := valuesOf(m, tongue)
	if err != nil {
		return nil, err
	}
	said := letter.Fill(w, values)
	v := &view{
		Lang: tongue.Lang, Dir: "ltr", Site: values.Text["site"], SiteURL: letter.WebURL(m.Data.SiteURL),
		Subject: said.Subject, Preheader: oneLine(said.Preheader()), Blocks: said.Blocks, Text: said.Text(), Why: tongue.Why(m.Kind),
	}
	if tongue.Right {
		v.Dir = "rtl"
	}
	if url := letter.WebURL(m.UnsubscribeURL); url != "" {
		v.Stop = button{tongue.Stop(), url}
	}
	if m.Data.Test != nil {
		v.Subject = "[Test] " + v.Subject
	}
	v.Subject = headerText(v.Subject, maxSubject)
	return v, nil
}

// wordingOf is the text that m goes out with.
func wordingOf(m *enrolld.Message) enrolld.Wording {
	w := m.Wording
	if m.Data.Test != nil {
		w = *m.Data.Test
	}
	w.Kind = m.Kind
	return letter.Whole(w)
}

// valuesOf cleans what m knows.
func valuesOf(m *enrolld.Message, tongue letter.Tongue) (letter.Values, error) {
	d := &m.Data
	siteURL, loginURL, setPassword := letter.WebURL(d.SiteURL), letter.WebURL(d.LoginURL), letter.WebURL(d.SetPasswordURL)
	site := letter.Cut(oneLine(d.SiteName), maxWord)
	if d.Test != nil {
		setPassword = cmp.Or(setPassword, loginURL) // it is nobody's account
	}
	site, loginURL = cmp.Or(site, hostOf(siteURL)), cmp.Or(loginURL, siteURL)
	switch {
	case site == "" || loginURL == "":
		return letter.Values{}, enrolld.Errorf(enrolld.Invalid, "the message has no site name or no http(s) address of the site")
	case m.Kind == enrolld.MessageWelcome && setPassword == "":
		return letter.Values{}, enrolld.Errorf(enrolld.Invalid, "the welcome message has no set-password link")
	case m.Kind == enrolld.MessageEmailChanged:
		if d.NewAddress == "" {
			return letter.Values{}, enrolld.Errorf(enrolld.Invalid, "the note about a changed address does not say to what")
		}
	case m.Kind != enrolld.MessageWelcome && len(d.Courses) == 0:
		return letter.Values{}, enrolld.Errorf(enrolld.Invalid, "a message of kind %q needs a course", m.Kind)
	}
	v := letter.Values{Text: map[string]string{
		"first_name": greetingName(d.FirstName), "name": greetingName(m.ToName), "email": addressOf(m.To),
		"site": site, "site_link": cmp.Or(siteURL, loginURL), "contact": contact(m),
		"login_link": loginURL, "lost_password_link": lostPassword(loginURL), "set_password_link": setPassword,
		"user_name": letter.Cut(oneLine(d.Login), maxWord), "order": letter.Cut(oneLine(d.Order), maxWord),
		"new_address": letter.Cut(oneLine(d.NewAddress), maxWord),
	}}
	if d.Until != nil {
		v.Text["until"] = tongue.LastDay(*d.Until)
	}
	if !d.LinkValidUntil.IsZero() {
		v.Text["link_until"] = tongue.Moment(d.LinkValidUntil)
	}
	for _, c := range d.Courses {
		v.Courses = append(v.Courses, courseOf(c, tongue))
	}
	return v, nil
}

func courseOf(c enrolld.MessageCourse, tongue letter.Tongue) letter.Course {
	out := letter.Course{Title: cmp.Or(letter.Cut(oneLine(c.Title), maxTitle), tongue.Untitled()), URL: letter.WebURL(c.URL)}
	if c.Until != nil {
		out.Until = tongue.Open(*c.Until)
	}
	return out
}

// lostPassword is the page to ask for a new password, which WordPress has beside
// the log-in page.
func lostPassword(loginURL string) string {
	u, err := url.Parse(loginURL)
	if err != nil || !strings.HasSuffix(u.Path, "/wp-login.php") {
		return loginURL
	}
	u.RawQuery = "action=lostpassword"
	return u.String()
}

// addressOf is an address as it can be shown; empty when it is none.
func addressOf(s string) string {
	addr, _, err := enrolld.ParseEmail(s)
	if err != nil {
		return ""
	}
	return addr
}

// contact is the address that an answer to m reaches.
func contact(m *enrolld.Message) string {
	return cmp.Or(addressOf(m.ReplyTo), addressOf(m.FromAddress))
}

func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
