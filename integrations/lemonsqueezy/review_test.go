package lemonsqueezy_test

import (
	"testing"

	"enrolld"
	"enrolld/integrations"
)

// A subscription is written seconds after its order: what the order says of the
// sale counts all the same.
func TestOrderBeatsSupposedSale(t *testing.T) {
	for _, names := range [][]string{{"first_order", "first_created"}, {"first_created", "first_order"}} {
		sale := merged(t, names...).Lines["item"].Sale.Value
		if want := integrations.Minor(3480, "USD"); sale.Amount != want || !sale.SoldAt.Equal(at(3, 1, 10, 15)) {
			t.Errorf("%q: got sale %+v, want that of the order", names, sale)
		}
	}
}

// A pending order is paid when its subscription's first invoice is, whichever is
// told first: no event of the order says so.
func TestFirstInvoicePaysPendingOrder(t *testing.T) {
	var pending enrolld.Order
	for _, e := range parse(t, body(t, "first_order", `"status": "paid"`, `"status": "pending"`)).Events {
		pending = pending.Merge(e.Order())
	}
	if pending.Lines["item"].Sale.Value.Paid {
		t.Fatal("a pending order is paid")
	}
	o := pending.Merge(merged(t, "first_created"))
	if o.Lines["item"].Sale.Value.Paid {
		t.Error("a pending order is paid by its subscription alone")
	}
	sale := o.Merge(merged(t, "first_paid")).Lines["item"].Sale.Value
	if !sale.Paid || sale.Amount.Minor != 3480 {
		t.Errorf("after the first invoice was paid: got sale %+v, want it paid", sale)
	}
	if e := parse(t, body(t, "renewal_paid")).Events[0]; e.Lines[0].Sale != nil {
		t.Error("a renewal is taken for the sale")
	}
}

// A part given back is a part, whatever the flag beside it says.
func TestPartIsNoWhole(t *testing.T) {
	const state = `"status": "partial_refund"`
	for flag, full := range map[string]bool{state: false, `"status": "refunded"`: true} {
		e := parse(t, body(t, "order_refunded_full", `"status": "refunded"`, flag)).Events[0]
		if len(e.Refunds) != 1 || e.Refunds[0].Value.Full != full {
			t.Errorf("%s: got refunds %+v, want full %t", flag, e.Refunds, full)
		}
	}
}
