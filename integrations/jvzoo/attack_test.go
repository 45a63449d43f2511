package jvzoo_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// understood verifies and parses a delivery without an API key, as it comes in.
func understood(t *testing.T, form url.Values) enrolld.Event {
	t.Helper()
	c, r := keyless("jv-secret-1"), request(form.Encode())
	if err := connect("").Verify(c, r); err != nil {
		t.Fatal(err)
	}
	got, err := connect("").Parse(c, r)
	if err != nil || len(got.Events) != 1 {
		t.Fatalf("got %+v (%v), want one event", got, err)
	}
	return got.Events[0]
}

// joined merges what belongs to one order; false where two of them do not.
func joined(events ...enrolld.Event) (enrolld.Order, bool) {
	o := events[0].Order()
	for _, e := range events[1:] {
		next := e.Order()
		common := false
		for ref := range next.Refs {
			_, ok := o.Refs[ref]
			common = common || ok
		}
		if !common {
			return o, false
		}
		o = o.Merge(next)
	}
	return o, true
}

// access says by product what an order gives, where only some are mapped.
func access(o enrolld.Order, mapped ...string) []enrolld.Grant {
	rules := func(_ string, p enrolld.ProductRef) (enrolld.Rule, bool) {
		for _, k := range p.ProductKeys() {
			if slices.Contains(mapped, k) {
				return enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 1}}}, true
			}
		}
		return enrolld.Rule{}, false
	}
	now := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	return enrolld.Derive([]enrolld.Sold{{OrderID: 1, Order: o}}, rules, now).Grants
}

// Somebody else's sale of the dear product, which he wants.
const dear = "409999:The dear course"

// A valid message sent again with another product's number.
func TestReplayWithAnotherProduct(t *testing.T) {
	e := understood(t, change(t, "v2_sale", "product_id", "409999"))
	if e.Lines[0].Product.ID == dear {
		t.Fatal("the number alone makes the product")
	}
	if g := access(e.Order(), dear, "401234:Course A & B"); len(g) != 0 {
		t.Errorf("got %+v, want nothing: nobody mapped such a product", g)
	}
	// Nor does it give a second thing beside the true one, nor one for longer.
	o, ok := joined(understood(t, change(t, "v2_sale")), e)
	if !ok || len(o.Lines) != 1 {
		t.Errorf("got %d lines, want the one that was bought", len(o.Lines))
	}
	// A number that would make number and name look like another product's.
	for _, number := range []string{"409999:The dear course", "409999:The dear course\x00", "", "-1", "1e3"} {
		_, err := connect("").Parse(keyless("jv-secret-1"), request(change(t, "v2_sale", "product_id", number).Encode()))
		code(t, "the number "+number, err, enrolld.Invalid)
	}
	// The name itself is signed.
	err := connect("").Verify(keyless("jv-secret-1"), request(change(t, "v2_sale", "product_name", "The dear course").Encode()))
	code(t, "another name", err, enrolld.Unauthorized)
}

// A valid message sent again with the receipt of somebody else's order.
func TestReplayJoinsNobodysOrder(t *testing.T) {
	theirs := understood(t, change(t, "v2_sub_sale"))
	form := change(t, "v2_sale", "transaction_id", "1B1B2C3D4E5F67891", "prekey", "WR-1B1B2C3D4E5F67891")
	if o, ok := joined(theirs, understood(t, form)); ok {
		t.Errorf("they are one order: %v", o.Refs.Sorted())
	}
	// Not even where both bought the same.
	theirs = understood(t, change(t, "v2_chargeback_sale"))
	mine := load(t, "v2_sale")
	mine.Set("customer_email", "eve@example.org")
	mine.Set("cverify", cverify(mine, "jv-secret-1"))
	mine.Set("transaction_id", "5F1B2C3D4E5F67895")
	if _, ok := joined(theirs, understood(t, mine)); ok {
		t.Error("the same product of two buyers: they are one order")
	}
}

// One's own refund, aimed at somebody else's order.
func TestRefundAimedElsewhere(t *testing.T) {
	theirs := understood(t, change(t, "v2_sub_sale"))
	form := change(t, "v2_refund", "transaction_id", "1B1B2C3D4E5F67891", "product_id", "401235", "total", "27.00")
	if _, ok := joined(theirs, understood(t, form)); ok {
		t.Error("the refund joins the other order")
	}
	err := connect("").Verify(keyless("jv-secret-1"), request(change(t, "v2_refund", "paykey", "AP-1B1B2C3D4E5F67891").Encode()))
	code(t, "another paykey", err, enrolld.Unauthorized)
	// A sale is no refund.
	err = connect("").Verify(keyless("jv-secret-1"), request(change(t, "v2_sale", "transaction_type", "RFND").Encode()))
	code(t, "another type", err, enrolld.Unauthorized)
}

