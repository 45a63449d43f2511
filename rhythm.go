package enrolld

import (
	"slices"
	"time"
)

// RhythmDays is over how long a source's rhythm is taken: four weeks, so that
// its nights and weekends are in it several times.
const RhythmDays = 28

const (
	rhythmLeast  = 8             // gaps before there is a rhythm at all
	rhythmSpan   = 7 * 24        // hours that they must span
	rhythmFactor = 2             // how much longer than usual is too long
	silenceLeast = 6 * time.Hour // shorter is never silence
	rhythmHour   = time.Hour
)

// Rhythm is how a source of deliveries behaves over time.
type Rhythm struct {
	Last time.Time // the hour in which something came last; zero: never
	// Usual is the longest pause that the source makes more than once; zero while
	// there is no rhythm yet.
	Usual time.Duration
	// SilentFrom is when a pause since Last gets longer than a usual one can explain;
	// zero while there is no rhythm yet.
	SilentFrom time.Time
	// Silent says that the present pause has.
	Silent bool
}

// RhythmOf reads a source's rhythm off the hours in which something came. The
// longest pause of all is left out, for it may have been an outage; the next
// longest, as of a weekend, is what the source is measured by.
func RhythmOf(hours []time.Time, now time.Time) Rhythm {
	hours = slices.Clone(hours)
	slices.SortFunc(hours, time.Time.Compare)
	hours = slices.CompactFunc(hours, time.Time.Equal)
	if len(hours) == 0 {
		return Rhythm{}
	}
	r := Rhythm{Last: hours[len(hours)-1]}
	gaps := make([]time.Duration, 0, len(hours))
	for i := 1; i < len(hours); i++ {
		gaps = append(gaps, hours[i].Sub(hours[i-1]))
	}
	if len(gaps) < rhythmLeast || r.Last.Sub(hours[0]) < rhythmSpan*rhythmHour {
		return r
	}
	slices.Sort(gaps)
	r.Usual = gaps[len(gaps)-2]
	// What is known of the last hour is its beginning.
	r.SilentFrom = r.Last.Add(rhythmHour + max(silenceLeast, rhythmFactor*r.Usual))
	r.Silent = now.After(r.SilentFrom)
	return r
}
