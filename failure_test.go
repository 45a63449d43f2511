package enrolld_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"enrolld"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	const ours = "something went wrong on our side"
	cause := errors.New("dial tcp: refused")
	tests := []struct {
		name    string
		err     error
		code    enrolld.Code
		message string
		outcome enrolld.Outcome
	}{
		{"nil", nil, "", "", enrolld.OutcomeDone},
		{"foreign", io.EOF, enrolld.Internal, ours, enrolld.OutcomeRetry},
		{"cancelled", context.Canceled, enrolld.Internal, ours, enrolld.OutcomeRetry},
		{"invalid", enrolld.Errorf(enrolld.Invalid, "no %s", "email"), enrolld.Invalid, "no email", enrolld.OutcomeDead},
		{"not found", enrolld.Errorf(enrolld.NotFound, "x"), enrolld.NotFound, "x", enrolld.OutcomeDead},
		{"forbidden", enrolld.Errorf(enrolld.Forbidden, "x"), enrolld.Forbidden, "x", enrolld.OutcomeDead},
		{"too large", enrolld.Errorf(enrolld.TooLarge, "x"), enrolld.TooLarge, "x", enrolld.OutcomeDead},
		{"conflict", enrolld.Errorf(enrolld.Conflict, "x"), enrolld.Conflict, "x", enrolld.OutcomeRetry},
		{"unauthorized", enrolld.Errorf(enrolld.Unauthorized, "x"), enrolld.Unauthorized, "x", enrolld.OutcomeRetry},
		{"unavailable", enrolld.Wrap(enrolld.Unavailable, cause, "the site is down"), enrolld.Unavailable, "the site is down", enrolld.OutcomeRetry},
		{"internal", enrolld.Wrap(enrolld.Internal, cause, "x"), enrolld.Internal, "x", enrolld.OutcomeRetry},
		{"wrapped by others", fmt.Errorf("parse: %w", enrolld.Errorf(enrolld.Invalid, "x")), enrolld.Invalid, "x", enrolld.OutcomeDead},
		{"the outer one speaks", enrolld.Wrap(enrolld.Unavailable, enrolld.Errorf(enrolld.NotFound, "in"), "out"), enrolld.Unavailable, "out", enrolld.OutcomeRetry},
		{"joined", errors.Join(io.EOF, enrolld.Errorf(enrolld.Invalid, "x")), enrolld.Invalid, "x", enrolld.OutcomeDead},
		{"parked", enrolld.Parkf("map product %s", "12"), enrolld.Internal, "map product 12", enrolld.OutcomePark},
		{"parked, wrapped", fmt.Errorf("order 7: %w", enrolld.Parkf("map it")), enrolld.Internal, "map it", enrolld.OutcomePark},
		{"parked beats its cover", enrolld.Wrap(enrolld.Invalid, enrolld.Parkf("in"), "out"), enrolld.Invalid, "out", enrolld.OutcomePark},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := enrolld.CodeOf(tt.err); got != tt.code {
				t.Errorf("CodeOf = %q, want %q", got, tt.code)
			}
			if got := enrolld.MessageOf(tt.err); got != tt.message {
				t.Errorf("MessageOf = %q, want %q", got, tt.message)
			}
			if got := enrolld.OutcomeOf(tt.err); got != tt.outcome {
				t.Errorf("OutcomeOf = %q, want %q", got, tt.outcome)
			}
		})
	}
	err := enrolld.Wrap(enrolld.Unavailable, cause, "the site is down")
	if got, want := err.Error(), "the site is down: dial tcp: refused"; got != want || !errors.Is(err, cause) {
		t.Errorf("Error() = %q, want %q, and Is its cause", got, want)
	}
}

