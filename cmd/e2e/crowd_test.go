//go:build unix

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"enrolld/cmd/academy"
	"enrolld/mailer/mailbox"
)

// crowd is many people who buy the same course at once. Each sale is posted
// until it is answered 200, as checkout tools do; some are posted again after.
type crowd struct {
	w      *world
	name   string
	size   int
	hooks  func(n int) string // where the n-th posts
	stored atomic.Int64       // sales that were answered 200
	put503 atomic.Int64       // answers of 503
	ended  chan struct{}
}

const (
	senders    = 8
	pace       = 10 * time.Millisecond // between two sales of a sender: what is to break breaks in the midst of them
	retryPause = 30 * time.Millisecond // real senders wait longer
)

// gather lets the crowd begin.
func (w *world) gather(t *testing.T, name string, size int, hooks func(n int) string) *crowd {
	t.Helper()
	c := &crowd{w: w, name: name, size: size, hooks: hooks, ended: make(chan struct{})}
	todo := make(chan int, size)
	for n := range size {
		todo <- n
	}
	close(todo)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	first := number()
	var crew sync.WaitGroup
	for range senders {
		crew.Go(func() {
			for n := range todo {
				p := academy.Person{Email: c.email(n), First: "P", Last: fmt.Sprint(n)}
				sale := academy.ThriveCart(fmt.Sprintf("%s%04d", first, n), p, false, time.Now())
				for !c.post(ctx, t, client, n, sale) {
					select {
					case <-time.After(retryPause):
					case <-ctx.Done():
						return
					}
				}
				c.stored.Add(1)
				<-time.After(pace)
				if n%4 == 0 {
					c.post(ctx, t, client, n, sale) // a retry although all was well
				}
			}
		})
	}
	go func() {
		crew.Wait()
		cancel()
		client.CloseIdleConnections()
		close(c.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-c.ended
	})
	return c
}

func (c *crowd) email(n int) string { return fmt.Sprintf("%s-%d@example.org", c.name, n) }

// post says whether the sale is stored.
func (c *crowd) post(ctx context.Context, t *testing.T, client *http.Client, n int, s academy.Sale) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.hooks(n), bytes.NewReader(s.Body))
	if err != nil {
		t.Error(err)
		return false
	}
	req.Header = s.Header
	res, err := client.Do(req)
	if err != nil {
		return false // no answer: nobody knows
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
		return true
	case http.StatusServiceUnavailable:
		c.put503.Add(1)
		if res.Header.Get("Retry-After") == "" {
			t.Error("a 503 without Retry-After")
		}
	default:
		t.Errorf("answered %d, want 200 or 503", res.StatusCode)
	}
	return false
}

// reaches waits until a share of the crowd is served.
func (c *crowd) reaches(t *testing.T, percent int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d %% of the sales stored", percent), func() bool {
		return int(c.stored.Load()) >= c.size*percent/100
	})
}

// hurry makes what waits for its next attempt, or for the end of a lease whose
// holder is gone, due now. One process at most may be at work.
func (w *world) hurry(t *testing.T) {
	t.Helper()
	for _, table := range []string{"enrolld_deliveries", "enrolld_messages"} {
		w.exec(t, "UPDATE "+table+" SET due_at = UTC_TIMESTAMP(6) WHERE state = 'queued' AND due_at > UTC_TIMESTAMP(6)")
	}
}

// counted waits until everything that the crowd bought is there, and counts that
// nothing is missing and nothing there twice.
func (c *crowd) counted(t *testing.T, box *mailbox.Mailbox, hurry bool) {
	t.Helper()
	<-c.ended
	if n := int(c.stored.Load()); n != c.size {
		t.Fatalf("%d of %d sales were taken", n, c.size)
	}
	w, like := c.w, c.name+"-%@example.org"
	eventually(t, "all queues are empty", func() bool {
		if hurry {
			w.hurry(t)
		}
		return w.count(t, `SELECT (SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'queued')
			+ (SELECT COUNT(*) FROM enrolld_messages WHERE state = 'queued')`) == 0
	})
	for what, query := range map[string]string{
		"deliveries done": `SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'done'
			AND body LIKE CONCAT('%', REPLACE(?, '@', '\%40'), '%')`,
		"customers": `SELECT COUNT(*) FROM enrolld_customers WHERE email LIKE ?`,
		"orders": `SELECT COUNT(*) FROM enrolld_orders o JOIN enrolld_customers c ON c.id = o.customer_id
			WHERE c.email LIKE ?`,
		"live grants": `SELECT COUNT(*) FROM enrolld_grants g JOIN enrolld_customers c ON c.id = g.customer_id
			WHERE g.state = 'live' AND c.email LIKE ?`,
		"WordPress users": `SELECT COUNT(*) FROM wp_users WHERE user_email LIKE ?`,
		"roles": `SELECT COUNT(*) FROM wp_usermeta m JOIN wp_users u ON u.ID = m.user_id
			WHERE m.meta_key = 'wp_capabilities' AND u.user_email LIKE ?`,
		"access rows": `SELECT COUNT(*) FROM enrolld_access a JOIN wp_users u ON u.ID = a.user_id
			WHERE u.user_email LIKE ?`,
		"messages sent":        `SELECT COUNT(*) FROM enrolld_messages WHERE state = 'sent' AND recipient LIKE ?`,
		"messages of any kind": `SELECT COUNT(*) FROM enrolld_messages WHERE recipient LIKE ?`,
		"audit entries": `SELECT COUNT(*) FROM enrolld_audit a JOIN enrolld_customers c ON c.id = a.customer_id
			WHERE a.action = 'access.granted' AND c.email LIKE ?`,
	} {
		if n := w.count(t, query, like); n != c.size {
			t.Errorf("%s: %d, want %d", what, n, c.size)
		}
	}
	c.mailed(t, box)
}

// mailed counts one mail a buyer: copies of one message have one Message-ID.
func (c *crowd) mailed(t *testing.T, box *mailbox.Mailbox) {
	t.Helper()
	byBuyer, mails := map[string]map[string]bool{}, 0
	for _, m := range box.Messages() {
		if byBuyer[m.To[0]] == nil {
			byBuyer[m.To[0]] = map[string]bool{}
		}
		byBuyer[m.To[0]][m.MessageID] = true
		if strings.HasPrefix(m.To[0], c.name+"-") {
			mails++
		}
	}
	for n := range c.size {
		if ids := byBuyer[c.email(n)]; len(ids) != 1 {
			t.Errorf("%s has %d different mails, want 1", c.email(n), len(ids))
		}
	}
	t.Logf("%d sales, %d answers of 503, %d mails, %d of them copies", c.size, c.put503.Load(), mails, mails-c.size)
}
