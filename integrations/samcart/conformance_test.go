package samcart_test

import (
	"net/http"
	"testing"

	"enrolld/integrations"
	"enrolld/integrations/platformtest"
)

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(s.Sign(s.Config.Secrets[0], sample, platformtest.Received).Body, sample.Type, false)
		f.Add(s.Sign(s.Config.Secrets[0], sample, platformtest.Received).Body, sample.Type, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string, believe bool) {
		c := s.Config
		if believe {
			c.Settings = []byte(`{"confirm":"off"}`)
		}
		platformtest.Survive(t, s.Platform, c, integrations.Request{
			Header: http.Header{"Content-Type": {contentType}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
