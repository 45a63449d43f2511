package wordpress

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"enrolld"
)

// EndSessions logs users out everywhere, but for those who are Privileged or not
// there, and returns whom it did. With a persistent object cache they stay logged
// in until user_meta:{ID} is purged.
func EndSessions(ctx context.Context, conn Conn, site Site, ids []int64) ([]int64, error) {
	users, err := UsersByID(ctx, conn, site, ids)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(users, func(_ int64, u User) bool { return u.Privileged })
	ended := slices.Sorted(maps.Keys(users))
	for chunk := range slices.Chunk(ended, maxRows) {
		_, err := conn.ExecContext(ctx, "DELETE FROM "+site.userMeta()+
			" WHERE meta_key = 'session_tokens' AND user_id IN ("+repeat("?", len(chunk))+")", anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("end the sessions of WordPress users: %w", err)
		}
	}
	return ended, nil
}

// ReleaseNames forgets what was reserved for an email key and for a user, 0 for
// none: for somebody who is erased. Who comes with the address is looked for in
// WordPress again.
func ReleaseNames(ctx context.Context, conn Conn, site Site, userID int64, key enrolld.EmailKey) error {
	users, err := UsersByID(ctx, conn, site, []int64{userID})
	if err != nil {
		return err
	}
	names := [][2]string{{kindEmail, string(key)}}
	if u, ok := users[userID]; ok {
		names = append(names, [2]string{kindLogin, strings.ToLower(u.Login)}, [2]string{kindNicename, u.Nicename})
	}
	for _, n := range names {
		if _, err := conn.ExecContext(ctx, "DELETE FROM "+namesTable+" WHERE site_id = ? AND kind = ? AND name = ?", site.ID, n[0], n[1]); err != nil {
			return fmt.Errorf("release the names of a WordPress user: %w", err)
		}
	}
	return nil
}
