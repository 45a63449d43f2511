package store_test

import (
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
)

func TestRhythmOfSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.addSource(w.account.ID)
	end := w.clock.Now().UTC().Truncate(time.Hour)
	var list []store.Arrival
	for h := end.AddDate(0, 0, -90); !h.After(end); h = h.Add(3 * time.Hour) {
		// Any moment of the hour is that hour.
		list = append(list, store.Arrival{IntegrationID: w.source.ID, Hour: h.Add(17 * time.Minute)})
	}
	w.check(w.db.NoteArrivals(t.Context(), list))
	w.check(w.db.NoteArrivals(t.Context(), list[len(list)-5:])) // another replica's word for the same
	rhythm := func(id int64, want enrolld.Rhythm) {
		t.Helper()
		got, err := w.db.Rhythm(t.Context(), id)
		w.check(err)
		if !got.Last.Equal(want.Last) || got.Usual != want.Usual || got.Silent != want.Silent {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	rhythm(w.source.ID, enrolld.Rhythm{Last: end, Usual: 3 * time.Hour})
	rhythm(other.ID, enrolld.Rhythm{})
	w.clock.Advance(9 * time.Hour)
	rhythm(w.source.ID, enrolld.Rhythm{Last: end, Usual: 3 * time.Hour, Silent: true})
	w.clock.Advance(22 * 24 * time.Hour) // the rhythm is of the weeks before, not of these
	rhythm(w.source.ID, enrolld.Rhythm{Last: end, Usual: 3 * time.Hour, Silent: true})
	w.clock.Advance(20 * 24 * time.Hour) // longer than the rhythm is taken over
	rhythm(w.source.ID, enrolld.Rhythm{Last: end, Usual: 3 * time.Hour, Silent: true})

	w.check(w.db.NoteArrivals(t.Context(), []store.Arrival{{IntegrationID: w.source.ID, Hour: w.clock.Now()}}))
	w.want(`SELECT COUNT(*) > 100, MIN(hour) >= '`+w.clock.Now().AddDate(0, 0, -2*enrolld.RhythmDays).Format(time.DateTime)+
		`' FROM enrolld_arrivals`, "1|1")

	list2, err := w.db.Sources(t.Context(), 0, 10)
	w.check(err)
	w.exec("UPDATE enrolld_integrations SET disabled_at = NOW() WHERE id = ?", other.ID)
	rest, err := w.db.Sources(t.Context(), 0, 10)
	w.check(err)
	if len(list2) != 2 || len(rest) != 1 || rest[0].ID != w.source.ID {
		t.Errorf("got %d sources, and %d without the disabled one", len(list2), len(rest))
	}
}
