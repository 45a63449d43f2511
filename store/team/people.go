package team

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"enrolld"
	"enrolld/store"
)

// personColumns are what others in an account see of a login: neither phone nor
// address.
const personColumns = `l.id, l.email, l.email_key, l.username, l.name, l.password_at, l.must_change, l.totp_at, l.last_sign_in_at,
	l.created_at, (SELECT COUNT(*) FROM enrolld_passkeys k WHERE k.login_id = l.id)`

func scanPerson(rows *sql.Rows, l *enrolld.Login) error {
	return rows.Scan(&l.ID, &l.Email, &l.Key, &l.Username, &l.Name, &l.PasswordAt, &l.MustChange, &l.TOTPAt, &l.LastSignInAt,
		&l.CreatedAt, &l.Passkeys)
}

// people reads logins by id, in the order of their ids.
func people(ctx context.Context, conn queryer, ids []int64) ([]enrolld.Login, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := store.In(ids)
	list, err := store.Collect(ctx, conn, scanPerson, `SELECT `+personColumns+` FROM enrolld_logins l WHERE l.id IN `+in+`
		ORDER BY l.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read logins: %w", err)
	}
	return list, nil
}

// person reads one login; NotFound when it is gone.
func person(ctx context.Context, conn queryer, id int64) (enrolld.Login, error) {
	list, err := people(ctx, conn, []int64{id})
	return store.One(list, err, "there is no such login")
}

// MemberView is a member as the account's other users see it. Login has neither
// phone nor address.
type MemberView struct {
	enrolld.Member
	Login enrolld.Login
}

// Members lists the active or the deactivated members of a client account: the
// owner first, then by name, at most 1000.
func (t *Team) Members(ctx context.Context, accountID int64, active bool) ([]MemberView, error) {
	where := `m.account_id = ? AND m.deactivated_at IS NULL`
	if !active {
		where = `m.account_id = ? AND m.deactivated_at IS NOT NULL`
	}
	list, err := views(ctx, t.db.Conn(), where, accountID)
	return list, store.Classify(err)
}

// Member returns one member of a client account, active or not; NotFound when
// it is none of this account.
func (t *Team) Member(ctx context.Context, accountID, memberID int64) (MemberView, error) {
	list, err := views(ctx, t.db.Conn(), `m.account_id = ? AND m.id = ?`, accountID, memberID)
	if err == nil && len(list) == 0 {
		return MemberView{}, noMember()
	}
	return store.One(list, err, "")
}

// Lacking lists the active members who have no second factor.
func (t *Team) Lacking(ctx context.Context, accountID int64) ([]MemberView, error) {
	list, err := lacking(ctx, t.db.Conn(), accountID)
	return list, store.Classify(err)
}

func lacking(ctx context.Context, conn queryer, accountID int64) ([]MemberView, error) {
	list, err := views(ctx, conn, `m.account_id = ? AND m.deactivated_at IS NULL`, accountID)
	return slices.DeleteFunc(list, func(m MemberView) bool { return m.Login.SecondFactor() }), err
}

// views reads members with their logins: the owner first, then by name.
func views(ctx context.Context, conn queryer, where string, args ...any) ([]MemberView, error) {
	members, err := readMembers(ctx, conn, where, args...)
	if err != nil {
		return nil, err
	}
	out, err := withLogins(ctx, conn, members)
	slices.SortFunc(out, func(a, b MemberView) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Login.Label(), b.Login.Label()), cmp.Compare(a.ID, b.ID))
	})
	return out, err
}

// withLogins reads the logins of members, and keeps their order.
func withLogins(ctx context.Context, conn queryer, members []enrolld.Member) ([]MemberView, error) {
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.LoginID
	}
	logins, err := people(ctx, conn, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]enrolld.Login, len(logins))
	for _, l := range logins {
		byID[l.ID] = l
	}
	out := make([]MemberView, len(members))
	for i, m := range members {
		out[i] = MemberView{Member: m, Login: byID[m.LoginID]}
	}
	return out, nil
}

func rank(m MemberView) int {
	if m.Type == enrolld.TypeOwner {
		return 0
	}
	return 1
}
