package team

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"enrolld"
	"enrolld/store"
)

func scanTopic(rows *sql.Rows, t *enrolld.Topic) error { return rows.Scan(t) }

// maxSubAccounts bounds the sub-accounts of one client account.
const maxSubAccounts = 200

// accountProfile is what an account's holders may change of it, for the audit log.
type accountProfile struct {
	Name        string `json:"name"`
	FromName    string `json:"from_name"`
	FromAddress string `json:"from_address"`
	LinkDays    int    `json:"link_days"`
}

func accountProfileOf(a enrolld.Account) accountProfile {
	return accountProfile{a.Name, a.FromName, a.FromAddress, a.LinkDays}
}

// SaveAccount saves the profile of an account or sub-account: name, sender and
// days of links; the rest of account is ignored. Errors: NotFound when the actor
// does not reach it; Forbidden without the permission; Invalid; Conflict when a
// sibling has the name.
func (t *Team) SaveAccount(ctx context.Context, actor enrolld.Actor, account enrolld.Account) error {
	return t.onReached(ctx, actor, account.ID, enrolld.PermProfile, func(a *act, stored enrolld.Account) error {
		was := accountProfileOf(stored)
		stored.Name, stored.FromName = strings.TrimSpace(account.Name), strings.TrimSpace(account.FromName)
		stored.FromAddress, stored.LinkDays = strings.TrimSpace(account.FromAddress), account.LinkDays
		return a.saveProfile(ctx, was, stored)
	})
}

// RenameSubAccount gives a sub-account another name. Errors: as SaveAccount, with
// the permission to manage users.
func (t *Team) RenameSubAccount(ctx context.Context, actor enrolld.Actor, accountID int64, name string) error {
	return t.onReached(ctx, actor, accountID, enrolld.PermUsers, func(a *act, stored enrolld.Account) error {
		if stored.ParentID == 0 {
			return noAccount()
		}
		was := accountProfileOf(stored)
		stored.Name = strings.TrimSpace(name)
		return a.saveProfile(ctx, was, stored)
	})
}

func (a *act) saveProfile(ctx context.Context, was accountProfile, account enrolld.Account) error {
	if err := account.Validate(); err != nil {
		return err
	}
	if err := a.tx.SaveAccount(ctx, account); err != nil {
		return err
	}
	e := store.AuditBy(a.actor, account.ID, "account.profile")
	e.Subject, e.Before, e.After = was.Name, was, accountProfileOf(account)
	a.audit = append(a.audit, e)
	return nil
}

// onReached runs f with an account or sub-account, locked, that whoever acts
// reaches and holds a permission in.
func (t *Team) onReached(
	ctx context.Context, actor enrolld.Actor, accountID int64, p enrolld.Permission, f func(*act, enrolld.Account) error,
) error {
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		if err := stillSignedIn(ctx, tx, actor); err != nil {
			return err
		}
		account, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		root, err := tx.Account(ctx, account.RootID())
		if err != nil {
			return err
		}
		a := &act{tx: tx, actor: actor, account: root}
		by, err := a.lockActor(ctx)
		if err != nil {
			return err
		}
		switch {
		case !by.Active() || !by.Scope.In(accountID):
			return noAccount()
		case !by.May(p, tx.Now()):
			return enrolld.Errorf(enrolld.Forbidden, "you may not change this here: ask an admin or the owner")
		}
		if account, err = tx.LockAccount(ctx, accountID); err != nil {
			return err
		}
		if err := f(a, account); err != nil {
			return err
		}
		return a.finish(ctx)
	})
}

// AddSubAccount makes a sub-account of a client account, on the same blog and with
// the same sender, and returns its id. Whoever acts manages users and reaches all
// of the client account. Errors: NotFound; Forbidden; Invalid; Conflict when a
// sibling has the name.
func (t *Team) AddSubAccount(ctx context.Context, actor enrolld.Actor, parentID int64, name string) (id int64, err error) {
	err = t.onReached(ctx, actor, parentID, enrolld.PermUsers, func(a *act, parent enrolld.Account) error {
		by, err := a.lockActor(ctx)
		switch {
		case err != nil:
			return err
		case parent.ParentID != 0:
			return enrolld.Errorf(enrolld.Invalid, "a sub-account has no sub-accounts of its own: make it below the client account")
		case !by.Scope.AllAccounts:
			return enrolld.Errorf(enrolld.Forbidden, "only who reaches every sub-account can make one: ask the owner")
		}
		child := parent
		child.Name = strings.TrimSpace(name)
		if err := child.Validate(); err != nil {
			return err
		}
		if err := a.checkRoom(ctx); err != nil {
			return err
		}
		if id, err = a.tx.AddSubAccount(ctx, parent, child.Name); err != nil {
			return err
		}
		e := store.AuditBy(actor, parentID, "account.sub_account")
		e.Subject, e.After, e.Detail = child.Name, accountProfileOf(child), fmt.Sprintf(`{"account":%d}`, id)
		a.audit = append(a.audit, e)
		return nil
	})
	return id, err
}

func (a *act) checkRoom(ctx context.Context) error {
	subs, err := store.Collect(ctx, a.tx, scanID, `SELECT id FROM enrolld_accounts WHERE parent_id = ? LIMIT ?`, a.account.ID, maxSubAccounts)
	if err != nil {
		return fmt.Errorf("count sub-accounts: %w", err)
	}
	if len(subs) == maxSubAccounts {
		return enrolld.Errorf(enrolld.TooLarge, "a client account has at most %d sub-accounts", maxSubAccounts)
	}
	return nil
}

// AddOwner makes a login the first owner of a client account, with all topics on.
// It is for the command line: the actor is not asked for rights. Errors: NotFound;
// Conflict when there is an owner, or the login is a member already.
func (t *Team) AddOwner(ctx context.Context, actor enrolld.Actor, accountID, loginID int64) error {
	return t.addFirst(ctx, actor, accountID, loginID, enrolld.OwnerTerms())
}

// AddAdmin makes a login an Admin with everything. As AddOwner.
func (t *Team) AddAdmin(ctx context.Context, actor enrolld.Actor, accountID, loginID int64) error {
	return t.addFirst(ctx, actor, accountID, loginID, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
}

func (t *Team) addFirst(ctx context.Context, actor enrolld.Actor, accountID, loginID int64, terms enrolld.Terms) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		if err := keepLogin(ctx, a.tx, loginID); err != nil {
			return err
		}
		login, err := person(ctx, a.tx, loginID)
		if err != nil {
			return err
		}
		m, err := addMember(ctx, a.tx, enrolld.Member{AccountID: accountID, LoginID: loginID, Terms: terms})
		if err != nil {
			return err
		}
		if terms.Type == enrolld.TypeOwner {
			var all []enrolld.Topic
			for _, info := range enrolld.Topics() {
				if info.Ready {
					all = append(all, info.Key)
				}
			}
			if err := writeTopics(ctx, a.tx, m.ID, nil, all); err != nil {
				return err
			}
		}
		a.note("member.added", login, nil, standingOf(m), "")
		return nil
	})
}
