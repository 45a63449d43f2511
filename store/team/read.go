package team

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// maxMembers is how many members of an account, or memberships of a login, are read.
const maxMembers = 1000

const memberColumns = `m.id, m.account_id, m.login_id, m.type, m.all_rights, m.all_accounts, m.all_products, m.edit_products,
	m.delete_products, m.by_hand, m.deactivated_at, m.revision, m.created_at`

func memberFields(m *enrolld.Member) []any {
	return []any{
		&m.ID, &m.AccountID, &m.LoginID, &m.Type, &m.All, &m.Scope.AllAccounts, &m.Scope.AllProducts, &m.Scope.EditProducts,
		&m.Scope.DeleteProducts, &m.ByHand, &m.DeactivatedAt, &m.Revision, &m.CreatedAt,
	}
}

// readMembers reads members m that meet a condition, with their terms, in four
// queries at most.
func readMembers(ctx context.Context, conn queryer, where string, args ...any) ([]enrolld.Member, error) {
	list, err := store.Collect(ctx, conn, func(rows *sql.Rows, m *enrolld.Member) error { return rows.Scan(memberFields(m)...) },
		`SELECT `+memberColumns+` FROM enrolld_members m WHERE `+where+` ORDER BY m.id LIMIT ?`, append(args, maxMembers)...)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	each := make([]*enrolld.Member, len(list))
	for i := range list {
		each[i] = &list[i]
	}
	return list, readTerms(ctx, conn, each)
}

// readTerms reads what members were given by choice.
func readTerms(ctx context.Context, conn queryer, members []*enrolld.Member) error {
	var rights, accounts, products chosen
	for _, m := range members {
		rights.need(m, !m.All)
		accounts.need(m, !m.Scope.AllAccounts)
		products.need(m, !m.Scope.AllProducts)
	}
	err := rights.read(ctx, conn, `SELECT member_id, permission, ends_at FROM enrolld_member_rights WHERE member_id IN `,
		func(rows *sql.Rows, byID map[int64]*enrolld.Member) error {
			var id int64
			var p enrolld.Permission
			var until *time.Time
			if err := rows.Scan(&id, &p, &until); err != nil {
				return err
			}
			m := byID[id]
			if m.Rights == nil {
				m.Rights = map[enrolld.Permission]time.Time{}
			}
			m.Rights[p] = orZero(until)
			return nil
		})
	if err != nil {
		return err
	}
	err = accounts.read(ctx, conn, `SELECT member_id, account_id FROM enrolld_member_accounts WHERE member_id IN `,
		scanChosen(func(m *enrolld.Member, id int64) { m.Scope.Accounts = append(m.Scope.Accounts, id) }))
	if err != nil {
		return err
	}
	return products.read(ctx, conn, `SELECT member_id, product_id FROM enrolld_member_products WHERE member_id IN `,
		scanChosen(func(m *enrolld.Member, id int64) { m.Scope.Products = append(m.Scope.Products, id) }))
}

// chosen collects the members whose choices have to be read.
type chosen struct {
	ids  []int64
	byID map[int64]*enrolld.Member
}

func (c *chosen) need(m *enrolld.Member, chose bool) {
	if !chose {
		return
	}
	if c.byID == nil {
		c.byID = map[int64]*enrolld.Member{}
	}
	c.ids = append(c.ids, m.ID)
	c.byID[m.ID] = m
}

func (c *chosen) read(
	ctx context.Context, conn queryer, query string, scan func(*sql.Rows, map[int64]*enrolld.Member) error,
) error {
	if len(c.ids) == 0 {
		return nil
	}
	in, args := store.In(c.ids)
	_, err := store.Collect(ctx, conn, func(rows *sql.Rows, _ *struct{}) error { return scan(rows, c.byID) }, query+in+" ORDER BY 1, 2", args...)
	if err != nil {
		return fmt.Errorf("read what members were given: %w", err)
	}
	return nil
}

func scanChosen(add func(*enrolld.Member, int64)) func(*sql.Rows, map[int64]*enrolld.Member) error {
	return func(rows *sql.Rows, byID map[int64]*enrolld.Member) error {
		var member, id int64
		if err := rows.Scan(&member, &id); err != nil {
			return err
		}
		add(byID[member], id)
		return nil
	}
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
