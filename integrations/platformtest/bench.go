package platformtest

import (
	"crypto/sha256"
	"runtime"
	"testing"

	"enrolld/integrations"
)

// BenchAccept measures what the webhook handler does with the longest sample
// between reading and storing it: IsPing, Verify, Identify, Redact.
func BenchAccept(b *testing.B, s Suite) {
	b.Helper()
	s.bench(b, s.Platform.Name(), s.longest(), func(r integrations.Request) error {
		s.Platform.IsPing(r)
		if err := s.Platform.Verify(s.Config, r); err != nil {
			return err
		}
		s.Platform.Identify(s.Config, r)
		s.Platform.Redact(s.Config, r)
		return nil
	})
}

// BenchParse measures what the worker does with the longest sample.
func BenchParse(b *testing.B, s Suite) {
	b.Helper()
	s.bench(b, s.Platform.Name(), s.longest(), func(r integrations.Request) error {
		_, err := s.Platform.Parse(s.Config, r)
		return err
	})
}

// BenchDelivery measures what each sample costs of a processor, from bytes to
// events (cpu-ns/op), and how much of it is cryptography (crypto-ns/op).
//
// The heap is as large as a running service's, about 20 MiB: on an empty one the
// collector runs every few hundred deliveries, which nobody would pay for.
func BenchDelivery(b *testing.B, s Suite) {
	b.Helper()
	heap := make([]byte, serviceHeap)
	defer runtime.KeepAlive(heap)
	for _, sample := range s.Samples {
		r := s.signed(sample)
		b.Run(sample.Name, func(b *testing.B) {
			b.ReportAllocs()
			began := cpuTime()
			for b.Loop() {
				r := integrations.NewRequest(r.Header, r.Body, r.ReceivedAt)
				if err := s.Platform.Verify(s.Config, r); err != nil {
					b.Fatal(err)
				}
				if _, err := s.Platform.Parse(s.Config, r); err != nil {
					b.Fatal(err)
				}
			}
			parsed := cpuTime()
			for range b.N {
				s.cryptography(r)
			}
			b.ReportMetric(float64(parsed-began)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(cpuTime()-parsed)/float64(b.N), "crypto-ns/op")
		})
	}
}

// serviceHeap is what a running service keeps in memory; see the start line of
// make bench.
const serviceHeap = 20 << 20

func (s Suite) cryptography(r integrations.Request) {
	switch {
	case s.Crypto != nil:
		s.Crypto(r)
	case s.SignsBody:
		for _, secret := range s.Config.Secrets {
			integrations.MAC(sha256.New, []byte(secret.Reveal()), r.Body)
		}
	}
}

func (s Suite) bench(b *testing.B, name string, sample Sample, do func(integrations.Request) error) {
	b.Helper()
	r := s.signed(sample)
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(r.Body)))
		for b.Loop() {
			if err := do(integrations.NewRequest(r.Header, r.Body, r.ReceivedAt)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func (s Suite) longest() Sample {
	out := s.Samples[0]
	for _, sample := range s.Samples {
		if len(sample.Body) > len(out.Body) {
			out = sample
		}
	}
	return out
}
