package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"enrolld"
)

// A further address is a row of enrolld_customers that is part of its customer: the
// unique key on addresses that keeps two workers from making two customers keeps an
// address from being two people's.

const (
	// whose is the customer whom a row stands for.
	whose    = `IF(part_of = 0, id, part_of)`
	whoseKey = `(SELECT ` + whose + ` FROM enrolld_customers WHERE account_id = ? AND email_key = ?)`
)

// maxAddressesOf bounds the further addresses of one customer.
const maxAddressesOf = 20

// Address is a further address of a customer.
type Address struct {
	ID    int64 // of its row
	Email string
	Key   enrolld.EmailKey
	Since time.Time
}

// mergedKey is the email key of somebody who was merged; it is no address.
func mergedKey(id int64) string { return fmt.Sprint("merged:", id) }

// furtherRow is a row that is part of a customer.
type furtherRow struct {
	enrolld.Customer
	of int64
}

// throughFurther locks the customers whose further addresses were met, and returns
// them after those who were met by their main one. The rows of the addresses are
// locked already, so that nobody can merge those customers away meanwhile.
func (tx *Tx) throughFurther(
	ctx context.Context, accountID int64, met []enrolld.Customer, further []furtherRow,
) ([]enrolld.Customer, error) {
	byID := make(map[int64]enrolld.Customer, len(met)+len(further))
	for _, c := range met {
		byID[c.ID] = c
	}
	var ids []int64
	for _, f := range further {
		if _, ok := byID[f.of]; !ok && !slices.Contains(ids, f.of) {
			ids = append(ids, f.of)
		}
	}
	found, err := tx.LockCustomersByID(ctx, accountID, ids)
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		byID[c.ID] = c
	}
	for _, f := range further {
		c, ok := byID[f.of]
		if !ok {
			return nil, fmt.Errorf("the customer of a further address is gone: %w", ErrAgain)
		}
		if c.First+c.Last == "" && f.First+f.Last != "" {
			c.First, c.Last = f.First, f.Last
			byID[f.of] = c
			if err := tx.nameAnew(ctx, c); err != nil {
				return nil, err
			}
		}
		c.Via = f.Key
		met = append(met, c)
	}
	return met, nil
}

// nameAnew names a customer who had no name, as a purchase by the main address does.
func (tx *Tx) nameAnew(ctx context.Context, c enrolld.Customer) error {
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET first_name = ?, last_name = ? WHERE account_id = ? AND id = ?`,
		c.First, c.Last, c.AccountID, c.ID); err != nil {
		return fmt.Errorf("name a customer: %w", err)
	}
	return tx.indexAnew(ctx, []int64{c.ID})
}

// furtherWords are what customers of one account are found by through their
// further addresses.
func (tx *Tx) furtherWords(ctx context.Context, customers []enrolld.Customer) ([]word, error) {
	if len(customers) == 0 {
		return nil, nil
	}
	byID := make(map[int64]enrolld.Customer, len(customers))
	for _, c := range customers {
		byID[c.ID] = c
	}
	list, args := In(slices.Collect(maps.Keys(byID)), customers[0].AccountID)
	type row struct {
		of    int64
		email string
		key   enrolld.EmailKey
	}
	further, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.of, &r.key, &r.email) },
		`SELECT part_of, email_key, email FROM enrolld_customers
		WHERE account_id = ? AND part_of IN `+list+` AND email_key NOT LIKE 'merged:%'`, args...)
	if err != nil {
		return nil, fmt.Errorf("read further addresses: %w", err)
	}
	var out []word
	for _, r := range further {
		c := byID[r.of]
		c.Email, c.Key, c.First, c.Last = r.email, r.key, "", ""
		out = append(out, wordRows(c)...)
	}
	return out, nil
}

// AddressesOf lists the further addresses of an account's customer, the oldest first.
func (db *DB) AddressesOf(ctx context.Context, accountID, customerID int64) ([]Address, error) {
	list, err := addressesOf(ctx, db.sql, accountID, customerID)
	return list, Classify(err)
}

// PartsOf reads what is part of a customer, whom the transaction has locked: further
// addresses, and customers who were merged into them, whose key is no address.
func (tx *Tx) PartsOf(ctx context.Context, c enrolld.Customer) ([]enrolld.Customer, error) {
	list, err := Collect(ctx, tx, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers WHERE account_id = ? AND part_of = ?
		ORDER BY id LIMIT 2000`, c.AccountID, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read the parts of a customer: %w", err)
	}
	return list, nil
}

func addressesOf(ctx context.Context, conn queryer, accountID, customerID int64) ([]Address, error) {
	list, err := Collect(ctx, conn, func(rows *sql.Rows, a *Address) error {
		return rows.Scan(&a.ID, &a.Email, &a.Key, &a.Since)
	}, `SELECT id, email, email_key, created_at FROM enrolld_customers
		WHERE account_id = ? AND part_of = ? AND email_key NOT LIKE 'merged:%' ORDER BY id LIMIT 1000`, accountID, customerID)
	if err != nil {
		return nil, fmt.Errorf("read further addresses: %w", err)
	}
	return list, nil
}

// MergedInto is the customer whom another one was merged into; NotFound when there
// is no such customer, or nobody merged them.
func (db *DB) MergedInto(ctx context.Context, accountID, id int64) (int64, error) {
	list, err := Collect(ctx, db.sql, scanID, `SELECT part_of FROM enrolld_customers
		WHERE account_id = ? AND id = ? AND part_of <> 0 AND email_key = ?`, accountID, id, mergedKey(id))
	return One(list, err, "there is no such customer")
}

