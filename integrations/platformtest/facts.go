package platformtest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"enrolld"
)

// The facts of a sale's life that a platform may tell, as Life.Shows and
// Suite.Lacks name them and `make platforms` prints them.
const (
	Trial         = "trial"
	Purchase      = "purchase"
	Rebill        = "rebill"
	Failed        = "failed"
	Recovered     = "recovered"
	PartialRefund = "partial refund"
	FullRefund    = "refund"
	DisputeOpened = "dispute opened"
	DisputeWon    = "dispute won"
	DisputeLost   = "dispute lost"
	Cancelled     = "cancelled"
	Expired       = "expired"
)

// Aspects are what beside facts a platform may lack: Lacks says why.
const (
	Rotation     = "rotation"
	TestMode     = "test_mode"
	Confirmation = "confirmation"
	Catalogue    = "catalogue"
	RefundAPI    = "refund API"
)

// evidence is what a life must contain to show a fact: kinds of events that its
// samples become, and words of the access that follows at some moment.
type evidence struct {
	kinds []enrolld.EventKind
	words []string // one of them
}

// facts lists all facts with their evidence.
var facts = map[string]evidence{
	Trial:         {nil, []string{"trial"}},
	Purchase:      {[]enrolld.EventKind{enrolld.EventPurchase}, []string{"live paid", "live trial"}},
	Rebill:        {[]enrolld.EventKind{enrolld.EventPayment}, []string{"live paid"}},
	Failed:        {[]enrolld.EventKind{enrolld.EventPaymentFailed}, []string{"live grace", "ended payment_failed", "live paid until"}},
	Recovered:     {[]enrolld.EventKind{enrolld.EventPaymentFailed, enrolld.EventPayment}, []string{"live paid"}},
	PartialRefund: {[]enrolld.EventKind{enrolld.EventRefund}, []string{"live paid"}},
	FullRefund:    {[]enrolld.EventKind{enrolld.EventRefund}, []string{"ended refunded"}},
	DisputeOpened: {[]enrolld.EventKind{enrolld.EventDisputeOpened}, []string{"suspended dispute_open"}},
	DisputeWon:    {[]enrolld.EventKind{enrolld.EventDisputeWon}, []string{"live paid"}},
	DisputeLost:   {[]enrolld.EventKind{enrolld.EventDisputeLost}, []string{"ended dispute_lost"}},
	Cancelled:     {[]enrolld.EventKind{enrolld.EventCancelled}, []string{"cancelled", "live paid until"}},
	Expired:       {[]enrolld.EventKind{enrolld.EventEnded}, []string{"ended"}},
}

// facts makes sure that every fact is shown by a life or lacking for a reason.
func (s Suite) facts(t *testing.T) {
	for _, fact := range slices.Sorted(maps.Keys(facts)) {
		t.Run(fact, func(t *testing.T) {
			shown := false
			for _, l := range s.Lives {
				if slices.Contains(l.Shows, fact) {
					shown = true
					s.evident(t, l, fact)
				}
			}
			reason, lacks := s.Lacks[fact]
			switch {
			case shown && lacks:
				t.Errorf("%s is shown, and lacking because %q", fact, reason)
			case lacks:
				s.lacks(t, fact)
			case !shown:
				t.Errorf("no life shows %q, and nothing says why", fact)
			}
		})
	}
	for _, l := range s.Lives {
		for _, fact := range l.Shows {
			if _, ok := facts[fact]; !ok {
				t.Errorf("life %q shows %q, which is no fact", l.Name, fact)
			}
		}
	}
}

// evident looks for what a life that shows a fact must contain.
func (s Suite) evident(t *testing.T, l Life, fact string) {
	t.Helper()
	kinds := map[enrolld.EventKind]bool{}
	for _, name := range l.Samples {
		for _, k := range s.sample(t, name).Want {
			kinds[k] = true
		}
	}
	for _, k := range facts[fact].kinds {
		if !kinds[k] {
			t.Errorf("life %q shows %q without an event of kind %q", l.Name, fact, k)
		}
	}
	for _, m := range l.Want {
		for _, access := range m.Lines {
			for _, word := range facts[fact].words {
				if strings.Contains(access, word) {
					return
				}
			}
		}
	}
	t.Errorf("life %q shows %q, but no moment has one of %q", l.Name, fact, facts[fact].words)
}

// lacks skips a test for what the platform lacks, for the reason that the suite
// gives.
func (s Suite) lacks(t *testing.T, what string) bool {
	t.Helper()
	reason, ok := s.Lacks[what]
	if !ok {
		return false
	}
	if len(reason) < len("no such API") {
		t.Errorf("%s is lacking without a reason", what)
		return true
	}
	t.Attr("lacks", reason)
	t.Skip(reason)
	return true
}

// testMode wants a sample that is a test, and one that is not.
func (s Suite) testMode(t *testing.T) {
	if s.lacks(t, TestMode) {
		return
	}
	seen := map[bool]bool{}
	if s.Sandbox != nil {
		s.sandbox(t)
		return
	}
	for _, sample := range s.Samples {
		parsed, err := s.understand(t, s.signed(sample))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range parsed.Events {
			seen[e.Test] = true
		}
	}
	if !seen[true] || !seen[false] {
		t.Errorf("events in test mode: %t, live: %t, want both", seen[true], seen[false])
	}
}

// sandbox wants the same samples to be tests under one configuration and live under
// the other.
func (s Suite) sandbox(t *testing.T) {
	t.Helper()
	tried := 0
	for _, sample := range s.Samples {
		live, err := s.Platform.Parse(s.Config, s.signed(sample))
		if err != nil {
			t.Fatal(err)
		}
		test, err := s.Platform.Parse(*s.Sandbox, s.signed(sample))
		if err != nil {
			t.Fatal(err)
		}
		for i := range live.Events {
			tried++
			if live.Events[i].Test || !test.Events[i].Test {
				t.Errorf("%s: live %t, in the sandbox %t", sample.Name, live.Events[i].Test, test.Events[i].Test)
			}
		}
	}
	if tried == 0 {
		t.Error("no sample has events")
	}
}
