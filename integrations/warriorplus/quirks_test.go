package warriorplus_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/warriorplus"
)

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

var config = integrations.Config{Secrets: []enrolld.Secret{"k3y"}}

// sample is a sale with the fewest fields that receivers have seen.
const sample = "WP_ACTION=sale&WP_SALE=sale_0abc12&WP_SALEID=1234567&WP_TXNID=pi_1&WP_ITEM_NAME=Course+A&" +
	"WP_ITEM_NUMBER=wso_ab12cd&WP_BUYER_NAME=Ann+O%27Neil&WP_BUYER_EMAIL=ann%40example.org&WP_SALE_AMOUNT=47.00&" +
	"WP_SALE_CURRENCY=USD&WP_PAYMETHOD=stripe&WP_PAYMENT_STATUS=Completed&WP_SECURITYKEY=k3y&IPN_ID=998877&IPN_RCPT_TYPE=vend"

func request(body string, when time.Time) integrations.Request {
	return integrations.Request{
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(body), ReceivedAt: when,
	}
}

func TestSale(t *testing.T) {
	r := request(sample, platformtest.Received)
	if err := warriorplus.New().Verify(config, r); err != nil {
		t.Fatal(err)
	}
	got, err := warriorplus.New().Parse(config, r)
	if err != nil {
		t.Fatal(err)
	}
	usd := enrolld.Money{Minor: 4700, Currency: "USD"}
	want := []enrolld.Event{{
		Kind: enrolld.EventPurchase, At: platformtest.Received, Number: "sale_0abc12",
		Refs:  []string{"sale:sale_0abc12", "saleid:1234567"},
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil"},
		Lines: []enrolld.EventLine{{
			Key: "wso_ab12cd", Product: enrolld.ProductRef{ID: "wso_ab12cd", Name: "Course A"},
			Sale: &enrolld.Sale{Paid: true, SoldAt: platformtest.Received, Quantity: 1, Amount: usd},
		}},
	}}
	if diff := cmp.Diff(want, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestSecurityKey(t *testing.T) {
	for change, want := range map[string]enrolld.Code{
		"":                                        "",
		"WP_SECURITYKEY=k3y>":                     enrolld.Unauthorized, // not sent
		"WP_SECURITYKEY=k3y>WP_SECURITYKEY=":      enrolld.Unauthorized,
		"WP_SECURITYKEY=k3y>WP_SECURITYKEY=K3Y":   enrolld.Unauthorized,
		"WP_SECURITYKEY=k3y>WP_SECURITYKEY=k3y+":  enrolld.Unauthorized,
		"WP_SECURITYKEY=k3y>WP_SECURITYKEY[]=k3y": enrolld.Unauthorized,
	} {
		from, to, _ := strings.Cut(change, ">")
		r := request(strings.Replace(sample, from, to, 1), platformtest.Received)
		if got := enrolld.CodeOf(warriorplus.New().Verify(config, r)); got != want {
			t.Errorf("%s: got code %q, want %q", change, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	got := string(warriorplus.New().Redact(config, request(sample, platformtest.Received)).Body)
	if diff := cmp.Diff(strings.Replace(sample, "=k3y", "=%5Bredacted%5D", 1), got); diff != "" {
		t.Errorf("redacted form (-want +got):\n%s", diff)
	}
}

// TestTwins sends one sale to both of its URLs, and a cancellation twice.
func TestTwins(t *testing.T) {
	p := warriorplus.New()
	twin := strings.Replace(sample, "IPN_ID=998877", "IPN_ID=998878", 1)
	key := func(body string) string {
		return p.Identify(config, request(body, platformtest.Received)).Key
	}
	if key(sample) != key(twin) {
		t.Error("the twins of a sale have two keys")
	}
	if key(sample) == key(strings.Replace(sample, "=47.00", "=37.00", 1)) {
		t.Error("sales of two prices have one key")
	}
	cancel := strings.NewReplacer("=sale&", "=subscr_cancelled&", "&IPN_ID", "&WP_SUBSCR_ID=s1&IPN_ID")
	if key(cancel.Replace(sample)) == key(cancel.Replace(twin)) {
		t.Error("two cancellations have one key")
	}
	if strings.Contains(key(sample), "ann") {
		t.Error("the key names the buyer")
	}
}

// TestTwinsEndInOneState lets the twins of every fact come at two times, either
// of them first.
func TestTwinsEndInOneState(t *testing.T) {
	s := suite(t)
	for _, sample := range s.Samples {
		order := func(ipn string, when time.Time) enrolld.Order {
			r := sign(s.Config.Secrets[0], sample, when)
			r.Body = []byte(strings.Replace(string(r.Body), "IPN_ID=", "IPN_ID="+ipn, 1))
			got, err := s.Platform.Parse(s.Config, r)
			if err != nil {
				t.Fatal(err)
			}
			var o enrolld.Order
			for _, e := range got.Events {
				o = o.Merge(e.Order())
			}
			return o
		}
		a, b := order("1", platformtest.Received), order("2", platformtest.Received.Add(time.Minute))
		both, reversed := a.Merge(b), b.Merge(a)
		if !both.Equal(reversed) {
			t.Errorf("%s: the twins end in two states:\n%s", sample.Name, cmp.Diff(both, reversed))
		}
		if len(both.Payments) > 1 || len(both.Refunds) > 1 || len(both.Disputes) > 1 || len(both.Lines) > 1 {
			t.Errorf("%s: the twins count twice", sample.Name)
		}
	}
}

// TestCompletedIsARebill makes sure that subscr_completed does not end anything.
func TestCompletedIsARebill(t *testing.T) {
	s := suite(t)
	for _, sample := range s.Samples {
		if sample.Name != "sub_rebill" {
			continue
		}
		got, err := s.Platform.Parse(s.Config, sign(s.Config.Secrets[0], sample, platformtest.Received))
		if err != nil {
			t.Fatal(err)
		}
		e := got.Events[0]
		if e.Subscription.Value.State != enrolld.SubscriptionActive || !e.Payment.Value.PaidUntil.Equal(at(5, 2, 0)) {
			t.Errorf("got %+v and payment %+v, want active, paid until the next payment's date", e.Subscription.Value, e.Payment.Value)
		}
	}
}

func TestNotGranted(t *testing.T) {
	for _, change := range []string{
		"Completed>Pending", "Completed>Failed", "TYPE=vend>TYPE=aff", "ACTION=sale>ACTION=", "ACTION=sale>ACTION=sale_other",
	} {
		from, to, _ := strings.Cut(change, ">")
		got, err := warriorplus.New().Parse(config, request(strings.Replace(sample, from, to, 1), platformtest.Received))
		if err != nil || len(got.Events) > 0 || got.Ignored == "" {
			t.Errorf("%s: got %d events, error %v, want none and a reason", change, len(got.Events), err)
		}
	}
	// A sale told when its money is back already is a refund.
	got, err := warriorplus.New().Parse(config, request(strings.Replace(sample, "Completed", "Refunded", 1), platformtest.Received))
	if err != nil || len(got.Events) != 1 || got.Events[0].Kind != enrolld.EventRefund {
		t.Errorf("a refunded sale: got %+v, error %v, want a refund", got, err)
	}
}

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(s.Sign(s.Config.Secrets[0], sample, platformtest.Received).Body, sample.Type)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{"Content-Type": {contentType}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
