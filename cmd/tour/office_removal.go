package tour

import (
	"context"
	"errors"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
)

// decide blocks somebody and removes somebody else.
func (o *Office) decide(ctx context.Context) error {
	at, err := provision.LoadPlace(ctx, o.DB, o.Account.ID)
	if err != nil {
		return err
	}
	maya := enrolld.Actor{Name: "Maya Lind"}
	for _, d := range []struct {
		email enrolld.EmailKey
		act   provision.Act
	}{{"ben.okafor@example.org", provision.Block}, {"dana.weiss@example.org", provision.Remove}} {
		c, found := o.DB.CustomerByKey(ctx, o.Account.ID, d.email)
		err = errors.Join(err, found, o.DB.InTx(ctx, func(tx *store.Tx) error {
			return provision.Decide(ctx, tx, at, maya, provision.Decision{
				CustomerID: c.ID, Act: d.act, Reason: "The login is shared in a forum; asked twice to stop.",
			})
		}))
		o.ids[string(d.act)] = c.ID
	}
	return err
}
