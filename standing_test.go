package enrolld_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"enrolld"

	"github.com/google/go-cmp/cmp"
)

// standing derives a life under a standing.
func standing(s enrolld.Standing, events []enrolld.Event, rules enrolld.Rules, now time.Time) enrolld.Derived {
	o := merge(events)
	return enrolld.Derive([]enrolld.Sold{{OrderID: 1, Platform: "test", Order: o, Barred: s.Bar(o)}}, rules, now)
}

// TestStandingOrderOfArrival: whatever the order in which a removed customer's
// events come, twice or not, the same follows; and what comes after the removal,
// renewals and all, opens nothing of an order that began before it.
func TestStandingOrderOfArrival(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 400 {
		events, rules := newLife(rng, 3+rng.IntN(20)), randomRules(rng)
		at, now := day(float64(rng.IntN(40)-20)), day(float64(rng.IntN(200)))
		removed := enrolld.Standing{RemovedAt: &at, Gone: true}
		want := standing(removed, events, rules, now)
		for range 5 {
			if diff := cmp.Diff(want, standing(removed, shuffledWithDuplicates(rng, events), rules, now)); diff != "" {
				t.Fatalf("shuffled (-want +got):\n%s", diff)
			}
		}
		began := merge(events).Began()
		if began.After(at) {
			if diff := cmp.Diff(standing(enrolld.Standing{}, events, rules, now), want); diff != "" {
				t.Fatalf("began after the removal: got what differs from what is derived:\n%s", diff)
			}
			continue
		}
		wantShut(t, want, enrolld.ReasonRemoved)
	}
}

// wantShut: nothing is open, or will be by itself, and nothing waits to be mapped.
func wantShut(t *testing.T, d enrolld.Derived, reason enrolld.Reason) {
	t.Helper()
	if open := enrolld.AccessOf(d.Grants); len(open) > 0 {
		t.Fatalf("%v is open: %+v", open, d.Grants)
	}
	for _, g := range d.Grants {
		if g.State == enrolld.GrantPending || g.State == enrolld.GrantSuspended && g.Reason != reason && g.Reason != enrolld.ReasonDisputeOpen {
			t.Fatalf("%+v: want it shut, %s", g, reason.Text())
		}
	}
	if reason != enrolld.ReasonBlocked && len(d.Parked) > 0 {
		t.Fatalf("%+v waits to be mapped", d.Parked)
	}
}

// TestStandingLifts: whoever is blocked or erased has nothing open, and keeps every
// ground with its cause; what follows after the block is what followed without it.
func TestStandingLifts(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 400 {
		events, rules, now := newLife(rng, 3+rng.IntN(20)), randomRules(rng), day(float64(rng.IntN(200)))
		free := standing(enrolld.Standing{}, events, rules, now)
		at := day(1)
		for reason, s := range map[enrolld.Reason]enrolld.Standing{
			enrolld.ReasonBlocked: {BlockedAt: &at}, enrolld.ReasonErased: {ErasedAt: &at, RemovedAt: &at, Gone: true, BlockedAt: &at},
		} {
			shut := standing(s, events, rules, now)
			wantShut(t, shut, reason)
			if len(shut.Grants) != len(free.Grants) {
				t.Fatalf("%d grounds, want all %d", len(shut.Grants), len(free.Grants))
			}
			for i, g := range shut.Grants {
				f := free.Grants[i]
				if g.Cause != f.Cause || g.Course != f.Course || !g.From.Equal(f.From) || g.State == enrolld.GrantEnded && !g.Same(f) {
					t.Fatalf("ground %d: got %+v, want that of %+v", i, g, f)
				}
			}
		}
	}
}

// randomGift is what somebody gives, at some day.
func randomGift(rng *rand.Rand) enrolld.Grant {
	g := enrolld.Grant{Course: enrolld.CourseRef{LMS: "page", ID: 1}, Cause: enrolld.Cause{Kind: enrolld.CausePerson, ID: 7}, From: day(float64(rng.IntN(30)))}
	if rng.IntN(2) == 0 {
		until := g.From.Add(days(float64(1 + rng.IntN(60))))
		g.Until = &until
	}
	return g
}

