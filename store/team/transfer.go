package team

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// transferTTL is how long an offer of the ownership waits.
const transferTTL = 3 * 24 * time.Hour

// TransferView is an offer of the ownership that waits for the other side.
type TransferView struct {
	ID        int64
	From, To  enrolld.Login
	CreatedAt time.Time
	ExpiresAt time.Time
}

type transfer struct {
	id, from, to     int64 // the transfer, logins
	created, expires time.Time
}

func scanTransfer(rows *sql.Rows, t *transfer) error {
	return rows.Scan(&t.id, &t.from, &t.to, &t.created, &t.expires)
}

const openTransfer = `SELECT id, from_login, to_login, created_at, expires_at FROM enrolld_transfers WHERE open_account = ? AND expires_at > ?`

// Transfer returns the offer that waits in an account, nil when there is none.
func (t *Team) Transfer(ctx context.Context, accountID int64) (*TransferView, error) {
	conn := t.db.Conn()
	list, err := store.Collect(ctx, conn, scanTransfer, openTransfer, accountID, t.db.Now())
	if err != nil || len(list) == 0 {
		return nil, store.Classify(err)
	}
	v := &TransferView{ID: list[0].id, CreatedAt: list[0].created, ExpiresAt: list[0].expires}
	if v.From, err = person(ctx, conn, list[0].from); err != nil {
		return nil, err
	}
	v.To, err = person(ctx, conn, list[0].to)
	return v, err
}

// OfferTransfer offers the ownership to a member, for three days. Both need a
// second factor. Errors: those of enrolld.CheckTransfer; Conflict when an offer
// waits already; Invalid when a second factor is missing.
func (t *Team) OfferTransfer(ctx context.Context, actor enrolld.Actor, accountID, memberID int64) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		by, target, err := a.lockBoth(ctx, memberID)
		if err != nil {
			return err
		}
		if err := enrolld.CheckTransfer(by, target); err != nil {
			return err
		}
		from, to, err := a.bothWithFactors(ctx, by.LoginID, target.LoginID)
		if err != nil {
			return err
		}
		if err := a.spend(ctx, perTarget, fmt.Sprintf("changes of member %d", target.ID)); err != nil {
			return err
		}
		id, err := a.addTransfer(ctx, from.ID, to.ID)
		if err != nil {
			return err
		}
		a.note("transfer.offered", to, nil, nil, fmt.Sprintf(`{"transfer":%d}`, id))
		until := a.tx.Now().Add(transferTTL)
		for _, l := range []enrolld.Login{to, from} {
			a.tell(l, fmt.Sprintf("%s %d to %d", enrolld.EventTransferOffered, id, l.ID), enrolld.TeamData{
				Event: enrolld.EventTransferOffered, Subject: to.Label(), Until: &until, Link: a.transferPath(),
			})
		}
		return nil
	})
}

func (a *act) transferPath() enrolld.Link {
	return enrolld.Link{Path: fmt.Sprintf("/a/%d/ownership", a.account.ID)}
}

func (a *act) addTransfer(ctx context.Context, from, to int64) (int64, error) {
	now := a.tx.Now()
	_, err := a.tx.ExecContext(ctx, `UPDATE enrolld_transfers SET state = 'withdrawn', open_account = NULL, ended_at = expires_at
		WHERE open_account = ? AND expires_at <= ?`, a.account.ID, now)
	if err != nil {
		return 0, fmt.Errorf("end an old transfer: %w", err)
	}
	res, err := a.tx.ExecContext(ctx, `INSERT INTO enrolld_transfers
		(account_id, open_account, from_login, to_login, state, created_at, expires_at) VALUES (?,?,?,?,'open',?,?)`,
		a.account.ID, a.account.ID, from, to, now, now.Add(transferTTL))
	if store.IsDuplicate(err) {
		return 0, enrolld.Errorf(enrolld.Conflict, "the ownership is offered to somebody already: take that offer back first")
	}
	if err != nil {
		return 0, fmt.Errorf("offer a transfer: %w", err)
	}
	return res.LastInsertId()
}

// bothWithFactors reads both sides, who need a second factor.
func (a *act) bothWithFactors(ctx context.Context, fromID, toID int64) (from, to enrolld.Login, err error) {
	if from, err = person(ctx, a.tx, fromID); err != nil {
		return from, to, err
	}
	if to, err = person(ctx, a.tx, toID); err != nil {
		return from, to, err
	}
	if !from.SecondFactor() || !to.SecondFactor() {
		return from, to, enrolld.Errorf(enrolld.Invalid, "both the owner and the new owner need a second factor: set one up first")
	}
	return from, to, nil
}

