package team

import (
	"context"
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

// ResetSecondFactor takes a member's authenticator app, passkeys and recovery
// codes away and ends all sessions and unused links, so that the password alone
// leads to setting up a new one. Nobody resets their own. Both are told.
//
// A login that opens other accounts too must not be weakened from one of them:
// whoever acts must be able to do it in every account that the login may enter.
// Errors: Forbidden otherwise, saying what to do instead.
func (t *Team) ResetSecondFactor(ctx context.Context, actor enrolld.Actor, accountID, memberID int64) error {
	return t.change(ctx, actor, accountID, memberID, enrolld.ChangeFactors, enrolld.Terms{}, func(a *act, who MemberView) error {
		if err := a.checkElsewhere(ctx, who.Member); err != nil {
			return err
		}
		if err := dropFactors(ctx, a.tx, who.LoginID); err != nil {
			return err
		}
		ended, err := endSessions(ctx, a.tx, who.LoginID, "")
		if err != nil {
			return err
		}
		if err := endTokens(ctx, a.tx, who.LoginID); err != nil {
			return err
		}
		_, err = a.tx.ExecContext(ctx, `UPDATE enrolld_members SET revision = revision + 1 WHERE id = ?`, memberID)
		if err != nil {
			return fmt.Errorf("count a change: %w", err)
		}
		a.note("member.factor_reset", who.Login, factorsOf(who.Login), factorsOf(enrolld.Login{}), counts(ending{Sessions: ended}))
		return a.tellReset(ctx, who)
	})
}

func (a *act) tellReset(ctx context.Context, who MemberView) error {
	data := enrolld.TeamData{
		Event: enrolld.EventFactorReset, Subject: who.Login.Label(), Addr: a.actor.Addr, Link: enrolld.Link{Path: "/me/security"},
	}
	by, err := person(ctx, a.tx, a.actor.LoginID)
	if err != nil {
		return err
	}
	for _, to := range []enrolld.Login{who.Login, by} {
		a.tell(to, fmt.Sprintf("%s to %d", cause(enrolld.EventFactorReset, who.Member), to.ID), data)
	}
	return nil
}

// checkElsewhere checks the reset in every other account that the login may
// enter, and keeps the login from being given more until the transaction ends.
func (a *act) checkElsewhere(ctx context.Context, target enrolld.Member) error {
	ids, err := a.elsewhere(ctx, target.LoginID)
	if err != nil {
		return err
	}
	members, err := lockMembers(ctx, a.tx, ids)
	if err != nil {
		return err
	}
	if err := keepLogin(ctx, a.tx, target.LoginID); err != nil {
		return err
	}
	again, err := a.elsewhere(ctx, target.LoginID)
	switch {
	case err != nil:
		return err
	case !slices.Equal(ids, again):
		return fmt.Errorf("a login was given another account: %w", store.ErrAgain)
	}
	mine := map[int64]enrolld.Member{} // by account
	for _, m := range members {
		if m.LoginID == a.actor.LoginID {
			mine[m.AccountID] = m
		}
	}
	for _, m := range members {
		if m.LoginID == target.LoginID && m.Active() && !mayReset(mine[m.AccountID], m, a.tx.Now()) {
			return enrolld.Errorf(enrolld.Forbidden, "this login opens other accounts too, so it cannot be weakened from here: "+
				"its holder can use a recovery code, or you remove the user here and invite another address")
		}
	}
	return nil
}

// mayReset says whether by, who may be nobody, can reset the second factor of m.
func mayReset(by, m enrolld.Member, now time.Time) bool {
	return by.ID != 0 && enrolld.CheckChange(by, m, enrolld.ChangeFactors, enrolld.Terms{}, now) == nil
}

// elsewhere finds the memberships of a login in other accounts, and those of who
// acts there.
func (a *act) elsewhere(ctx context.Context, loginID int64) ([]int64, error) {
	ids, err := store.Collect(ctx, a.tx, scanID, `SELECT m.id FROM enrolld_members m
		JOIN enrolld_members o ON o.account_id = m.account_id AND o.login_id = ? AND o.account_id <> ?
		WHERE m.login_id IN (?, ?) ORDER BY m.id LIMIT ?`, loginID, a.account.ID, loginID, a.actor.LoginID, maxMembers)
	if err != nil {
		return nil, fmt.Errorf("find memberships: %w", err)
	}
	return ids, nil
}

// factors says which second factors a login has, for the audit log.
type factors struct {
	App      bool `json:"app"`
	Passkeys int  `json:"passkeys"`
}

func factorsOf(l enrolld.Login) factors { return factors{l.TOTPAt != nil, l.Passkeys} }

func dropFactors(ctx context.Context, tx *store.Tx, loginID int64) error {
	for _, query := range []string{
		`UPDATE enrolld_logins SET totp_secret = '', totp_at = NULL, uses = uses + 1 WHERE id = ?`,
		`DELETE FROM enrolld_passkeys WHERE login_id = ?`,
		`DELETE FROM enrolld_recovery_codes WHERE login_id = ?`,
	} {
		if _, err := tx.ExecContext(ctx, query, loginID); err != nil {
			return fmt.Errorf("drop second factors: %w", err)
		}
	}
	return nil
}
