package enrolld

import (
	"strings"
	"time"
)

// Account is a client account: one blog of a WordPress site, with sources,
// products and customers of its own.
type Account struct {
	ID   int64
	Name string
	// ParentID is 0 for a client account; a sub-account (a brand, a school, a region)
	// has that of its client account.
	ParentID int64
	SiteID   int64 // the WordPress install that it belongs to
	BlogID   int64 // 1 on a site that is no network
	// SiteURL overrides where WordPress's log-in screens are; empty: what the
	// site's own settings say.
	SiteURL     string
	FromName    string // sender of members' mail; empty: the site's title
	FromAddress string // empty: the site's administrator's address
	LinkDays    int    // how long a set-password link is valid
	// CompanionAt is when the companion plugin was installed; nil: it is not.
	CompanionAt *time.Time
	// PausedAt is when processing was paused; deliveries are still received.
	PausedAt *time.Time
	// SecondFactorFrom is from when on everybody in the client account needs a
	// second factor; nil: owner and admins only.
	SecondFactorFrom *time.Time
	CreatedAt        time.Time
}

// RootID is the client account that an account is or belongs to: where its
// members are.
func (a Account) RootID() int64 {
	if a.ParentID != 0 {
		return a.ParentID
	}
	return a.ID
}

// CompanionKnows says whether the companion plugin was installed since the account
// is there: its configuration names the accounts whose customers it lets in.
func (a Account) CompanionKnows() bool {
	return a.CompanionAt != nil && !a.CompanionAt.Before(a.CreatedAt)
}

// Limits of an account's settings.
const (
	maxAccountName = 100
	MinLinkDays    = 1
	MaxLinkDays    = 30
)

// Validate says what is wrong with an account's settings.
func (a Account) Validate() error {
	switch {
	case strings.TrimSpace(a.Name) == "" || len(a.Name) > maxAccountName:
		return Errorf(Invalid, "an account needs a name of at most %d characters", maxAccountName)
	case a.LinkDays < MinLinkDays || a.LinkDays > MaxLinkDays:
		return Errorf(Invalid, "a set-password link can be valid for %d to %d days", MinLinkDays, MaxLinkDays)
	case a.SiteURL != "" && !strings.HasPrefix(a.SiteURL, "http://") && !strings.HasPrefix(a.SiteURL, "https://"):
		return Errorf(Invalid, "the site's address must begin with https:// or http://")
	}
	if a.FromAddress != "" {
		if _, _, err := ParseEmail(a.FromAddress); err != nil {
			return Wrap(Invalid, err, "the sender's address: %s", MessageOf(err))
		}
	}
	return nil
}