// lockTransfer reads the offer that waits, with both members of it, all locked.
// Whoever acts is one of the two sides.
func (a *act) lockTransfer(ctx context.Context) (w transfer, from, to enrolld.Member, err error) {
	list, err := store.Collect(ctx, a.tx, scanTransfer, openTransfer, a.account.ID, a.tx.Now())
	if w, err = store.One(list, err, noTransfer); err != nil {
		return w, from, to, err
	}
	if a.actor.LoginID != w.from && a.actor.LoginID != w.to {
		return w, from, to, enrolld.Errorf(enrolld.NotFound, noTransfer)
	}
	members, err := a.lock(ctx, `login_id IN (?, ?)`, w.from, w.to)
	if err != nil {
		return w, from, to, err
	}
	for _, m := range members {
		if m.LoginID == w.from {
			from = m
		} else {
			to = m
		}
	}
	list, err = store.Collect(ctx, a.tx, scanTransfer, openTransfer+` AND id = ? FOR UPDATE`, a.account.ID, a.tx.Now(), w.id)
	_, err = store.One(list, err, noTransfer)
	return w, from, to, err
}

const noTransfer = "no offer of the ownership is open"

func (a *act) endTransfer(ctx context.Context, id int64, state string) error {
	res, err := a.tx.ExecContext(ctx, `UPDATE enrolld_transfers SET state = ?, open_account = NULL, ended_at = ?
		WHERE id = ? AND state = 'open'`, state, a.tx.Now(), id)
	return mustMeet(res, err, noTransfer)
}

// AcceptTransfer makes whoever was offered the ownership the owner; the owner
// before becomes an Admin with everything. Errors: NotFound when no offer is open;
// Forbidden when it is somebody else's; Invalid when a second factor is missing by
// now.
func (t *Team) AcceptTransfer(ctx context.Context, actor enrolld.Actor, accountID int64) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		w, from, to, err := a.lockTransfer(ctx)
		if err != nil {
			return err
		}
		if actor.LoginID != w.to {
			return enrolld.Errorf(enrolld.Forbidden, "only who was offered the ownership can accept it")
		}
		if err := enrolld.CheckTransfer(from, to); err != nil {
			return err
		}
		before, after, err := a.bothWithFactors(ctx, w.from, w.to)
		if err != nil {
			return err
		}
		if err := a.endTransfer(ctx, w.id, "done"); err != nil {
			return err
		}
		admin := enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}
		if err := a.crown(ctx, from, to, admin); err != nil {
			return err
		}
		a.note("transfer.accepted", after, standingOf(to), standing{"active", enrolld.OwnerTerms()}, "")
		a.note("transfer.accepted", before, standingOf(from), standing{"active", admin}, "")
		for _, l := range []enrolld.Login{before, after} {
			a.tell(l, fmt.Sprintf("%s %d to %d", enrolld.EventTransferDone, w.id, l.ID), enrolld.TeamData{
				Event: enrolld.EventTransferDone, Subject: after.Label(), Link: a.homePath(enrolld.Everything()),
			})
		}
		return nil
	})
}

// crown moves the ownership: away first, since an account has one owner.
func (a *act) crown(ctx context.Context, from, to enrolld.Member, admin enrolld.Terms) error {
	if _, err := a.tx.ExecContext(ctx, `UPDATE enrolld_members SET owner_of = NULL WHERE id = ?`, from.ID); err != nil {
		return fmt.Errorf("move the ownership: %w", err)
	}
	if err := writeTerms(ctx, a.tx, from.ID, admin); err != nil {
		return err
	}
	if err := writeTerms(ctx, a.tx, to.ID, enrolld.OwnerTerms()); err != nil {
		return err
	}
	if _, err := a.tx.ExecContext(ctx, `UPDATE enrolld_members SET owner_of = account_id WHERE id = ?`, to.ID); err != nil {
		return fmt.Errorf("move the ownership: %w", err)
	}
	return nil
}

// DeclineTransfer ends the offer by whom it was made to. Errors: NotFound; Forbidden.
func (t *Team) DeclineTransfer(ctx context.Context, actor enrolld.Actor, accountID int64) error {
	return t.refuseTransfer(ctx, actor, accountID, "declined", func(w transfer) bool { return actor.LoginID == w.to })
}

// WithdrawTransfer takes the offer back by who made it. Errors: NotFound; Forbidden.
func (t *Team) WithdrawTransfer(ctx context.Context, actor enrolld.Actor, accountID int64) error {
	return t.refuseTransfer(ctx, actor, accountID, "withdrawn", func(w transfer) bool { return actor.LoginID == w.from })
}

func (t *Team) refuseTransfer(
	ctx context.Context, actor enrolld.Actor, accountID int64, state string, may func(transfer) bool,
) error {
	return t.inAccount(ctx, actor, accountID, func(a *act) error {
		w, _, _, err := a.lockTransfer(ctx)
		if err != nil {
			return err
		}
		if !may(w) {
			return enrolld.Errorf(enrolld.Forbidden, "the owner can take the offer back; who was offered the ownership can decline it")
		}
		if err := a.endTransfer(ctx, w.id, state); err != nil {
			return err
		}
		other, err := person(ctx, a.tx, w.to)
		if err != nil {
			return err
		}
		a.note("transfer."+state, other, nil, nil, fmt.Sprintf(`{"transfer":%d}`, w.id))
		return nil
	})
}
