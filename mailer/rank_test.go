package mailer

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"enrolld"
)

// ranked is a message to a provider of some rank.
func ranked(id int64, rank enrolld.Rank, to string) *enrolld.Message {
	m := messageTo(id, to)
	m.Rank = rank
	return m
}

// TestWaitedGoesBeforeMany: behind 20,000 emails of an import that wait for one
// provider, a purchase's welcome goes out in the next slot, and the pace is kept.
func TestWaitedGoesBeforeMany(t *testing.T) {
	t.Parallel()
	const many, rate, purchase = 20_000, 20, 1_000_000
	var list []*enrolld.Message
	for id := range int64(many) {
		list = append(list, ranked(id+1, enrolld.RankMany, "a@gmail.com"))
	}
	q := newFakeQueue(list...)
	var mu sync.Mutex
	var bought time.Time
	sent := 0
	w := newTestWorker(q, senderFunc(func(_ context.Context, out *Outgoing) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if sent++; out.To.Address == "buyer@gmail.com" {
			bought = q.clock()
		}
		return "250 ok", nil
	}), nil)
	w.traffic, w.Batch = newTraffic(Limits{"gmail": rate}), many
	step(t, w, many)
	if sent != 1 {
		t.Fatalf("%d went at once, want 1", sent)
	}
	at := testTime.Add(325 * time.Millisecond) // between two slots
	q.advance(at.Sub(testTime))
	step(t, w, 6)
	q.add(ranked(purchase, enrolld.RankWaited, "buyer@gmail.com"))
	express := func() {
		if _, err := w.Express(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for express(); q.clock().Before(testTime.Add(10 * time.Second)); express() {
		q.advance(time.Second / rate)
		if _, err := w.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if waited := bought.Sub(at); bought.IsZero() || waited > time.Second/rate {
		t.Errorf("the welcome waited for %v, want the next slot", waited)
	}
	if want := 10*rate + 1; sent != want {
		t.Errorf("%d went in 10 s, want %d: the pace of the provider", sent, want)
	}
}

// TestManyGoOn: while twice as much comes without end as the provider takes, and
// somebody waits for all of it, a quarter of what goes is the large list's.
func TestManyGoOn(t *testing.T) {
	t.Parallel()
	const rate, minutes = 10, 5
	tr := newTraffic(Limits{"gmail": rate})
	due := map[int64]time.Time{}
	rankOf := func(id int64) enrolld.Rank {
		if id <= 10_000 {
			return enrolld.RankMany
		}
		return enrolld.RankWaited
	}
	for id := range int64(10_000) {
		due[id+1] = testTime
	}
	next, went := int64(20_000), map[enrolld.Rank]int{}
	for now := testTime; now.Sub(testTime) < minutes*time.Minute; now = now.Add(time.Second) {
		for range 2 * rate {
			due[next] = now
			next++
		}
		for id, at := range due {
			if at.After(now) {
				continue
			}
			if again := tr.turn(id, rankOf(id), "gmail.com", now); again.After(now) {
				due[id] = again
				continue
			}
			delete(due, id)
			went[rankOf(id)]++
		}
	}
	all := went[enrolld.RankMany] + went[enrolld.RankWaited]
	if most := minutes*60*rate + 1; all > most || all < most*9/10 {
		t.Errorf("%d went, want nearly %d: the pace of the provider", all, most)
	}
	if many := went[enrolld.RankMany]; many < all/keptSlots*9/10 || many > all/keptSlots*11/10 {
		t.Errorf("%d of %d were the list's, want a quarter", many, all)
	}
}

// TestRanksKeepPace: whoever comes when, and of which rank, the provider gets no more
// than its rate, everybody goes, and each waits only for those of their rank or before
// it, and for the slots that are kept.
func TestRanksKeepPace(t *testing.T) {
	t.Parallel()
	const rate, messages = 5, 300
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 2))
		tr := newTraffic(Limits{"*": rate})
		type mail struct {
			due, came time.Time
			rank      enrolld.Rank
			before    int // that were there, and go before it
		}
		waits := map[int64]*mail{}
		came, went := 0, 0
		var first time.Time
		for now := testTime; came < messages || len(waits) > 0; now = now.Add(time.Second / rate / 2) {
			if now.Sub(testTime) > time.Hour {
				t.Fatalf("seed %d: %d still wait after an hour", seed, len(waits))
			}
			for n := random.IntN(8); n > 0 && came < messages; n-- {
				m := &mail{due: now, came: now, rank: enrolld.Rank(random.IntN(3))}
				for _, other := range waits {
					if other.rank <= m.rank {
						m.before++
					}
				}
				came++
				waits[int64(came)] = m
			}
			for _, id := range slices.Sorted(maps.Keys(waits)) {
				m := waits[id]
				if m.due.After(now) {
					continue
				}
				if m.due = tr.turn(id, m.rank, "example.com", now); m.due.After(now) {
					continue
				}
				delete(waits, id)
				if went++; first.IsZero() {
					first = now
				}
				slots := m.before + m.before/(keptSlots-1) + 3
				if most := time.Duration(slots) * time.Second / rate; m.rank == enrolld.RankWaited && now.Sub(m.came) > most {
					t.Errorf("seed %d: one that somebody waits for went after %v with %d before it", seed, now.Sub(m.came), m.before)
				}
			}
			if most := int(now.Sub(first)*rate/time.Second) + 2; !first.IsZero() && went > most {
				t.Fatalf("seed %d: %d went in %v, want at most %d", seed, went, now.Sub(first), most)
			}
		}
	}
}