// TestSecret tries every way of printing that we know of.
func TestSecret(t *testing.T) {
	t.Parallel()
	const text = "whsec_hush"
	s := enrolld.Secret(text)
	config := struct {
		Key  enrolld.Secret
		Keys []enrolld.Secret
		Map  map[string]enrolld.Secret
		Ptr  *enrolld.Secret
	}{s, []enrolld.Secret{s}, map[string]enrolld.Secret{"a": s}, &s}
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%10.3s", "%U"} {
		out = append(out, fmt.Sprintf(verb, s), fmt.Sprintf(verb, config), fmt.Sprintf(verb, &config))
	}
	out = append(out, fmt.Sprint(s), fmt.Sprint([]any{s}), fmt.Errorf("key %v", s).Error())
	for _, v := range []any{s, config} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("start", "key", s, "config", config, slog.Group("g", "key", s))
	}
	for _, o := range append(out, log.String()) {
		if strings.Contains(o, text) || strings.Contains(o, fmt.Sprintf("%x", text)) {
			t.Errorf("shown: %s", o)
		}
	}
	if got := fmt.Sprint(s); got != "[redacted]" {
		t.Errorf("prints as %q", got)
	}
	if s.Reveal() != text {
		t.Errorf("Reveal() = %q", s.Reveal())
	}
	var read enrolld.Secret
	if err := json.Unmarshal([]byte(`"`+text+`"`), &read); err != nil || read.Reveal() != text {
		t.Errorf("read as %q, %v", read.Reveal(), err)
	}
}

// TestSchedule runs each schedule to its end, with the shortest, the middle and
// the longest waits that chance may give.
func TestSchedule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                string
		s                   enrolld.Schedule
		covers              time.Duration // from the first attempt to the last, at least
		attempts, attempts2 int           // at least, at most
	}{
		// Requirement W10: at least eight days.
		{"deliveries", enrolld.DeliveryRetry, 8 * 24 * time.Hour, 40, 60},
		// RFC 5321: at least four to five days, minus one wait.
		{"mail", enrolld.MailRetry, 4*24*time.Hour - 5*time.Hour, 25, 40},
		{"signals", enrolld.SignalRetry, 46 * time.Hour, 40, 70},
	}
	for _, tt := range tests {
		for _, chance := range []float64{0, 0.5, 0.999999} {
			t.Run(fmt.Sprint(tt.name, " ", chance), func(t *testing.T) {
				t.Parallel()
				var age, before time.Duration
				n := 1
				for ; ; n++ {
					wait, ok := tt.s.Wait(n, age, chance)
					if !ok {
						break
					}
					if wait < before || wait < tt.s.First*9/10 || wait > tt.s.Cap*11/10 {
						t.Fatalf("wait %d is %v after %v", n, wait, before)
					}
					before, age = wait, age+wait
					if n > 1000 {
						t.Fatal("no end")
					}
				}
				if age < tt.covers || age > tt.s.Span {
					t.Errorf("covers %v, want %v to %v", age, tt.covers, tt.s.Span)
				}
				if n < tt.attempts || n > tt.attempts2 {
					t.Errorf("%d attempts, want %d to %d", n, tt.attempts, tt.attempts2)
				}
			})
		}
	}
}

func TestScheduleWait(t *testing.T) {
	t.Parallel()
	s := enrolld.Schedule{First: time.Second, Cap: 10 * time.Second, Span: time.Minute}
	tests := []struct {
		attempts int
		age      time.Duration
		chance   float64
		want     time.Duration
		ok       bool
	}{
		{1, 0, 0.5, time.Second, true},
		{0, 0, 0.5, time.Second, true},
		{1, 0, 0, 900 * time.Millisecond, true},
		{2, 0, 0.5, 2 * time.Second, true},
		{4, 0, 0.5, 8 * time.Second, true},
		{5, 0, 0.5, 10 * time.Second, true},
		{1 << 30, 0, 0.5, 10 * time.Second, true},
		{5, 50 * time.Second, 0.5, 10 * time.Second, true},
		{5, 51 * time.Second, 0.5, 0, false},
		{1, -time.Hour, 0.5, time.Second, true}, // a clock was set back
	}
	for _, tt := range tests {
		if got, ok := s.Wait(tt.attempts, tt.age, tt.chance); got != tt.want || ok != tt.ok {
			t.Errorf("Wait(%d, %v, %v) = %v, %v; want %v, %v", tt.attempts, tt.age, tt.chance, got, ok, tt.want, tt.ok)
		}
	}
}
