package outbox

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

// SendAgain queues what a message said once more: a row of its own, with its own
// Message-ID, to where the customer is reached now. A welcome carries a fresh link
// to set a password, which makes the one before worthless, and goes to the address
// of the WordPress user.
//
// Errors: NotFound, Conflict when it waits still, Invalid when nobody can get it, or
// it was a note to an address that the customer is reached at no more.
func SendAgain(ctx context.Context, db *store.DB, actor enrolld.Actor, accountID, customerID, id int64) error {
	m, err := db.Message(ctx, accountID, customerID, id)
	if err != nil {
		return err
	}
	var at provision.Place
	if m.Kind == string(enrolld.MessageWelcome) {
		if at, err = provision.LoadPlace(ctx, db, accountID); err != nil {
			return err
		}
	}
	return db.InTx(ctx, func(tx *store.Tx) error {
		c, err := tx.LockCustomersByID(ctx, accountID, []int64{customerID})
		if err != nil {
			return err
		}
		if len(c) == 0 {
			return enrolld.Errorf(enrolld.NotFound, "there is no such customer")
		}
		if why := c[0].Shut(); why != "" {
			return enrolld.Errorf(enrolld.Conflict, "%s", why)
		}
		m, err := tx.LockMessage(ctx, accountID, customerID, id)
		if err != nil {
			return err
		}
		next, err := again(ctx, tx, accountID, m)
		if err != nil {
			return err
		}
		next.AccountID, next.To = accountID, c[0].Email
		if next.Kind == enrolld.MessageWelcome {
			if err := relink(ctx, tx, at, c[0], &next); err != nil {
				return err
			}
		}
		if err := tx.QueueMessages(ctx, []enrolld.Message{next}); err != nil {
			return err
		}
		entry := store.AuditBy(actor, accountID, "message.resent")
		entry.CustomerID, entry.Subject = customerID, c[0].Email
		entry.After = map[string]any{"message": id, "kind": m.Kind}
		return tx.Audit(ctx, []store.AuditEntry{entry})
	})
}

// again is the message that says the same once more.
func again(ctx context.Context, tx *store.Tx, accountID int64, m store.MailRecord) (enrolld.Message, error) {
	if m.Kind == string(enrolld.MessageEmailChanged) {
		return enrolld.Message{}, enrolld.Errorf(enrolld.Invalid, "a note about a changed address goes to the old one, once")
	}
	prefix := fmt.Sprintf("resend:%d:", m.ID)
	n, waits, err := tx.Resent(ctx, accountID, prefix)
	if err != nil {
		return enrolld.Message{}, fmt.Errorf("look how often a message was sent again: %w", err)
	}
	if waits || m.State == string(enrolld.SendRetry) {
		return enrolld.Message{}, enrolld.Errorf(enrolld.Conflict, "this email waits to be sent already: look at what the server answered")
	}
	return enrolld.Message{
		CustomerID: m.CustomerID, Kind: enrolld.MessageKind(m.Kind), Cause: fmt.Sprintf("%s%d", prefix, n+1), ToName: m.ToName, Data: m.Data,
	}, nil
}

// relink has a welcome carry a link for the WordPress user whom the customer has now.
func relink(ctx context.Context, tx *store.Tx, at provision.Place, c enrolld.Customer, m *enrolld.Message) error {
	u, err := wordpress.UserByID(ctx, tx, at.Site, c.WPUserID)
	switch {
	case c.WPUserID == 0 || enrolld.CodeOf(err) == enrolld.NotFound:
		return enrolld.Errorf(enrolld.Invalid, "there is no WordPress user any more for whom a link to set a password could be made")
	case err != nil:
		return err
	case u.Privileged:
		return enrolld.Errorf(enrolld.Invalid, "the WordPress user has more than a customer's rights: WordPress itself sends links to set a password")
	}
	m.To, m.Data.LinkUser, m.Data.Login = u.Email, u.ID, u.Login
	return nil
}
