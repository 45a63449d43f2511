package clickbank_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// parse reads a notification without an API key.
func parse(t *testing.T, text string, settings string) integrations.Parsed {
	t.Helper()
	c := keyless("TESTSECRETKEY001")
	if settings != "" {
		c.Settings = []byte(settings)
	}
	got, err := connect("").Parse(c, request(string(seal(c.Secrets[0], []byte(text))), "application/json"))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// An upsell has its own receipt, so that a refund of it cannot be taken for one of
// what was bought first.
func TestUpsellIsItsOwnOrder(t *testing.T) {
	main, up := parse(t, string(load(t, "sale_bump")), ""), parse(t, string(load(t, "sale_upsell")), "")
	for _, ref := range up.Events[0].OrderRefs() {
		if slices.Contains(main.Events[0].OrderRefs(), ref) {
			t.Errorf("both orders have the reference %s", ref)
		}
	}
}

func TestRebillReceipt(t *testing.T) {
	e := parse(t, string(load(t, "sub_bill")), "").Events[0]
	if e.Refs[0] != "receipt:KBR7XQ2M" || e.Payment.ID != "KBR7XQ2M-B001:item-club" {
		t.Errorf("got order %v and payment %s", e.Refs, e.Payment.ID)
	}
	// Should a rebill have the receipt of its sale, its time tells it apart.
	same := strings.ReplaceAll(string(load(t, "sub_bill")), "KBR7XQ2M-B001", "KBR7XQ2M")
	e = parse(t, same, "").Events[0]
	if e.Payment.ID != "KBR7XQ2M@1775236500:item-club" {
		t.Errorf("got payment %s", e.Payment.ID)
	}
}

func TestAmounts(t *testing.T) {
	sale := string(load(t, "sale_bump"))
	for what, tc := range map[string]struct {
		text string
		want []enrolld.Money
	}{
		"prices and tax": {sale, []enrolld.Money{{Minor: 5000, Currency: "USD"}, {Minor: 1700, Currency: "USD"}}},
		"prices of a piece": {
			strings.Replace(strings.Replace(sale, `"quantity": 1`, `"quantity": 2`, 1), `"totalOrderAmount": 67.0`, `"totalOrderAmount": 114.0`, 1),
			[]enrolld.Money{{Minor: 9700, Currency: "USD"}, {Minor: 1700, Currency: "USD"}},
		},
		"a discount": {
			strings.Replace(sale, `"productDiscount": 0.0`, `"productDiscount": 7.0`, 1),
			[]enrolld.Money{{Minor: 4300, Currency: "USD"}, {Minor: 1700, Currency: "USD"}},
		},
		"the account's share in version 6": {
			string(load(t, "cart_sale")), []enrolld.Money{{Minor: 3495, Currency: "USD"}, {Minor: 1210, Currency: "USD"}},
		},
	} {
		var got []enrolld.Money
		for _, l := range parse(t, tc.text, "").Events[0].Lines {
			got = append(got, l.Sale.Amount)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", what, got, tc.want)
		}
	}
}

// A refund in the terms of version 6 takes back a sale in the same terms.
func TestRefundOfVersion6(t *testing.T) {
	text := strings.ReplaceAll(strings.Replace(string(load(t, "cart_chargeback")), `"CGBK"`, `"RFND"`, 1), "-0700", "-0800")
	o := parse(t, string(load(t, "cart_sale")), "").Events[0].Order()
	for _, e := range parse(t, string(load(t, "cart_sale")), "").Events {
		o = o.Merge(e.Order())
	}
	o = o.Merge(parse(t, text, "").Events[0].Order())
	rules := func(string, enrolld.ProductRef) (enrolld.Rule, bool) {
		return enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 1}}}, true
	}
	for _, g := range enrolld.Derive([]enrolld.Sold{{OrderID: 1, Order: o}}, rules, at(3, 20, 0, 0)).Grants {
		if g.Reason != enrolld.ReasonRefunded {
			t.Errorf("%s is %s, want refunded", g.Cause.Line, g.Reason)
		}
	}
}

