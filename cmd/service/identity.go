package service

import (
	"context"

	"enrolld"
	"enrolld/handlers/customers"
	"enrolld/store"
	"enrolld/store/provision"
)

// Standing says how a customer's WordPress user stands when the address changes.
func (a access) Standing(ctx context.Context, accountID int64, c enrolld.Customer) (customers.Standing, error) {
	at, err := provision.LoadPlace(ctx, a.db, accountID)
	if err != nil {
		return "", err
	}
	s, err := provision.StandingOf(ctx, a.db.Conn(), at, c)
	return customers.Standing(s), err
}

// ChangeProfile changes name and main address.
func (a access) ChangeProfile(ctx context.Context, actor enrolld.Actor, p customers.Profile) (inWordPress bool, err error) {
	err = a.within(ctx, p.AccountID, func(tx *store.Tx, at provision.Place) (err error) {
		inWordPress, err = provision.ChangeProfile(ctx, tx, at, actor, provision.Profile{
			CustomerID: p.CustomerID, Revision: p.Revision, Email: p.Email, First: p.First, Last: p.Last, InWordPress: p.InWordPress,
		})
		return err
	})
	return inWordPress, err
}

// AddAddress adds a further address.
func (a access) AddAddress(ctx context.Context, actor enrolld.Actor, accountID, customerID int64, email string) error {
	return a.db.InTx(ctx, func(tx *store.Tx) error { return provision.AddAddress(ctx, tx, accountID, actor, customerID, email) })
}

// RemoveAddress removes a further address.
func (a access) RemoveAddress(ctx context.Context, actor enrolld.Actor, accountID, customerID, addressID int64) error {
	return a.db.InTx(ctx, func(tx *store.Tx) error {
		return provision.RemoveAddress(ctx, tx, accountID, actor, customerID, addressID)
	})
}

// Merge makes one customer of two.
func (a access) Merge(ctx context.Context, actor enrolld.Actor, m customers.Merging) error {
	return a.within(ctx, m.AccountID, func(tx *store.Tx, at provision.Place) error {
		_, err := provision.Merge(ctx, tx, at, actor, provision.Pair{
			KeptID: m.KeptID, GoneID: m.GoneID, KeptRevision: m.KeptRevision, GoneRevision: m.GoneRevision,
		})
		return err
	})
}

// Unmerge takes a merge back.
func (a access) Unmerge(ctx context.Context, actor enrolld.Actor, accountID, keptID, mergeID int64) error {
	return a.within(ctx, accountID, func(tx *store.Tx, at provision.Place) error {
		_, err := provision.Unmerge(ctx, tx, at, actor, keptID, mergeID)
		return err
	})
}

func (a access) within(ctx context.Context, accountID int64, f func(*store.Tx, provision.Place) error) error {
	at, err := provision.LoadPlace(ctx, a.db, accountID)
	if err != nil {
		return err
	}
	return a.db.InTx(ctx, func(tx *store.Tx) error { return f(tx, at) })
}
