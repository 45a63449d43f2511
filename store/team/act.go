package team

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"enrolld"
	"enrolld/store"
)

// act is one operation in a client account: its transaction, who does it, and
// what it leaves behind in the audit log and the mail queue.
type act struct {
	tx      *store.Tx
	actor   enrolld.Actor
	account enrolld.Account
	audit   []store.AuditEntry
	mail    []enrolld.Message
}

// inAccount runs f in a transaction and writes what it noted. Errors: NotFound
// when there is no such client account; a sub-account is none.
func (t *Team) inAccount(ctx context.Context, actor enrolld.Actor, accountID int64, f func(*act) error) error {
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		if err := stillSignedIn(ctx, tx, actor); err != nil {
			return err
		}
		account, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		if account.ParentID != 0 {
			return noAccount()
		}
		a := &act{tx: tx, actor: actor, account: account}
		if err := f(a); err != nil {
			return err
		}
		return a.finish(ctx)
	})
}

// stillSignedIn refuses a request of a login whose sessions were ended since it began.
func stillSignedIn(ctx context.Context, tx *store.Tx, actor enrolld.Actor) error {
	v := visitOf(ctx)
	if actor.LoginID == 0 || v.LoginID != actor.LoginID {
		return nil
	}
	login, err := readLogin(ctx, tx, `l.id = ?`, actor.LoginID)
	if err == nil && login.Epoch != v.Epoch {
		return errSignedOut
	}
	return err
}

func (a *act) finish(ctx context.Context) error {
	if err := a.tx.Audit(ctx, a.audit); err != nil {
		return err
	}
	return a.tx.QueueMessages(ctx, a.mail)
}

// An account that is not theirs does not exist, for whoever asks.
func noAccount() error { return enrolld.Errorf(enrolld.NotFound, "there is no such account") }
func noMember() error {
	return enrolld.Errorf(enrolld.NotFound, "there is no such user in this account")
}
func noInvitation() error { return enrolld.Errorf(enrolld.NotFound, "there is no such invitation") }

// spend takes one off a budget of the operation. Errors: store.TooOftenError.
func (a *act) spend(ctx context.Context, b store.Budget, name string) error {
	held, err := a.tx.HoldBudgets(ctx, b, name)
	if err != nil {
		return err
	}
	if wait := held[0].Spend(); wait > 0 {
		return store.TooOften(wait)
	}
	return a.tx.SaveBudgets(ctx, held)
}

// lockActor reads who acts, as a member of the account, and keeps their rights
// until the transaction ends.
func (a *act) lockActor(ctx context.Context) (enrolld.Member, error) {
	found, err := a.lock(ctx, `login_id = ?`, a.actor.LoginID)
	if err != nil {
		return enrolld.Member{}, err
	}
	if len(found) == 0 {
		return enrolld.Member{}, noAccount()
	}
	return found[0], nil
}

// lockBoth reads who acts and to whom, and keeps both.
func (a *act) lockBoth(ctx context.Context, memberID int64) (actor, target enrolld.Member, err error) {
	found, err := a.lock(ctx, `(login_id = ? OR id = ?)`, a.actor.LoginID, memberID)
	if err != nil {
		return actor, target, err
	}
	by := slices.IndexFunc(found, func(m enrolld.Member) bool { return m.LoginID == a.actor.LoginID })
	to := slices.IndexFunc(found, func(m enrolld.Member) bool { return m.ID == memberID })
	switch {
	case by < 0:
		return actor, target, noAccount()
	case to < 0:
		return actor, target, noMember()
	}
	return found[by], found[to], nil
}

// lock finds members of the account and keeps them.
func (a *act) lock(ctx context.Context, where string, args ...any) ([]enrolld.Member, error) {
	ids, err := store.Collect(ctx, a.tx, scanID, `SELECT id FROM enrolld_members WHERE account_id = ? AND `+where+` ORDER BY id LIMIT ?`,
		append(append([]any{a.account.ID}, args...), maxMembers)...)
	if err != nil {
		return nil, fmt.Errorf("find members: %w", err)
	}
	return lockMembers(ctx, a.tx, ids)
}

