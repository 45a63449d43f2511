package stripe

import (
	"context"
	"strings"

	sdk "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/invoice"
	"github.com/stripe/stripe-go/v76/refund"

	"enrolld"
	"enrolld/integrations"
)

var _ integrations.Refunder = (*Platform)(nil)

// Refund gives back a payment, or a part of it. Stripe knows the refund by its
// key: trying it again does not pay twice.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	q, err := p.ask(c, question{ctx: ctx})
	if err != nil {
		return err
	}
	if q.isTestKey() != r.Order.Test {
		return enrolld.Errorf(enrolld.Invalid, "the order and the integration's API key are not of the same Stripe mode (test or live)")
	}
	amount, err := refundAmount(r)
	if err != nil {
		return err
	}
	intent, charge, err := q.paidBy(r)
	if err != nil {
		return err
	}
	params := &sdk.RefundParams{Params: q.params(), Reason: sdk.String(string(sdk.RefundReasonRequestedByCustomer))}
	params.SetIdempotencyKey(r.Key)
	if charge != "" {
		params.Charge = &charge
	} else {
		params.PaymentIntent = &intent
	}
	if amount > 0 {
		params.Amount = &amount
	}
	if _, err := (refund.Client{B: q.backend, Key: q.key}).New(params); err != nil {
		return apiError(err, "a refund")
	}
	return nil
}

// refundAmount is how much to give back; 0 is all of the payment. Stripe knows
// payments and no lines: a line that is not all of its order is given back by its
// price.
func refundAmount(r integrations.Refund) (int64, error) {
	amount := r.Amount.Minor
	line := r.Order.Lines[r.Line].Sale.Value.Amount
	if amount > 0 {
		for _, of := range []enrolld.Money{line, r.Order.Payments[r.Payment].Value.Amount, paidAmount(r.Order)} {
			if of.Currency != "" && r.Amount.Currency != "" && of.Currency != r.Amount.Currency {
				return 0, enrolld.Errorf(enrolld.Invalid, "the order was paid in %s", of.Currency)
			}
		}
	}
	if r.Line == "" || len(r.Order.Lines) == 1 {
		return amount, nil
	}
	switch {
	case line.Minor <= 0 && amount == 0:
		return 0, enrolld.Errorf(enrolld.Invalid, "what was paid for the line is not known: say how much to give back")
	case line.Minor > 0 && amount > line.Minor:
		return 0, enrolld.Errorf(enrolld.Invalid, "that is more than the line's price")
	case amount == 0:
		return line.Minor, nil
	}
	return amount, nil
}

// paidAmount is what the only payment of an order brought.
func paidAmount(o enrolld.Order) enrolld.Money {
	if len(o.Payments) == 1 {
		for _, p := range o.Payments {
			return p.Value.Amount
		}
	}
	return enrolld.Money{}
}

// paidBy finds the payment intent or the charge to give back. A payment of a
// subscription is known by its invoice, which Stripe is asked for.
func (q question) paidBy(r integrations.Refund) (intent, charge string, err error) {
	name := r.Payment
	if name == "" {
		name, err = onlyPayment(r.Order)
		if err != nil {
			return "", "", err
		}
	}
	switch {
	case strings.HasPrefix(name, "pi_"):
		return name, "", nil
	case strings.HasPrefix(name, "ch_"), strings.HasPrefix(name, "py_"):
		return "", name, nil
	case !strings.HasPrefix(name, "in_"):
		return "", "", enrolld.Errorf(enrolld.Invalid, "nothing was paid by %q that Stripe could give back", name)
	}
	inv, err := invoice.Client{B: q.backend, Key: q.key}.Get(name, &sdk.InvoiceParams{Params: q.params()})
	if err != nil {
		return "", "", apiError(err, "an invoice")
	}
	switch {
	case inv.PaymentIntent != nil && inv.PaymentIntent.ID != "":
		return inv.PaymentIntent.ID, "", nil
	case inv.Charge != nil && inv.Charge.ID != "":
		return "", inv.Charge.ID, nil
	}
	return "", "", enrolld.Errorf(enrolld.Invalid, "the invoice was not paid through Stripe: there is nothing that it could give back")
}

// onlyPayment is the payment of an order that has one.
func onlyPayment(o enrolld.Order) (string, error) {
	switch len(o.Payments) {
	case 1:
		for id := range o.Payments {
			return id, nil
		}
	case 0:
		for _, ref := range o.Refs.Sorted() {
			if ref = strings.TrimPrefix(ref, "test:"); strings.HasPrefix(ref, "pi_") {
				return ref, nil
			}
		}
	}
	return "", enrolld.Errorf(enrolld.Invalid, "the order has %d payments: say which of them to give back", len(o.Payments))
}
