package provision_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// TestReleaseIsOwed has the database go away between reading and releasing: what
// could not be given back is given back as soon as it is there again, and does
// not wait for its lease to run out.
func TestReleaseIsOwed(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Put("sale")
	w.Reader.Does("sale", func(context.Context) (provision.Reading, error) {
		w.Exec(`RENAME TABLE enrolld_deliveries TO hidden`)
		return provision.Reading{}, enrolld.Wrap(enrolld.Unavailable, errors.New("no answer"), "the platform is away")
	})
	if _, err := w.Processor.Step(t.Context()); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Fatalf("Step: got %v, want that the release failed", err)
	}
	w.Exec(`RENAME TABLE hidden TO enrolld_deliveries`)
	w.Reader.Says("sale", provision.Reading{Events: []enrolld.Event{pt.Buy("1", "ann@example.org", "paint")}})
	w.Clock.Advance(10 * time.Second)
	w.Work()
	w.Want(`SELECT state, attempts FROM enrolld_deliveries`, "done|2")
	w.Want(pt.Access, "ann@example.org|12|no end")
}
