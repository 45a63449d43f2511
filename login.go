package enrolld

import (
	"strings"
	"time"
)

// Login is a person who signs in: one set of credentials for every client
// account that they were given.
type Login struct {
	ID       int64
	Email    string
	Key      EmailKey
	Username string // empty: signs in with the email address
	Name     string
	Phone    string
	Address  PostalAddress
	// PasswordAt is when the password was set; nil: there is none yet.
	PasswordAt *time.Time
	// MustChange: somebody else knows the password; it has to be changed first.
	MustChange bool
	// TOTPAt is when an authenticator app was confirmed; nil: there is none.
	TOTPAt       *time.Time
	Passkeys     int // how many
	LastSignInAt *time.Time
	CreatedAt    time.Time
	// Revision counts changes of the profile, for forms that were filled in meanwhile.
	Revision int64
	// Epoch is raised whenever sessions of the login are ended: what was proven in
	// an earlier one, a password or half a sign-in, counts no more.
	Epoch int64
}

// SecondFactor says whether there is one.
func (l Login) SecondFactor() bool { return l.TOTPAt != nil || l.Passkeys > 0 }

// Label is how others read of the person.
func (l Login) Label() string {
	if l.Name != "" {
		return l.Name
	}
	return l.Email
}

const maxLoginName = 100

// ParseName checks a person's name: one line, at most 100 characters.
func ParseName(s string) (string, error) {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return blank(r) || r < ' ' || r == 0x7f }), " ")
	switch {
	case s == "":
		return "", Errorf(Invalid, "enter a name")
	case len([]rune(s)) > maxLoginName:
		return "", Errorf(Invalid, "a name has at most %d characters", maxLoginName)
	}
	return s, nil
}

// Actor is who does something, for the audit log and for mail about it.
type Actor struct {
	LoginID int64  // 0: a program, or nobody who signed in
	Name    string // "Maya Lind", "command", "clock"
	Addr    string // where from; empty: this machine
	Request string // the request's id
}
