package team

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// change is a change of one member by another: checked with the rights of both as
// they are inside the transaction.
func (t *Team) change(
	ctx context.Context, actor enrolld.Actor, accountID, memberID int64, what enrolld.Change, terms enrolld.Terms,
	f func(*act, MemberView) error,
) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		by, target, err := a.lockBoth(ctx, memberID)
		if err != nil {
			return err
		}
		if err := enrolld.CheckChange(by, target, what, terms, a.tx.Now()); err != nil {
			return err
		}
		login, err := person(ctx, a.tx, target.LoginID)
		if err != nil {
			return err
		}
		if err := a.spend(ctx, perTarget, fmt.Sprintf("changes of member %d", target.ID)); err != nil {
			return err
		}
		return f(a, MemberView{Member: target, Login: login})
	})
}

// perTarget is how often one member is changed, or offered the ownership: each time
// is a mail to somebody who may never have asked to be here.
var perTarget = store.Budget{Every: 24 * time.Hour / 50, Burst: 50}

// standing is how a member stands, for the audit log.
type standing struct {
	State string        `json:"state"` // "active", "deactivated"
	Terms enrolld.Terms `json:"terms"`
}

func standingOf(m enrolld.Member) standing {
	if m.Active() {
		return standing{"active", m.Terms}
	}
	return standing{"deactivated", m.Terms}
}

// cause identifies a message about a change of a member, which raises the revision.
func cause(event enrolld.TeamEvent, m enrolld.Member) string {
	return fmt.Sprintf("%s %d %d", event, m.ID, m.Revision)
}

// tellChanged tells those who want to know of changes to users.
func (a *act) tellChanged(ctx context.Context, who MemberView, detail string) error {
	return a.tellTopic(ctx, enrolld.TopicTeam, cause(enrolld.EventTeamChanged, who.Member), enrolld.TeamData{
		Event: enrolld.EventTeamChanged, Subject: who.Login.Label(), Detail: detail,
	}, who.LoginID)
}

// ending counts what ended together with somebody's access.
type ending struct {
	Sessions    int   `json:"sessions,omitempty"`
	Invitations int64 `json:"invitations,omitempty"`
	Transfers   int64 `json:"transfers,omitempty"`
}

func counts(e ending) string {
	b, _ := json.Marshal(e) // numbers do not fail
	return string(b)
}

// Deactivate keeps a member out of the account: all sessions and unused links of
// the login end, and invitations to and from it. The member stays in the list.
func (t *Team) Deactivate(ctx context.Context, actor enrolld.Actor, accountID, memberID int64) error {
	return t.change(ctx, actor, accountID, memberID, enrolld.ChangeDeactivate, enrolld.Terms{}, func(a *act, who MemberView) error {
		now := a.tx.Now()
		_, err := a.tx.ExecContext(ctx, `UPDATE enrolld_members SET deactivated_at = ?, revision = revision + 1 WHERE id = ?`,
			now, memberID)
		if err != nil {
			return fmt.Errorf("deactivate a member: %w", err)
		}
		ended, err := a.endAccess(ctx, who.Login)
		if err != nil {
			return err
		}
		after := who.Member
		after.DeactivatedAt = &now
		a.note("member.deactivated", who.Login, standingOf(who.Member), standingOf(after), counts(ended))
		a.tell(who.Login, cause(enrolld.EventDeactivated, who.Member), enrolld.TeamData{
			Event: enrolld.EventDeactivated, Subject: who.Login.Label(),
		})
		return a.tellChanged(ctx, who, "was deactivated")
	})
}

