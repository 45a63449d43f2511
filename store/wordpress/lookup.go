package wordpress

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"enrolld"
)

// User is a WordPress user as far as we need one.
type User struct {
	ID                                  int64
	Login, Nicename, Email, DisplayName string // as stored: DisplayName has & < > as entities
	// Created says that this call of EnsureUsers made the user.
	Created bool
	// Privileged says that the user has more than a customer's rights: a role
	// or capability beyond reading on this blog, on a network on any blog, or
	// is a super admin. Nobody is to be let in as such a user by a purchase.
	Privileged bool
}

// account is a User with what decides about it.
type account struct {
	User
	onBlog bool // has a {P}capabilities row on this blog
}

// UserByID returns one user; code NotFound when there is none.
func UserByID(ctx context.Context, conn Conn, site Site, id int64) (User, error) {
	users, err := UsersByID(ctx, conn, site, []int64{id})
	if err != nil {
		return User{}, err
	}
	u, ok := users[id]
	if !ok {
		return User{}, enrolld.Errorf(enrolld.NotFound, "there is no WordPress user %d", id)
	}
	return u, nil
}

// UsersByID returns the users of the given ids that exist. It reads the roles
// of the blog afresh, so Privileged is never stale.
func UsersByID(ctx context.Context, conn Conn, site Site, ids []int64) (map[int64]User, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	info, err := readRights(ctx, conn, site)
	if err != nil {
		return nil, err
	}
	found, err := accountsByID(ctx, conn, site, info, ids)
	out := make(map[int64]User, len(found))
	for id, a := range found {
		out[id] = a.User
	}
	return out, err
}

// UserByEmail returns the user with the lowest ID whose address has the key;
// code NotFound when there is none.
func UserByEmail(ctx context.Context, conn Conn, site Site, info Info, key enrolld.EmailKey) (User, error) {
	if err := site.Validate(); err != nil {
		return User{}, err
	}
	found, err := accountsByEmail(ctx, conn, site, info, spellings("", string(key), key))
	if err != nil {
		return User{}, err
	}
	if len(found[key]) == 0 {
		return User{}, enrolld.Errorf(enrolld.NotFound, "there is no WordPress user with this address")
	}
	return found[key][0].User, nil
}

// readRights reads only what Privileged depends on.
func readRights(ctx context.Context, conn Conn, site Site) (Info, error) {
	var info Info
	name := site.Prefix() + "user_roles"
	options, err := readPairs(ctx, conn, "SELECT option_name, option_value FROM "+
		site.blogTable("options")+" WHERE option_name = ?", name)
	if err == nil {
		info.Roles, err = parseRoles(options[name])
	}
	if err != nil {
		return Info{}, fmt.Errorf("read option %s: %w", name, err)
	}
	if site.Multisite {
		info.SuperAdmins, err = readSuperAdmins(ctx, conn, site)
	}
	return info, err
}

func accountsByID(
	ctx context.Context, conn Conn, site Site, info Info, ids []int64,
) (map[int64]*account, error) {
	out := make(map[int64]*account, len(ids))
	for chunk := range slices.Chunk(ids, maxRows) {
		found, err := readAccounts(ctx, conn, site, info, "u.ID", anys(chunk))
		if err != nil {
			return nil, fmt.Errorf("read WordPress users by id: %w", err)
		}
		for _, a := range found {
			out[a.ID] = a
		}
	}
	return out, nil
}

// accountsByEmail returns, under each key, the users that have it, by ID. The
// collation of the column finds too much (josé@ for jose@), so what it finds is
// compared by key.
func accountsByEmail(
	ctx context.Context, conn Conn, site Site, info Info, spelled []string,
) (map[enrolld.EmailKey][]*account, error) {
	if info.binary() {
		for i, s := range spelled {
			spelled[i] = strings.ToLower(s)
		}
	}
	out := make(map[enrolld.EmailKey][]*account, len(spelled))
	seen := make(map[int64]bool)
	for chunk := range slices.Chunk(spelled, maxRows) {
		found, err := readAccounts(ctx, conn, site, info, info.column("u.user_email"), anys(chunk))
		if err != nil {
			return nil, fmt.Errorf("read WordPress users by email: %w", err)
		}
		for _, a := range found {
			if key := keyOf(a.Email); key != "" && !seen[a.ID] {
				seen[a.ID] = true
				out[key] = append(out[key], a)
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b *account) int { return cmp.Compare(a.ID, b.ID) })
	}
	return out, nil
}

// readAccounts reads the users where column is one of args, with their rights,
// in one query and in the order of their ids.
func readAccounts(
	ctx context.Context, conn Conn, site Site, info Info, column string, args []any,
) ([]*account, error) {
	type row struct {
		account
		key, caps sql.NullString
	}
	match := "m.meta_key = '" + site.capsKey() + "'"
	if site.Multisite {
		// The admin of another blog of the network is no customer here.
		match = "m.meta_key REGEXP '^" + site.BasePrefix + "([0-9]+_)?capabilities$'"
	}
	rows, err := collect(ctx, conn, func(rows *sql.Rows) (row, error) {
		var r row
		err := rows.Scan(&r.ID, &r.Login, &r.Nicename, &r.Email, &r.DisplayName, &r.key, &r.caps)
		return r, err
	}, `SELECT u.ID, u.user_login, u.user_nicename, u.user_email, u.display_name, m.meta_key, m.meta_value
		FROM `+site.users()+` u LEFT JOIN `+site.userMeta()+` m ON m.user_id = u.ID AND `+match+`
		WHERE `+column+` IN (`+repeat("?", len(args))+`) ORDER BY u.ID, m.umeta_id`, args...)
	if err != nil {
		return nil, err
	}
	var out []*account
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			a := r.account
			a.Privileged = site.Multisite && info.superAdmin(a.Login)
			out = append(out, &a)
		}
		a := out[len(out)-1]
		a.onBlog = a.onBlog || r.key.String == site.capsKey()
		a.Privileged = a.Privileged || info.Roles.privileged(r.caps.String)
	}
	return out, nil
}
