package team

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// endAccess ends everything by which a login could still enter: its sessions, its
// unused links, and its dealings in the account.
func (a *act) endAccess(ctx context.Context, who enrolld.Login) (ending, error) {
	sessions, err := endSessions(ctx, a.tx, who.ID, "")
	if err != nil {
		return ending{}, err
	}
	if err := endTokens(ctx, a.tx, who.ID); err != nil {
		return ending{}, err
	}
	ended, err := a.endDealings(ctx, who)
	ended.Sessions = sessions
	return ended, err
}

// endDealings ends open invitations to the login's address and from it, and open
// transfers.
func (a *act) endDealings(ctx context.Context, who enrolld.Login) (e ending, err error) {
	e.Invitations, err = a.endInvitations(ctx, `email_key = ? OR invited_by = ?`, []byte(who.Key), who.ID)
	if err != nil {
		return e, err
	}
	res, err := a.tx.ExecContext(ctx, `UPDATE enrolld_transfers SET state = 'withdrawn', open_account = NULL, ended_at = ?
		WHERE open_account = ? AND (from_login = ? OR to_login = ?)`, a.tx.Now(), a.account.ID, who.ID, who.ID)
	if err != nil {
		return e, fmt.Errorf("end transfers: %w", err)
	}
	e.Transfers, err = res.RowsAffected()
	return e, err
}

// endInvitations takes back the account's open invitations that meet a condition.
func (a *act) endInvitations(ctx context.Context, where string, args ...any) (int64, error) {
	res, err := a.tx.ExecContext(ctx, `UPDATE enrolld_invitations SET state = 'removed', open_key = NULL, ended_at = ?
		WHERE account_id = ? AND state = 'open' AND (`+where+`)`, append([]any{a.tx.Now(), a.account.ID}, args...)...)
	if err != nil {
		return 0, fmt.Errorf("end invitations: %w", err)
	}
	return res.RowsAffected()
}

// endBeyond takes back the open invitations of a login that offer more than its
// new terms cover: what somebody may no longer give is no longer given.
func (a *act) endBeyond(ctx context.Context, loginID int64, terms enrolld.Terms) (int64, error) {
	open, err := store.Collect(ctx, a.tx, func(rows *sql.Rows, i *enrolld.Invitation) error {
		var offered []byte
		if err := rows.Scan(&i.ID, &offered); err != nil {
			return err
		}
		return json.Unmarshal(offered, &i.Terms)
	}, `SELECT id, terms FROM enrolld_invitations WHERE account_id = ? AND invited_by = ? AND state = 'open' ORDER BY id FOR UPDATE`,
		a.account.ID, loginID)
	if err != nil {
		return 0, fmt.Errorf("read invitations: %w", err)
	}
	var beyond []int64
	for _, i := range open {
		if !terms.Covers(i.Terms, a.tx.Now()) {
			beyond = append(beyond, i.ID)
		}
	}
	if len(beyond) == 0 {
		return 0, nil
	}
	in, args := store.In(beyond)
	return a.endInvitations(ctx, `id IN `+in, args...)
}
