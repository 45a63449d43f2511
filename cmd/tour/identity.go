package tour

import (
	"context"
	"fmt"
	"time"

	"enrolld"
	"enrolld/cmd/academy"
	"enrolld/store"
	"enrolld/store/provision"
)

// former is an address that Ann does not use any more.
const former = "ann.before@example.org"

// nameCustomers has Ann buy with a second address, makes one customer of the two,
// and gives her a third one.
func (o *Office) nameCustomers(ctx context.Context) error {
	studio := academy.Person{Email: "ann@studio-oneil.example", First: "Ann", Last: "O'Neil (studio)"}
	if status, err := o.Post(ctx, academy.Generic("A-1003", studio, time.Now())); err != nil || status >= 300 {
		return fmt.Errorf("the studio's sale: %d, %w", status, err)
	}
	for _, who := range []struct{ name, email string }{{"studio", studio.Email}, {"ben", "ben.okafor@example.org"}} {
		c, err := o.buyer(ctx, who.email)
		if err != nil {
			return err
		}
		o.ids[who.name] = c.ID
	}
	at, err := provision.LoadPlace(ctx, o.DB, o.Account.ID)
	if err != nil {
		return err
	}
	err = o.DB.InTx(ctx, func(tx *store.Tx) error {
		m, err := provision.Merge(ctx, tx, at, o.Owner.Actor(), provision.Pair{KeptID: o.ids["ann"], GoneID: o.ids["studio"]})
		if err != nil {
			return err
		}
		o.ids["merge"] = m.ID
		return provision.AddAddress(ctx, tx, o.Account.ID, o.Owner.Actor(), o.ids["ann"], former)
	})
	if err != nil {
		return err
	}
	list, err := o.DB.AddressesOf(ctx, o.Account.ID, o.ids["ann"])
	for _, a := range list {
		if a.Email == former {
			o.ids["address"] = a.ID
		}
	}
	return err
}

// buyer waits until somebody is a customer.
func (o *Office) buyer(ctx context.Context, email string) (c enrolld.Customer, err error) {
	_, key, err := enrolld.ParseEmail(email)
	if err != nil {
		return c, err
	}
	for range time.Tick(10 * time.Millisecond) {
		if c, err = o.DB.CustomerByKey(ctx, o.Account.ID, key); enrolld.CodeOf(err) != enrolld.NotFound {
			break
		}
	}
	return c, err
}
