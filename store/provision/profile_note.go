package provision

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
	"enrolld/store/wordpress"
)

// noteChange queues a note to a customer's address of before, c as they were, that
// mail goes elsewhere from now on: whoever takes an account over by another address
// is not to do so unseen. The new address is told by its first letters, since the
// old one may be in other hands by now. Nobody hears who is shut out, or who knows
// of no account.
func noteChange(ctx context.Context, tx *store.Tx, at Place, c enrolld.Customer, email string) error {
	if c.Shut() != "" {
		return nil
	}
	knows, err := knowsOfAccount(ctx, tx, at, c)
	if err != nil || !knows {
		return err
	}
	return tx.QueueMessages(ctx, []enrolld.Message{{
		AccountID: at.Account.ID, CustomerID: c.ID, Kind: enrolld.MessageEmailChanged,
		Cause: fmt.Sprintf("email_changed:%d:%d", c.ID, c.Revision), To: c.Email, ToName: c.FullName(),
		Data: enrolld.MessageData{
			SiteName: at.Info.Name, SiteURL: at.Info.HomeURL, LoginURL: at.loginURL(),
			FirstName: c.First, NewAddress: enrolld.MaskAddress(email),
		},
	}})
}

// knowsOfAccount says whether a customer can have heard of their WordPress user: it
// was there before us, they were written to, or somebody has set a password. Whom a
// quiet import brought and nobody told knows of nothing that could be taken over, and
// hears of it first by the welcome.
func knowsOfAccount(ctx context.Context, tx *store.Tx, at Place, c enrolld.Customer) (bool, error) {
	if c.WPUserID == 0 || !c.WPCreated {
		return c.WPUserID != 0, nil
	}
	if wrote, err := tx.WroteTo(ctx, at.Account.ID, c.ID); err != nil || wrote {
		return wrote, err
	}
	untouched, err := wordpress.Untouched(ctx, tx, at.Site, []int64{c.WPUserID})
	return !untouched[c.WPUserID], err
}
