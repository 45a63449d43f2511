package enrolld

import "time"

// MessageKind says what a message to a member is about. Each kind has a
// template of the same name in package mailer.
type MessageKind string

// The kinds of messages to members.
const (
	MessageWelcome  MessageKind = "welcome"  // a new WordPress user: set your password, here are your courses
	MessageAccess   MessageKind = "access"   // a known user has new courses
	MessageRefunded MessageKind = "refunded" // courses ended because the sale was refunded
)

// Message is one email to one member. It is queued in the transaction of its
// cause and identified by it: Cause is unique per account, so one cause never
// sends two messages.
//
// States: queued → sending (leased) → sent, or back to queued with a later time,
// or dead when the server refused for good or the schedule ran out.
type Message struct {
	ID         int64
	AccountID  int64
	CustomerID int64
	Kind       MessageKind
	Cause      string
	To         string // bare address
	ToName     string
	Data       MessageData

	Attempts int       // finished attempts before this one
	FirstAt  time.Time // when the first attempt began; zero before it
	Lease    string    // proof of the claim that handed this message out

	// From the account, filled by the queue when the message is claimed.
	FromName, FromAddress, ReplyTo string
}

// MessageData is what a template may say. It is stored with the message as JSON,
// except SetPasswordURL, which is a secret made anew from a keyed hash at each
// attempt (always the same link for the same message).
type MessageData struct {
	SiteName  string          `json:"site_name"`
	SiteURL   string          `json:"site_url"`
	LoginURL  string          `json:"login_url"`
	Login     string          `json:"login,omitempty"` // WordPress user name
	FirstName string          `json:"first_name,omitempty"`
	Order     string          `json:"order,omitempty"` // as the buyer knows it, e.g. "1514394"
	Courses   []MessageCourse `json:"courses"`

	SetPasswordURL string    `json:"-"`
	LinkValidUntil time.Time `json:"-"`
}

// MessageCourse is a course as a member sees it.
type MessageCourse struct {
	Title string     `json:"title"`
	URL   string     `json:"url"`
	Until *time.Time `json:"until,omitempty"` // access ends then; nil: no end
}

// SendState is how one attempt to send a message ended.
type SendState string

// How an attempt ends.
const (
	SendSent  SendState = "sent"   // the server took responsibility
	SendRetry SendState = "queued" // try again at RetryAt
	SendDead  SendState = "dead"   // refused for good, or tried long enough
)

// SendResult reports one attempt back to the queue.
type SendResult struct {
	Message  *Message
	State    SendState
	Response string // the server's answer or the reason, without addresses
	RetryAt  time.Time
}
