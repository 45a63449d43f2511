package paykickstart_test

import (
	"testing"

	"enrolld"
	"enrolld/integrations/paykickstart"
)

// TestForNothing buys with a coupon of 100 %: there is no transaction, and still
// it is a sale.
func TestForNothing(t *testing.T) {
	p := paykickstart.New(paykickstart.Options{})
	for _, amount := range []string{"0.00", "0", ""} {
		got, err := p.Parse(config(vectorSecret), request(changed("amount", amount, "transaction_id", "")))
		if err != nil || len(got.Events) != 1 {
			t.Errorf("amount %q: got %d events, %v, want a sale", amount, len(got.Events), err)
			continue
		}
		e := got.Events[0]
		if e.Kind != enrolld.EventPurchase || e.Lines[0].Sale == nil || !e.Lines[0].Sale.Paid || e.Payment != nil {
			t.Errorf("amount %q: got %+v, want a sale without a payment", amount, e)
		}
	}
	_, err := p.Parse(config(vectorSecret), request(changed("transaction_id", "")))
	if enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("money without a transaction: got %v, want invalid", err)
	}
}

// TestRefundWithoutAmount: what is not signed decides nothing, so a part whose
// amount lost its name does not become the whole.
func TestRefundWithoutAmount(t *testing.T) {
	p := paykickstart.New(paykickstart.Options{})
	for name, pairs := range map[string][]string{
		"renamed": {"amount", "", "amounu", "4.70"}, "left out": {"amount", ""}, "0": {"amount", "0"},
	} {
		got, err := p.Parse(config(vectorSecret), request(changed(append(pairs, "event", "refund")...)))
		if enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %d events, %v, want invalid", name, len(got.Events), err)
		}
	}
}
