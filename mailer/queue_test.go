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
	byID   map[int64]*fakeRow
	byRank [enrolld.RankMany + 1][]*fakeRow
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
	q := &fakeQueue{now: testTime, byID: map[int64]*fakeRow{}}
	q.add(messages...)
	return q
}

// add queues messages, due now.
func (q *fakeQueue) add(messages ...*enrolld.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range messages {
		r := &fakeRow{message: *m, state: enrolld.SendRetry, due: q.now}
		q.rows, q.byID[m.ID] = append(q.rows, r), r
		q.byRank[m.Rank] = append(q.byRank[m.Rank], r)
	}
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

func (q *fakeQueue) Claim(ctx context.Context, max int, last enrolld.Rank, turn func(*enrolld.Message) time.Time) (
	out []*enrolld.Message, n int, err error,
) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	for _, r := range q.inTurn(last) {
		if n == max || r.state != enrolld.SendRetry || r.due.After(q.now) {
			continue
		}
		n++
		q.mu.Unlock() // the worker looks at the clock
		at := turn(&r.message)
		q.mu.Lock()
		if !at.IsZero() {
			r.due = at
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
	return out, n, nil
}

// inTurn are the rows of a rank or before it, those of the first rank first.
func (q *fakeQueue) inTurn(last enrolld.Rank) []*fakeRow {
	var out []*fakeRow
	for _, rank := range enrolld.Ranks[:last+1] {
		out = append(out, q.byRank[rank]...)
	}
	return out
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
		r := q.byID[res.Message.ID]
		if r == nil || r.lease != res.Message.Lease {
			continue
		}
		r.state, r.response, r.due, r.lease = res.State, res.Response, res.RetryAt, ""
		if !res.Held {
			r.message.Attempts++
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
