package wordpress

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// strangers makes the users of addresses that nobody knows: neither we, by a
// reservation, nor WordPress. That is nearly everybody of a list that is imported,
// and the reservation is then written once, with its user, instead of before and
// again behind. Whether the names were free, the reservations say in the end: is
// one of them somebody else's, all of it is taken back, and the careful way begins.
// Two who lost one address may then deadlock on it, and one of them begins again;
// customers of one account wait for each other before they come here.
func (b *batch) strangers(ctx context.Context) error {
	list, err := b.unknown(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	if _, err := b.conn.ExecContext(ctx, "SAVEPOINT strangers"); err != nil {
		return err
	}
	if err := b.nameUsers(ctx, list, b.unoccupied); err != nil {
		return err
	}
	if err := b.insertUsers(ctx, list); err != nil {
		return err
	}
	ours, err := b.reserveAll(ctx, list)
	if err != nil {
		return err
	}
	if !ours {
		for _, s := range list {
			s.user, s.created, s.stale = nil, false, false
		}
		_, err := b.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT strangers")
		return err
	}
	for _, s := range list {
		s.stale = false
	}
	return b.insertMeta(ctx, list)
}

// unknown are the seekers whom neither a reservation nor an address leads to a user.
func (b *batch) unknown(ctx context.Context) ([]*seeker, error) {
	var list []*seeker
	var spelled []string
	for _, s := range b.seekers {
		if s.user == nil && !s.noted {
			list, spelled = append(list, s), append(spelled, s.spelled...)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	byKey, err := accountsByEmail(ctx, b.conn, b.site, b.info, spelled)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(s *seeker) bool { return len(byKey[s.key]) > 0 }), nil
}

// unoccupied takes the names that no WordPress user has.
func (b *batch) unoccupied(ctx context.Context, _, column string, names []string) ([]string, error) {
	occupied, err := b.occupied(ctx, column, names)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return occupied[name] }), err
}

// reserveAll reserves address, login and nicename of new users. It returns false
// when one of them is somebody else's.
func (b *batch) reserveAll(ctx context.Context, list []*seeker) (ours bool, err error) {
	names := make([]reserved, 0, 3*len(list))
	for _, s := range list {
		names = append(names, reserved{kindEmail, string(s.key), s.user.ID})
	}
	names = append(names, namesOf(list)...)
	// The order of the primary key: kinds are in that of their column already.
	slices.SortStableFunc(names, func(x, y reserved) int {
		return cmp.Or(strings.Compare(x.kind, y.kind), strings.Compare(x.name, y.name))
	})
	for chunk := range slices.Chunk(names, maxRows) {
		n, err := b.writeNames(ctx, "INSERT IGNORE INTO ", chunk, "")
		if err != nil || n != int64(len(chunk)) {
			return false, err
		}
	}
	return true, nil
}

// reserved is a reservation with its user.
type reserved struct {
	kind, name string
	user       int64
}

// namesOf are the logins and nicenames of new users.
func namesOf(list []*seeker) []reserved {
	out := make([]reserved, 0, 2*len(list))
	for _, s := range list {
		out = append(out, reserved{kindLogin, strings.ToLower(s.user.Login), s.user.ID}, reserved{kindNicename, s.user.Nicename, s.user.ID})
	}
	return out
}

// writeNames writes reservations and returns how many rows that changed.
func (b *batch) writeNames(ctx context.Context, how string, names []reserved, tail string) (int64, error) {
	var query strings.Builder
	args := make([]any, 0, len(names))
	query.WriteString(how + namesTable + " (site_id, kind, name, user_id) VALUES ")
	site := strconv.FormatInt(b.site.ID, 10)
	for i, n := range names {
		if i > 0 {
			query.WriteByte(',')
		}
		query.WriteString("(" + site + ",'" + n.kind + "',?," + strconv.FormatInt(n.user, 10) + ")")
		args = append(args, n.name)
	}
	query.WriteString(tail)
	res, err := b.conn.ExecContext(ctx, query.String(), args...)
	if err != nil {
		return 0, fmt.Errorf("write reservations: %w", err)
	}
	return res.RowsAffected()
}
