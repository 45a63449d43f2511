package team

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// sweepBatch is how many invitations one transaction of a sweep takes.
const sweepBatch = 100

// Sweep does what time brings: invitations are reminded of a day before they end,
// once; those that expired are told of, once; what is over is deleted. It returns
// how many invitations it told of, and may run on several replicas at once.
func (t *Team) Sweep(ctx context.Context) (int, error) {
	done := 0
	for _, step := range []func(context.Context, *store.Tx) (int, error){t.remind, t.tellExpired} {
		for {
			n := 0
			err := t.db.InTx(ctx, func(tx *store.Tx) (err error) {
				n, err = step(ctx, tx)
				return err
			})
			done += n
			if err != nil {
				return done, err
			}
			if n < sweepBatch {
				break
			}
		}
	}
	return done, t.forget(ctx)
}

// due takes open invitations that meet a condition and for which column is not
// set yet, and sets it. What another replica holds is left to it.
func due(ctx context.Context, tx *store.Tx, column, where string, args ...any) ([]named, error) {
	list, err := readInvitations(ctx, tx, `i.state = 'open' AND i.`+column+` IS NULL AND `+where+`
		ORDER BY i.expires_at, i.id LIMIT ? FOR UPDATE SKIP LOCKED`, append(args, sweepBatch)...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	for n, i := range list {
		ids[n] = i.ID
	}
	in, args := store.In(ids, tx.Now())
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_invitations SET `+column+` = ? WHERE id IN `+in, args...); err != nil {
		return nil, fmt.Errorf("mark invitations: %w", err)
	}
	return list, nil
}

var clock = enrolld.Actor{Name: "clock"}

// remind sends the link again a day before it ends.
func (t *Team) remind(ctx context.Context, tx *store.Tx) (int, error) {
	now := tx.Now()
	list, err := due(ctx, tx, "reminded_at", `i.expires_at > ? AND i.expires_at <= ?`, now, now.Add(enrolld.InvitationReminder))
	if err != nil {
		return 0, err
	}
	for _, i := range list {
		a, err := clockAct(ctx, tx, i.AccountID)
		if err != nil {
			return 0, err
		}
		inviter, err := people(ctx, tx, []int64{i.InvitedBy})
		if err != nil {
			return 0, err
		}
		name := "Somebody"
		if len(inviter) > 0 {
			name = inviter[0].Label()
		}
		a.sendInvitation(enrolld.EventInvitationReminder, i.Invitation, i.Name, name)
		if err := a.finish(ctx); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// tellExpired tells those who want to know that nobody accepted.
func (t *Team) tellExpired(ctx context.Context, tx *store.Tx) (int, error) {
	list, err := due(ctx, tx, "expired_told_at", `i.expires_at <= ?`, tx.Now())
	if err != nil {
		return 0, err
	}
	for _, i := range list {
		a, err := clockAct(ctx, tx, i.AccountID)
		if err != nil {
			return 0, err
		}
		a.noteInvitation("invitation.expired", i.Invitation, nil, nil)
		err = a.tellTopic(ctx, enrolld.TopicExpired, fmt.Sprintf("%s %d %d", enrolld.EventInvitationExpired, i.ID, i.Generation),
			enrolld.TeamData{Event: enrolld.EventInvitationExpired, Subject: i.Email, Until: &i.ExpiresAt})
		if err != nil {
			return 0, err
		}
		if err := a.finish(ctx); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func clockAct(ctx context.Context, tx *store.Tx, accountID int64) (*act, error) {
	account, err := tx.Account(ctx, accountID)
	return &act{tx: tx, actor: clock, account: account}, err
}

// forget deletes what is over: sessions, links, and budgets that are full.
func (t *Team) forget(ctx context.Context) error {
	if _, err := t.SweepSessions(ctx); err != nil {
		return err
	}
	if _, err := t.SweepTokens(ctx); err != nil {
		return err
	}
	return t.db.SweepBudgets(ctx)
}
