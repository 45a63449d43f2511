package provision

import (
	"context"

	"enrolld"
	"enrolld/store/wordpress"
)

// users finds or makes the WordPress users of the members whose access changes.
// Who has nothing open gets none: a name in WordPress without a course would
// only be a puzzle to its owner.
func (s *settlement) users(ctx context.Context) error {
	known, err := s.knownUsers(ctx)
	if err != nil {
		return err
	}
	var missing []*member
	var people []wordpress.Person
	for _, m := range s.members {
		u, ok := known[m.customer.WPUserID]
		if ok {
			m.user = u
			continue
		}
		if m.customer.WPUserID == 0 || m.accessChanges() || s.thorough {
			m.reopen()
		}
		if len(m.opened) == 0 {
			continue
		}
		missing = append(missing, m)
		people = append(people, wordpress.Person{
			Email: m.customer.Email, Key: m.customer.Key, First: m.customer.First, Last: m.customer.Last,
		})
	}
	if len(people) == 0 {
		return nil
	}
	results, err := wordpress.EnsureUsersBeside(ctx, s.tx, s.at.Site, s.at.Info, people, s.tx.Now(), s.names)
	if err != nil {
		return err
	}
	for i, r := range results {
		missing[i].adopt(r)
	}
	return nil
}

// knownUsers reads the users of members whose access changes, or who are told of
// something, and who have one.
// A thorough settlement reads those of all.
func (s *settlement) knownUsers(ctx context.Context) (map[int64]wordpress.User, error) {
	var ids []int64
	for _, m := range s.members {
		if m.customer.WPUserID != 0 && (m.accessChanges() || m.foretold() || s.thorough) {
			ids = append(ids, m.customer.WPUserID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return wordpress.UsersByID(ctx, s.tx, s.at.Site, ids)
}

func (m *member) accessChanges() bool { return len(m.opened)+len(m.moved)+len(m.closed) > 0 }

// reopen treats everything that is to be open as newly opened: there was no
// WordPress user before, or it was deleted.
func (m *member) reopen() {
	m.lost, m.customer.WPUserID = m.customer.WPUserID, 0
	m.customer.Problem = "" // found anew below, if there still is access to give
	grants := make([]enrolld.Grant, len(m.after))
	for i, g := range m.after {
		grants[i] = g.Grant
	}
	m.opened, m.moved, m.closed = enrolld.AccessOf(grants), nil, nil
}

// adopt takes over the WordPress user that was found or made.
func (m *member) adopt(r wordpress.Result) {
	if r.Err != nil {
		m.customer.Problem = enrolld.MessageOf(r.Err)
		return
	}
	m.user = r.User
	m.customer.WPUserID, m.customer.Problem = r.User.ID, ""
	m.customer.WPCreated = m.customer.WPCreated || r.User.Created
}
