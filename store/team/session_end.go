package team

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// Session is a browser that is signed in, as its login's holder sees it.
type Session struct {
	ID        int64
	Addr      string
	Agent     string
	CreatedAt time.Time
	SeenAt    time.Time
	Current   bool // it is the one that asks
}

const maxSessions = 200

// SessionsOf lists a login's open sessions, the newest first. currentToken is the
// token of the session that asks, as scs gives it.
func (t *Team) SessionsOf(ctx context.Context, loginID int64, currentToken string) ([]Session, error) {
	list, err := store.Collect(ctx, t.db.Conn(), func(rows *sql.Rows, s *Session) error {
		return rows.Scan(&s.ID, &s.Addr, &s.Agent, &s.CreatedAt, &s.SeenAt, &s.Current)
	}, `SELECT s.id, s.remote_addr, s.agent, s.created_at, s.seen_at, s.token = ?
		FROM enrolld_sessions s JOIN enrolld_logins l ON l.id = s.login_id
		WHERE s.login_id = ? AND `+openSession+` ORDER BY s.id DESC LIMIT ?`,
		hashSession(currentToken), loginID, t.db.Now(), maxSessions)
	return list, store.Classify(err)
}

// EndSession ends one of a login's sessions. Errors: NotFound when it is over
// already or somebody else's.
func (t *Team) EndSession(ctx context.Context, actor enrolld.Actor, loginID, sessionID int64) error {
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		res, err := o.tx.ExecContext(ctx, `UPDATE enrolld_sessions SET ended_at = ?, data = ''
			WHERE id = ? AND login_id = ? AND ended_at IS NULL AND expires_at > ?`, o.tx.Now(), sessionID, loginID, o.tx.Now())
		if err := mustMeet(res, err, "this session is over already"); err != nil {
			return err
		}
		o.note("login.session_ended", nil)
		return o.tx.EndEntriesOfLogin(ctx, loginID)
	})
}

// SignOut ends the session that asks, by its token as scs gives it. Errors:
// Unauthorized when it has ended already.
func (t *Team) SignOut(ctx context.Context, actor enrolld.Actor, currentToken string) error {
	return t.onOwn(ctx, actor, actor.LoginID, func(o *own) error {
		res, err := o.tx.ExecContext(ctx, `UPDATE enrolld_sessions SET ended_at = ?, data = ''
			WHERE token = ? AND login_id = ? AND ended_at IS NULL`, o.tx.Now(), hashSession(currentToken), o.login.ID)
		switch err := mustMeet(res, err, ""); {
		case enrolld.CodeOf(err) == enrolld.NotFound:
			return errSignedOut
		case err != nil:
			return fmt.Errorf("sign out: %w", err)
		}
		o.note("login.signed_out", map[string]any{"browser": o.visit.Agent})
		return o.tx.EndEntriesOfLogin(ctx, o.login.ID)
	})
}

// EndOtherSessions ends every session of a login but the one that asks, and says
// how many those were.
func (t *Team) EndOtherSessions(ctx context.Context, actor enrolld.Actor, loginID int64, currentToken string) (int, error) {
	var n int
	err := t.onOwn(ctx, actor, loginID, func(o *own) (err error) {
		o.kept = currentToken != ""
		n, err = endSessions(ctx, o.tx, loginID, currentToken)
		o.note("login.sessions_ended", map[string]any{"sessions": n})
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// endSessions ends a login's sessions, except the one of a token (empty: none),
// whatever was proven so far in a sign-in under way, and what it sees of sites as
// customers: the login's epoch is one higher then. It says how many were open.
func endSessions(ctx context.Context, tx *store.Tx, loginID int64, exceptToken string) (int, error) {
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_logins SET session_epoch = session_epoch + 1 WHERE id = ?`, loginID); err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	login, err := readLogin(ctx, tx, `l.id = ?`, loginID)
	if err != nil {
		return 0, err
	}
	if exceptToken != "" {
		_, err := tx.ExecContext(ctx, `UPDATE enrolld_sessions SET epoch = ?
			WHERE token = ? AND login_id = ? AND epoch = ? AND ended_at IS NULL`,
			login.Epoch, hashSession(exceptToken), loginID, login.Epoch-1)
		if err != nil {
			return 0, fmt.Errorf("keep a session: %w", err)
		}
	}
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_sessions SET ended_at = ?, data = ''
		WHERE login_id = ? AND epoch < ? AND ended_at IS NULL AND expires_at > ?`, tx.Now(), loginID, login.Epoch, tx.Now())
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, err
	}
	return int(n), tx.EndEntriesOfLogin(ctx, loginID)
}
