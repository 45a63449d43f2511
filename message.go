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

	MessageExpiring      MessageKind = "expiring"       // courses end soon, and will not go on by themselves
	MessageExpired       MessageKind = "expired"        // courses ended because their time is over
	MessagePaymentFailed MessageKind = "payment_failed" // a renewal could not be charged; access stays for the grace period

	MessageEmailChanged MessageKind = "email_changed" // to the address of before: the team changed it
)

// MemberKinds are the kinds of messages to members, in the order of lists.
var MemberKinds = []MessageKind{
	MessageWelcome, MessageAccess, MessageExpiring, MessageExpired, MessagePaymentFailed, MessageRefunded, MessageEmailChanged,
}

// Always says whether messages of a kind are sent whatever an account chose: a new
// member can enter by the welcome alone, and a note about another address is for
// the member's safety.
func (k MessageKind) Always() bool { return k == MessageWelcome || k == MessageEmailChanged }

// Message is one email to one member, or to somebody of the team. It is queued in the transaction of its
// cause and identified by it: Cause is unique per account, so one cause never
// sends two messages.
//
// States: queued → sending (leased) → sent, or back to queued with a later time,
// or dead when the server refused for good or the schedule ran out, or suppressed
// when its address takes no mail from us, or the team shut the customer out. After sent: bounced or complained, when
// that comes back.
type Message struct {
	ID         int64
	AccountID  int64
	CustomerID int64 // 0: not to a customer
	LoginID    int64 // 0: not to a login
	Kind       MessageKind
	Cause      string
	To         string // bare address
	ToName     string
	Data       MessageData
	// Rank is what it comes of, when it is queued; and when it is claimed, who goes
	// before it: see RankOf.
	Rank Rank

	Attempts int       // finished attempts before this one
	FirstAt  time.Time // when the first attempt began; zero before it
	Lease    string    // proof of the claim that handed this message out
	Mark     string    // proof, in its Message-ID, that what came back is about it; from the claim

	// From the account, filled by the queue when the message is claimed.
	FromName, FromAddress, ReplyTo string
	// UnsubscribeURL ends mail of this kind to the customer, filled in likewise;
	// empty when the kind is transactional.
	UnsubscribeURL string
	Wording        Wording // which text it goes out with; to members only
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
	Courses   []MessageCourse `json:"courses,omitempty"`
	Until     *time.Time      `json:"until,omitempty"` // what the message is about ends, or ended, then
	// Template names the account's variant of the text; empty: the standard one.
	Template string `json:"template,omitempty"`
	// Test is the text of a message that somebody of the team sends to themselves:
	// it goes out in these words, marked as a test.
	Test *Wording  `json:"test,omitempty"`
	Team *TeamData `json:"team,omitempty"` // set when the kind is MessageTeam, with nothing else
	// LinkUser is the WordPress user for whom a later message than the first welcome
	// carries a link to set a password; 0: it carries none.
	LinkUser int64 `json:"link_user,omitempty"`
	// NewAddress is what mail goes to from now on, as MaskAddress writes it.
	NewAddress string `json:"new_address,omitempty"`

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
	// SendSuppressed: not tried, since the address bounces, its owner complained or
	// unsubscribed, or the team blocked, removed or erased the customer.
	SendSuppressed SendState = "suppressed"
)

// What becomes of a message after it was sent.
const (
	SendBounced    SendState = "bounced"
	SendComplained SendState = "complained"
)

// SendResult reports one attempt back to the queue.
type SendResult struct {
	Message  *Message
	State    SendState
	Response string // the server's answer or the reason, without addresses
	RetryAt  time.Time
	// Held: with SendRetry, it was not its turn and it was not tried, so that no
	// attempt counts.
	Held bool
	// Gone: with SendDead, the server says that there is no such recipient; nothing is
	// sent there any more.
	Gone bool
}

// MessageTeam is mail to the people of the admin. What it says is its event's.
const MessageTeam MessageKind = "team"

// TeamEvent says what a message to a login or an invited address is about.
type TeamEvent string

