package handlers

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// TestCrowd: many senders at once, good and bad, each of a few deliveries many
// times over. Run it with -race.
func TestCrowd(t *testing.T) {
	r := newRig(t)
	web := r.listen()
	const orders, copies = 12, 8
	var senders sync.WaitGroup
	statuses := make(chan [2]int, orders*copies*3)
	send := func(want int, platform, path string, p parcel) {
		senders.Go(func() {
			req := p.request(t.Context(), web.URL+path)
			req.RequestURI = ""
			req.URL.Path = path
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Errorf("%s: %v", platform, err)
				return
			}
			_ = res.Body.Close()
			statuses <- [2]int{want, res.StatusCode}
		})
	}
	for n := range orders {
		id := fmt.Sprint(n)
		for range copies {
			send(200, "thrivecart", r.hook("thrivecart"), cart(cartSecret, id))
			send(200, "stripe", r.hook("stripe"), stripeEvent(stripeSecret, r.clock.Now(), stripeBody(id)))
		}
		send(401, "generic", r.hook("generic"), standard("whsec_AAAA", r.clock.Now(), id, sourceBody(id)))
	}
	senders.Wait()
	close(statuses)
	for s := range statuses {
		if s[0] != s[1] {
			t.Errorf("status = %d, want %d", s[1], s[0])
		}
	}
	seen, queued := 0, 0
	for _, x := range r.rows() {
		if x.State == "queued" {
			queued++
			seen += 1 + x.Duplicates
		}
	}
	if queued != 2*orders || seen != 2*orders*copies {
		t.Errorf("%d rows for %d requests, want %d for %d", queued, seen, 2*orders, 2*orders*copies)
	}
}
