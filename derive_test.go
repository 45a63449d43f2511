package enrolld_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"enrolld"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func randomRule(rng *rand.Rand) enrolld.Rule {
	some := func(v ...float64) time.Duration { return days(v[rng.IntN(len(v))]) }
	end := func(v ...enrolld.OnEnd) enrolld.OnEnd { return v[rng.IntN(len(v))] }
	r := enrolld.Rule{
		Duration: some(0, 0, 30, 365), StartDelay: some(0, 0, 7), Grace: some(0, -1, 14),
		OnRefund: end("", enrolld.Revoke, enrolld.Keep), OnExpiry: end("", enrolld.Revoke, enrolld.Keep),
		OnCancel: end("", enrolld.PeriodEnd, enrolld.Revoke, enrolld.Keep),
	}
	for range 1 + rng.IntN(2) {
		r.Courses = append(r.Courses, enrolld.CourseRef{LMS: "page", ID: int64(1 + rng.IntN(3))})
	}
	return r
}

// randomRules has a rule for each product of a life, but some are not mapped.
func randomRules(rng *rand.Rand) enrolld.Rules {
	rules := map[string]*enrolld.Rule{}
	for _, p := range []string{"main", "bump", "upsell", "club"} {
		if rules[p] = nil; rng.IntN(6) > 0 {
			r := randomRule(rng)
			rules[p] = &r
		}
	}
	return byProduct(enrolld.Rule{}, rules)
}

func randomOrders(rng *rand.Rand) []enrolld.Sold {
	var out []enrolld.Sold
	for i := range 1 + rng.IntN(4) {
		o := merge(newLife(rng, 1+rng.IntN(15)))
		out = append(out, enrolld.Sold{OrderID: int64(i + 1), Platform: "test", Order: o})
	}
	return out
}

func TestDeriveIsPure(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 500 {
		sold, rules, now := randomOrders(rng), randomRules(rng), day(float64(rng.IntN(200)))
		var before []string
		for _, s := range sold {
			before = append(before, encoded(t, s.Order))
		}
		want := enrolld.Derive(sold, rules, now)
		if diff := cmp.Diff(want, enrolld.Derive(sold, rules, now)); diff != "" {
			t.Fatalf("the second time differs (-first +second):\n%s", diff)
		}
		rng.Shuffle(len(sold), func(i, j int) { sold[i], sold[j] = sold[j], sold[i] })
		if diff := cmp.Diff(want, enrolld.Derive(sold, rules, now)); diff != "" {
			t.Fatalf("another order of the orders differs (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(want, enrolld.Derive(sold, rules, now.In(zones[1]))); diff != "" {
			t.Fatalf("another time zone differs (-first +second):\n%s", diff)
		}
		slices.SortFunc(sold, func(a, b enrolld.Sold) int { return int(a.OrderID - b.OrderID) })
		for i, s := range sold {
			if got := encoded(t, s.Order); got != before[i] {
				t.Fatalf("Derive changed an order:\nbefore %s\nafter  %s", before[i], got)
			}
		}
	}
}

// TestDeriveNext checks Next by sampling: until it nothing changes, and a worker
// that sleeps until it sees everything.
func TestDeriveNext(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 1500 {
		sold, rules, now := randomOrders(rng), randomRules(rng), day(float64(rng.IntN(100)))
		d := enrolld.Derive(sold, rules, now)
		end := now.AddDate(40, 0, 0)
		if d.Next != nil {
			if end = *d.Next; !end.After(now) {
				t.Fatalf("Next is %v, not after %v", end, now)
			}
		}
		samples := []time.Time{end.Add(-time.Microsecond), end.Add(-time.Hour), now.Add(time.Microsecond)}
		for range 8 {
			samples = append(samples, now.Add(time.Duration(rng.Int64N(int64(end.Sub(now))))))
		}
		for _, at := range samples {
			if at.Before(now) || !at.Before(end) {
				continue
			}
			if later := enrolld.Derive(sold, rules, at); !reflect.DeepEqual(d.Grants, later.Grants) {
				diff := cmp.Diff(d.Grants, later.Grants)
				t.Fatalf("changed at %v, before Next %v (now %v):\n%s", at, d.Next, now, diff)
			}
		}
	}
}

// TestDeriveGrantsAreSound checks what the store and the pages rely on.
func TestDeriveGrantsAreSound(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 2000 {
		now := day(float64(rng.IntN(100)))
		d := enrolld.Derive(randomOrders(rng), randomRules(rng), now)
		for _, g := range d.Grants {
			switch open := g.Until == nil || g.Until.After(now); {
			case g.Reason.Text() == "":
				t.Errorf("%+v has no reason for people", g)
			case g.State == enrolld.GrantLive && (!open || g.From.After(now)):
				t.Errorf("on %v %+v is live outside its term", now, g)
			case g.State == enrolld.GrantPending && !g.From.After(now):
				t.Errorf("on %v %+v is pending", now, g)
			case g.State == enrolld.GrantEnded && (g.Until == nil || g.From.After(*g.Until)):
				t.Errorf("%+v ended, but when, or before it began", g)
			case g.Until != nil && (g.Until.Location() != time.UTC || g.Until.Nanosecond()%1000 != 0):
				t.Errorf("%+v ends at no moment of the database's", g)
			}
		}
	}
}

func TestDeriveOrdersAreIndependent(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 500 {
		sold, rules, now := randomOrders(rng), randomRules(rng), day(float64(rng.IntN(100)))
		all := enrolld.Derive(sold, rules, now).Grants
		gone := sold[rng.IntN(len(sold))].OrderID
		others := slices.DeleteFunc(slices.Clone(sold), func(s enrolld.Sold) bool { return s.OrderID == gone })
		want := slices.DeleteFunc(slices.Clone(all), func(g enrolld.Grant) bool { return g.Cause.ID == gone })
		got := enrolld.Derive(others, rules, now).Grants
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("without order %d others changed (-want +got):\n%s", gone, diff)
		}
	}
}

