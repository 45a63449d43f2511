package wordpress

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// Person is somebody who is to have a WordPress user.
type Person struct {
	Email string           // as it was given
	Key   enrolld.EmailKey // of Email; empty means: work it out
	// First and Last are names as they were given; they are cleaned here.
	First, Last string
}

// Result is what EnsureUsers did for one person.
type Result struct {
	User User
	// Err has code Invalid when WordPress cannot hold the address; User is then
	// empty, and nothing was written for this person.
	Err error
}

// EnsureUsers finds or creates the WordPress user of each person, inside the
// caller's transaction at READ COMMITTED. Result i belongs to person i; persons
// with one key share a user, which is Created for the first of them only.
//
// An existing user is found by our reservation of the address, else by the
// address, and is returned as it is: no name, role or password changes. On a
// network a user who is not yet on this blog is added to it with the default
// role. A user that was deleted in WordPress is made anew.
//
// Its cost is per statement of up to 500 rows, not per person: two reads when
// everybody is known, about 50 statements for 1000 new users.
//
// Concurrent calls may fail with the MySQL errors 1213, 1205 or 1020: roll back
// and call again. After any error the transaction must not be committed.
func EnsureUsers(
	ctx context.Context, conn Conn, site Site, info Info, people []Person, now time.Time,
) ([]Result, error) {
	return EnsureUsersBeside(ctx, conn, site, info, people, now, nil)
}

// EnsureUsersBeside is EnsureUsers in a transaction that is one of several of this
// process, side by side.
func EnsureUsersBeside(
	ctx context.Context, conn Conn, site Site, info Info, people []Person, now time.Time, side *Side,
) ([]Result, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	results := make([]Result, len(people))
	b := &batch{conn: conn, site: site, info: info, now: now, side: side}
	b.admit(people, results)
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"look up known users", b.recognise},
		{"make users of strangers", b.strangers},
		{"reserve email addresses", b.reserve},
		{"look for users by email", b.adopt},
		{"create users", b.create},
		{"note the users of reservations", b.record},
		{"add users to the blog", b.join},
	} {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("ensure WordPress users: %s: %w", step.what, err)
		}
	}
	for _, s := range b.seekers {
		for n, i := range s.at {
			results[i].User = s.user.User
			results[i].User.Created = s.created && n == 0
		}
	}
	return results, nil
}

// batch is one call of EnsureUsers.
type batch struct {
	conn    Conn
	site    Site
	info    Info
	now     time.Time
	side    *Side
	seekers []*seeker // one for each key, in the order of the keys
}

// seeker is one address that looks for its user.
type seeker struct {
	key         enrolld.EmailKey
	addr        string   // as user_email holds it
	spelled     []string // other values of user_email that may be it
	first, last string   // cleaned
	at          []int    // places in people
	noted       bool     // there is a reservation
	reserved    int64    // the user in it, 0 if none
	user        *account // the answer
	created     bool
	stale       bool // the reservation does not name user yet
}

// admit groups the people by key and answers those WordPress cannot hold.
func (b *batch) admit(people []Person, results []Result) {
	byKey := make(map[enrolld.EmailKey]*seeker, len(people))
	for i, p := range people {
		addr, key, err := Address(p.Email)
		if err == nil && p.Key != "" && p.Key != key {
			err = enrolld.Errorf(enrolld.Invalid, "the key is not that of the address")
		}
		if err != nil {
			results[i].Err = err
			continue
		}
		s := byKey[key]
		if s == nil {
			s = &seeker{key: key, addr: addr, spelled: spellings(p.Email, addr, key)}
			s.first, s.last = b.name(p.First), b.name(p.Last)
			byKey[key] = s
			b.seekers = append(b.seekers, s)
		}
		s.at = append(s.at, i)
	}
	slices.SortFunc(b.seekers, func(x, y *seeker) int { return cmp.Compare(x.key, y.key) })
}

func (b *batch) name(s string) string {
	return CleanName(fitCharset(fitCharset(s, b.info.UsersCharset), b.info.MetaCharset))
}

// pending returns the seekers without a user, in order.
func (b *batch) pending() []*seeker {
	var out []*seeker
	for _, s := range b.seekers {
		if s.user == nil {
			out = append(out, s)
		}
	}
	return out
}

// recognise is the quick way, without locks: our reservation names a user, who
// exists and still has the address.
func (b *batch) recognise(ctx context.Context) error {
	if err := b.readReservations(ctx, b.seekers, ""); err != nil {
		return err
	}
	found, err := b.reservedAccounts(ctx, b.seekers)
	if err != nil {
		return err
	}
	for _, s := range b.seekers {
		if a := found[s.reserved]; a != nil && keyOf(a.Email) == s.key {
			s.user = a
		}
	}
	return nil
}

// adopt finds the users that exist although our reservation did not tell: made
// by WordPress, or known under another address. Whoever has the address now
// wins; then the user in our reservation, whose address has changed since.
func (b *batch) adopt(ctx context.Context) error {
	pending := b.pending()
	if len(pending) == 0 {
		return nil
	}
	byID, err := b.reservedAccounts(ctx, pending)
	if err != nil {
		return err
	}
	var spelled []string
	for _, s := range pending {
		spelled = append(spelled, s.spelled...)
	}
	byKey, err := accountsByEmail(ctx, b.conn, b.site, b.info, spelled)
	if err != nil {
		return err
	}
	for _, s := range pending {
		s.user = byID[s.reserved]
		if owners := byKey[s.key]; len(owners) > 0 && (s.user == nil || keyOf(s.user.Email) != s.key) {
			s.user = owners[0]
		}
		s.stale = s.user == nil || s.user.ID != s.reserved
	}
	return nil
}

func (b *batch) reservedAccounts(ctx context.Context, seekers []*seeker) (map[int64]*account, error) {
	var ids []int64
	for _, s := range seekers {
		if s.reserved != 0 {
			ids = append(ids, s.reserved)
		}
	}
	slices.Sort(ids)
	return accountsByID(ctx, b.conn, b.site, b.info, slices.Compact(ids))
}