// TestStandingOfGifts: a gift goes through block, removal and the clock in any
// order and comes out as if there had been the clock alone.
func TestStandingOfGifts(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 2000 {
		now := day(0)
		free, _ := randomGift(rng).Begin(now)
		held, blocked, removed := free, false, false
		at := day(0)
		for range 12 {
			now = now.Add(days(float64(rng.IntN(8))))
			switch rng.IntN(4) {
			case 0:
				blocked = !blocked
			case 1:
				if removed {
					held = held.TakeBack(now)
				} else {
					held = held.Remove()
				}
				removed = !removed
			}
			var s enrolld.Standing
			if blocked {
				s.BlockedAt = &at
			}
			held, _ = s.Hold(held, now)
			free, _ = free.Tick(now)
			if (blocked || removed) && (held.State == enrolld.GrantLive || held.State == enrolld.GrantPending) {
				t.Fatalf("blocked %t, removed %t: %+v", blocked, removed, held)
			}
			if !blocked && !removed && !held.Same(free) {
				t.Fatalf("lifted: got %+v, want %+v", held, free)
			}
		}
	}
}

func TestReturns(t *testing.T) {
	t.Parallel()
	at := day(10)
	gone := enrolld.Standing{RemovedAt: &at, Gone: true}
	erased := gone
	erased.ErasedAt = &at
	sold := func(d float64) enrolld.Order {
		l := line("main", 100)
		l.Sale.SoldAt = day(d)
		return buy(d, l).Order()
	}
	old, fresh := sold(5), sold(15)
	gift := func(s enrolld.GrantState, r enrolld.Reason) []enrolld.Grant {
		return []enrolld.Grant{{Cause: enrolld.Cause{Kind: enrolld.CausePerson, ID: 7}, State: s, Reason: r}}
	}
	for name, tt := range map[string]struct {
		s      enrolld.Standing
		orders []enrolld.Order
		ledger []enrolld.Grant
		want   bool
	}{
		"nothing new":           {gone, []enrolld.Order{old}, gift(enrolld.GrantSuspended, enrolld.ReasonRemoved), false},
		"a new order":           {gone, []enrolld.Order{old, fresh}, nil, true},
		"an order of that time": {gone, []enrolld.Order{sold(10)}, nil, false},
		"something given":       {gone, nil, gift(enrolld.GrantLive, enrolld.ReasonGiven), true},
		"given while blocked":   {gone, nil, gift(enrolld.GrantSuspended, enrolld.ReasonBlocked), true},
		"given and ended":       {gone, nil, gift(enrolld.GrantEnded, enrolld.ReasonRevoked), false},
		"erased":                {erased, []enrolld.Order{fresh}, gift(enrolld.GrantLive, enrolld.ReasonGiven), false},
		"never gone":            {enrolld.Standing{}, []enrolld.Order{fresh}, nil, false},
	} {
		if got := tt.s.Returns(tt.orders, tt.ledger); got != tt.want {
			t.Errorf("%s: got %t, want %t", name, got, tt.want)
		}
	}
}

func TestCharging(t *testing.T) {
	t.Parallel()
	for state, want := range map[enrolld.SubscriptionState]bool{
		enrolld.SubscriptionActive: true, enrolld.SubscriptionTrialing: true, enrolld.SubscriptionPastDue: true,
		enrolld.SubscriptionPaused: false, enrolld.SubscriptionCancelling: false, enrolld.SubscriptionEnded: false,
	} {
		o := merge([]enrolld.Event{buy(0, club()), status(1, state, 31, 0)})
		if got := o.Charging(); got != want {
			t.Errorf("%s: charging %t, want %t", state, got, want)
		}
	}
	if merge([]enrolld.Event{buy(0, line("main", 100))}).Charging() {
		t.Error("a one-time purchase goes on charging")
	}
}

// TestNameless: whatever comes of an order, nothing in it names the buyer.
func TestNameless(t *testing.T) {
	t.Parallel()
	o := buy(0, line("main", 100)).Order().Nameless()
	if again := o.Merge(buy(1, line("main", 100)).Order()).Nameless(); again.Buyer.Known() || !again.Lines["main"].Sale.Known() {
		t.Errorf("got %+v, want the sale without its buyer", again)
	}
}

// TestMayEnterByStanding: nobody logs in as somebody who is shut out, or is nobody.
func TestMayEnterByStanding(t *testing.T) {
	t.Parallel()
	at := day(1)
	for want, s := range map[string]enrolld.Standing{
		"": {RemovedAt: &at}, "blocked": {BlockedAt: &at}, "removed": {RemovedAt: &at, Gone: true}, "erased": {RemovedAt: &at, Gone: true, ErasedAt: &at},
	} {
		err := enrolld.MayEnter(enrolld.Customer{WPUserID: 7, Standing: s})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(enrolld.MessageOf(err), want) {
			t.Errorf("%+v: got %v, want it to say %q", s, err, want)
		}
	}
}
