package mailer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPace(t *testing.T) {
	p := newPace(10)
	var got []time.Duration
	for _, now := range []time.Duration{0, 0, 50, 1000} {
		at := p.reserve(testTime.Add(now * time.Millisecond))
		got = append(got, at.Sub(testTime)/time.Millisecond)
	}
	if diff := cmp.Diff([]time.Duration{0, 100, 200, 1000}, got); diff != "" {
		t.Errorf("milliseconds (-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newPace(0).wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
}