// Who was given his money back sends his sale again, with anything changed that is
// not signed: he stays out.
func TestReplayAfterRefund(t *testing.T) {
	for _, fields := range [][]string{
		{"transaction_id", "0A1B2C3D4E5F67890-B001"},
		{"transaction_id", "FRESH000000000001"},
		{"total", "99999.00"}, {"total", "0.00"},
		{"product_type", "RECURRING"}, {"product_type", "RECURRING", "total", "0.00"},
		{"status", "Completed", "tax_total", "9.00", "customer_first_name", "Zed"},
	} {
		sale, refund, again := change(t, "v2_sale"), change(t, "v2_refund"), change(t, "v2_sale", fields...)
		o, ok := joined(understood(t, sale), understood(t, refund), understood(t, again))
		if !ok {
			t.Errorf("%v: another order", fields)
			continue
		}
		for _, g := range access(o, "401234:Course A & B") {
			if g.State == enrolld.GrantLive {
				t.Errorf("%v: got %s, %s", fields, g.State, g.Reason)
			}
		}
		a := connect("").Identify(keyless("jv-secret-1"), request(sale.Encode()))
		b := connect("").Identify(keyless("jv-secret-1"), request(again.Encode()))
		if a.Key != b.Key {
			t.Errorf("%v: the copy is not known for one", fields)
		}
	}
	// A refund with a small total is the whole payment's none the less.
	o, _ := joined(understood(t, change(t, "v2_sale")), understood(t, change(t, "v2_refund", "total", "0.01")))
	if g := access(o, "401234:Course A & B"); len(g) != 1 || g[0].Reason != enrolld.ReasonRefunded {
		t.Errorf("a small refund: got %+v", g)
	}
}

// A subscription's one payment made to last: by a one-time product's type, by the
// number of a product that is paid for longer.
func TestReplayStretchesNothing(t *testing.T) {
	sale := understood(t, change(t, "v2_sub_sale"))
	for _, fields := range [][]string{{"product_type", "STANDARD"}, {"product_id", "401299"}} {
		c := keyless("jv-secret-1")
		c.Settings = []byte(`{"periods":{"401235:Club | Monthly":"1 month","401299":"10 years"}}`)
		got, err := connect("").Parse(c, request(change(t, "v2_sub_sale", fields...).Encode()))
		if err != nil {
			t.Fatal(err)
		}
		o, ok := joined(sale, got.Events[0])
		if !ok {
			t.Fatal("another order")
		}
		p := o.Payments["AP-1B1B2C3D4E5F67891"].Value
		if p.Subscription == "" || p.PaidUntil.Month() != time.April {
			t.Errorf("%v: the payment is %+v", fields, p)
		}
	}
}

// confirm parses and completes a delivery against a stand-in.
func confirm(t *testing.T, h http.Handler, form url.Values) (integrations.Parsed, error) {
	t.Helper()
	p, r := connect(serve(t, h)), request(form.Encode())
	parsed, err := p.Parse(config(), r)
	if err != nil || !parsed.Incomplete {
		t.Fatalf("Parse: incomplete %t (%v), want a claim", parsed.Incomplete, err)
	}
	return p.(integrations.Completer).Complete(t.Context(), config(), r, parsed)
}

// With an API key what is not signed is JVZoo's word, not the delivery's.
func TestConfirmed(t *testing.T) {
	form := change(t, "v2_sale", "product_id", "409999", "transaction_id", "1B1B2C3D4E5F67891", "total", "1.00")
	got, err := confirm(t, api(t), form)
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	if e.Lines[0].Product.ID != "401234:Course A & B" || e.Number != "0A1B2C3D4E5F67890" || e.Lines[0].Sale.Amount.Minor != 4700 || got.Incomplete {
		t.Errorf("got %+v, want what JVZoo says", e)
	}
	if !slices.Contains(e.Refs, "v2-receipt:0A1B2C3D4E5F67890") {
		t.Errorf("got references %v, want the confirmed receipt among them", e.Refs)
	}
	// An answer that says nothing of it leaves the delivery as it is without a key.
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, []any{map[string]any{"x": 1}}) })
	if got, err = confirm(t, h, form); err != nil || len(got.Events[0].Refs) != 2 || got.Events[0].Lines[0].Product.ID != "409999:Course A & B" {
		t.Errorf("got %+v (%v)", got, err)
	}
}

// What JVZoo told of a moment ago its API may not know yet.
func TestNotKnownYet(t *testing.T) {
	none := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, nil) })
	p, r := connect(serve(t, none)), request(change(t, "v2_sale").Encode())
	r.ReceivedAt = time.Now()
	parsed, err := p.Parse(config(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.(integrations.Completer).Complete(t.Context(), config(), r, parsed); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
		t.Errorf("got %+v (%v), want another try", got.Events, err)
	}
}

func TestNotGenuine(t *testing.T) {
	for what, tc := range map[string]struct {
		h    http.HandlerFunc
		want enrolld.Outcome
	}{
		"no results":        {func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, nil) }, enrolld.OutcomeDead},
		"404":               {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusNotFound) }, enrolld.OutcomeDead},
		"404 in the answer": {func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, nil) }, enrolld.OutcomeDead},
		"401 in the answer": {func(w http.ResponseWriter, _ *http.Request) { answer(w, 401, nil) }, enrolld.OutcomePark},
		"500 in the answer": {func(w http.ResponseWriter, _ *http.Request) { answer(w, 500, nil) }, enrolld.OutcomeRetry},
		"another answer":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"a":1}`)) }, enrolld.OutcomeRetry},
	} {
		if got, err := confirm(t, tc.h, change(t, "v2_sale")); enrolld.OutcomeOf(err) != tc.want {
			t.Errorf("%s: got %+v (%v), want %s", what, got.Events, err, tc.want)
		}
	}
}
