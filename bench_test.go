package enrolld_test

import (
	"encoding/json"
	"testing"

	"enrolld"
)

// purchase is what a checkout sends for one sale: a line with its payment.
func purchase() enrolld.Event {
	e := pay(0, "pi_3Nabc", 10000)
	e.Kind, e.Number = enrolld.EventPurchase, "1514394"
	e.Refs = []string{"order:1514394", "payment:pi_3Nabc"}
	e.Buyer = &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "Lee", Country: "DE"}
	e.Lines = []enrolld.EventLine{line("product-12", 10000)}
	return e
}

func BenchmarkEventOrder(b *testing.B) {
	e := purchase()
	b.ReportAllocs()
	for b.Loop() {
		_ = e.Order()
	}
}

func BenchmarkMergePurchase(b *testing.B) {
	o := purchase().Order()
	b.ReportAllocs()
	for b.Loop() {
		_ = enrolld.Order{}.Merge(o)
	}
}

// BenchmarkMergeDuplicate is the same delivery once more, which platforms love.
func BenchmarkMergeDuplicate(b *testing.B) {
	o := purchase().Order()
	b.ReportAllocs()
	for b.Loop() {
		_ = o.Merge(o)
	}
}

func BenchmarkDeriveOneOrder(b *testing.B) {
	sold := []enrolld.Sold{{OrderID: 1, Platform: "stripe", Order: purchase().Order()}}
	rules := byProduct(enrolld.Rule{}, nil)
	now := day(1)
	b.ReportAllocs()
	for b.Loop() {
		_ = enrolld.Derive(sold, rules, now)
	}
}

// BenchmarkDeriveOldSubscription is five years of monthly payments with a refund.
func BenchmarkDeriveOldSubscription(b *testing.B) {
	events := []enrolld.Event{buy(0, club())}
	for i := range 60 {
		events = append(events, rebill(float64(30*i), "p"+string(rune('A'+i)), float64(30*i+30)))
	}
	events = append(events, refund(100, "r", enrolld.Refund{Amount: usd(3000), Line: "club"}))
	sold := []enrolld.Sold{{OrderID: 1, Order: merge(events)}}
	rules := byProduct(enrolld.Rule{}, nil)
	now := day(1790)
	b.ReportAllocs()
	for b.Loop() {
		_ = enrolld.Derive(sold, rules, now)
	}
}

func BenchmarkOrderEncode(b *testing.B) {
	o := purchase().Order()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOrderDecode(b *testing.B) {
	text, err := json.Marshal(purchase().Order())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var o enrolld.Order
		if err := json.Unmarshal(text, &o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := enrolld.ParseEmail("Ann.Lee@example.org"); err != nil {
			b.Fatal(err)
		}
	}
}
