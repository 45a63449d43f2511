package gate

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"enrolld"
)

// A browser in which somebody signed in completely is known for their login. It
// has a budget of tries of its own, so that whoever tries passwords elsewhere
// locks nobody out; and signing in from it is not news.
const (
	knownCookie = "__Host-enrolld-known"
	knownFor    = 365 * 24 * time.Hour
	maxKnown    = 5 // people who share a browser
)

// Known says whether the browser is known for a login, and the name of its own
// budget.
func (r *Request) Known(login enrolld.Login) (budget string, ok bool) {
	for _, mark := range r.marks() {
		nonce, mac, _ := strings.Cut(mark, ".")
		want := r.frame.mark(login, nonce)
		if subtle.ConstantTimeCompare([]byte(mac), []byte(want)) == 1 {
			return "browser " + nonce, true
		}
	}
	return "", false
}

// Remember makes the browser known for a login, as long as its password stays.
func (r *Request) Remember(login enrolld.Login) {
	if _, ok := r.Known(login); ok {
		return
	}
	nonce := rand.Text()
	marks := append([]string{nonce + "." + r.frame.mark(login, nonce)}, r.marks()...)
	http.SetCookie(r.Writer, &http.Cookie{
		Name: knownCookie, Value: strings.Join(marks[:min(len(marks), maxKnown)], "~"), Path: "/", MaxAge: int(knownFor.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (r *Request) marks() []string {
	c, err := r.Cookie(knownCookie)
	if err != nil {
		return nil
	}
	marks := strings.Split(c.Value, "~")
	return slices.Clone(marks[:min(len(marks), maxKnown)])
}

// mark proves a nonce for a login and its password: whoever signed in with one that
// was taken from them is a stranger again. Nothing in it says whose it is.
func (f *Frame) mark(login enrolld.Login, nonce string) string {
	var since int64
	if login.PasswordAt != nil {
		since = login.PasswordAt.UnixMicro()
	}
	return f.DB.Keys().Token(fmt.Sprintf("browser %d %d %s", login.ID, since, nonce))
}
