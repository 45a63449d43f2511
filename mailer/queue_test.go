package mailer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"enrolld"
)

const testLease = 10 * time.Minute

// fakeQueue leases in memory, with a clock that only the test moves.
type fakeQueue struct {
	mu     sync.Mutex
	now    time.Time
	rows   []*fakeRow
	leases int
	fail   int   // next calls of Finish that fail
	groups []int // sizes of the groups finished
}

type fakeRow struct {
	message  enrolld.Message
	state    enrolld.SendState
	response string
	due      time.Time // also the end of the lease
	lease    string
}

func newFakeQueue(messages ...*enrolld.Message) *fakeQueue {
	q := &fakeQueue{now: testTime}
	for _, m := range messages {
		q.rows = append(q.rows, &fakeRow{message: *m, state: enrolld.SendRetry, due: testTime})
	}
	return q
}

func (q *fakeQueue) clock() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.now
}

func (q *fakeQueue) advance(d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.now = q.now.Add(d)
}

func (q *fakeQueue) Claim(ctx context.Context, max int) ([]*enrolld.Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []*enrolld.Message
	for _, r := range q.rows {
		if len(out) == max || r.state != enrolld.SendRetry || r.due.After(q.now) {
			continue
		}
		q.leases++
		r.lease, r.due = fmt.Sprint(q.leases), q.now.Add(testLease)
		if r.message.FirstAt.IsZero() {
			r.message.FirstAt = q.now
		}
		m := r.message
		m.Lease = r.lease
		out = append(out, &m)
	}
	return out, nil
}

func (q *fakeQueue) Finish(ctx context.Context, results []enrolld.SendResult) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if q.fail > 0 {
		q.fail--
		return errors.New("the database is away")
	}
	q.groups = append(q.groups, len(results))
	for _, res := range results {
		for _, r := range q.rows {
			if r.message.ID != res.Message.ID || r.lease != res.Message.Lease {
				continue
			}
			r.state, r.response, r.due, r.lease = res.State, res.Response, res.RetryAt, ""
			if !res.Held {
				r.message.Attempts++
			}
		}
	}
	return nil
}

// states lists "id state response" of all rows.
func (q *fakeQueue) states() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []string
	for _, r := range q.rows {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s", r.message.ID, r.state, r.response)))
	}
	return out
}
