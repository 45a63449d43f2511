package team

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"time"

	"enrolld/store"
)

// Limits of what a session's row keeps.
const (
	maxAddr  = 45
	maxAgent = 250
	// sessionGrace is how long rows stay after they expired: longer than any request.
	sessionGrace = 24 * time.Hour
	sweepRows    = 10000
)

// Sessions keeps the sessions of package scs: it is an scs.CtxStore for a manager
// with HashTokenInStore. Who is signed in and where from comes from the context's
// Visit.
//
// A session is open, and then ended or expired for good: a commit that is under
// way does not bring an ended one back, and neither does a new token for it.
type Sessions struct{ db *store.DB }

// Sessions returns the store of sessions.
func (t *Team) Sessions() *Sessions { return &Sessions{t.db} }

// openSession is the condition of a session s that goes on, whose login, if any,
// is l; it takes the time.
const openSession = `s.ended_at IS NULL AND s.expires_at > ? AND (s.login_id IS NULL OR s.epoch = l.session_epoch)`

type storedSession struct {
	data           []byte
	loginID, epoch int64
}

// FindCtx returns an open session's data and notes its login in the visit.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	list, err := store.Collect(ctx, s.db.Conn(), func(rows *sql.Rows, r *storedSession) error {
		return rows.Scan(&r.data, &r.loginID, &r.epoch)
	}, `SELECT s.data, COALESCE(s.login_id, 0), s.epoch FROM enrolld_sessions s LEFT JOIN enrolld_logins l ON l.id = s.login_id
		WHERE s.token = ? AND `+openSession, token, s.db.Now())
	if err != nil {
		return nil, false, store.Classify(fmt.Errorf("find a session: %w", err))
	}
	if len(list) == 0 {
		return nil, false, nil
	}
	data, err = s.db.Keys().Open(sessionPlace(token), list[0].data)
	if err != nil {
		return nil, false, nil //nolint:nilerr // sealed with another key, or tampered with: no session, as scs wants it
	}
	v := visitOf(ctx)
	v.LoginID, v.Epoch = list[0].loginID, list[0].epoch
	return data, true, nil
}

// CommitCtx saves a session, unless it was ended meanwhile.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	v := visitOf(ctx)
	if v.ended {
		return nil
	}
	sealed := s.db.Keys().Seal(sessionPlace(token), data)
	err := s.db.InTx(ctx, func(tx *store.Tx) error {
		// An ended row keeps everything. epoch is set before login_id, which it looks at.
		_, err := tx.ExecContext(ctx, `INSERT INTO enrolld_sessions
			(token, login_id, epoch, data, remote_addr, agent, created_at, seen_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?)
			ON DUPLICATE KEY UPDATE
				epoch = IF(ended_at IS NULL AND NOT login_id <=> VALUES(login_id), VALUES(epoch), epoch),
				login_id = IF(ended_at IS NULL, VALUES(login_id), login_id),
				data = IF(ended_at IS NULL, VALUES(data), data),
				remote_addr = IF(ended_at IS NULL, VALUES(remote_addr), remote_addr),
				agent = IF(ended_at IS NULL, VALUES(agent), agent),
				seen_at = IF(ended_at IS NULL, VALUES(seen_at), seen_at),
				expires_at = IF(ended_at IS NULL, VALUES(expires_at), expires_at)`,
			token, idOrNull(v.LoginID), v.Epoch, sealed, cut(v.Addr, maxAddr), cut(v.Agent, maxAgent), tx.Now(), tx.Now(), expiry.UTC())
		return err
	})
	if err != nil {
		return fmt.Errorf("save a session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session: its holder signs out or takes a new token. When
// somebody else ended it meanwhile, the visit gets no other.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_sessions SET ended_at = ?, data = '' WHERE token = ? AND ended_at IS NULL`,
			tx.Now(), token)
		if err != nil {
			return fmt.Errorf("end a session: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		theirs, err := store.Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
			`SELECT id FROM enrolld_sessions WHERE token = ? AND login_id IS NOT NULL`, token)
		if err != nil {
			return fmt.Errorf("end a session: %w", err)
		}
		v := visitOf(ctx)
		v.ended = v.ended || len(theirs) > 0
		return nil
	})
}

// SessionOpen says whether the session with a token, as the browser has it, is open
// and of a login.
func (t *Team) SessionOpen(ctx context.Context, token string, loginID int64) (bool, error) {
	list, err := store.Collect(ctx, t.db.Conn(), func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT s.id FROM enrolld_sessions s JOIN enrolld_logins l ON l.id = s.login_id
		WHERE s.token = ? AND s.login_id = ? AND `+openSession, hashSession(token), loginID, t.db.Now())
	if err != nil {
		return false, store.Classify(fmt.Errorf("look for a session: %w", err))
	}
	return len(list) == 1, nil
}

// Find is FindCtx without a visit.
func (s *Sessions) Find(token string) (data []byte, found bool, err error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a visit.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a visit.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// SweepSessions deletes sessions that expired long ago, some at a time, and says
// how many.
func (t *Team) SweepSessions(ctx context.Context) (int, error) {
	res, err := t.db.Conn().ExecContext(ctx, `DELETE FROM enrolld_sessions WHERE expires_at < ? LIMIT ?`,
		t.db.Now().Add(-sessionGrace), sweepRows)
	if err != nil {
		return 0, store.Classify(fmt.Errorf("sweep sessions: %w", err))
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// hashSession is what scs stores for a token.
func hashSession(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sessionPlace binds sealed data to its row.
func sessionPlace(hashed string) string { return "session " + hashed }

func idOrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
