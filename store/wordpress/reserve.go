package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// namesTable is ours and stands in the connection's default schema.
const namesTable = "enrolld_site_names"

// The kinds of reserved names.
const (
	kindEmail    = "email"
	kindLogin    = "login"
	kindNicename = "nicename"
)

// reserve inserts the email keys of the pending seekers and holds their rows
// until the transaction ends. Only one transaction of all gets past here for an
// address.
//
// ON DUPLICATE KEY takes the exclusive lock at once. INSERT IGNORE would take a
// shared one, and two that wait for a third would then deadlock on the upgrade.
func (b *batch) reserve(ctx context.Context) error {
	pending := b.pending()
	for chunk := range slices.Chunk(pending, maxRows) {
		args := make([]any, 0, 2*len(chunk))
		for _, s := range chunk {
			args = append(args, b.site.ID, string(s.key))
		}
		_, err := b.conn.ExecContext(ctx,
			"INSERT INTO "+namesTable+" (site_id, kind, name, user_id) VALUES "+
				repeat("(?, '"+kindEmail+"', ?, NULL)", len(chunk))+
				" ON DUPLICATE KEY UPDATE user_id = user_id", args...)
		if err != nil {
			return err
		}
	}
	return b.readReservations(ctx, pending, " FOR UPDATE")
}

// readReservations sets the reserved user of each seeker.
func (b *batch) readReservations(ctx context.Context, seekers []*seeker, lock string) error {
	type reservation struct {
		name string
		user int64
	}
	for chunk := range slices.Chunk(seekers, maxRows) {
		args := []any{b.site.ID}
		byName := make(map[string]*seeker, len(chunk))
		for _, s := range chunk {
			args = append(args, string(s.key))
			byName[string(s.key)] = s
		}
		rows, err := collect(ctx, b.conn, func(rows *sql.Rows) (reservation, error) {
			var r reservation
			err := rows.Scan(&r.name, &r.user)
			return r, err
		}, "SELECT name, COALESCE(user_id, 0) FROM "+namesTable+
			" WHERE site_id = ? AND kind = '"+kindEmail+"' AND name IN ("+repeat("?", len(chunk))+")"+
			lock, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			byName[r.name].reserved, byName[r.name].noted = r.user, true
		}
	}
	return nil
}

// record writes the users into the reservations that do not name them yet.
func (b *batch) record(ctx context.Context) error {
	var names []reserved
	var created []*seeker
	for _, s := range b.seekers {
		if s.stale {
			names = append(names, reserved{kindEmail, string(s.key), s.user.ID})
		}
		if s.stale && s.created {
			created = append(created, s)
		}
	}
	names = append(names, namesOf(created)...)
	for chunk := range slices.Chunk(names, maxRows) {
		if _, err := b.writeNames(ctx, "INSERT INTO ", chunk, " ON DUPLICATE KEY UPDATE user_id = VALUES(user_id)"); err != nil {
			return err
		}
	}
	return nil
}

// claim is a search for a free login or nicename: candidates come from next
// until one is free in WordPress and reserved by us.
type claim struct {
	next  func() string
	name  string
	taken bool
}

// taking takes those of some names that are free, as far as it goes.
type taking func(ctx context.Context, kind, column string, names []string) (won []string, err error)

// claimNames gives every claim a name of its own. One round costs one to three
// statements for up to 500 claims; nearly all claims end in the first.
func (b *batch) claimNames(ctx context.Context, kind, column string, claims []*claim, take taking) error {
	used := make(map[string]bool, len(claims)) // by this call, or known to be taken
	for round := 0; len(claims) > 0; round++ {
		if round > maxRounds {
			return fmt.Errorf("no free %s after %d tries for %d users", kind, round, len(claims))
		}
		byName := make(map[string]*claim, len(claims))
		for _, c := range claims {
			c.name, c.taken = c.next(), true
			lower := strings.ToLower(c.name)
			for used[lower] || !b.side.take(kind, lower) {
				c.name = c.next()
				lower = strings.ToLower(c.name)
			}
			used[lower], byName[lower] = true, c
		}
		for chunk := range slices.Chunk(slices.Sorted(maps.Keys(byName)), maxRows) {
			won, err := take(ctx, kind, column, chunk)
			if err != nil {
				return fmt.Errorf("reserve %ss: %w", kind, err)
			}
			for _, name := range won {
				byName[name].taken = false
			}
		}
		claims = slices.DeleteFunc(claims, func(c *claim) bool { return !c.taken })
	}
	return nil
}

// maxRounds is far beyond what chance can need; it ends a loop that a defect
// would make endless.
const maxRounds = 40

// reserveFree reserves those names that are free. Rows that are ours are known by
// a mark in place of the user, which no other transaction can see or have.
func (b *batch) reserveFree(ctx context.Context, kind, column string, names []string) ([]string, error) {
	free, err := b.unoccupied(ctx, kind, column, names)
	if err != nil {
		return nil, err
	}
	return b.insertNames(ctx, kind, free, rand.Int64()|1<<62) // beyond every real id
}

func (b *batch) insertNames(ctx context.Context, kind string, names []string, mark int64) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	args := make([]any, 0, 4*len(names))
	for _, name := range names {
		args = append(args, b.site.ID, kind, name, mark)
	}
	// A shared lock on another's name does no harm here: nobody upgrades it.
	_, err := b.conn.ExecContext(ctx,
		"INSERT IGNORE INTO "+namesTable+" (site_id, kind, name, user_id) VALUES "+
			repeat("(?, ?, ?, ?)", len(names)), args...)
	if err != nil {
		return nil, err
	}
	args = append([]any{b.site.ID, kind, mark}, anys(names)...)
	return collect(ctx, b.conn, scanString, "SELECT name FROM "+namesTable+
		" WHERE site_id = ? AND kind = ? AND user_id = ? AND name IN ("+repeat("?", len(names))+")", args...)
}

// occupied says which names a WordPress user has, as the collation sees it:
// Jöhn occupies john.
func (b *batch) occupied(ctx context.Context, column string, names []string) (map[string]bool, error) {
	query := "SELECT " + column + " FROM " + b.site.users() + " WHERE " + b.info.column(column)
	rows, err := collect(ctx, b.conn, scanString, query+" IN ("+repeat("?", len(names))+")", anys(names)...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(rows))
	odd := false
	for _, row := range rows {
		name := strings.ToLower(strings.TrimRight(removeAccents(row), " "))
		out[name] = true
		if _, ok := slices.BinarySearch(names, name); !ok {
			odd = true
		}
	}
	if !odd {
		return out, nil
	}
	// The collation knows an equality that removeAccents does not. Ask it.
	for _, name := range names {
		found, err := collect(ctx, b.conn, scanString, query+" = ? LIMIT 1", name)
		if err != nil {
			return nil, err
		}
		out[name] = len(found) > 0
	}
	return out, nil
}
