package page

import "net/http"

// ErrorPage tells somebody that what they asked for could not be, signed in or
// out. Make it with NewErrorPage.
type ErrorPage struct {
	Base
	Status  int
	Heading string
	Message string // for people, a sentence
	Next    string // what to do now
	HomeURL string
	Home    string // the words of the link home
}

// Failure is the view of ErrorPage.
var Failure = New[ErrorPage](ownFiles, "error")

// NewErrorPage makes the page for a status. message is what enrolld.MessageOf
// says about the error; "" leaves it out.
func NewErrorPage(base Base, status int, message string) *ErrorPage {
	heading, next := wordsOf(status)
	if status == http.StatusTooManyRequests && message != "" {
		next = "Nothing was done this time." // the message says how long to wait
	}
	p := &ErrorPage{
		Base: base, Status: status, Heading: heading, Message: Sentence(message), Next: next,
		HomeURL: HomeURL, Home: "Go to the overview",
	}
	p.Title = heading
	switch {
	case base.Account != nil && base.Person != nil:
		p.HomeURL = base.Account.URL
	case base.Person == nil:
		p.HomeURL, p.Home = SignInURL, "Sign in"
	}
	return p
}

// wordsOf says what a status means to people and what they can do.
func wordsOf(status int) (heading, next string) {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "That could not be read", "Go back, look at what was entered, and send it once more."
	case http.StatusUnauthorized:
		return "Please sign in", "Sign in, and you will come back to this page."
	case http.StatusForbidden:
		return "You have no access to this", "If you need it for your work, ask the owner of the account."
	case http.StatusNotFound:
		return "There is nothing here", "The address may be mistyped, or what was here has been removed."
	case http.StatusMethodNotAllowed:
		return "That cannot be done here", "Go back and use the buttons of the page."
	case http.StatusConflict:
		return "Something changed meanwhile", "Go back and load the page again, then look whether it still needs to be done."
	case http.StatusRequestEntityTooLarge:
		return "That is too large", "Send less at once."
	case http.StatusTooManyRequests:
		return "Too many tries", "Wait a few minutes, then try again."
	case http.StatusServiceUnavailable:
		return "Not available right now", "Nothing is lost. Wait a minute, then load the page again."
	}
	return "Something went wrong", "Try again in a minute. If it happens again, tell us the reference below."
}

// Sentence makes a sentence of an error's message, which begins small and ends
// without a full stop.
func Sentence(message string) string {
	if message == "" {
		return ""
	}
	r := []rune(message)
	if r[0] >= 'a' && r[0] <= 'z' {
		r[0] += 'A' - 'a'
	}
	switch r[len(r)-1] {
	case '.', '?', '!', '…':
		return string(r)
	}
	return string(r) + "."
}
