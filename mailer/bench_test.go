package mailer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/mailer/mailbox"
)

// BenchmarkWorker sends through a real conversation to a mailbox on loopback.
func BenchmarkWorker(b *testing.B) {
	for _, connections := range []int{1, 4, 8} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			box := startMailbox(b, mailbox.Options{Keep: 1})
			cfg := configFor(box)
			cfg.Connections = connections
			var all []*enrolld.Message
			for id := range b.N {
				all = append(all, messageTo(int64(id), "maya@example.com"))
			}
			q := &sliceQueue{messages: all}
			w := NewWorker(q, startTransport(b, cfg), Options{
				Log: slog.New(slog.DiscardHandler), Concurrency: connections, Domain: "mail.acme.example"})
			b.ResetTimer()
			for n := 1; n > 0; {
				var err error
				if n, err = w.Step(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			if q.sent != b.N {
				b.Fatalf("%d of %d sent", q.sent, b.N)
			}
		})
	}
}

// BenchmarkRender measures rendering and MIME alone.
func BenchmarkRender(b *testing.B) {
	m := sampleMessage(enrolld.MessageWelcome)
	for b.Loop() {
		r, err := Render(m)
		if err != nil {
			b.Fatal(err)
		}
		out, err := Compose(m, r, "mail.acme.example", testTime)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := newEnvelope(out); err != nil {
			b.Fatal(err)
		}
	}
}

// sliceQueue hands out a slice, for benchmarks.
type sliceQueue struct {
	mu       sync.Mutex
	messages []*enrolld.Message
	sent     int
}

func (q *sliceQueue) Claim(_ context.Context, max int, _ enrolld.Rank, _ func(*enrolld.Message) time.Time) ([]*enrolld.Message, int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(max, len(q.messages))
	out := q.messages[:n]
	q.messages = q.messages[n:]
	return out, n, nil
}

func (q *sliceQueue) Finish(_ context.Context, results []enrolld.SendResult) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range results {
		if r.State == enrolld.SendSent {
			q.sent++
		}
	}
	return nil
}
