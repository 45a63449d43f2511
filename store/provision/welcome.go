package provision

import (
	"context"
	"fmt"
	"slices"

	"enrolld"
	"enrolld/store"
	"enrolld/store/lms"
	"enrolld/store/wordpress"
)

// unwelcomed finds the members whom courses opened to, whose WordPress user we made
// some time ago without a word, as a quiet import does: nobody has set a password,
// and no welcome was ever queued. A message about new courses would have them log
// in with an account that they do not know of; theirs is the welcome.
func (s *settlement) unwelcomed(ctx context.Context) error {
	byUser := map[int64]*member{}
	for _, m := range s.members {
		if len(m.opened) > 0 && m.customer.WPCreated && !m.user.Created && m.user.ID != 0 && !m.user.Privileged {
			byUser[m.user.ID] = m
		}
	}
	var ids []int64
	var causes []string
	for id, m := range byUser {
		ids, causes = append(ids, id), append(causes, WelcomeCause(m.customer.ID, id))
	}
	if len(ids) == 0 {
		return nil
	}
	welcomed, err := s.tx.QueuedCauses(ctx, s.at.Account.ID, causes)
	if err != nil {
		return err
	}
	untouched, err := wordpress.Untouched(ctx, s.tx, s.at.Site, ids)
	if err != nil {
		return err
	}
	for id, m := range byUser {
		m.unwelcomed = untouched[id] && !welcomed[WelcomeCause(m.customer.ID, id)]
	}
	return nil
}

// Linked is what became of somebody who was to get a link to set a password.
type Linked struct {
	CustomerID int64
	// Refused says why there is no message, for people; empty: it is queued.
	Refused string
	// HasPassword: it was refused since somebody has set one.
	HasPassword bool
}

// Links says who is to get links to set a password, and why.
type Links struct {
	CustomerIDs []int64
	// Reason names the occasion: at most one message to each customer comes of it.
	Reason string
	// Unset leaves out who has set a password, and whose user we did not make.
	Unset bool
	Rank  enrolld.Rank // as Gift's
}

// SendLinks queues messages with a link to set a password, in the caller's
// transaction. They go to the address of the WordPress user and not to the
// customer's, as WordPress's own do: whoever may change a customer's address must
// not get into an account by it. Who has more than a customer's rights gets none.
//
// Errors: NotFound when a customer is none of the account.
func SendLinks(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, to Links) ([]Linked, error) {
	s := &settlement{tx: tx, at: at, by: actor}
	if err := s.lockKnown(ctx, to.CustomerIDs, to.Rank); err != nil {
		return nil, err
	}
	out, err := s.linkable(ctx, to.Unset)
	if err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	for _, m := range s.members {
		m.after = m.ledger
		m.opened = enrolld.AccessOf(m.grants())
	}
	courses, err := s.describe(ctx)
	if err != nil {
		return nil, err
	}
	for i, m := range s.members {
		if out[i].Refused == "" {
			s.link(m, to.Reason, courses)
		}
	}
	if err := tx.QueueMessages(ctx, s.messages); err != nil {
		return nil, err
	}
	return out, tx.Audit(ctx, s.audit)
}

// Linkable says what SendLinks would do with customers, in the order of their ids;
// who is none of the account is left out. It locks nobody.
func Linkable(ctx context.Context, tx *store.Tx, at Place, ids []int64, unset bool) ([]Linked, error) {
	found, err := tx.CustomersByID(ctx, at.Account.ID, ids)
	if err != nil {
		return nil, err
	}
	s := &settlement{tx: tx, at: at}
	for _, c := range found {
		s.members = append(s.members, &member{customer: c})
	}
	return s.linkable(ctx, unset)
}

// linkable reads the WordPress users of the members and decides who gets a link.
func (s *settlement) linkable(ctx context.Context, unset bool) ([]Linked, error) {
	var ids []int64
	for _, m := range s.members {
		if m.customer.WPUserID != 0 {
			ids = append(ids, m.customer.WPUserID)
		}
	}
	users, err := wordpress.UsersByID(ctx, s.tx, s.at.Site, ids)
	if err != nil {
		return nil, err
	}
	untouched, err := wordpress.Untouched(ctx, s.tx, s.at.Site, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Linked, len(s.members))
	for i, m := range s.members {
		m.user = users[m.customer.WPUserID]
		out[i] = m.mayLink(unset, untouched[m.user.ID])
	}
	return out, nil
}

// lockKnown takes customers of the account in, in the order of their ids.
func (s *settlement) lockKnown(ctx context.Context, ids []int64, rank enrolld.Rank) error {
	found, err := s.tx.LockCustomersByID(ctx, s.at.Account.ID, slices.Clone(ids))
	if err != nil {
		return err
	}
	if len(found) < len(ids) {
		return enrolld.Errorf(enrolld.NotFound, "there is no such customer")
	}
	for _, c := range found {
		s.members = append(s.members, &member{customer: c, rank: rank})
	}
	return nil
}

func (m *member) grants() []enrolld.Grant {
	out := make([]enrolld.Grant, len(m.after))
	for i, g := range m.after {
		out[i] = g.Grant
	}
	return out
}

// mayLink decides who gets a link.
func (m *member) mayLink(unset, untouched bool) Linked {
	out := Linked{CustomerID: m.customer.ID}
	shut := m.customer.Shut()
	switch {
	case shut != "":
		out.Refused = shut
	case m.customer.WPUserID == 0:
		out.Refused = "there is no WordPress user yet: give access to a course first"
	case m.user.ID == 0:
		out.Refused = "the WordPress user was deleted"
	case m.user.Privileged:
		out.Refused = "the WordPress user has more than a customer's rights: WordPress itself sends such links"
	case unset && !m.customer.WPCreated:
		out.Refused, out.HasPassword = "the WordPress user was there before, with a password of its own", true
	case unset && !untouched:
		out.Refused, out.HasPassword = "a password was set already", true
	}
	return out
}

// link queues the message and notes it.
func (s *settlement) link(m *member, reason string, courses map[enrolld.CourseRef]lms.Course) {
	var live []store.Grant
	for _, g := range m.after {
		if g.State == enrolld.GrantLive {
			live = append(live, g)
		}
	}
	s.message(m, enrolld.MessageWelcome, fmt.Sprintf("link:%d:%s", m.customer.ID, reason), live, courses)
	last := &s.messages[len(s.messages)-1]
	last.To, last.Data.LinkUser, last.Data.Order = m.user.Email, m.user.ID, ""
	entry := store.AuditBy(s.by, s.at.Account.ID, "customer.link_sent")
	entry.CustomerID, entry.Subject = m.customer.ID, m.customer.Email
	s.audit = append(s.audit, entry)
}
