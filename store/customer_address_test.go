package store_test

import (
	"context"
	"fmt"
	"testing"

	"enrolld"
	"enrolld/store"
)

// further gives a customer a further address.
func (w *world) further(c enrolld.Customer, name string) {
	w.t.Helper()
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		p := person(name)
		return tx.AddAddress(ctx, c, p.Email, p.Key)
	})
}

// Somebody looked for by several addresses is locked once and comes for each.
func TestLockCustomersByFurtherAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.lockCustomers(person("ann"))[0]
	w.further(ann, "lee")
	w.further(ann, "annie")
	via := map[string]enrolld.EmailKey{}
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.LockCustomers(ctx, w.account.ID, []enrolld.Customer{person("lee"), person("ann"), person("annie"), person("bob")})
		for _, c := range list {
			via[fmt.Sprint(c.Email, " ", c.Via)] = c.Key
		}
		return err
	})
	for who, key := range map[string]enrolld.EmailKey{
		"ann@Example.com ": "ann@example.com", "ann@Example.com lee@example.com": "ann@example.com",
		"ann@Example.com annie@example.com": "ann@example.com", "bob@Example.com ": "bob@example.com",
	} {
		if via[who] != key {
			t.Errorf("%q is %q, want %q", who, via[who], key)
		}
	}
	w.want("SELECT email, revision FROM enrolld_customers WHERE part_of = 0 ORDER BY id", "ann@Example.com|2", "bob@Example.com|1")
	w.want("SELECT COUNT(*) FROM enrolld_customer_words WHERE customer_id <> 1 AND customer_id NOT IN (SELECT id FROM enrolld_customers WHERE part_of = 0)", "0")
	for _, f := range []store.CustomerFilter{{}, {NoAccess: true}, {Order: store.CustomersByName}, {Order: store.CustomersByEmail}, {Words: "example.com"}} {
		f.Limit, f.Count = 10, true
		p, err := w.db.CustomerPage(t.Context(), w.account.ID, store.AllProducts(), f)
		w.check(err)
		if len(p.Rows) != 2 || p.Total != 2 {
			t.Errorf("%+v lists %d of %d customers, want 2 of 2", f, len(p.Rows), p.Total)
		}
	}
	found, err := w.db.FindCustomers(t.Context(), w.account.ID, store.AllProducts(), "annie@example.com", 5)
	w.check(err)
	if len(found) != 1 || found[0].ID != ann.ID {
		t.Errorf("found %+v, want ann", found)
	}
	if n, err := w.db.IndexCustomers(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("IndexCustomers = %d, %v, want 0", n, err)
	}
}

func TestAddressesHaveALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.lockCustomers(person("ann"))[0]
	for i := range 20 {
		w.further(ann, fmt.Sprint("ann", i))
	}
	err := w.db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.AddAddress(t.Context(), ann, "more@example.com", "more@example.com")
	})
	wantCode(t, "one more", err, enrolld.Invalid)
}

// Further addresses are found by index, and cost deliveries without any nothing.
func TestFurtherAddressesGoByIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.replica(1)
	w.crowd(1000)
	w.exec(`INSERT INTO enrolld_customers (account_id, part_of, email_key, email, courses, created_at)
		SELECT ?, seq, CONCAT('further', seq, '@example.com'), 'f@example.com', 0, NOW(6) FROM seq_1_to_1000`, w.account.ID)
	w.exec("ANALYZE TABLE enrolld_customers")
	for name, call := range map[string]func() error{
		"by a further address": func() error {
			return one.InTx(t.Context(), func(tx *store.Tx) error {
				got, err := tx.LockCustomers(t.Context(), w.account.ID, []enrolld.Customer{person("further7"), person("further8")})
				return wantLen("customers", len(got), 2, err)
			})
		},
		"CustomerByKey": func() error {
			c, err := one.CustomerByKey(t.Context(), w.account.ID, "further9@example.com")
			return wantLen("id", int(c.ID), 9, err)
		},
		"AddressesOf": func() error {
			got, err := one.AddressesOf(t.Context(), w.account.ID, 7)
			return wantLen("addresses", len(got), 1, err)
		},
		"CustomerEvents": func() error {
			got, err := one.CustomerEvents(t.Context(), w.account.ID, 7)
			return wantLen("events", len(got), 0, err)
		},
		"the first page": func() error {
			got, err := one.CustomerPage(t.Context(), w.account.ID, store.AllProducts(), store.CustomerFilter{Limit: 20, Order: store.CustomersByName})
			return wantLen("customers", len(got.Rows), 20, err)
		},
	} {
		before := w.reads(one)
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := w.reads(one) - before; got > fewReads {
			t.Errorf("%s read %d rows, want at most %d", name, got, fewReads)
		}
	}
}

// What is kept of a merge names nobody any more once it is forgotten.
func TestForgetMerges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := w.lockCustomers(person("ann"), person("bob"))
	w.further(people[1], "robert")
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		kept, gone, err := tx.LockPair(ctx, w.account.ID, people[0].ID, people[1].ID)
		w.check(err)
		m, err := tx.Merge(ctx, enrolld.Actor{Name: "Maya"}, kept, gone, false)
		w.check(err)
		return tx.Bury(ctx, m, kept, gone)
	})
	w.want("SELECT email FROM enrolld_customers WHERE part_of = 1 ORDER BY email", "bob@Example.com", "bob@Example.com", "robert@Example.com")
	merges, err := w.db.MergesOf(t.Context(), w.account.ID, 1)
	w.check(err)
	if len(merges) != 1 || merges[0].Gone != "bob@Example.com" || !merges[0].Has("robert@example.com") {
		t.Errorf("merges %+v, want that of bob with his addresses", merges)
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.ForgetMerges(ctx, w.account.ID, 1) })
	w.want("SELECT email FROM enrolld_customers WHERE part_of = 1", "")
	w.want("SELECT moved FROM enrolld_merges", "{}")
	err = w.db.InTx(t.Context(), func(tx *store.Tx) error {
		m, kept, gone, err := tx.LockMerge(t.Context(), w.account.ID, 1, merges[0].ID)
		w.check(err)
		_, err = tx.Raise(t.Context(), m, kept, gone)
		return err
	})
	wantCode(t, "undoing what was forgotten", err, enrolld.Conflict)
}
