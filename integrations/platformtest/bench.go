package platformtest

import (
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

// BenchDelivery measures what each sample costs, from bytes to events.
func BenchDelivery(b *testing.B, s Suite) {
	b.Helper()
	for _, sample := range s.Samples {
		s.bench(b, sample.Name, sample, func(r integrations.Request) error {
			if err := s.Platform.Verify(s.Config, r); err != nil {
				return err
			}
			_, err := s.Platform.Parse(s.Config, r)
			return err
		})
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
