package enrolld_test

import (
	"strings"
	"testing"
	"time"

	"enrolld"

	"github.com/google/go-cmp/cmp"
)

func TestEventCheck(t *testing.T) {
	t.Parallel()
	sale := buy(0, line("main", 100))
	far := time.Date(58000, 1, 1, 0, 0, 0, 0, time.UTC) // milliseconds read as seconds
	change := func(e enrolld.Event, f func(*enrolld.Event)) enrolld.Event { f(&e); return e }
	tests := []struct {
		name  string
		event enrolld.Event
		want  string // within the message; "" when all is well
	}{
		{"sound", sale, ""},
		{"no time", change(sale, func(e *enrolld.Event) { e.At = time.Time{} }), "no time"},
		{"no reference", change(sale, func(e *enrolld.Event) { e.Refs = []string{""} }), "which order"},
		{"no line key", buy(0, line("", 100)), "line"},
		{"no payment id", pay(0, "", 100), "payment"},
		{"no failure id", fail(0, ""), "failed payment"},
		{"no refund id", refund(0, "", enrolld.Refund{}), "refund"},
		{"no dispute id", change(dispute(0, enrolld.DisputeOpen, enrolld.Dispute{}), func(e *enrolld.Event) { e.Dispute.ID = "" }), "dispute"},
		{"no subscription id", change(status(0, active, -1, -1), func(e *enrolld.Event) { e.Subscription.ID = "" }), "subscription"},
		{"time out of range", change(sale, func(e *enrolld.Event) { e.At = far }), "58000"},
		{"sale out of range", change(buy(0, line("a", 1)), func(e *enrolld.Event) { e.Lines[0].Sale.SoldAt = far }), "58000"},
		{"term out of range", change(rebill(0, "p", 1), func(e *enrolld.Event) { e.Payment.Value.PaidUntil = far }), "58000"},
		{"end out of range", change(status(0, ended, 1, 1), func(e *enrolld.Event) { e.Subscription.Value.EndsAt = far }), "58000"},
		{"refund's own date out of range", change(refund(0, "r", enrolld.Refund{}), func(e *enrolld.Event) {
			e.Refunds[0].At = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)
		}), "year 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.event.Check()
			if tt.want == "" {
				if err != nil {
					t.Errorf("Check() = %v", err)
				}
				return
			}
			if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(enrolld.MessageOf(err), tt.want) {
				t.Errorf("Check() = %v, want one with %q", err, tt.want)
			}
		})
	}
}

// TestTestOrdersStayApart has an order of test mode with a live one's number.
func TestTestOrdersStayApart(t *testing.T) {
	t.Parallel()
	live := buy(0, line("main", 100))
	live.Refs = []string{"order:1", "", "payment:2"}
	test := live
	test.Test = true
	if diff := cmp.Diff([]string{"order:1", "payment:2"}, live.OrderRefs()); diff != "" {
		t.Errorf("live references (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"test:order:1", "test:payment:2"}, test.OrderRefs()); diff != "" {
		t.Errorf("test references (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"test:order:1", "test:payment:2"}, test.Order().Refs.Sorted()); diff != "" {
		t.Errorf("test order's references (-want +got):\n%s", diff)
	}
}

// TestReasonsHaveTexts and states: what people read must not be empty.
func TestReasonsHaveTexts(t *testing.T) {
	t.Parallel()
	for _, r := range []enrolld.Reason{
		enrolld.ReasonPaid, enrolld.ReasonTrial, enrolld.ReasonGrace, enrolld.ReasonKept, enrolld.ReasonStartsLater,
		enrolld.ReasonUnpaid, enrolld.ReasonRefunded, enrolld.ReasonDisputeOpen, enrolld.ReasonDisputeLost,
		enrolld.ReasonCancelled, enrolld.ReasonPaymentFailed, enrolld.ReasonPaused, enrolld.ReasonExpired,
		enrolld.ReasonTest, enrolld.ReasonNoRule, enrolld.ReasonRevoked,
	} {
		if r.Text() == "" {
			t.Errorf("reason %q has no text", r)
		}
	}
}
