package provision

import (
	"context"
	"strings"

	"enrolld"
	"enrolld/store"
	"enrolld/store/wordpress"
)

// Act is what the team does to a customer as a whole.
type Act string

// The acts. Block and Remove close everything and keep every ground with its
// cause; Unblock and TakeBack bring back what follows from the grounds then. Remove
// also takes the customer out of the lists, and holds only for what was there.
const (
	Block    Act = "block"
	Unblock  Act = "unblock"
	Remove   Act = "remove"
	TakeBack Act = "take back"

	erase Act = "erase" // by Erase alone, which does more
)

// Decision is an act on one customer.
type Decision struct {
	CustomerID int64
	Revision   int64 // the customer's as it was shown; 0: whatever it is
	Act        Act
	Reason     string // of Block: why, for the team
}

// Decide does what the team decided about a customer, in the caller's transaction
// and through the settlement that orders go through. No message goes out, and those
// that wait are ended by Block and Remove, and so is who is logged in as them. Block ends the WordPress user's sessions, unless
// the user has more than a customer's rights.
//
// Errors: NotFound, Invalid without a reason to block, Conflict when the customer
// was changed since the revision, or is so already.
func Decide(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, d Decision) error {
	c, err := lockOne(ctx, tx, at, d.CustomerID, d.Revision)
	if err != nil {
		return err
	}
	entry := store.AuditBy(actor, at.Account.ID, actions[d.Act])
	entry.CustomerID = c.ID
	switch d.Act {
	case Block:
		err = block(&c, &entry, tx, actor, d.Reason)
	case Unblock:
		err = unblock(&c, &entry)
	case Remove:
		err = remove(&c, tx, actor)
	case TakeBack:
		err = takeBack(&c)
	default:
		return enrolld.Errorf(enrolld.Internal, "%q is no decision", d.Act)
	}
	if err != nil {
		return err
	}
	s, err := settleAct(ctx, tx, at, actor, c, d.Act)
	if err != nil {
		return err
	}
	if err := tx.Audit(ctx, []store.AuditEntry{entry}); err != nil || d.Act != Block && d.Act != Remove {
		return err
	}
	if err := s.fallSilent(ctx, c.ID, d.Act); err != nil || d.Act != Block {
		return err
	}
	return s.endSessions(ctx)
}

// fallSilent ends the messages that wait for a customer, and the entries as them.
func (s *settlement) fallSilent(ctx context.Context, id int64, act Act) error {
	if err := s.tx.DropMessages(ctx, s.at.Account.ID, id, dropped[act]); err != nil {
		return err
	}
	return s.tx.EndEntriesOfCustomer(ctx, id)
}

var actions = map[Act]string{
	Block: "customer.blocked", Unblock: "customer.unblocked", Remove: "customer.removed", TakeBack: "customer.taken_back",
	erase: "customer.erased",
}

var dropped = map[Act]string{
	Block: "not sent: the customer was blocked", Remove: "not sent: the customer was removed", erase: "not sent: the customer was erased",
}

// lockOne locks a customer who may be decided about.
func lockOne(ctx context.Context, tx *store.Tx, at Place, id, revision int64) (enrolld.Customer, error) {
	c, err := lockCustomer(ctx, tx, at.Account.ID, id)
	if err == nil && revision != 0 && c.Revision != revision+1 {
		return c, enrolld.Errorf(enrolld.Conflict, "somebody changed this customer meanwhile: look again, then decide")
	}
	return c, err
}

// mostReason is how long a reason may be, in bytes.
const mostReason = 500

func block(c *enrolld.Customer, entry *store.AuditEntry, tx *store.Tx, actor enrolld.Actor, reason string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case c.BlockedAt != nil:
		return enrolld.Errorf(enrolld.Conflict, "this customer is blocked already")
	case reason == "" || len(reason) > mostReason:
		return enrolld.Errorf(enrolld.Invalid, "say why the customer is blocked, in at most %d letters", mostReason)
	}
	now := tx.Now()
	c.BlockedAt, c.BlockedBy, c.BlockReason = &now, actor.Name, reason
	entry.After = blockState{reason}
	return nil
}

type blockState struct {
	Reason string `json:"reason"`
}

func unblock(c *enrolld.Customer, entry *store.AuditEntry) error {
	if c.BlockedAt == nil {
		return enrolld.Errorf(enrolld.Conflict, "this customer is not blocked any more")
	}
	entry.Before = blockState{c.BlockReason}
	c.BlockedAt, c.BlockedBy, c.BlockReason = nil, "", ""
	return nil
}

func remove(c *enrolld.Customer, tx *store.Tx, actor enrolld.Actor) error {
	if c.Gone {
		return enrolld.Errorf(enrolld.Conflict, "this customer is removed already")
	}
	now := tx.Now()
	c.RemovedAt, c.RemovedBy, c.Gone = &now, actor.Name, true
	return nil
}

func takeBack(c *enrolld.Customer) error {
	if c.RemovedAt == nil {
		return enrolld.Errorf(enrolld.Conflict, "this customer is not removed any more")
	}
	c.RemovedAt, c.RemovedBy, c.Gone = nil, "", false
	return nil
}

// settleAct writes what was decided about a customer and settles them.
func settleAct(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, c enrolld.Customer, act Act) (*settlement, error) {
	if err := tx.SaveStanding(ctx, c); err != nil {
		return nil, err
	}
	s := &settlement{tx: tx, at: at, by: actor, members: []*member{{customer: c}}, act: act}
	return s, s.run(ctx)
}

// acted is a ground that people or imports gave after what somebody decides about
// the customer.
func (s *settlement) acted(g enrolld.Grant) enrolld.Grant {
	switch s.act {
	case Remove, erase:
		return g.Remove()
	case TakeBack:
		return g.TakeBack(s.tx.Now())
	}
	return g
}

// comeBack brings somebody who was removed back into the lists, once something new
// came.
func (m *member) comeBack(after []enrolld.Grant) {
	if !m.customer.Gone {
		return
	}
	orders := make([]enrolld.Order, len(m.orders))
	for i, o := range m.orders {
		orders[i] = o.Record
	}
	m.back = m.customer.Returns(orders, after)
	m.customer.Gone = !m.back
}

// reindex writes the words of those anew whose standing changed, and of those who
// are gone: what the transaction noted of their orders lies where the others' does.
func (s *settlement) reindex(ctx context.Context) error {
	var ids []int64
	for _, m := range s.members {
		if s.act != "" || m.back || m.customer.Gone {
			ids = append(ids, m.customer.ID)
		}
	}
	return s.tx.Reindex(ctx, ids)
}

// endSessions logs the members out of WordPress, but for users with more than a
// customer's rights: those are not ours to log out.
func (s *settlement) endSessions(ctx context.Context) error {
	var ids []int64
	for _, m := range s.members {
		if m.customer.WPUserID != 0 {
			ids = append(ids, m.customer.WPUserID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	ended, err := wordpress.EndSessions(ctx, s.tx, s.at.Site, ids)
	if err != nil || s.at.Account.CompanionAt == nil {
		return err
	}
	signals := make([]store.Signal, len(ended))
	for i, id := range ended {
		signals[i] = store.Signal{AccountID: s.at.Account.ID, Kind: store.SignalPurge, UserID: id}
	}
	return s.tx.QueueSignals(ctx, signals)
}
