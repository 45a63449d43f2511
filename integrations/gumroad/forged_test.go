package gumroad_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/gumroad"
	"enrolld/integrations/platformtest"
)

// unmade answers as Gumroad does about a sale that is in no list: one that failed,
// or that waits for the buyer's bank.
func unmade(tb testing.TB, more is) http.Handler {
	tb.Helper()
	s := newStandIn(tb)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		doc := maps.Clone(s.docs["sale"])
		maps.Copy(doc, more)
		out := is{"success": true, "sale": doc}
		switch {
		case r.URL.Path == "/v2/sales" && r.URL.Query().Get("order_id") == "524459935":
			out = is{"success": true, "sales": []any{}}
		case strings.HasPrefix(r.URL.Path, "/v2/subscribers/"):
			sub := maps.Clone(s.docs["subscriber"])
			sub["purchase_ids"] = []any{"another=="}
			out = is{"success": true, "subscriber": sub}
		}
		_ = json.NewEncoder(w).Encode(out)
	})
}

// Who began to buy and did not pay knows the id of a sale that there is.
func TestUnmadeSaleGivesNothing(t *testing.T) {
	for name, more := range map[string]is{"bought once": {}, "membership": {"subscription_id": subOne}} {
		r := ping(t, "sale_once", nil)
		got, err := completed(t, unmade(t, more), r)
		if enrolld.CodeOf(err) != enrolld.Invalid || len(got.Events) > 0 {
			t.Errorf("%s: got %d events and %v, want code invalid", name, len(got.Events), err)
		}
		r.ReceivedAt = time.Now()
		if _, err = completed(t, unmade(t, more), r); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s, a moment ago: got %v, want to be tried again", name, err)
		}
	}
}

// A ping of a refund that is sent before there is one must not stand in the way of
// the real one.
func TestForetoldIsNotDone(t *testing.T) {
	for _, resource := range []string{"refund", "dispute", "dispute_won"} {
		_, _, err := ask(t, "sale_once", ping(t, "refund_full", map[string]string{"resource_name": resource}))
		if enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s of a sale that stands: got %v, want to be tried again", resource, err)
		}
	}
	p := gumroad.New(gumroad.Options{})
	key := func(sample string, at time.Time) string {
		r := ping(t, sample, nil)
		r.ReceivedAt = at
		return p.Identify(config, r).Key
	}
	for _, sample := range []string{"refund_part", "dispute", "cancellation"} {
		if key(sample, platformtest.Received) == key(sample, platformtest.Received.AddDate(0, 0, 10)) {
			t.Errorf("%s: ten days later it is the same delivery", sample)
		}
	}
	if key("sale_once", platformtest.Received) != key("sale_once", platformtest.Received.AddDate(0, 0, 10)) {
		t.Error("a sale is another one ten days later")
	}
}

func TestUnknownYet(t *testing.T) {
	r := ping(t, "sale_once", nil)
	r.ReceivedAt = time.Now()
	server := httptest.NewServer(denies)
	defer server.Close()
	_, err := gumroad.New(gumroad.Options{BackendURL: server.URL}).Complete(t.Context(), config, r, integrations.Parsed{})
	if enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
		t.Errorf("got %v, want to be tried again", err)
	}
}
