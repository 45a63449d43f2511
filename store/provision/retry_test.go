package provision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

var errAway = enrolld.Errorf(enrolld.Unavailable, "the platform does not answer")

// TestRetriesForNineDaysThenDead follows a delivery that cannot be read, on a
// clock that leaps from attempt to attempt.
func TestRetriesForNineDaysThenDead(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Put("sale")
	w.Reader.Fails("sale", errAway)
	began := w.Clock.Now()
	var last time.Duration
	attempts := 0
	for ; attempts < 200; attempts++ {
		if n, err := w.Processor.Step(t.Context()); n != 1 || err != nil {
			t.Fatalf("attempt %d: got %d, %v, want 1 claimed", attempts+1, n, err)
		}
		last = w.Clock.Now().Sub(began)
		rows, err := w.DB.Deliveries(t.Context(), w.Account.ID, delivered)
		w.Check(err)
		if rows[0].State != enrolld.DeliveryQueued {
			break
		}
		wait := rows[0].DueAt.Sub(w.Clock.Now())
		if wait <= 0 || wait > 6*time.Hour || rows[0].Attempts != attempts+1 {
			t.Fatalf("attempt %d: got %d counted and %v to wait, want at most 6h", attempts+1, rows[0].Attempts, wait)
		}
		w.Clock.Set(rows[0].DueAt.Add(-time.Microsecond))
		if n, _ := w.Processor.Step(t.Context()); n != 0 {
			t.Fatalf("attempt %d came before it was due", attempts+2)
		}
		w.Clock.Set(rows[0].DueAt)
	}
	if last < 8*day || last > 9*day || attempts < 30 {
		t.Errorf("the last of %d attempts came after %v, want 8 to 9 days", attempts+1, last)
	}
	w.Want(pt.Deliveries, fmt.Sprintf("sale|dead|given up after %d attempts: the platform does not answer", attempts+1))

	w.Map("paint", enrolld.Rule{}, 12)
	w.Reader.Says("sale", provision.Reading{Events: []enrolld.Event{pt.Buy("1", "ann@example.org", "paint")}})
	w.Pass(30 * day)
	w.Want(pt.Access)
	_, err := w.DB.Replay(t.Context(), w.Account.ID, delivered)
	w.Check(err)
	w.Work()
	w.Want(`SELECT state, attempts, note FROM enrolld_deliveries`, "done|1|")
	w.Want(pt.Access, "ann@example.org|12|no end")
}

// TestHowReadingEnds says for each way in which a reading can end what becomes
// of the delivery, and that its batch mate does not mind.
func TestHowReadingEnds(t *testing.T) {
	t.Parallel()
	fails := func(err error) func(context.Context) (provision.Reading, error) {
		return func(context.Context) (provision.Reading, error) { return provision.Reading{}, err }
	}
	says := func(r provision.Reading) func(context.Context) (provision.Reading, error) {
		return func(context.Context) (provision.Reading, error) { return r, nil }
	}
	timeless, nameless := pt.Buy("1", "x@example.org"), pt.Buy("1", "x@example.org")
	timeless.At, nameless.Refs = time.Time{}, nil
	tests := map[string]struct {
		read func(context.Context) (provision.Reading, error)
		want string
	}{
		"ignored":        {says(provision.Reading{Ignored: "a ping"}), "ignored|a ping"},
		"away":           {fails(errAway), "queued|the platform does not answer"},
		"strange":        {fails(errors.New("card 4242")), "queued|something went wrong on our side"},
		"parked":         {fails(enrolld.Parkf("the API key is refused")), "parked|the API key is refused"},
		"invalid":        {fails(enrolld.Errorf(enrolld.Invalid, "not JSON")), "dead|not JSON"},
		"without a time": {says(provision.Reading{Events: []enrolld.Event{timeless}}), "dead|the event has no time"},
		"without an order": {
			says(provision.Reading{Events: []enrolld.Event{nameless}}), "dead|the delivery does not say which order it is about",
		},
		"panic": {
			func(context.Context) (provision.Reading, error) { panic("buyer ann@example.org") },
			"queued|something went wrong on our side",
		},
		"index out of range": {
			func(context.Context) (provision.Reading, error) { return provision.Reading{}, []error{}[len("x")] },
			"queued|something went wrong on our side",
		},
	}
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Put("sound", pt.Buy("1", "ann@example.org", "paint"))
	for name, tt := range tests {
		w.Put(name)
		w.Reader.Does(name, tt.read)
	}
	var log strings.Builder
	p := w.Replica(provision.Options{Log: newLog(&log)})
	if n, err := p.Step(t.Context()); n != len(tests)+1 || err != nil {
		t.Fatalf("Step: got %d, %v, want %d claimed at once", n, err, len(tests)+1)
	}
	for name, tt := range tests {
		w.Want(`SELECT state, note FROM enrolld_deliveries WHERE attempts = 1 AND body = '`+name+`'`, tt.want)
	}
	w.Want(pt.Access, "ann@example.org|12|no end")
	if strings.Contains(log.String(), "ann@example.org") {
		t.Errorf("an address is in the log:\n%s", log.String())
	}
}