// Reactivate lets a deactivated member in again, with the terms as they were.
func (t *Team) Reactivate(ctx context.Context, actor enrolld.Actor, accountID, memberID int64) error {
	return t.change(ctx, actor, accountID, memberID, enrolld.ChangeReactivate, enrolld.Terms{}, func(a *act, who MemberView) error {
		_, err := a.tx.ExecContext(ctx, `UPDATE enrolld_members SET deactivated_at = NULL, revision = revision + 1 WHERE id = ?`, memberID)
		if err != nil {
			return fmt.Errorf("reactivate a member: %w", err)
		}
		after := who.Member
		after.DeactivatedAt = nil
		a.note("member.reactivated", who.Login, standingOf(who.Member), standingOf(after), "")
		a.tell(who.Login, cause(enrolld.EventReactivated, who.Member), enrolld.TeamData{
			Event: enrolld.EventReactivated, Subject: who.Login.Label(), Link: a.homePath(who.Scope),
		})
		return a.tellChanged(ctx, who, "was reactivated")
	})
}

// Remove takes a member out of the account, active or not; what ends is what
// Deactivate ends. The login stays, and its address can be invited again.
func (t *Team) Remove(ctx context.Context, actor enrolld.Actor, accountID, memberID int64) error {
	return t.change(ctx, actor, accountID, memberID, enrolld.ChangeRemove, enrolld.Terms{}, func(a *act, who MemberView) error {
		if err := deleteMember(ctx, a.tx, who.Member); err != nil {
			return err
		}
		ended, err := a.endAccess(ctx, who.Login)
		if err != nil {
			return err
		}
		a.note("member.removed", who.Login, standingOf(who.Member), nil, counts(ended))
		a.tell(who.Login, cause(enrolld.EventRemoved, who.Member), enrolld.TeamData{
			Event: enrolld.EventRemoved, Subject: who.Login.Label(),
		})
		return a.tellChanged(ctx, who, "was removed")
	})
}

// Leave takes whoever acts out of the account. Sessions go on: the login may open
// other accounts. Errors: Forbidden for the owner.
func (t *Team) Leave(ctx context.Context, actor enrolld.Actor, accountID int64) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		m, err := a.lockActor(ctx)
		if err != nil {
			return err
		}
		if !m.Active() {
			return noAccount()
		}
		if err := enrolld.CheckLeave(m); err != nil {
			return err
		}
		login, err := person(ctx, a.tx, m.LoginID)
		if err != nil {
			return err
		}
		if err := deleteMember(ctx, a.tx, m); err != nil {
			return err
		}
		ended, err := a.endDealings(ctx, login)
		if err != nil {
			return err
		}
		if err := a.tx.EndEntriesOfLogin(ctx, login.ID); err != nil {
			return err
		}
		a.note("member.left", login, standingOf(m), nil, counts(ended))
		return a.tellChanged(ctx, MemberView{Member: m, Login: login}, "left the account")
	})
}

func deleteMember(ctx context.Context, tx *store.Tx, m enrolld.Member) error {
	if m.ByHand {
		// Nobody will know later that somebody else chose it.
		if err := distrustFirstPassword(ctx, tx, m.LoginID); err != nil {
			return err
		}
	}
	if err := forgetChoices(ctx, tx, m.ID); err != nil {
		return err
	}
	for _, query := range []string{`DELETE FROM enrolld_member_topics WHERE member_id = ?`, `DELETE FROM enrolld_members WHERE id = ?`} {
		if _, err := tx.ExecContext(ctx, query, m.ID); err != nil {
			return fmt.Errorf("remove a member: %w", err)
		}
	}
	return nil
}

// EndSessionsOf ends all sessions of a member's login and returns how many there
// were.
func (t *Team) EndSessionsOf(ctx context.Context, actor enrolld.Actor, accountID, memberID int64) (n int, err error) {
	err = t.change(ctx, actor, accountID, memberID, enrolld.ChangeSessions, enrolld.Terms{}, func(a *act, who MemberView) error {
		if n, err = endSessions(ctx, a.tx, who.LoginID, ""); err != nil {
			return err
		}
		a.note("member.sessions_ended", who.Login, nil, nil, counts(ending{Sessions: n}))
		return nil
	})
	return n, err
}
