package service

import (
	"context"

	"enrolld"
	"enrolld/handlers/customers"
	"enrolld/store"
	"enrolld/store/importing"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

// Decide closes everything to a customer, or opens it again.
func (a access) Decide(ctx context.Context, actor enrolld.Actor, d customers.Decision) error {
	at, err := provision.LoadPlace(ctx, a.db, d.AccountID)
	if err != nil {
		return err
	}
	return a.db.InTx(ctx, func(tx *store.Tx) error {
		return provision.Decide(ctx, tx, at, actor, provision.Decision{
			CustomerID: d.CustomerID, Revision: d.Revision, Act: provision.Act(d.Act), Reason: d.Reason,
		})
	})
}

// Erase takes away what names a customer: it looks first where the address stands,
// which may take long, and then erases everything in one transaction.
func (a access) Erase(ctx context.Context, actor enrolld.Actor, e customers.Erasure) error {
	at, err := provision.LoadPlace(ctx, a.db, e.AccountID)
	if err != nil {
		return err
	}
	c, err := a.db.Customer(ctx, e.AccountID, e.CustomerID, store.AllProducts())
	if err != nil {
		return err
	}
	further, err := a.db.AddressesOf(ctx, e.AccountID, e.CustomerID)
	if err != nil {
		return err
	}
	addresses := []string{c.Email, string(c.Key)}
	for _, x := range further {
		addresses = append(addresses, x.Email, string(x.Key))
	}
	ended, open, err := importing.On(a.db).Naming(ctx, e.AccountID, addresses...)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return enrolld.Errorf(enrolld.Conflict, "the file of the import ‘%s’ names this customer, and it is not finished: finish or cancel it, then erase",
			open[0].FileName)
	}
	deliveries, err := a.db.DeliveriesNaming(ctx, e.AccountID, addresses...)
	if err != nil {
		return err
	}
	return a.db.InTx(ctx, func(tx *store.Tx) error {
		err := provision.Erase(ctx, tx, at, actor, provision.Erasure{
			CustomerID: e.CustomerID, Revision: e.Revision, NoCopy: e.NoCopy, Deliveries: deliveries,
		})
		if err != nil {
			return err
		}
		return importing.Forget(ctx, tx, ended)
	})
}

// Made says whether we made the customer's WordPress user, who has a customer's
// rights only.
func (a access) Made(ctx context.Context, c enrolld.Customer) (bool, error) {
	if !c.WPCreated || c.WPUserID == 0 {
		return false, nil
	}
	at, err := provision.LoadPlace(ctx, a.db, c.AccountID)
	if err != nil {
		return false, err
	}
	u, err := wordpress.UserByID(ctx, a.db.Conn(), at.Site, c.WPUserID)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return false, nil
	}
	return err == nil && !u.Privileged, err
}