// TestPoisonousDelivery has one delivery whose own transaction fails. Its batch
// mates are done at once and have one attempt; it waits alone.
func TestPoisonousDelivery(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Exec(`CREATE TRIGGER poison BEFORE INSERT ON enrolld_customers FOR EACH ROW
		IF NEW.email_key = 'poison@example.org' THEN SIGNAL SQLSTATE '45000'; END IF`)
	w.Exec(`CREATE TRIGGER bitter BEFORE INSERT ON enrolld_orders FOR EACH ROW
		IF NEW.number = 'bitter' THEN SIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1406; END IF`)
	for i := range 5 {
		w.Put(fmt.Sprint("sound", i), pt.Buy(fmt.Sprint(i), fmt.Sprintf("buyer%d@example.org", i), "paint"))
	}
	w.Put("poison", pt.Buy("p", "poison@example.org", "paint"))
	w.Put("bitter", pt.Buy("bitter", "bitter@example.org", "paint"))
	if n, err := w.Processor.Step(t.Context()); n != 7 || err != nil {
		t.Fatalf("Step: got %d, %v, want 7 claimed", n, err)
	}
	w.Want(`SELECT state, attempts, COUNT(*) FROM enrolld_deliveries GROUP BY 1, 2 ORDER BY 1`,
		"queued|1|1", "done|1|5", "dead|1|1")
	w.Want(`SELECT body, note FROM enrolld_deliveries WHERE state <> 'done' ORDER BY body`,
		"bitter|a value is longer than the database can hold", "poison|something went wrong on our side")
	w.Want(`SELECT COUNT(*) FROM enrolld_access`, "5")
	w.Exec(`DROP TRIGGER poison`)
	w.Pass(2 * time.Second)
	w.Want(`SELECT state, attempts FROM enrolld_deliveries WHERE body = 'poison'`, "done|2")
}

func TestDeadlockedBatchWaitsAsAWhole(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Exec(`CREATE TRIGGER busy BEFORE INSERT ON enrolld_grants FOR EACH ROW
		SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213`)
	w.Put("a", pt.Buy("1", "ann@example.org", "paint"))
	w.Put("b", pt.Buy("2", "bob@example.org", "paint"))
	n, err := w.Processor.Step(t.Context())
	if n != 2 || err != nil {
		t.Fatalf("Step: got %d, %v, want 2 claimed", n, err)
	}
	w.Want(pt.Deliveries, "a|queued|the database is busy or away", "b|queued|the database is busy or away")
	w.Exec(`DROP TRIGGER busy`)
	w.Pass(2 * time.Second)
	w.Want(`SELECT state, attempts FROM enrolld_deliveries`, "done|2", "done|2")
}

func TestPausedAccountDrainsOnResume(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Check(w.DB.SetPaused(t.Context(), w.Account.ID, true))
	for i := range 5 {
		w.Put(fmt.Sprint(i), pt.Buy(fmt.Sprint(i), "ann@example.org", "paint"))
		w.Pass(time.Hour)
	}
	w.Want(`SELECT state, attempts, first_attempt_at, COUNT(*) FROM enrolld_deliveries GROUP BY 1, 2, 3`,
		"queued|0|NULL|5")
	w.Want(`SELECT COUNT(*) FROM enrolld_orders`, "0")
	w.Check(w.DB.SetPaused(t.Context(), w.Account.ID, false))
	w.Clock.Advance(time.Minute) // what a processor knows of an account is seconds old at most
	w.Work()
	w.Want(`SELECT state, attempts, COUNT(*) FROM enrolld_deliveries GROUP BY 1, 2`, "done|1|5")
	w.Want(pt.Access, "ann@example.org|12|no end")
}

// TestSlowPlatformGivesTheRestBack has reading take so long that the lease would
// run out: what is read is committed, the rest goes back uncounted.
func TestSlowPlatformGivesTheRestBack(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	for i := range 20 {
		key, event := fmt.Sprint(i), pt.Buy(fmt.Sprint(i), "ann@example.org", "paint")
		w.Put(key)
		w.Reader.Does(key, func(context.Context) (provision.Reading, error) {
			w.Clock.Advance(time.Minute)
			return provision.Reading{Events: []enrolld.Event{event}}, nil
		})
	}
	if n, err := w.Processor.Step(t.Context()); n != 20 || err != nil {
		t.Fatalf("Step: got %d, %v, want 20 claimed", n, err)
	}
	// Several are read at once; how many begin before the lease gets short is
	// up to the scheduler.
	w.Want(`SELECT COUNT(*) = 20, SUM(state = 'done') BETWEEN 1 AND 10 FROM enrolld_deliveries
		WHERE state = 'done' AND attempts = 1 OR state = 'queued' AND attempts = 0`, "1|1")
	w.Work()
	w.Want(`SELECT state, attempts, COUNT(*) FROM enrolld_deliveries GROUP BY 1, 2`, "done|1|20")
}

// TestLostLeaseCommitsNothing has a lease run out while the batch is worked on:
// somebody else's claim must not be overtaken.
func TestLostLeaseCommitsNothing(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Put("sale")
	sale := provision.Reading{Events: []enrolld.Event{pt.Buy("1", "ann@example.org", "paint")}}
	other := w.Replica(provision.Options{})
	w.Reader.Does("sale", func(ctx context.Context) (provision.Reading, error) {
		w.Clock.Advance(2 * provision.DefaultLease)
		w.Reader.Says("sale", sale)
		if n, err := other.Step(ctx); n != 1 || err != nil {
			t.Errorf("the other replica: got %d, %v, want the delivery", n, err)
		}
		return sale, nil
	})
	_, err := w.Processor.Step(t.Context())
	w.Check(err)
	w.Want(`SELECT state, attempts, note FROM enrolld_deliveries`, "done|2|")
	w.Want(`SELECT COUNT(*) FROM enrolld_audit`, "1")
	w.Want(`SELECT COUNT(*) FROM enrolld_messages`, "1")
}
