package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func TestGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock.Now()
	end := at.Add(time.Hour)
	grant := func(customer, course, order int64) store.Grant {
		return store.Grant{CustomerID: customer, AccountID: w.account.ID, CreatedAt: at, UpdatedAt: at, Grant: enrolld.Grant{
			Course: enrolld.CourseRef{LMS: "page", ID: course}, State: enrolld.GrantLive, Reason: enrolld.ReasonPaid, From: at,
			Cause: enrolld.Cause{Kind: enrolld.CauseOrder, ID: order, Line: "a"},
		}}
	}
	never := grant(1, 13, 5)
	never.State, never.Reason, never.From = enrolld.GrantEnded, enrolld.ReasonUnpaid, time.Time{}
	told := grant(1, 12, 5)
	told.AnnouncedAt = &at
	save := func(list ...store.Grant) {
		w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveGrants(ctx, list) })
	}
	save(never, told, grant(2, 12, 6))
	save()
	w.clock.Advance(time.Minute)
	ended := grant(1, 12, 5)
	ended.State, ended.Reason, ended.Until = enrolld.GrantEnded, enrolld.ReasonRefunded, &end
	later := w.clock.Now()
	ended.AnnouncedAt = &later // the first time stands
	save(ended)
	ended.UpdatedAt, ended.AnnouncedAt = w.clock.Now(), &at

	foreign, err := w.db.GrantsOf(t.Context(), w.account.ID+1, 1)
	w.check(err)
	if len(foreign) != 0 {
		t.Errorf("another account sees %d grants of the customer, want none", len(foreign))
	}
	got, err := w.db.GrantsOf(t.Context(), w.account.ID, 1)
	w.check(err)
	if diff := cmp.Diff([]store.Grant{ended, never}, got); diff != "" {
		t.Errorf("one customer's (-want +got):\n%s", diff)
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.GrantsOf(ctx, []int64{2, 1, 3})
		if diff := cmp.Diff([]store.Grant{ended, never, grant(2, 12, 6)}, got); diff != "" {
			t.Errorf("two customers' (-want +got):\n%s", diff)
		}
		return err
	})
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.Audit(ctx, nil), tx.Audit(ctx, []store.AuditEntry{
			{
				AccountID: 1, Actor: "delivery", Action: "access.granted", CustomerID: 2, DeliveryID: 3,
				Detail: `{"course":"page:12"}`,
			},
			{AccountID: 1, Actor: "clock", Action: "access.revoked", Detail: "{}"},
		}))
	})
	w.want("SELECT account_id, at, actor, action, customer_id, delivery_id, detail FROM enrolld_audit ORDER BY id",
		`1|2026-03-04T05:06:07.891011Z|delivery|access.granted|2|3|{"course":"page:12"}`,
		"1|2026-03-04T05:06:07.891011Z|clock|access.revoked|NULL|NULL|{}")
}
