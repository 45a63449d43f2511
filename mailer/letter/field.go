package letter

import (
	"slices"
	"strings"

	"enrolld"
)

// Field is something that can stand in braces.
type Field struct {
	Name   string // without the braces
	About  string // what it is, for people
	Sample string
	form   form
}

// form is how a value is written.
type form int

const (
	word   form = iota // text; its line is left out without one
	name               // a person's name; without one the rest of the line stays
	page               // the address of a page
	mail               // an email address
	titles             // the courses
)

// Link says whether the field is the address of a page, which may be a link's
// target and, on a line by itself, is the button.
func (f Field) Link() bool { return f.form == page }

var (
	firstName   = Field{"first_name", "The member’s first name. May be missing: then the greeting goes on without it.", "Maya", name}
	wholeName   = Field{"name", "The member’s whole name. May be missing.", "Maya Okafor", name}
	email       = Field{"email", "The address that the email goes to.", "maya@example.com", mail}
	site        = Field{"site", "The name of the site.", "Ink & Wash Academy", word}
	siteLink    = Field{"site_link", "The address of the site.", "https://example.com", page}
	courses     = Field{"courses", "The courses. On a line by itself: a list with links and ends.", "Ink & Wash", titles}
	userName    = Field{"user_name", "The member’s user name in WordPress.", "maya.okafor", word}
	loginLink   = Field{"login_link", "The page to log in.", "https://example.com/wp-login.php", page}
	lostLink    = Field{"lost_password_link", "The page to ask for a new password.", "https://example.com/wp-login.php?action=lostpassword", page}
	contact     = Field{"contact", "The address that questions reach.", "hello@example.com", mail}
	order       = Field{"order", "The number of the order, where there is one.", "1514394", word}
	until       = Field{"until", "The day on which the access ends, or ended.", "3 May 2026", word}
	setPassword = Field{"set_password_link", "The member’s own link to choose a password.", "https://example.com/wp-login.php?action=rp", page}
	newAddress  = Field{"new_address", "The address of now, by its first letters only.", "m•••@e•••.org", word}
	linkUntil   = Field{"link_until", "Until when the link to choose a password works.", "3 May 2026, 14:05 UTC", word}
)

// About says of a kind what people need to know of it.
type About struct {
	Kind   enrolld.MessageKind
	Title  string // "Welcome"
	When   string // what it is sent for, a sentence
	Fields []Field
	// Needs are fields without which the text makes no sense.
	Needs []string
}

var abouts = []About{
	{
		enrolld.MessageWelcome, "Welcome", "To a new member, with a link to choose a password. It cannot be switched off.",
		[]Field{firstName, wholeName, email, site, siteLink, setPassword, linkUntil, userName, loginLink, lostLink, courses, order, contact},
		[]string{"set_password_link"},
	},
	{
		enrolld.MessageAccess, "New courses", "To a member who had an account already, when courses open.",
		[]Field{firstName, wholeName, email, site, siteLink, courses, userName, loginLink, lostLink, order, contact}, nil,
	},
	{
		enrolld.MessageExpiring, "Access ends soon", "Before an access ends that does not go on by itself.",
		[]Field{firstName, wholeName, email, site, siteLink, courses, until, userName, loginLink, lostLink, order, contact}, nil,
	},
	{
		enrolld.MessageExpired, "Access has ended", "When the time of an access is over.",
		[]Field{firstName, wholeName, email, site, siteLink, courses, until, userName, loginLink, lostLink, order, contact}, nil,
	},
	{
		enrolld.MessagePaymentFailed, "Payment failed", "When a renewal could not be charged and access stays for a while.",
		[]Field{firstName, wholeName, email, site, siteLink, courses, until, userName, loginLink, lostLink, order, contact}, nil,
	},
	{
		enrolld.MessageRefunded, "Refunded", "When a refund ended an access that the member had been told of.",
		[]Field{firstName, wholeName, email, site, siteLink, courses, userName, loginLink, lostLink, order, contact}, nil,
	},
	{
		enrolld.MessageEmailChanged, "Address changed", "To the address of before, when somebody of the team changes a member’s address. It cannot be switched off.",
		[]Field{firstName, wholeName, email, newAddress, site, siteLink, loginLink, lostLink, contact}, nil,
	},
}

// Abouts lists all kinds.
func Abouts() []About { return slices.Clone(abouts) }

// Of is what there is to know of a kind; false when it is none to members.
func Of(kind enrolld.MessageKind) (About, bool) {
	i := slices.IndexFunc(abouts, func(a About) bool { return a.Kind == kind })
	if i < 0 {
		return About{}, false
	}
	return abouts[i], true
}

// TitleOf is what messages of a kind are called wherever people read of them; one
// that is none to members is called by its own name.
func TitleOf(kind string) string {
	if a, ok := Of(enrolld.MessageKind(kind)); ok {
		return a.Title
	}
	return strings.ReplaceAll(kind, "_", " ")
}

// field finds a field by what was typed between the braces.
func (a About) field(typed string) (Field, bool) {
	want := canonical(typed)
	i := slices.IndexFunc(a.Fields, func(f Field) bool { return f.Name == want })
	if i < 0 {
		return Field{}, false
	}
	return a.Fields[i], true
}

// canonical forgives capitals, spaces and dashes.
func canonical(typed string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(typed)))
}

// near is the field whose name is most like what was typed; empty when none is.
func (a About) near(typed string) string {
	want, best, least := canonical(typed), "", 1000
	for _, f := range a.Fields {
		d := distance(want, f.Name)
		if strings.Contains(f.Name, want) || strings.Contains(want, f.Name) {
			d = min(d, 2)
		}
		if d < least {
			best, least = f.Name, d
		}
	}
	if least > max(2, len(want)/3) {
		return ""
	}
	return best
}

// distance is how many letters have to be put in, taken out or replaced to make
// one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
