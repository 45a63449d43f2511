package service

import (
	"context"
	"strconv"

	"enrolld"
	companion "enrolld/integrations/wordpress"
	"enrolld/store"
)

// teller tells companion plugins over HTTP.
type teller struct{}

// Tell sends signals and returns those that need not be sent again.
func (teller) Tell(
	ctx context.Context, _ enrolld.Account, siteURL string, key enrolld.Secret, signals []store.Signal,
) ([]int64, error) {
	list := make([]companion.Signal, len(signals))
	for i, s := range signals {
		list[i] = companion.Signal{
			ID: strconv.FormatInt(s.ID, 10), Kind: companion.Kind(s.Kind), UserID: s.UserID, CourseID: s.CourseID, Cause: s.Cause,
		}
	}
	client := &companion.Client{BaseURL: siteURL, Key: key}
	answer, err := client.Signal(ctx, list)
	if err != nil {
		return nil, err
	}
	return settled(signals, answer), nil
}

// settled are the signals that an answer is final about. A plugin of the site
// that stumbled over one would stumble again, and the caches are purged all the
// same: such a failure is final. One that the companion had no time for, or does
// not mention, is not.
func settled(signals []store.Signal, answer companion.Answer) []int64 {
	final := make(map[string]bool, len(signals))
	for _, id := range answer.Handled {
		final[id] = true
	}
	for _, f := range answer.Failed {
		final[f.ID] = !f.Retry
	}
	var done []int64
	for _, s := range signals {
		if final[strconv.FormatInt(s.ID, 10)] {
			done = append(done, s.ID)
		}
	}
	return done
}
