package enrolld

import (
	"fmt"
	"time"
)

// TroubleKind is a kind of work that did not come to its end by itself.
type TroubleKind string

// The kinds.
const (
	FailedDelivery TroubleKind = "delivery" // is dead or parked
	FailedEmail    TroubleKind = "email"    // to a member, was given up
	FailedImport   TroubleKind = "import"   // paused by itself
	FailedBulk     TroubleKind = "bulk"     // stopped by itself
	SilentSource   TroubleKind = "source"   // sends nothing any more
)

// TroubleReason says why deliveries failed, without a word about whom.
type TroubleReason string

// The reasons of deliveries.
const (
	ReasonUnmapped TroubleReason = "unmapped"
	ReasonNoUser   TroubleReason = "no_user"
	ReasonParked   TroubleReason = "parked" // another thing that a person has to do
	ReasonGivenUp  TroubleReason = "given_up"
	ReasonRefused  TroubleReason = "refused"
)

// Trouble counts what failed in an account, for the same reason.
type Trouble struct {
	AccountID int64
	Kind      TroubleKind
	Reason    TroubleReason // of deliveries; otherwise empty
	Count     int
	Source    string // what the account calls a source that went silent; otherwise empty
}

// troubleKinds say a kind for people, who may know of it, and the page to mend it on.
var troubleKinds = map[TroubleKind]struct {
	one, many string
	failed    string // what became of it
	needs     Permission
	path      string // below the account
}{
	FailedDelivery: {"1 delivery", "%d deliveries", "could not be processed", PermProductsView, ""},
	FailedEmail:    {"1 email", "%d emails", "to members could not be sent and will not be tried again", PermEmails, "/emails?state=dead"},
	FailedImport:   {"1 import", "%d imports", "could not go on", PermCustomersBrowse, "/imports"},
	FailedBulk:     {"1 bulk action", "%d bulk actions", "stopped before the end", PermCustomersBrowse, "/customers/bulk"},
	SilentSource:   {"1 source", "%d sources", "sent nothing for longer than usual", PermProductsView, ""},
}

// TroubleKinds are the kinds, in the order in which they are told.
func TroubleKinds() []TroubleKind {
	return []TroubleKind{FailedDelivery, FailedEmail, FailedImport, FailedBulk, SilentSource}
}

// Text counts for people: "3 deliveries".
func (k TroubleKind) Text(n int) string {
	w := troubleKinds[k]
	if n == 1 {
		return w.one
	}
	return fmt.Sprintf(w.many, n)
}

// Failed says what became of it: "could not be processed".
func (k TroubleKind) Failed() string { return troubleKinds[k].failed }

// For says whether somebody may know of a kind of failure in an account. Most of them
// cannot be told apart by product, so that who was given some products hears of none.
func (k TroubleKind) For(t Terms, accountID int64, now time.Time) bool {
	return t.Scope.AllProducts && t.Scope.In(accountID) && t.May(troubleKinds[k].needs, now)
}

// Path is the page of an account where a failure can be mended, or seen at least.
func (f Trouble) Path() string {
	if f.Reason == ReasonUnmapped {
		return fmt.Sprintf("/a/%d/products?state=waiting", f.AccountID)
	}
	return fmt.Sprintf("/a/%d%s", f.AccountID, troubleKinds[f.Kind].path)
}

var troubleReasons = map[TroubleReason]string{
	ReasonUnmapped: "a product has no rule yet",
	ReasonNoUser:   "no WordPress user could be made for the buyer",
	ReasonParked:   "a person has to decide",
	ReasonGivenUp:  "every attempt failed",
	ReasonRefused:  "what was sent cannot be processed",
}

// Text is the reason for people: "a product has no rule yet".
func (r TroubleReason) Text() string { return troubleReasons[r] }
