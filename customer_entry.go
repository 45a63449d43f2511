package enrolld

import "time"

// How long an entry lasts: the token until the site has to have it, and the
// session as the customer. The companion plugin makes no session longer than
// EntryTerm, whatever it is told.
const (
	EntryTokenTerm = time.Minute
	EntryTerm      = 30 * time.Minute
)

// EntryEnd says how an entry ended.
type EntryEnd string

// The ends of entries. The companion plugin writes EntryLeft and the refusals.
const (
	EntryLeft    EntryEnd = "left"    // on the site, by whoever was there
	EntryStopped EntryEnd = "stopped" // by somebody of the team, in Enrolld
	EntryRevoked EntryEnd = "revoked" // with the sessions or the rights of whoever it was for
	EntryOver    EntryEnd = "over"    // its time
	EntryUnused  EntryEnd = "unused"  // nobody took the token
	EntryBarred  EntryEnd = "barred"  // the customer may not be entered any more
	EntryNoUser  EntryEnd = "no_user" // refused: the site has no such user
	EntryRights  EntryEnd = "rights"  // refused, or ended: the user has more than a customer's rights
)

// MayEnter says why nobody may log in as a customer, whoever asks. What the site
// knows of the user is not in it. Errors: Invalid.
func MayEnter(c Customer) error {
	if why := c.Shut(); why != "" {
		return Errorf(Invalid, "%s: nobody can log in as them", why)
	}
	if c.WPUserID == 0 {
		return Errorf(Invalid, "this customer has no WordPress user yet: give them a course first")
	}
	return nil
}
