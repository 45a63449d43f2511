package jvzoo_test

import (
	"strings"
	"testing"
	"time"

	"enrolld"
)

func TestV1Amounts(t *testing.T) {
	for text, want := range map[string]int64{"4700": 4700, "47.00": 4700, "1.00": 100, "1000": 1000, "": 0, "0": 0} {
		e := understood(t, resigned(t, "v1_sale", "ctransamount", text))
		if got := e.Lines[0].Sale.Amount; got != (enrolld.Money{Minor: want, Currency: "USD"}) {
			t.Errorf("amount %q: got %v, want %d", text, got, want)
		}
	}
}

// resigned changes a sample before it is signed.
func resigned(t *testing.T, name string, fields ...string) map[string][]string {
	t.Helper()
	form := load(t, name)
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	form.Set("cverify", cverify(form, "jv-secret-1"))
	return form
}

// Dates have no zone: New York's, in winter and in summer.
func TestEasternTime(t *testing.T) {
	for date, want := range map[string]string{
		"2026-03-01 14:05:09": "2026-03-01T19:05:09Z", "2026-07-01 14:05:09": "2026-07-01T18:05:09Z",
		"2026-03-08 01:59:59": "2026-03-08T06:59:59Z", "2026-03-08 03:00:00": "2026-03-08T07:00:00Z",
		"someday": "2026-03-02T08:00:00Z",
	} {
		e := understood(t, resigned(t, "v2_sale", "date", date))
		if got := e.At.Format(time.RFC3339); got != want {
			t.Errorf("%s: got %s, want %s", date, got, want)
		}
	}
}

func TestRebillReceipt(t *testing.T) {
	sale, bill := understood(t, change(t, "v1_sub_sale")), understood(t, change(t, "v1_sub_bill"))
	if sale.Refs[0] != bill.Refs[0] || bill.Payment.ID != "5CD12345EF678901G-B001" || sale.Payment.ID == bill.Payment.ID {
		t.Errorf("got %v and %v, payments %s and %s", sale.Refs, bill.Refs, sale.Payment.ID, bill.Payment.ID)
	}
	bill = understood(t, resigned(t, "v1_sub_bill", "ctransreceipt", "5CD12345EF678901G"))
	if bill.Payment.ID != "5CD12345EF678901G@1775067300" {
		t.Errorf("a rebill with the receipt of its sale: got payment %s", bill.Payment.ID)
	}
}

// A cancellation that is dated as the sale counts from its receipt on: payments
// that came since would undo it else.
func TestCancellationDatedAsSale(t *testing.T) {
	e := understood(t, resigned(t, "v2_sub_cancel", "date", "2026-03-01 14:05:09"))
	if want := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC); !e.At.Equal(want) {
		t.Errorf("got %v, want %v", e.At, want)
	}
}

func TestDemoTransaction(t *testing.T) {
	a := understood(t, change(t, "v1_test"))
	b := understood(t, resigned(t, "v1_test", "ctranstime", "1772400000"))
	if _, one := joined(a, b); one || !a.Test || !b.Test {
		t.Errorf("two tests: one order %t, test %t and %t", one, a.Test, b.Test)
	}
	got, err := connect("").Parse(keyless("jv-secret-1"), request(change(t, "v1_test", "ccustemail", "").Encode()))
	if err != nil || got.Ignored == "" {
		t.Errorf("without an address: got %+v (%v), want it passed over", got, err)
	}
	// A product that is not the test's, with the test's receipt, is none.
	if e := understood(t, resigned(t, "v1_test", "cproditem", "401234")); e.Test {
		t.Error("a real product is taken for a test")
	}
}

// What the link passed through is signed in v1 and means nothing; a bar in it waits
// for a person.
func TestPassedThrough(t *testing.T) {
	e := understood(t, resigned(t, "v1_sale", "cvendthru", "course=7&paykey=AP-1&name=a b"))
	if e.Lines[0].Product.ID != "401234" {
		t.Errorf("got product %s", e.Lines[0].Product.ID)
	}
	form := load(t, "v2_sale")
	form.Set("other_params", "product_id=409999&transaction_id=1B1B2C3D4E5F67891&cproditem=1")
	form.Set("cverify", cverify(form, "jv-secret-1"))
	if e := understood(t, form); e.Lines[0].Product.ID != "401234:Course A & B" || e.Number != "0A1B2C3D4E5F67890" {
		t.Errorf("got product %s of order %s", e.Lines[0].Product.ID, e.Number)
	}
}

func TestLongNames(t *testing.T) {
	long := strings.Repeat("Größe ", 60)
	a := understood(t, resigned(t, "v2_sale", "product_name", long+"A"))
	b := understood(t, resigned(t, "v2_sale", "product_name", long+"B"))
	if a.Lines[0].Product.ID == b.Lines[0].Product.ID || a.Lines[0].Key == b.Lines[0].Key {
		t.Error("two long names are one product")
	}
}

func TestCountry(t *testing.T) {
	if e := understood(t, change(t, "v2_sale")); e.Buyer.Country != "DE" || e.Buyer.Last != "Müller" {
		t.Errorf("got %+v", e.Buyer)
	}
}

// A sale whose money comes later is told twice with the same signed fields.
func TestPendingThenPaid(t *testing.T) {
	pending, paid := change(t, "v2_pending"), change(t, "v2_pending", "status", "Completed")
	p, c := connect(""), keyless("jv-secret-1")
	if p.Identify(c, request(pending.Encode())).Key == p.Identify(c, request(paid.Encode())).Key {
		t.Error("the payment is taken for a copy of the order")
	}
	o, _ := joined(understood(t, pending), understood(t, paid))
	if g := access(o, "401234:Course A & B"); len(g) != 1 || g[0].State != enrolld.GrantLive {
		t.Errorf("got %+v, want it live", g)
	}
}
