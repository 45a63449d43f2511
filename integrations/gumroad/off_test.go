package gumroad_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/gumroad"
	"enrolld/integrations/platformtest"
)

var unconfirmed = integrations.Config{Settings: []byte(`{"confirm":"off"}`)}

// published is a ping put together from the fields that Gumroad's program sends.
const published = "seller_id=SELLER%3D%3D&product_id=PROD%3D%3D&product_name=Course%20A&permalink=coursea" +
	"&product_permalink=https%3A%2F%2Facme.gumroad.com%2Fl%2Fcoursea&short_product_id=coursea&email=ann%40example.org" +
	"&price=4900&gumroad_fee=490&currency=usd&quantity=1&discover_fee_charged=false&can_contact=true&referrer=direct" +
	"&order_number=524459935&sale_id=FO8TXN-dbxYaBdahG97Y-Q%3D%3D&sale_timestamp=2026-03-01T10%3A15%3A00Z" +
	"&full_name=Ann%20O%27Neil&variants[Tier]=Pro&Company=ACME&custom_fields[Company]=ACME&ip_country=Germany" +
	"&is_gift_receiver_purchase=false&refunded=false&resource_name=sale&disputed=false&dispute_won=false&retry_count=1"

func TestVector(t *testing.T) {
	p := gumroad.New(gumroad.Options{})
	id := p.Identify(unconfirmed, request(published))
	if want := "sale|FO8TXN-dbxYaBdahG97Y-Q==|524459935|false|false"; id.Key != want {
		t.Errorf("got key %q, want %q", id.Key, want)
	}
	got, err := p.Parse(unconfirmed, request(published))
	if err != nil || got.Incomplete {
		t.Fatalf("got incomplete %v (%v), want it believed", got.Incomplete, err)
	}
	usd := enrolld.Money{Minor: 4900, Currency: "USD"}
	want := []enrolld.Event{{
		Kind: enrolld.EventPurchase, At: at(3, 1, 10, 15), Refs: []string{"sale:" + saleA}, Number: "524459935",
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil"},
		Lines: []enrolld.EventLine{{
			Key: "PROD==", Product: enrolld.ProductRef{ID: "PROD==", Variant: "Pro", Name: "Course A"},
			Sale: &enrolld.Sale{Paid: true, SoldAt: at(3, 1, 10, 15), Quantity: 1, Amount: usd},
		}},
		Payment: &enrolld.EventPart[enrolld.Payment]{ID: saleA, Value: enrolld.Payment{Amount: usd}},
	}}
	if diff := cmp.Diff(want, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestUnconfirmed(t *testing.T) {
	p := gumroad.New(gumroad.Options{})
	parse := func(sample string, change map[string]string) ([]enrolld.EventKind, error) {
		got, err := p.Parse(unconfirmed, ping(t, sample, change))
		var kinds []enrolld.EventKind
		for _, e := range got.Events {
			kinds = append(kinds, e.Kind)
		}
		return kinds, err
	}
	for sample, want := range map[string][]enrolld.EventKind{
		"sale_rebill": kinds(enrolld.EventPayment), "refund_part": kinds(enrolld.EventRefund, enrolld.EventPurchase),
		"dispute": kinds(enrolld.EventDisputeOpened, enrolld.EventPurchase), "cancellation": kinds(enrolld.EventCancelled),
		"cancellation_failed": kinds(enrolld.EventPaymentFailed), "subscription_ended_failed": kinds(enrolld.EventEnded),
		"subscription_restarted": kinds(enrolld.EventSubscription), "sale_preorder": nil, "test_ping": nil,
	} {
		if got, err := parse(sample, nil); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: got %q (%v), want %q", sample, got, err, want)
		}
	}
	_, err := parse("sale_once", map[string]string{"custom_fields[email]": "mallory@example.org"})
	if !parked(err) {
		t.Errorf("a field that hides the address: got %v, want it parked", err)
	}
}

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(sample.Body, sample.Type, true)
		f.Add(sample.Body, sample.Type, false)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string, believed bool) {
		c := config
		if believed {
			c = unconfirmed
		}
		platformtest.Survive(t, s.Platform, c, integrations.Request{
			Header: http.Header{"Content-Type": {contentType}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