// lockMembers locks members in the order of their ids, by writing to them, and
// reads them with their terms as they are then.
func lockMembers(ctx context.Context, tx *store.Tx, ids []int64) ([]enrolld.Member, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := store.In(ids)
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_members SET uses = uses + 1 WHERE id IN `+in+` ORDER BY id`, args...); err != nil {
		return nil, fmt.Errorf("lock members: %w", err)
	}
	return readMembers(ctx, tx, `m.id IN `+in, args...)
}

func scanID(rows *sql.Rows, id *int64) error { return rows.Scan(id) }

// note adds an entry about somebody to the audit log.
func (a *act) note(action string, subject enrolld.Login, before, after any, detail string) {
	e := store.AuditBy(a.actor, a.account.ID, action)
	e.SubjectLoginID, e.Subject = subject.ID, subject.Email
	e.Before, e.After, e.Detail = before, after, detail
	a.audit = append(a.audit, e)
}

// tell queues mail to a login. The cause makes it unique in the account.
func (a *act) tell(to enrolld.Login, cause string, data enrolld.TeamData) {
	data.Account, data.At = a.account.Name, a.tx.Now()
	if data.Actor == "" {
		data.Actor = a.actor.Name
	}
	a.mail = append(a.mail, enrolld.Message{
		AccountID: a.account.ID, LoginID: to.ID, Kind: enrolld.MessageTeam, Cause: cause, To: to.Email, ToName: to.Name,
		Data: enrolld.MessageData{Team: &data},
	})
}

// tellTopic queues mail to everybody who wants a topic and may have it, except
// who acts and those in except (logins). Cause is completed by the recipient, and
// so is the link: to the account's users.
func (a *act) tellTopic(ctx context.Context, topic enrolld.Topic, cause string, data enrolld.TeamData, except ...int64) error {
	people, err := a.wanting(ctx, topic, append(except, a.actor.LoginID))
	if err != nil {
		return err
	}
	for _, p := range people {
		data.Link = a.usersPath(p.Scope)
		a.tell(p.Login, fmt.Sprintf("%s to %d", cause, p.LoginID), data)
	}
	return nil
}

func (a *act) wanting(ctx context.Context, topic enrolld.Topic, except []int64) ([]MemberView, error) {
	info, ok := topic.Info()
	if !ok {
		return nil, nil
	}
	members, err := readMembers(ctx, a.tx, `m.account_id = ? AND m.deactivated_at IS NULL AND EXISTS
		(SELECT 1 FROM enrolld_member_topics t WHERE t.member_id = m.id AND t.topic = ?)`, a.account.ID, string(topic))
	if err != nil {
		return nil, err
	}
	members = slices.DeleteFunc(members, func(m enrolld.Member) bool {
		return !info.For(m.Terms, a.tx.Now()) || slices.Contains(except, m.LoginID)
	})
	return withLogins(ctx, a.tx, members)
}

// usersPath is where somebody with a scope manages the account's users.
func (a *act) usersPath(s enrolld.Scope) enrolld.Link {
	return enrolld.Link{Path: fmt.Sprintf("/a/%d/settings/users", a.entrance(s))}
}

// homePath is the first page of somebody with a scope.
func (a *act) homePath(s enrolld.Scope) enrolld.Link {
	return enrolld.Link{Path: fmt.Sprintf("/a/%d", a.entrance(s))}
}

// entrance is the account itself, or a sub-account for who enters nothing else: the
// account does not exist for them.
func (a *act) entrance(s enrolld.Scope) int64 {
	if s.In(a.account.ID) || len(s.Accounts) == 0 {
		return a.account.ID
	}
	return s.Accounts[0]
}
