package team

import (
	"context"
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

// factorPolicy is what the audit log shows of the policy.
type factorPolicy struct {
	From *time.Time `json:"second_factor_from"`
}

// SetPolicy says from when on everybody in the account needs a second factor; nil:
// the owner and Admins only. Who lacks one is told. Errors: Forbidden for anybody
// but the owner.
func (t *Team) SetPolicy(ctx context.Context, actor enrolld.Actor, accountID int64, from *time.Time) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		by, err := a.lockActor(ctx)
		if err != nil {
			return err
		}
		if by.Type != enrolld.TypeOwner || !by.Active() {
			return enrolld.Errorf(enrolld.Forbidden, "only the owner can require a second factor of everybody")
		}
		account, err := a.tx.LockAccount(ctx, accountID)
		if err != nil {
			return err
		}
		if from != nil {
			at := from.UTC().Truncate(time.Microsecond)
			from = &at
		}
		_, err = a.tx.ExecContext(ctx, `UPDATE enrolld_accounts SET second_factor_from = ? WHERE id = ?`, from, accountID)
		if err != nil {
			return fmt.Errorf("set the policy: %w", err)
		}
		a.note("account.second_factor", enrolld.Login{}, factorPolicy{account.SecondFactorFrom}, factorPolicy{from}, "")
		if from == nil {
			return nil
		}
		return a.tellPolicy(ctx, *from)
	})
}

func (a *act) tellPolicy(ctx context.Context, from time.Time) error {
	lack, err := lacking(ctx, a.tx, a.account.ID)
	for _, m := range lack {
		a.tell(m.Login, fmt.Sprintf("%s %d at %d", enrolld.EventFactorPolicy, m.ID, a.tx.Now().UnixMicro()), enrolld.TeamData{
			Event: enrolld.EventFactorPolicy, Until: &from, Link: enrolld.Link{Path: "/me/security"},
		})
	}
	return err
}

// Topics returns which mail a member has chosen.
func (t *Team) Topics(ctx context.Context, memberID int64) (map[enrolld.Topic]bool, error) {
	list, err := readTopics(ctx, t.db.Conn(), memberID)
	on := make(map[enrolld.Topic]bool, len(list))
	for _, topic := range list {
		on[topic] = true
	}
	return on, store.Classify(err)
}

// SetTopics chooses the mail of a login in an account: of the topics that the
// member is offered (enrolld.TopicsFor), exactly those in on. Everybody sets their
// own only. Errors: Forbidden; Invalid for a topic that is not offered.
func (t *Team) SetTopics(ctx context.Context, actor enrolld.Actor, accountID, loginID int64, on []enrolld.Topic) error {
	if actor.LoginID != loginID {
		return enrolld.Errorf(enrolld.Forbidden, "everybody chooses their own mail")
	}
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		m, err := a.lockActor(ctx)
		if err != nil {
			return err
		}
		if !m.Active() {
			return noAccount()
		}
		var offered []enrolld.Topic
		for _, info := range enrolld.TopicsFor(m.Terms, a.tx.Now()) {
			offered = append(offered, info.Key)
		}
		for _, topic := range on {
			if !slices.Contains(offered, topic) {
				return enrolld.Errorf(enrolld.Invalid, "there is no such mail to choose: load the page again")
			}
		}
		before, err := readTopics(ctx, a.tx, m.ID)
		if err != nil {
			return err
		}
		if err := writeTopics(ctx, a.tx, m.ID, offered, on); err != nil {
			return err
		}
		login, err := person(ctx, a.tx, loginID)
		if err != nil {
			return err
		}
		a.note("member.topics", login, before, slices.Sorted(slices.Values(on)), "")
		return nil
	})
}

func writeTopics(ctx context.Context, tx *store.Tx, memberID int64, offered, on []enrolld.Topic) error {
	if len(offered) > 0 {
		in, args := store.In(offered, memberID)
		if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_member_topics WHERE member_id = ? AND topic IN `+in, args...); err != nil {
			return fmt.Errorf("write topics: %w", err)
		}
	}
	rows := make([][]any, len(on))
	for i, topic := range on {
		rows[i] = []any{memberID, string(topic)}
	}
	err := store.InsertRows(ctx, tx, `INSERT INTO enrolld_member_topics (member_id, topic) VALUES `, rows, ` ON DUPLICATE KEY UPDATE topic = VALUES(topic)`)
	if err != nil {
		return fmt.Errorf("write topics: %w", err)
	}
	return nil
}

func readTopics(ctx context.Context, conn queryer, memberID int64) ([]enrolld.Topic, error) {
	list, err := store.Collect(ctx, conn, scanTopic, `SELECT topic FROM enrolld_member_topics WHERE member_id = ? ORDER BY topic`, memberID)
	if err != nil {
		return nil, fmt.Errorf("read topics: %w", err)
	}
	return list, nil
}
