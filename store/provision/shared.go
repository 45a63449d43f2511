package provision

import (
	"context"
	"maps"
	"slices"

	"enrolld"
)

// shared keeps what others give: a WordPress user whose address was changed may be
// two customers of ours, one for each address they bought with. What one of them
// loses stays open while the other has it, and reaches as far as the later of the
// two.
func (s *settlement) shared(ctx context.Context) error {
	byUser := map[int64][]*member{}
	var except []int64
	for _, m := range s.members {
		except = append(except, m.customer.ID)
		if m.user.ID != 0 {
			byUser[m.user.ID] = append(byUser[m.user.ID], m)
		}
	}
	if len(byUser) == 0 {
		return nil
	}
	others, err := s.tx.GrantsOfUsers(ctx, s.at.Account.ID, slices.Sorted(maps.Keys(byUser)), except)
	if err != nil {
		return err
	}
	for user, members := range byUser {
		if len(members) == 1 && len(others[user]) == 0 {
			continue // as nearly always
		}
		all := slices.Clone(others[user])
		for _, m := range members {
			for _, g := range m.after {
				all = append(all, g.Grant)
			}
		}
		for _, m := range members {
			m.keep(enrolld.AccessOf(all))
		}
	}
	return nil
}

// keep corrects what changes for a member by what is open to their WordPress user
// altogether.
func (m *member) keep(open []enrolld.Access) {
	all := make(map[enrolld.CourseRef]enrolld.Access, len(open))
	for _, a := range open {
		all[a.Course] = a
	}
	for _, list := range [][]enrolld.Access{m.opened, m.moved} {
		for i := range list {
			list[i] = all[list[i].Course]
		}
	}
	var closed []enrolld.Access
	for _, a := range m.closed {
		if still, ok := all[a.Course]; ok {
			m.moved = append(m.moved, still)
		} else {
			closed = append(closed, a)
		}
	}
	m.closed, m.sharedOpen = closed, all
}