// The events. What each says is in package mailer.
const (
	EventInvitation         TeamEvent = "invitation"          // to the invited address, with a link
	EventInvitationReminder TeamEvent = "invitation_reminder" // a day before the end, with the same link
	EventInvitationAccepted TeamEvent = "invitation_accepted" // topic TopicAccepted
	EventInvitationExpired  TeamEvent = "invitation_expired"  // topic TopicExpired
	EventLoginCreated       TeamEvent = "login_created"       // to the owner, when somebody else made a login
	EventLoginMade          TeamEvent = "login_made"          // to the person, when a login was made by hand
	EventSetPassword        TeamEvent = "set_password"        // to the person, with a link
	EventPasswordReset      TeamEvent = "password_reset"      // asked for, with a link
	EventNoLogin            TeamEvent = "no_login"            // a reset was asked for an address without a login
	EventPasswordChanged    TeamEvent = "password_changed"
	EventEmailChangeOld     TeamEvent = "email_change_old" // confirm from the old address, with a link
	EventEmailChangeNew     TeamEvent = "email_change_new" // confirm from the new address, with a link
	EventEmailChanged       TeamEvent = "email_changed"    // to the old and the new address
	EventFactorAdded        TeamEvent = "factor_added"     // Subject: "an authenticator app", "the passkey 'Phone'"
	EventFactorRemoved      TeamEvent = "factor_removed"
	EventFactorReset        TeamEvent = "factor_reset" // by somebody else: to the person, and to who did it
	EventCodesMade          TeamEvent = "codes_made"
	EventCodeUsed           TeamEvent = "code_used"
	EventNewSignIn          TeamEvent = "new_sign_in" // from a browser that is not known
	EventTermsChanged       TeamEvent = "terms_changed"
	EventDeactivated        TeamEvent = "deactivated"
	EventReactivated        TeamEvent = "reactivated"
	EventRemoved            TeamEvent = "removed"
	EventTeamChanged        TeamEvent = "team_changed"     // topic TopicTeam; Detail says what
	EventTransferOffered    TeamEvent = "transfer_offered" // with a link
	EventTransferDone       TeamEvent = "transfer_done"
	EventFactorPolicy       TeamEvent = "factor_policy" // a second factor is required from Until on
	EventImportDone         TeamEvent = "import_done"   // topic TopicImport; Subject is the file, Detail the counts
	EventImportCancelled    TeamEvent = "import_cancelled"
	EventImportPaused       TeamEvent = "import_paused" // by itself, since too much failed
	EventFailures           TeamEvent = "failures"      // topic TopicFailures; Detail has the counts, Lines what and where
)

// TeamData is what mail to the people of the admin may say. It is stored with
// the message, without the link's token: that is a keyed hash of the link's
// purpose, made anew at each attempt.
type TeamData struct {
	Event   TeamEvent  `json:"event"`
	Account string     `json:"account,omitempty"` // name of the client account
	Actor   string     `json:"actor,omitempty"`   // who did it
	Subject string     `json:"subject,omitempty"` // who or what it was done to
	Detail  string     `json:"detail,omitempty"`
	Addr    string     `json:"addr,omitempty"`  // network address it was done from
	Agent   string     `json:"agent,omitempty"` // browser, in words
	At      time.Time  `json:"at"`
	Until   *time.Time `json:"until,omitempty"` // the link's end, or the date that it is about
	Link    Link       `json:"link"`
	Lines   []TeamLine `json:"lines,omitempty"` // what it lists

	URL string `json:"-"` // filled by the queue when the message is claimed
}

// TeamLine is one thing of several that a message lists, and where to mend it.
type TeamLine struct {
	Name string `json:"name"` // "3 deliveries"
	Text string `json:"text"`
	Path string `json:"path,omitempty"` // of the admin

	URL string `json:"-"` // filled by the queue, as TeamData's
}

// Link is where a message leads: a path of the admin and, for a secret link,
// what its token is made of, which is the path's last part.
type Link struct {
	Path    string `json:"path,omitempty"`    // "/invitations/"
	Purpose string `json:"purpose,omitempty"` // "invitation 12 3"; empty: no token
}
