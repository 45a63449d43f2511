package mailer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"enrolld"
)

const (
	finishTimeout = 15 * time.Second       // for one group, all tries together
	finishTries   = 4                      // a lost record means a second email
	finishWait    = 100 * time.Millisecond // before the second try, doubling
)

// finishAll records results as they come, until the channel is closed. What ends
// while a group is being recorded forms the next group, so groups grow with the
// queue's slowness.
func (w *Worker) finishAll(ctx context.Context, results <-chan enrolld.SendResult) error {
	var errs []error
	for r := range results {
		group := append(make([]enrolld.SendResult, 0, len(results)+1), r)
		for len(results) > 0 {
			group = append(group, <-results)
		}
		if err := w.finish(ctx, group); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// finish records one group, also when ctx has ended: the relay has these messages,
// and forgetting that would send them again.
func (w *Worker) finish(ctx context.Context, group []enrolld.SendResult) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	wait := finishWait
	for try := 1; ; try++ {
		err := w.queue.Finish(ctx, group)
		if err == nil {
			return nil
		}
		if try == finishTries || ctx.Err() != nil {
			return fmt.Errorf("record %d attempts, message %d the first: %w", len(group), group[0].Message.ID, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		wait *= 2
	}
}
