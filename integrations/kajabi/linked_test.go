package kajabi_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/kajabi"
)

// unrelated makes Kajabi leave a relationship out.
func (s *stand) unrelated(doc, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	//nolint:forcetypeassert // testdata
	delete(s.docs[doc]["data"].(map[string]any)["relationships"].(map[string]any), name)
}

func refs(p integrations.Parsed) []string {
	var out []string
	for _, e := range p.Events {
		out = append(out, e.Refs...)
	}
	return out
}

// TestFreeOrderIsItsPurchases: an order without a transaction must not stand when
// its purchases end, which are named nowhere.
func TestFreeOrderIsItsPurchases(t *testing.T) {
	s := standIn(t)
	s.unrelated("orders/701", "payment_transactions")
	r := load(t, "order_created")
	r.Body = []byte(strings.ReplaceAll(string(r.Body), `"931"`, `"99931"`))
	got, err := understand(t, serve(t, s), on, r)
	if err != nil {
		t.Fatal(err)
	}
	order := got.Events[0]
	for _, prefix := range []string{"order:701", "purchase:"} {
		if !slices.ContainsFunc(order.Refs, func(ref string) bool { return strings.HasPrefix(ref, prefix) }) {
			t.Errorf("the order is known as %q, want %s among that", order.Refs, prefix)
		}
	}
	for _, key := range []string{courseA, workbook} {
		if !slices.ContainsFunc(got.Events, func(e enrolld.Event) bool {
			return strings.HasPrefix(e.Refs[0], "purchase:") && e.Lines != nil && e.Lines[0].Key == key
		}) {
			t.Errorf("nothing tells of the purchase of %s", key)
		}
	}
}

// TestTransactionWithoutPurchases: the money belongs to the purchase that names it,
// or to that of its offer.
func TestTransactionWithoutPurchases(t *testing.T) {
	for name, forget := range map[string][]string{
		"the purchase names it": {"transactions/921"}, "nobody does": {"transactions/921", "purchases/504"},
	} {
		s := standIn(t)
		for _, doc := range forget {
			kind, _, _ := strings.Cut(doc, "/")
			s.unrelated(doc, map[string]string{"transactions": "purchases", "purchases": "transactions"}[kind])
		}
		got, err := understand(t, serve(t, s), on, load(t, "payment_first"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(got.Events[0].Refs, func(ref string) bool { return strings.HasPrefix(ref, "purchase:") }) {
			t.Errorf("%s: the payment is known as %q, want a purchase among that", name, got.Events[0].Refs)
		}
		if name == "the purchase names it" && !slices.Contains(refs(got), "purchase:504") {
			t.Errorf("%s: got %q, want purchase:504", name, refs(got))
		}
	}
}

// TestRefundWithoutPurchases: a refund that names nothing is still the purchase's.
func TestRefundWithoutPurchases(t *testing.T) {
	s := standIn(t)
	s.unrelated("transactions/926", "purchases")
	s.unrelated("transactions/926", "offer")
	got, err := understand(t, serve(t, s), on, load(t, "pulled_refund"))
	if err != nil || !slices.Contains(got.Events[0].Refs, "purchase:507") || got.Events[0].Refunds[0].Value.Line != courseA {
		t.Errorf("got %+v (%v), want it to be of purchase 507", got.Events, err)
	}
}

// TestPendingIsToldAgain: a refund that was under way and came is another delivery.
func TestPendingIsToldAgain(t *testing.T) {
	p := kajabi.New(kajabi.Options{})
	r := load(t, "pulled_refund")
	came := p.Identify(on, r).Key
	r.Body = []byte(strings.ReplaceAll(string(r.Body), `"succeeded"`, `"pending"`))
	if p.Identify(on, r).Key == came {
		t.Errorf("both have the key %q", came)
	}
}

// TestUnknownYet: the API may be behind the webhook.
func TestUnknownYet(t *testing.T) {
	p := serve(t, knowsNothing())
	for _, sample := range []string{"purchase", "payment_first", "order_created", "flat_nested"} {
		r := load(t, sample)
		r.ReceivedAt = time.Now()
		if _, err := understand(t, p, on, r); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s: got %v, want it to be tried again", sample, err)
		}
	}
}
