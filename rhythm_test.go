package enrolld

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// arrivals makes the hours in which a source sends: per, on the days and in the
// hours of the day that open says.
func arrivals(days int, every time.Duration, open func(time.Time) bool) []time.Time {
	var out []time.Time
	end := rhythmEnd
	for at := end.AddDate(0, 0, -days); at.Before(end); at = at.Add(every) {
		if open(at) {
			out = append(out, at.Truncate(time.Hour))
		}
	}
	return out
}

// rhythmEnd is a Monday.
var rhythmEnd = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func TestRhythmOf(t *testing.T) {
	t.Parallel()
	always := func(time.Time) bool { return true }
	byDay := func(at time.Time) bool { return at.Hour() >= 8 && at.Hour() < 20 }
	weekdays := func(at time.Time) bool {
		return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && byDay(at)
	}
	outage := func(at time.Time) bool {
		return byDay(at) && (at.Before(rhythmEnd.AddDate(0, 0, -12)) || at.After(rhythmEnd.AddDate(0, 0, -8)))
	}
	for _, tt := range []struct {
		name   string
		hours  []time.Time
		after  time.Duration // since rhythmEnd
		usual  time.Duration
		silent bool
	}{
		{"never anything", nil, 0, 0, false},
		{"too little to know", arrivals(28, 200*time.Hour, always), 40 * 24 * time.Hour, 0, false},
		{"a few days only", arrivals(3, time.Hour, always), 100 * time.Hour, 0, false},
		{"round the clock, an hour", arrivals(28, time.Hour, always), 2 * time.Hour, time.Hour, false},
		{"round the clock, not yet", arrivals(28, time.Hour, always), 6 * time.Hour, time.Hour, false},
		{"round the clock, silent", arrivals(28, time.Hour, always), 7 * time.Hour, time.Hour, true},
		{"by day, the next morning", arrivals(28, time.Hour, byDay), 10 * time.Hour, 13 * time.Hour, false},
		{"by day, silent for a day", arrivals(28, time.Hour, byDay), 23 * time.Hour, 13 * time.Hour, true},
		{"weekdays, after a weekend", arrivals(28, time.Hour, weekdays), 10 * time.Hour, 61 * time.Hour, false},
		{"weekdays, silent for a week", arrivals(28, time.Hour, weekdays), 6 * 24 * time.Hour, 61 * time.Hour, true},
		{"one outage is no rhythm", arrivals(28, time.Hour, outage), 23 * time.Hour, 13 * time.Hour, true},
	} {
		got := RhythmOf(tt.hours, rhythmEnd.Add(tt.after))
		if got.Usual != tt.usual || got.Silent != tt.silent {
			t.Errorf("%s: got usual %s, silent %t, want %s, %t", tt.name, got.Usual, got.Silent, tt.usual, tt.silent)
		}
		if got.SilentFrom.IsZero() != (tt.usual == 0) {
			t.Errorf("%s: silent from %v with a usual pause of %s", tt.name, got.SilentFrom, got.Usual)
		}
		if !got.SilentFrom.IsZero() && (RhythmOf(tt.hours, got.SilentFrom).Silent || !RhythmOf(tt.hours, got.SilentFrom.Add(1)).Silent) {
			t.Errorf("%s: silence does not begin at %v", tt.name, got.SilentFrom)
		}
	}
}

// TestRhythmOf_random: sales that come at random are not called silent while
// they come, whatever their number; once they stop they are, in the end.
func TestRhythmOf_random(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12)) // repeatable on purpose
	alarms, looks := 0, 0
	for range 200 {
		mean := time.Duration((0.2 + 24*random.Float64()) * float64(time.Hour))
		var hours []time.Time
		at := rhythmEnd.AddDate(0, 0, -RhythmDays)
		for at.Before(rhythmEnd) {
			at = at.Add(time.Duration(random.ExpFloat64() * float64(mean)))
			hours = append(hours, at.Truncate(time.Hour))
			// Just before the next one comes is the worst moment to look.
			if n := len(hours); n > 1 {
				looks++
				if RhythmOf(hours[:n-1], at).Silent {
					alarms++
				}
			}
		}
		shuffled := slices.Clone(hours)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if a, b := RhythmOf(hours, at), RhythmOf(shuffled, at); a != b {
			t.Fatalf("the order of hours matters: %+v, %+v", a, b)
		}
		if r := RhythmOf(hours, at.AddDate(0, 1, 0)); r.Usual > 0 && !r.Silent {
			t.Errorf("nothing for a month after one sale each %s, and not silent: %+v", mean, r)
		}
	}
	if share := float64(alarms) / float64(looks); share > 0.005 {
		t.Errorf("%d false alarms in %d pauses (%.2f%%), want at most one in 200", alarms, looks, 100*share)
	}
}
