package enrolld

import (
	"fmt"
	"strings"
	"time"
)

// Customer is a person who bought, was imported or was added by hand: one for
// each email key of an account, reached by further addresses too.
type Customer struct {
	ID        int64
	AccountID int64
	Key       EmailKey // of Email, the main address
	Email     string
	// Via is the further address by which the customer was looked for; "": the main
	// one, or nobody looked by address.
	Via   EmailKey
	First string
	Last  string
	// WPUserID is the WordPress user, 0 as long as there was no access to give.
	WPUserID int64
	// WPCreated says that we made the WordPress user.
	WPCreated bool
	// Problem says, for people, why no WordPress user can be made.
	Problem   string
	DueAt     *time.Time // when access changes by itself
	Revision  int64
	CreatedAt time.Time
	Standing
}

// FullName is the first and the last name; "" when neither is known.
func (c Customer) FullName() string { return strings.TrimSpace(c.First + " " + c.Last) }

// Label is how the team reads of the customer: the name, or the address of somebody
// without one.
func (c Customer) Label() string {
	if c.ErasedAt != nil {
		return fmt.Sprintf("Erased customer %d", c.ID)
	}
	if name := c.FullName(); name != "" {
		return name
	}
	return c.Email
}