// AddAddress gives a customer, whom the transaction has locked, a further address.
// Errors: Conflict when somebody has it, Invalid when there are too many.
func (tx *Tx) AddAddress(ctx context.Context, c enrolld.Customer, email string, key enrolld.EmailKey) error {
	have, err := addressesOf(ctx, tx, c.AccountID, c.ID)
	if err != nil {
		return err
	}
	if len(have) >= maxAddressesOf {
		return enrolld.Errorf(enrolld.Invalid, "a customer can have %d further addresses: remove one first", maxAddressesOf)
	}
	if err := tx.putAddress(ctx, c, email, key); err != nil {
		return err
	}
	return tx.indexAnew(ctx, []int64{c.ID})
}

func (tx *Tx) putAddress(ctx context.Context, c enrolld.Customer, email string, key enrolld.EmailKey) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO enrolld_customers (account_id, part_of, email_key, email, courses, created_at)
		VALUES (?, ?, ?, ?, 0, ?)`, c.AccountID, c.ID, string(key), email, tx.now)
	if IsDuplicate(err) {
		return tx.taken(ctx, c, key)
	}
	if err != nil {
		return fmt.Errorf("add an address: %w", err)
	}
	return nil
}

// taken says whose an address is.
func (tx *Tx) taken(ctx context.Context, c enrolld.Customer, key enrolld.EmailKey) error {
	list, err := Collect(ctx, tx, scanID, `SELECT `+whose+` FROM enrolld_customers WHERE account_id = ? AND email_key = ?`,
		c.AccountID, string(key))
	switch {
	case err != nil:
		return fmt.Errorf("read whose an address is: %w", err)
	case len(list) == 0:
		return fmt.Errorf("an address has just become free: %w", ErrAgain)
	case list[0] == c.ID:
		return enrolld.Errorf(enrolld.Conflict, "this customer has the address already")
	}
	return enrolld.Errorf(enrolld.Conflict, "this is the address of another customer: merge the two instead")
}

// RemoveAddress takes a further address from a customer, whom the transaction has
// locked. One that orders came by stays: what their checkout tool still has to tell
// would make a new customer of it. Errors: NotFound, Conflict.
func (tx *Tx) RemoveAddress(ctx context.Context, c enrolld.Customer, id int64) (Address, error) {
	a, err := tx.address(ctx, c, id)
	if err != nil {
		return a, err
	}
	orders, err := tx.OrdersOf(ctx, []int64{c.ID})
	if err != nil {
		return a, err
	}
	n := 0
	for _, o := range orders {
		if buyerKey(o) == a.Key {
			n++
		}
	}
	if n > 0 {
		return a, enrolld.Errorf(enrolld.Conflict,
			"orders of this customer came by this address (%d): it stays, so that their later payments and refunds find the customer", n)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_customers WHERE account_id = ? AND id = ? AND part_of = ?`,
		c.AccountID, id, c.ID); err != nil {
		return a, fmt.Errorf("remove an address: %w", err)
	}
	return a, tx.indexAnew(ctx, []int64{c.ID})
}

// buyerKey is the key of an order's buyer; "" when there is none that can be used.
func buyerKey(o Order) enrolld.EmailKey {
	if !o.Record.Buyer.Known() {
		return ""
	}
	_, key, err := enrolld.ParseEmail(o.Record.Buyer.Value.Email)
	if err != nil {
		return ""
	}
	return key
}

func (tx *Tx) address(ctx context.Context, c enrolld.Customer, id int64) (Address, error) {
	list, err := addressesOf(ctx, tx, c.AccountID, c.ID)
	if err != nil {
		return Address{}, err
	}
	if i := slices.IndexFunc(list, func(a Address) bool { return a.ID == id }); i >= 0 {
		return list[i], nil
	}
	return Address{}, enrolld.Errorf(enrolld.NotFound, "this customer has no such address")
}

// Rename changes the name and the main address of a customer, whom the transaction
// has locked. The main address of before becomes a further one; a further one may
// become the main one. Errors: Conflict when somebody else has the address.
func (tx *Tx) Rename(ctx context.Context, c enrolld.Customer, email string, key enrolld.EmailKey, first, last string) error {
	if key != c.Key {
		if err := tx.changeMain(ctx, c, email, key); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET email = ?, first_name = ?, last_name = ? WHERE account_id = ? AND id = ?`,
		email, clip(first, maxName), clip(last, maxName), c.AccountID, c.ID)
	if err != nil {
		return fmt.Errorf("rename a customer: %w", err)
	}
	return tx.indexAnew(ctx, []int64{c.ID})
}

// changeMain swaps the keys of the customer and of a further address. It is in
// three steps, since a key is never in two rows.
func (tx *Tx) changeMain(ctx context.Context, c enrolld.Customer, email string, key enrolld.EmailKey) error {
	have, err := addressesOf(ctx, tx, c.AccountID, c.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(have, func(a Address) bool { return a.Key == key }) {
		if err := tx.AddAddress(ctx, c, email, key); err != nil {
			return err
		}
		if have, err = addressesOf(ctx, tx, c.AccountID, c.ID); err != nil {
			return err
		}
	}
	i := slices.IndexFunc(have, func(a Address) bool { return a.Key == key })
	if i < 0 {
		return fmt.Errorf("the new address is gone: %w", ErrAgain)
	}
	for _, step := range []struct {
		id         int64
		key, email string
	}{
		{have[i].ID, fmt.Sprint("swap:", have[i].ID), c.Email}, {c.ID, string(key), email}, {have[i].ID, string(c.Key), c.Email},
	} {
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET email_key = ?, email = ?, revision = revision + 1
			WHERE account_id = ? AND id = ?`, step.key, step.email, c.AccountID, step.id); err != nil {
			return fmt.Errorf("change the address of a customer: %w", err)
		}
	}
	return nil
}
