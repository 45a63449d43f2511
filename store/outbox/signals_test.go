package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/outbox"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// companion hears signals, unless its site is away or too slow for a user's.
type companion struct {
	away  map[int64]bool
	slow  map[int64]bool
	calls int
	heard []string
}

func (c *companion) Tell(
	_ context.Context, a enrolld.Account, siteURL string, key enrolld.Secret, signals []store.Signal,
) (done []int64, err error) {
	c.calls++
	if c.away[a.ID] {
		return nil, enrolld.Errorf(enrolld.Unavailable, "the site does not answer")
	}
	for _, s := range signals {
		if c.slow[s.UserID] {
			continue
		}
		c.heard = append(c.heard,
			fmt.Sprintf("%s %s %s user %d course %d", siteURL, key.Reveal(), s.Kind, s.UserID, s.CourseID))
		done = append(done, s.ID)
	}
	return done, nil
}

// signals is a worker that tells the companions of a world's accounts.
func signals(w *pt.World, c *companion) *outbox.Signals {
	where := func(ctx context.Context, id int64) (enrolld.Account, string, error) {
		at, err := provision.LoadPlace(ctx, w.DB, id)
		return at.Account, at.SiteURL(), err
	}
	return outbox.NewSignals(w.DB, c, where, slog.New(slog.DiscardHandler))
}

func step(w *pt.World, s *outbox.Signals, want int) {
	w.T.Helper()
	if n, err := s.Step(w.T.Context()); n != want || err != nil {
		w.T.Fatalf("Step: got %d, %v, want %d signals claimed", n, err, want)
	}
}

func queue(w *pt.World, account int64, users ...int64) {
	w.T.Helper()
	var list []store.Signal
	for _, id := range users {
		list = append(list, store.Signal{AccountID: account, Kind: store.SignalGranted, UserID: id, CourseID: 12})
	}
	w.Check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return tx.QueueSignals(w.T.Context(), list) }))
}

func TestSignalsAreToldOnce(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	other, _ := w.AddAccount("Second Academy", w.Site)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key one"))
	w.Check(w.DB.SetCompanion(t.Context(), other.ID, "key two"))
	queue(w, w.Account.ID, 1, 2)
	queue(w, other.ID, 3)
	queue(w, w.Account.ID, 4)
	c := &companion{}
	s := signals(w, c)
	step(w, s, 4)
	step(w, s, 0)
	const url = "https://school.example/wp"
	want := []string{
		url + " key one granted user 1 course 12", url + " key one granted user 2 course 12",
		url + " key one granted user 4 course 12", url + " key two granted user 3 course 12",
	}
	if diff := cmp.Diff(want, c.heard); diff != "" || c.calls != 2 {
		t.Errorf("%d calls, want one for each account; heard (-want +got):\n%s", c.calls, diff)
	}
	w.Want(`SELECT COUNT(*) FROM enrolld_signals`, "0")
}

// TestSignalsOfASiteThatIsAway are tried again by the schedule, in ever longer
// steps, and given up one by one as each gets too old.
func TestSignalsOfASiteThatIsAway(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	other, _ := w.AddAccount("Second Academy", w.Site)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key one"))
	w.Check(w.DB.SetCompanion(t.Context(), other.ID, "key two"))
	c := &companion{away: map[int64]bool{w.Account.ID: true}}
	s := signals(w, c)
	queue(w, w.Account.ID, 1)
	queue(w, other.ID, 2)
	step(w, s, 2)
	w.Want(`SELECT user_id, attempts FROM enrolld_signals`, "1|1")
	step(w, s, 0)

	gone := 2*day - 2*time.Hour
	for w.Clock.Now().Before(pt.Start.Add(gone)) {
		w.Clock.Advance(time.Hour)
		_, err := s.Step(t.Context())
		w.Check(err)
	}
	if c.calls < 30 {
		t.Errorf("told %d times in two days, want about once an hour or two", c.calls)
	}
	queue(w, w.Account.ID, 3)
	w.Clock.Advance(90 * time.Minute)
	step(w, s, 2)
	w.Want(`SELECT user_id, attempts FROM enrolld_signals`, "3|1") // 1 is too old, 3 is not
	c.away = nil
	w.Clock.Advance(2 * time.Hour)
	step(w, s, 1)
	const want = "https://school.example/wp key one granted user 3 course 12"
	if diff := cmp.Diff(want, c.heard[len(c.heard)-1]); diff != "" {
		t.Errorf("heard last (-want +got):\n%s", diff)
	}
	w.Want(`SELECT COUNT(*) FROM enrolld_signals`, "0")
}

// TestSignalsWithoutTime are told again, alone: what the site did hear is gone.
func TestSignalsWithoutTime(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key"))
	queue(w, w.Account.ID, 1, 2, 3)
	c := &companion{slow: map[int64]bool{2: true}}
	s := signals(w, c)
	step(w, s, 3)
	w.Want(`SELECT user_id, attempts, lease = REPEAT(CHAR(0), 16) FROM enrolld_signals`, "2|1|1")
	step(w, s, 0)
	c.slow = nil
	w.Clock.Advance(2 * time.Hour)
	step(w, s, 1)
	const url = "https://school.example/wp key granted user "
	if diff := cmp.Diff([]string{url + "1 course 12", url + "3 course 12", url + "2 course 12"}, c.heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	w.Want(`SELECT COUNT(*) FROM enrolld_signals`, "0")

	c.slow = map[int64]bool{4: true} // for ever: given up when it is too old
	queue(w, w.Account.ID, 4)
	w.Clock.Advance(3 * day)
	step(w, s, 1)
	w.Want(`SELECT COUNT(*) FROM enrolld_signals`, "0")
}

func TestSignalsInBatches(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key"))
	users := make([]int64, 1100)
	for i := range users {
		users[i] = int64(i + 1)
	}
	queue(w, w.Account.ID, users...)
	c := &companion{}
	s := signals(w, c)
	for _, n := range []int{500, 500, 100, 0} {
		step(w, s, n)
	}
	if c.calls != 3 || len(c.heard) != len(users) {
		t.Errorf("%d calls heard %d signals, want 3 and %d", c.calls, len(c.heard), len(users))
	}
}

// TestSignalsWithoutACompanion waits: the key may have been lost, not the plugin.
func TestSignalsWithoutACompanion(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	queue(w, w.Account.ID, 1)
	c := &companion{}
	s := signals(w, c)
	step(w, s, 1)
	w.Want(`SELECT attempts, lease = REPEAT(CHAR(0), 16) FROM enrolld_signals`, "1|1")
	if c.calls != 0 {
		t.Errorf("told %d times without a key", c.calls)
	}
}
