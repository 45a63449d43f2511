package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func TestSignals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock.Now()
	queue := func(list ...store.Signal) {
		w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.QueueSignals(ctx, list) })
	}
	queue(
		store.Signal{AccountID: 1, Kind: store.SignalGranted, UserID: 42, CourseID: 12, Cause: "delivery"},
		store.Signal{AccountID: 1, Kind: store.SignalPurge, UserID: 43, Cause: strings.Repeat("c", 200)},
		store.Signal{AccountID: 2, Kind: store.SignalRevoked, UserID: 44, CourseID: 13},
	)
	queue()
	claim := func(n int) (store.Lease, []store.Signal) {
		t.Helper()
		lease := store.NewLease()
		list, err := w.db.ClaimSignals(t.Context(), n, lease, term)
		w.check(err)
		return lease, list
	}
	lease, got := claim(10)
	want := []store.Signal{
		{ID: 1, AccountID: 1, Kind: store.SignalGranted, UserID: 42, CourseID: 12, Cause: "delivery", Attempts: 1},
		{ID: 2, AccountID: 1, Kind: store.SignalPurge, UserID: 43, Cause: strings.Repeat("c", 100), Attempts: 1},
		{ID: 3, AccountID: 2, Kind: store.SignalRevoked, UserID: 44, CourseID: 13, Attempts: 1},
	}
	for i := range want {
		want[i].CreatedAt = at
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	if _, again := claim(10); len(again) != 0 {
		t.Errorf("leased signals were handed out: %+v", again)
	}
	stranger := store.NewLease()
	w.check(errors.Join(
		w.db.DropSignals(t.Context(), stranger, []int64{1, 2, 3}), w.db.DropSignals(t.Context(), lease, nil),
		w.db.RetrySignals(t.Context(), stranger, []int64{1, 2, 3}, at), w.db.RetrySignals(t.Context(), lease, nil, at),
		w.db.DropSignals(t.Context(), lease, []int64{1}),
		w.db.RetrySignals(t.Context(), lease, []int64{2}, at.Add(2*time.Second)),
	))
	w.want("SELECT id, attempts, due_at = '2026-03-04 05:06:09.891011' FROM enrolld_signals ORDER BY id",
		"2|1|1", "3|1|0")
	w.clock.Advance(2 * time.Second)
	if _, again := claim(10); len(again) != 1 || again[0].ID != 2 || again[0].Attempts != 2 {
		t.Errorf("claimed %+v, want signal 2 for the second time", again)
	}
}

func TestClaimSignalsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return tx.QueueSignals(ctx, slices.Repeat([]store.Signal{{AccountID: 1, Kind: store.SignalPurge}}, 120))
	})
	replicas := []*store.DB{w.db, w.replica(0)}
	var mu sync.Mutex
	var got []int64
	var errs []error
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for {
				list, err := replicas[i%2].ClaimSignals(t.Context(), 7, store.NewLease(), term)
				mu.Lock()
				got = append(got, idsOf(list, func(s store.Signal) int64 { return s.ID })...)
				errs = append(errs, err)
				mu.Unlock()
				if err != nil || len(list) == 0 {
					return
				}
			}
		})
	}
	all.Wait()
	w.check(errors.Join(errs...))
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); n != 120 || len(got) != 120 {
		t.Errorf("%d signals were handed out %d times, want each of 120 once", n, len(got))
	}
}

// TestSignalsInTurn: what somebody waits for is told before many others, and what
// waits about the same user goes with it, in order.
func TestSignalsInTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := func(rank enrolld.Rank, kind store.SignalKind, account int64, users ...int64) {
		var list []store.Signal
		for _, u := range users {
			list = append(list, store.Signal{AccountID: account, Kind: kind, UserID: u, Rank: rank})
		}
		w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.QueueSignals(ctx, list) })
	}
	queue(enrolld.RankMany, store.SignalGranted, 1, 1, 2, 3, 4, 5, 6, 7, 8)
	queue(enrolld.RankMany, store.SignalGranted, 2, 8)
	w.clock.Advance(time.Second)
	queue(enrolld.RankWaited, store.SignalRevoked, 1, 8)
	queue(enrolld.RankSoon, store.SignalPurge, 1, 8)
	w.want(`SELECT account_id, user_id, kind, 2 - urgency FROM enrolld_signals WHERE user_id > 6 ORDER BY urgency DESC, due_at, id`,
		"1|8|granted|0", "1|8|revoked|0", "1|8|purge|1", "1|7|granted|2", "2|8|granted|2")
	list, err := w.db.ClaimSignals(t.Context(), 4, store.NewLease(), term)
	w.check(err)
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprint(s.UserID, s.Kind, s.Rank))
	}
	if diff := cmp.Diff([]string{"1granted2", "8granted0", "8revoked0", "8purge1"}, got); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
}