// TestRefundOfALineIsThatLines adds refunds that name a line to random orders:
// no other line may notice, unless it came in the refunded one.
func TestRefundOfALineIsThatLines(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	tried := 0
	for range 4000 {
		now := day(float64(rng.IntN(100)))
		var events []enrolld.Event
		for _, e := range newLife(rng, 1+rng.IntN(12)) {
			// Refunds that name no line add up with those that do.
			if len(e.Refunds) == 0 || e.Refunds[0].Value.Line != "" {
				events = append(events, e)
			}
		}
		o := merge(events)
		r := enrolld.Refund{Line: "bump", Amount: usd(int64(1000 * rng.IntN(20))), Full: rng.IntN(2) == 0, Quantity: rng.IntN(4)}
		if rng.IntN(2) == 0 {
			r.Payment = "p1"
		}
		after := o.Merge(refund(float64(rng.IntN(60)), "new", r).Order())
		rules := byProduct(randomRule(rng), nil)
		notBump := func(o enrolld.Order) []enrolld.Grant {
			grants := enrolld.Derive([]enrolld.Sold{{OrderID: 1, Order: o}}, rules, now).Grants
			return slices.DeleteFunc(grants, func(g enrolld.Grant) bool { return g.Cause.Line == "bump" })
		}
		if tried++; o.Lines["bump"].Product.Known() {
			if diff := cmp.Diff(notBump(o), notBump(after)); diff != "" {
				t.Fatalf("refund %+v reached another line (-before +after):\n%s\norder %s", r, diff, encoded(t, o))
			}
		}
	}
}

// TestAllMoneyBack gives everything back in each way there is: then nothing may
// be open, whatever happened before.
func TestAllMoneyBack(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	ways := map[string]func(o enrolld.Order) enrolld.Order{
		"order, full": func(o enrolld.Order) enrolld.Order { return refund(300, "all", enrolld.Refund{Full: true}).Order() },
		"each line, full": func(o enrolld.Order) (out enrolld.Order) {
			for key := range o.Lines {
				out = out.Merge(refund(300, "all"+key, enrolld.Refund{Line: key, Full: true}).Order())
			}
			return out
		},
		"each payment, full, and each line": func(o enrolld.Order) (out enrolld.Order) {
			for id := range o.Payments {
				out = out.Merge(refund(300, "all"+id, enrolld.Refund{Payment: id, Full: true}).Order())
			}
			for key := range o.Lines {
				out = out.Merge(refund(300, "all"+key, enrolld.Refund{Line: key, Full: true}).Order())
			}
			return out
		},
		"lost in a dispute": func(o enrolld.Order) enrolld.Order {
			return dispute(300, enrolld.DisputeLost, enrolld.Dispute{}).Order()
		},
	}
	for name, way := range ways {
		for range 300 {
			o := merge(newLife(rng, 1+rng.IntN(15)))
			rule := randomRule(rng)
			rule.OnRefund = enrolld.Revoke
			o = o.Merge(way(o))
			d := enrolld.Derive([]enrolld.Sold{{OrderID: 1, Order: o}}, byProduct(rule, nil), day(301))
			for _, g := range d.Grants {
				if g.State != enrolld.GrantEnded {
					t.Fatalf("%s: %+v is not over\norder %s", name, g, encoded(t, o))
				}
			}
		}
	}
}
