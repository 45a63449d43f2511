package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// door is a world with a customer whom somebody enters as.
type door struct {
	*world
	customer int64
}

func newDoor(t *testing.T) *door {
	t.Helper()
	w := newWorld(t)
	d := &door{world: w}
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.LockCustomers(ctx, w.account.ID, []enrolld.Customer{{Key: "ann@example.org", Email: "ann@example.org"}})
		d.customer = list[0].ID
		return err
	})
	return d
}

// ask makes an entry for a login.
func (d *door) ask(login int64) (id int64, token enrolld.Secret) {
	d.t.Helper()
	d.inTx(func(ctx context.Context, tx *store.Tx) (err error) {
		id, token, err = tx.AddEntry(ctx, store.NewEntry{
			AccountID: d.account.ID, CustomerID: d.customer, LoginID: login, Operator: "Maya", UserID: 5, Reason: "ticket 9", Back: "https://a.example/",
		})
		return err
	})
	return id, token
}

// site does what the companion plugin does, by the test's clock.
func (d *door) site(id int64, set string, args ...any) {
	d.t.Helper()
	d.exec("UPDATE enrolld_entries SET "+set+" WHERE id = ?", append(args, id)...)
}

func (d *door) enter(id int64) {
	d.t.Helper()
	now := d.db.Now()
	d.site(id, "taken_at = ?, until_at = ?", now, now.Add(enrolld.EntryTerm))
}

// log is what the audit log has, in words.
func (d *door) log() []string {
	d.t.Helper()
	var out []string
	for _, row := range d.rows(`SELECT a.action, a.actor, COALESCE(a.login_id, 0), p.subject, p.detail FROM enrolld_audit a
		JOIN enrolld_audit_personal p ON p.id = a.personal_id WHERE a.customer_id = ? ORDER BY a.id`, d.customer) {
		parts := strings.SplitN(row, "|", 5)
		var detail struct {
			Entry  int64
			Reason string
			How    string
		}
		if err := json.Unmarshal([]byte(parts[4]), &detail); err != nil {
			d.t.Fatal(err)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s by %s %s of %s: %s %s", strings.TrimPrefix(parts[0], "customer.login_as_"), parts[1], parts[2],
			parts[3], detail.Reason, detail.How)))
	}
	return out
}

func (d *door) note() {
	d.t.Helper()
	_, err := d.db.NoteEntries(d.t.Context(), 0)
	d.check(err)
}

// TestNoteEntries: what happens on a site reaches the audit log once, also when two
// replicas look at the same time, and what time ends is ended.
func TestNoteEntries(t *testing.T) {
	t.Parallel()
	const taken = "taken by Maya 4 of ann@example.org: ticket 9"
	tests := []struct {
		name string
		do   func(*door, int64)
		want []string
		end  string
	}{
		{"asked", func(*door, int64) {}, nil, "NULL|"},
		{"entered", func(d *door, id int64) { d.enter(id) }, []string{taken}, "NULL|"},
		{"left", func(d *door, id int64) { d.enter(id); d.site(id, "ended_at = ?, ended_by = 'left'", d.db.Now()) },
			[]string{taken, "ended by Maya 4 of ann@example.org: ticket 9 left"}, "0|left"},
		{"left later", func(d *door, id int64) {
			d.enter(id)
			d.note()
			d.site(id, "ended_at = ?, ended_by = 'left'", d.db.Now())
		},
			[]string{taken, "ended by Maya 4 of ann@example.org: ticket 9 left"}, "0|left"},
		{"refused", func(d *door, id int64) {
			d.site(id, "taken_at = ?, ended_at = ?, ended_by = 'rights'", d.db.Now(), d.db.Now())
		},
			[]string{"refused by Maya 4 of ann@example.org: ticket 9 rights"}, "0|rights"},
		{"time is over", func(d *door, id int64) { d.enter(id); d.clock.Advance(enrolld.EntryTerm + time.Second) },
			[]string{taken, "ended by Maya 4 of ann@example.org: ticket 9 over"}, "1800|over"},
		{"nearly", func(d *door, id int64) { d.enter(id); d.clock.Advance(enrolld.EntryTerm - time.Second) }, []string{taken}, "NULL|"},
		{"not used", func(d *door, _ int64) { d.clock.Advance(2 * enrolld.EntryTokenTerm) }, nil, "120|unused"},
		{"not used yet", func(d *door, _ int64) { d.clock.Advance(2*enrolld.EntryTokenTerm - time.Second) }, nil, "NULL|"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			id, _ := d.ask(4)
			tt.do(d, id)
			other := d.replica(2)
			done := make(chan error)
			go func() {
				_, err := other.NoteEntries(context.WithoutCancel(t.Context()), 0)
				done <- err
			}()
			d.note()
			d.check(<-done)
			d.note()
			d.note()
			if diff := cmp.Diff(tt.want, d.log()); diff != "" {
				t.Errorf("the audit log (-want +got):\n%s", diff)
			}
			d.want(`SELECT TIMESTAMPDIFF(SECOND, created_at, ended_at), ended_by FROM enrolld_entries`, tt.end)
		})
	}
}

