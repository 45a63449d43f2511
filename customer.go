package enrolld

import "time"

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
