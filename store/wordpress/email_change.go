package wordpress

import (
	"context"
	"fmt"

	"enrolld"
)

// ChangeEmail gives a user another address, inside the caller's transaction. The
// login stays, and so do password, role and names; links to set a password that
// were mailed to the old address end, as they do when WordPress changes it.
//
// Errors: Invalid when WordPress cannot hold the address, NotFound when there is
// no such user, Forbidden when they have more than a customer's rights, Conflict
// when another user has the address.
func ChangeEmail(ctx context.Context, conn Conn, site Site, info Info, id int64, email string) error {
	if err := site.Validate(); err != nil {
		return err
	}
	addr, key, err := Address(email)
	if err != nil {
		return err
	}
	s := &seeker{key: key, addr: addr, spelled: spellings(email, addr, key)}
	b := &batch{conn: conn, site: site, info: info, seekers: []*seeker{s}}
	if err := b.reserve(ctx); err != nil {
		return fmt.Errorf("reserve an address: %w", err)
	}
	owners, err := accountsByEmail(ctx, conn, site, info, s.spelled)
	if err != nil {
		return err
	}
	for _, a := range owners[key] {
		if a.ID != id {
			return enrolld.Errorf(enrolld.Conflict, "WordPress user no. %d has this address", a.ID)
		}
	}
	found, err := accountsByID(ctx, conn, site, info, []int64{id})
	if err != nil {
		return err
	}
	if s.user = found[id]; s.user == nil {
		return enrolld.Errorf(enrolld.NotFound, "there is no WordPress user %d", id)
	}
	if s.user.Privileged {
		return enrolld.Errorf(enrolld.Forbidden, "the WordPress user has more than a customer's rights: change the address in WordPress")
	}
	if _, err := conn.ExecContext(ctx, "UPDATE "+site.users()+" SET user_email = ?, user_activation_key = '' WHERE ID = ?", addr, id); err != nil {
		return fmt.Errorf("change the address of a WordPress user: %w", err)
	}
	s.stale = true
	return b.record(ctx)
}