// TestEntries: a token is stored as a hash; entries that last are listed, and end by
// whom they may.
func TestEntries(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id, token := d.ask(4)
	if got := len(token.Reveal()); got != 43 {
		t.Errorf("a token of %d letters, want 43", got)
	}
	d.want(`SELECT token_hash = UNHEX(SHA2('`+token.Reveal()+`', 256)), seconds, TIMESTAMPDIFF(SECOND, created_at, expires_at) FROM enrolld_entries`, "1|1800|60")
	list := func() []int64 {
		found, err := d.db.Entries(t.Context(), d.account.ID, d.customer)
		d.check(err)
		var out []int64
		for _, e := range found {
			out = append(out, e.ID)
		}
		return out
	}
	if got := list(); got != nil {
		t.Errorf("not taken yet: %v listed", got)
	}
	d.enter(id)
	second, _ := d.ask(6)
	d.enter(second)
	if diff := cmp.Diff([]int64{second, id}, list()); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
	kim := enrolld.Actor{LoginID: 6, Name: "Kim"}
	end := func(account, customer, entry, own int64) error {
		return d.db.EndEntry(t.Context(), kim, account, customer, entry, own)
	}
	wantCode(t, "another account's", end(d.account.ID+1, d.customer, id, 0), enrolld.NotFound)
	wantCode(t, "another customer's", end(d.account.ID, d.customer+1, id, 0), enrolld.NotFound)
	wantCode(t, "somebody else's", end(d.account.ID, d.customer, id, 6), enrolld.NotFound)
	d.check(end(d.account.ID, d.customer, second, 6))
	d.check(end(d.account.ID, d.customer, id, 0))
	wantCode(t, "again", end(d.account.ID, d.customer, id, 0), enrolld.NotFound)
	d.note()
	want := []string{
		"ended by Kim 6 of ann@example.org: ticket 9 stopped", "ended by Kim 6 of ann@example.org: ticket 9 stopped",
		"taken by Maya 4 of ann@example.org: ticket 9", "taken by Maya 6 of ann@example.org: ticket 9",
	}
	got := d.log()
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
	if got := list(); got != nil {
		t.Errorf("after the end: %v listed", got)
	}
}

// TestEntriesEndTogether: with the login they are for, and with the customer.
func TestEntriesEndTogether(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask(4)
	d.ask(6)
	d.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.EndEntriesOfLogin(ctx, 4) })
	d.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.EndEntriesOfCustomer(ctx, d.customer+1) })
	d.want(`SELECT login_id, ended_by FROM enrolld_entries ORDER BY id`, "4|revoked", "6|")
	d.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.EndEntriesOfCustomer(ctx, d.customer) })
	d.want(`SELECT login_id, ended_by FROM enrolld_entries ORDER BY id`, "4|revoked", "6|barred")
}