// One sum for several items, less than they cost, is money of the whole receipt.
func TestRefundOfSeveralItems(t *testing.T) {
	text := strings.Replace(string(load(t, "sale_bump")), `"SALE"`, `"RFND"`, 1)
	text = strings.Replace(text, `"totalOrderAmount": 67.0`, `"totalOrderAmount": -20.0`, 1)
	refunds := parse(t, text, "").Events[0].Refunds
	if len(refunds) != 1 || refunds[0].Value.Payment != "" || refunds[0].Value.Full || refunds[0].Value.Amount.Minor != -2000 {
		t.Errorf("got %+v, want 20.00 of the order", refunds)
	}
}

func TestPeriods(t *testing.T) {
	e := parse(t, string(load(t, "sub_sale")), `{"vendor":"MyVendor","periods":{"club":"1 month"}}`).Events[0]
	if want := at(4, 1, 18, 15); !e.Payment.Value.PaidUntil.Equal(want) {
		t.Errorf("paid until %v, want %v", e.Payment.Value.PaidUntil, want)
	}
	if e := parse(t, string(load(t, "sub_sale")), "").Events[0]; !e.Payment.Value.PaidUntil.IsZero() {
		t.Errorf("without a period: paid until %v", e.Payment.Value.PaidUntil)
	}
}

func TestSubscriptionChange(t *testing.T) {
	events := parse(t, string(load(t, "sub_change")), "").Events
	if len(events) != 2 || events[0].Subscription.Value.State != enrolld.SubscriptionEnded || events[0].Lines[0].Key != "item-club" {
		t.Fatalf("got %+v, want the old item to end", events)
	}
	l := events[1].Lines[0]
	if l.Product.ID != "pro" || l.Sale == nil || !l.Sale.Paid || events[1].Subscription.Value.State != enrolld.SubscriptionActive {
		t.Errorf("got %+v, want the new item bought", events[1])
	}
}

// A test's receipt is masked: it names nothing.
func TestMaskedReceipt(t *testing.T) {
	text := strings.Replace(string(load(t, "test_sale")), "TSTSALE1", "********", 1)
	if got := parse(t, text, ""); got.Ignored == "" {
		t.Errorf("got %+v, want it passed over", got)
	}
}

// Without an API key the old form still says how far a subscription is paid.
func TestLegacyPaidUntil(t *testing.T) {
	form, err := os.ReadFile("testdata/samples/legacy_bill.form")
	if err != nil {
		t.Fatal(err)
	}
	c := keyless("TESTSECRETKEY001")
	c.Settings = []byte(settings)
	plain := strings.ReplaceAll(strings.TrimSpace(string(form)), "\n", "&") + "&cverify=00000000"
	for what, tc := range map[string]struct {
		old, text string
		until     time.Time
		state     enrolld.SubscriptionState
	}{
		"as it came":        {"", "", at(5, 1, 0, 0), enrolld.SubscriptionActive},
		"a date long past":  {"=2026-05-01", "=2026-03-01", time.Time{}, enrolld.SubscriptionActive},
		"a date that is no": {"=2026-05-01", "=soon", time.Time{}, enrolld.SubscriptionActive},
		"the last payment":  {"=ACTIVE", "=COMPLETED", at(5, 1, 0, 0), enrolld.SubscriptionCompleted},
	} {
		r := request(strings.Replace(plain, tc.old, tc.text, 1), "application/x-www-form-urlencoded")
		got, err := connect("").Parse(c, r)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		e := got.Events[0]
		if !e.Payment.Value.PaidUntil.Equal(tc.until) || e.Subscription.Value.State != tc.state || e.Refs[0] != "receipt:OLDSUBS1" {
			t.Errorf("%s: got %+v and %+v of %v", what, e.Payment.Value, e.Subscription.Value, e.Refs)
		}
	}
}
