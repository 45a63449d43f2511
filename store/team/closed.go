package team

import (
	"context"
	"fmt"

	"enrolld/store"
)

// Closed says whether a login has nothing to sign in for: every account that it
// is in has deactivated it, and no open invitation waits for it. A login that is
// in no account is not closed: whoever invites it finds it as it is.
func (t *Team) Closed(ctx context.Context, loginID int64) (bool, error) {
	conn := t.db.Conn()
	in, err := store.Collect(ctx, conn, scanID, `SELECT COALESCE(SUM(deactivated_at IS NULL), -1) FROM enrolld_members WHERE login_id = ?`,
		loginID)
	if err != nil {
		return false, store.Classify(fmt.Errorf("look for accounts of a login: %w", err))
	}
	if in[0] != 0 {
		return false, nil
	}
	waiting, err := store.Collect(ctx, conn, scanID, `SELECT i.id FROM enrolld_invitations i JOIN enrolld_logins l ON l.email_key = i.open_key
		WHERE l.id = ? AND i.state = 'open' AND i.expires_at > ? LIMIT 1`, loginID, t.db.Now())
	if err != nil {
		return false, store.Classify(fmt.Errorf("look for invitations of a login: %w", err))
	}
	return len(waiting) == 0, nil
}
