//go:build unix

package e2e

import (
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"enrolld/cmd/academy"
)

// TestServiceKilled kills the service under load, again and again.
func TestServiceKilled(t *testing.T) {
	w := Start(t)
	w.takeOver(t)
	box := newMailbox(t)
	p := w.serve(t, box)
	c := w.gather(t, "killed", 600, func(int) string { return p.hook("thrivecart") })
	for _, percent := range []int{15, 40, 65, 90} {
		c.reaches(t, percent)
		p.signal(syscall.SIGKILL)
		w.hurry(t) // what it had leased is nobody's now
		p.start(t)
	}
	c.counted(t, box, true)
}

// TestServiceStopped asks the service to stop under load: it ends in good order.
func TestServiceStopped(t *testing.T) {
	w := Start(t)
	w.takeOver(t)
	box := newMailbox(t)
	p := w.serve(t, box)
	c := w.gather(t, "stopped", 500, func(int) string { return p.hook("thrivecart") })
	for _, percent := range []int{20, 60} {
		c.reaches(t, percent)
		if status := p.signal(syscall.SIGTERM); status != 0 {
			t.Errorf("exit status %d, want 0:\n%s", status, p.log)
		}
		// Nothing is left under a lease: the next one need not wait for its end.
		if n := w.count(t, `SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'queued'
			AND due_at > UTC_TIMESTAMP(6) + INTERVAL 10 SECOND`); n != 0 {
			t.Errorf("%d deliveries are left under a lease", n)
		}
		p.start(t)
	}
	c.counted(t, box, false)
}

// TestDatabaseKilled kills MariaDB under load.
func TestDatabaseKilled(t *testing.T) {
	w := Start(t)
	w.takeOver(t)
	box := newMailbox(t)
	p := w.serve(t, box)
	c := w.gather(t, "powercut", 600, func(int) string { return p.hook("thrivecart") })
	for _, percent := range []int{25, 60} {
		c.reaches(t, percent)
		before := c.put503.Load()
		end := w.outage(t, func() error { w.MariaDB.Kill(); return nil })
		eventually(t, "a 503", func() bool { return c.put503.Load() > before })
		end()
	}
	eventually(t, "readyz", func() bool { return p.status(t, "/readyz") == http.StatusOK })
	c.counted(t, box, true)
}

// TestDatabaseStopped stops MariaDB in good order for a while.
func TestDatabaseStopped(t *testing.T) {
	w := Start(t)
	w.takeOver(t)
	box := newMailbox(t)
	p := w.serve(t, box)
	end := w.outage(t, w.MariaDB.Stop)
	for range 2 { // the second time nothing is in memory any more that was read before
		for path, want := range map[string]int{"/readyz": 503, "/healthz": 200} {
			if got := p.status(t, path); got != want {
				t.Errorf("GET %s: %d, want %d", path, got, want)
			}
		}
		who := academy.Person{Email: "outage-0@example.org", First: "Out", Last: "Age"}
		status, err := academy.Post(t.Context(), p.hook("stripe"), academy.Stripe(number(), who, time.Now()))
		if err != nil || status != http.StatusServiceUnavailable {
			t.Errorf("a sale: %d, %v; want 503", status, err)
		}
	}
	c := w.gather(t, "outage", 60, func(int) string { return p.hook("thrivecart") })
	eventually(t, "a 503", func() bool { return c.put503.Load() >= senders })
	end()
	c.counted(t, box, true)
	if p.status(t, "/readyz") != http.StatusOK {
		t.Error("not ready after the recovery")
	}
}

// TestTwoReplicas: two services on one database, and one delivery that both get
// many times at once.
func TestTwoReplicas(t *testing.T) {
	w := Start(t)
	w.takeOver(t)
	box := newMailbox(t)
	replicas := []*process{w.serve(t, box), w.serve(t, box)}
	who := academy.Person{Email: "twice-0@example.org", First: "T", Last: "Wice"}
	sale := academy.ThriveCart(number(), who, false, time.Now())
	var posts sync.WaitGroup
	for n := range 50 {
		posts.Go(func() {
			status, err := academy.Post(t.Context(), replicas[n%2].hook("thrivecart"), sale)
			if err != nil || status != http.StatusOK {
				t.Errorf("post %d: %d, %v; want 200", n, status, err)
			}
		})
	}
	posts.Wait()
	one := &crowd{w: w, name: "twice", size: 1, ended: make(chan struct{})}
	close(one.ended)
	one.stored.Store(1)
	one.counted(t, box, false)
	if n := w.count(t, `SELECT duplicates FROM enrolld_deliveries WHERE body LIKE '%twice-0\%40%'`); n != 49 {
		t.Errorf("duplicates = %d, want 49", n)
	}
	if n := len(box.Messages()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}

	c := w.gather(t, "spread", 300, func(n int) string { return replicas[n%2].hook("thrivecart") })
	c.counted(t, box, false)
	if got, want := len(box.Messages()), 301; got != want {
		t.Errorf("%d mails, want %d: nobody died, so there are no copies", got, want)
	}
}
