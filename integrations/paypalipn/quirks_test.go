package paypalipn_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paypalipn"
	"enrolld/integrations/platformtest"
)

// published is the message of the published documentation, in windows-1252.
const published = "mc_gross=49.00&payer_id=ABCDEFGHJKLMN&payment_date=10%3A15%3A00+Mar+01%2C+2026+PST&payment_status=Completed" +
	"&charset=windows-1252&first_name=Ann&last_name=M%FCller&custom=course-7&payer_email=ann%40example.org" +
	"&txn_id=61E67681CH3238416&txn_type=web_accept&receiver_email=shop%40example.com&item_number=course-7&quantity=1" +
	"&mc_currency=USD&test_ipn=1&ipn_track_id=a1b2c3"

func message(body string) integrations.Request {
	return integrations.Request{
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(body), ReceivedAt: platformtest.Received,
	}
}

func sample(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "samples", name+".form"))
	if err != nil {
		tb.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(b)), "\n", "&")
}

func parse(tb testing.TB, body string) []enrolld.Event {
	tb.Helper()
	got, err := paypalipn.New(paypalipn.Options{}).Parse(config(), message(body))
	if err != nil {
		tb.Fatal(err)
	}
	return got.Events
}

func TestPublished(t *testing.T) {
	sold := at(3, 1, 18, 15) // 10:15 in California
	usd := enrolld.Money{Minor: 4900, Currency: "USD"}
	want := []enrolld.Event{{
		Kind: enrolld.EventPurchase, At: sold, Refs: []string{"payment:61E67681CH3238416"}, Number: "61E67681CH3238416", Test: true,
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "Müller"},
		Lines: []enrolld.EventLine{{Key: "course-7", Product: enrolld.ProductRef{ID: "course-7"}, Sale: &enrolld.Sale{
			Paid: true, SoldAt: sold, Quantity: 1, Amount: usd,
		}}},
		Payment: &enrolld.EventPart[enrolld.Payment]{ID: "61E67681CH3238416", Value: enrolld.Payment{Amount: usd}},
	}}
	if diff := cmp.Diff(want, parse(t, published)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// stand runs a stand-in for PayPal.
func stand(tb testing.TB, h http.Handler) *paypalipn.Platform {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return paypalipn.New(paypalipn.Options{BackendURL: s.URL})
}

// TestSentBackToTheByte sends back what came: PayPal denies anything else.
func TestSentBackToTheByte(t *testing.T) {
	odd := strings.Replace(published, "last_name=M%FCller", "last_name=M%fc%6Cler&empty=&&x=+%20", 1)
	p := stand(t, verdict([]platformtest.Sample{{Body: []byte(odd)}}))
	for body, want := range map[string]enrolld.Outcome{
		odd: enrolld.OutcomeDone, published: enrolld.OutcomeDead, odd + "&": enrolld.OutcomeDead,
		strings.Replace(odd, "test_ipn=1&", "", 1): enrolld.OutcomeDead,
		strings.Replace(odd, "49.00", "48.00", 1):  enrolld.OutcomeDead,
	} {
		r := p.Redact(config(), message(body))
		if string(r.Body) != body {
			t.Error("Redact changed the body")
		}
		parsed, err := p.Parse(config(), r)
		if err != nil || !parsed.Incomplete {
			t.Fatalf("Parse: got %v, want an incomplete delivery", err)
		}
		done, err := p.Complete(t.Context(), config(), r, parsed)
		if got := enrolld.OutcomeOf(err); got != want || done.Incomplete {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	for answer, want := range map[string]enrolld.Outcome{
		"VERIFIED": enrolld.OutcomeDone, "VERIFIED\n": enrolld.OutcomeDone, "INVALID": enrolld.OutcomeDead,
		"": enrolld.OutcomeRetry, "VERIFIED, or not": enrolld.OutcomeRetry, "<html>VERIFIED": enrolld.OutcomeRetry,
		strings.Repeat("VERIFIED", 100): enrolld.OutcomeRetry,
	} {
		p := stand(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
		parsed, err := p.Parse(config(), message(published))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Complete(t.Context(), config(), message(published), parsed); enrolld.OutcomeOf(err) != want {
			t.Errorf("%.20q: got %v, want %s", answer, err, want)
		}
	}
}

func TestReceiver(t *testing.T) {
	p := paypalipn.New(paypalipn.Options{})
	for settings, want := range map[string]enrolld.Code{
		`{"receiver":["shop@example.com"]}`:                      "",
		`{"receiver":["other@example.com"," SHOP@Example.com"]}`: "",
		`{"receiver":["S8XGHLYDW9T3S"]}`:                         "",
		`{"receiver":["other@example.com"]}`:                     enrolld.Unauthorized,
		`{"receiver":["example.com"]}`:                           enrolld.Unauthorized,
		`{"receiver":[""," "]}`:                                  enrolld.Unauthorized,
		`{}`:                                                     enrolld.Unauthorized,
		``:                                                       enrolld.Unauthorized,
		`{"receiver":`:                                           enrolld.Unauthorized,
	} {
		c := integrations.Config{Settings: []byte(settings)}
		if got := enrolld.CodeOf(p.Verify(c, message(sample(t, "web_accept")))); got != want {
			t.Errorf("%s: got code %q, want %q", settings, got, want)
		}
		refused := want != "" && !strings.Contains(settings, "example.com")
		if got := enrolld.CodeOf(p.CheckConfig(c)); (got == enrolld.Invalid) != refused {
			t.Errorf("%s: the settings are checked with code %q", settings, got)
		}
	}
	if got := enrolld.CodeOf(p.Verify(config(), message("txn_type=web_accept&txn_id=1"))); got != enrolld.Unauthorized {
		t.Errorf("a message for nobody: got code %q, want unauthorized", got)
	}
}

func TestCharsets(t *testing.T) {
	name := func(charset, escaped string) string {
		body := strings.NewReplacer("charset=windows-1252", "charset="+charset, "M%FCller", escaped).Replace(published)
		return parse(t, body)[0].Buyer.Last
	}
	for _, tc := range []struct{ charset, escaped, want string }{
		{"windows-1252", "M%FCller", "Müller"}, {"windows-1252", "M%fcller", "Müller"}, {"windows-1252", "M\xfcller", "Müller"},
		{"windows-1252", "%80%92s", "€’s"}, {"UTF-8", "M%C3%BCller", "Müller"}, {"utf-8", "M%C3%BCller", "Müller"},
		{"KOI8_R", "%E9%D7%C1%CE", "Иван"}, {"Shift_JIS", "%8ER%93c", "山田"}, {"gb2312", "%CD%F5", "王"}, {"Big5", "%A4%FD", "王"},
		{"windows-1252", "A%26B%3D%FC", "A&B=ü"}, {"", "M%C3%BCller", "Müller"}, {"none-such", "M%C3%BCller", "Müller"},
		{"windows-1252", "M%FCller+jun.", "Müller jun."},
	} {
		if got := name(tc.charset, tc.escaped); got != tc.want {
			t.Errorf("%s in %s: got %q, want %q", tc.escaped, tc.charset, got, tc.want)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]time.Time{
		"10:15:00 Mar 01, 2026 PST": at(3, 1, 18, 15), "10:15:00 Jun 1, 2026 PDT": at(6, 1, 17, 15),
		"10:15:00 01 Mar 2026 PST": at(3, 1, 18, 15), "10:15:00 Mar 01, 2026 GMT": at(3, 1, 10, 15),
		"": platformtest.Received, "N/A": platformtest.Received, "10:15:00 Mar 01, 2026 XYZ": platformtest.Received,
		"10:15:00 Mar 32, 2026 PST": platformtest.Received, "10:15:00 Mar 01, 0026 PST": platformtest.Received,
	} {
		body := strings.Replace(published, "10%3A15%3A00+Mar+01%2C+2026+PST", url.QueryEscape(text), 1)
		if got := parse(t, body)[0].At; !got.Equal(want) {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// TestHeldMoneyHasKeysOfItsOwn keeps a held payment and the same one when it came
// apart, and what is sent again together.
func TestHeldMoneyHasKeysOfItsOwn(t *testing.T) {
	p := paypalipn.New(paypalipn.Options{})
	key := func(body string) string { return p.Identify(config(), message(body)).Key }
	pending, completed := sample(t, "echeck_pending"), sample(t, "echeck_completed")
	if key(pending) == key(completed) {
		t.Error("a payment has one key, held or not")
	}
	if key(pending) != key(pending+"&resend=true") {
		t.Error("a message that is sent again has another key")
	}
	if signup, cancel := sample(t, "subscr_signup"), sample(t, "subscr_cancel"); key(signup) == key(cancel) {
		t.Error("two messages about a subscription have one key")
	}
	if body := "txn_type=subscr_eot&subscr_id=I-1"; !strings.HasPrefix(key(body), "sha256:") {
		t.Errorf("a message without any id: got key %q", key(body))
	}
}

// TestRefundWithoutType reads refunds by their status, whatever txn_type says.
func TestRefundWithoutType(t *testing.T) {
	for _, name := range []string{"refund_part", "cart_refunded"} {
		e := parse(t, sample(t, name))[0]
		if e.Kind != enrolld.EventRefund || e.Refunds[0].Value.Payment == "" || e.Refs[0] != "payment:"+e.Refunds[0].Value.Payment {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

func TestProducts(t *testing.T) {
	for fields, want := range map[string]string{
		"&item_number=n&item_name=Name": "n", "&item_name=Name": "Name", "&custom=c": "c",
		"&item_name1=Name&item_number1=n1&custom=c": "n1", "&item_name1=Name1&custom=c": "Name1",
	} {
		body := strings.NewReplacer("&item_number=course-7", fields, "&custom=course-7", "").Replace(published)
		if got := parse(t, body)[0].Lines[0].Product.ID; got != want {
			t.Errorf("%s: got %q, want %q", fields, got, want)
		}
	}
	body := strings.NewReplacer("&item_number=course-7", "", "&custom=course-7", "").Replace(published)
	if _, err := paypalipn.New(paypalipn.Options{}).Parse(config(), message(body)); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("nothing named: got %v, want parked", err)
	}
}

// TestReversalCancelledLater dates what brings a payment back not before it came,
// as the date may be the sale's.
func TestReversalCancelledLater(t *testing.T) {
	body := strings.Replace(sample(t, "canceled_reversal"), "03%3A15%3A00+Mar+20%2C+2026+PDT", "02%3A15%3A00+Mar+01%2C+2026+PST", 1)
	if got := parse(t, body)[0].At; !got.Equal(platformtest.Received) {
		t.Errorf("got %s, want when it was received", got)
	}
}

func TestPeriods(t *testing.T) {
	for period, want := range map[string]string{
		"14+D": "2026-01-14", "2+W": "2026-01-14", "1+M": "2026-01-31", "1+Y": "2026-12-31", "": "", "x": "", "0+D": "", "1+Q": "",
	} {
		body := strings.NewReplacer("period1=14+D", "period1="+period,
			"02%3A15%3A00+Mar+01%2C+2026+PST", "02%3A15%3A00+Dec+31%2C+2025+PST").Replace(sample(t, "subscr_signup_trial"))
		s := parse(t, body)[0].Subscription.Value
		got := ""
		if s.State == enrolld.SubscriptionTrialing {
			got = s.PaidUntil.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", period, got, want)
		}
	}
}

// TestPeriodOfSettings ends what a payment reaches where the message does not say,
// and then a cancellation leaves what is paid.
func TestPeriodOfSettings(t *testing.T) {
	c := integrations.Config{Settings: []byte(`{"receiver":["shop@example.com"],"periods":{"course-7":"1 month"}}`)}
	p := paypalipn.New(paypalipn.Options{})
	if err := p.CheckConfig(c); err != nil {
		t.Fatal(err)
	}
	got, err := p.Parse(c, message(sample(t, "subscr_payment")))
	if err != nil {
		t.Fatal(err)
	}
	if until := got.Events[0].Payment.Value.PaidUntil; !until.Equal(at(3, 1, 10, 15).Add(5 * time.Second)) {
		t.Errorf("a payment reaches to %s, want a month", until)
	}
	if got, err = p.Parse(c, message(sample(t, "subscr_cancel"))); err != nil || got.Events[0].Subscription.Value.State != enrolld.SubscriptionCancelled {
		t.Errorf("a cancellation: got %+v (%v), want cancelled", got.Events, err)
	}
	c.Settings = []byte(`{"receiver":["shop@example.com"],"periods":{"course-7":"sometimes"}}`)
	if err := p.CheckConfig(c); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("a period that is none: got %v, want invalid", err)
	}
}

// TestAdjustments close a dispute by whose the money is.
func TestAdjustments(t *testing.T) {
	for change, want := range map[[2]string]enrolld.EventKind{
		{"", ""}: enrolld.EventDisputeLost, {"mc_gross=-20.00", "mc_gross=20.00"}: enrolld.EventDisputeWon,
		{"parent_txn_id=", "x="}: "", {"mc_gross=-20.00", "mc_gross=0.00"}: "",
	} {
		events := parse(t, strings.Replace(sample(t, "adjustment"), change[0], change[1], 1))
		var got enrolld.EventKind
		if len(events) > 0 {
			got = events[0].Kind
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", change[1], got, want)
		}
	}
}

// TestCartOfOneProduct makes one line of the items of one product.
func TestCartOfOneProduct(t *testing.T) {
	body := strings.Replace(sample(t, "cart"), "item_number2=workbook", "item_number2=course-7", 1)
	lines := parse(t, body)[0].Lines
	if len(lines) != 1 || lines[0].Sale.Quantity != 3 || lines[0].Sale.Amount.Minor != 6900 {
		t.Errorf("got %+v, want one line of three", lines)
	}
}

// A mass payment is told to the account that made it, which is its payer. Nothing
// else is let in by its payer, and a mass payment is never a sale or a refund.
func TestMassPayment(t *testing.T) {
	form, err := os.ReadFile("testdata/samples/masspay.form")
	if err != nil {
		t.Fatal(err)
	}
	p := paypalipn.New(paypalipn.Options{})
	text := strings.ReplaceAll(strings.TrimSpace(string(form)), "\n", "&")
	try := func(text string) integrations.Request {
		return integrations.Request{
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(text), ReceivedAt: platformtest.Received,
		}
	}
	for _, status := range []string{"Completed", "Denied", "Refunded", "Reversed"} {
		r := try(strings.Replace(text, "payment_status=Completed", "payment_status="+status, 1))
		if err := p.Verify(config(), r); err != nil {
			t.Errorf("%s: %v", status, err)
		}
		if got, err := p.Parse(config(), r); err != nil || got.Ignored == "" {
			t.Errorf("%s: got %+v (%v), want it passed over", status, got, err)
		}
	}
	other := try(strings.Replace(text, "txn_type=masspay", "txn_type=web_accept", 1))
	if err := p.Verify(config(), other); enrolld.CodeOf(err) != enrolld.Unauthorized {
		t.Errorf("a payment by the account: got %v, want it refused", err)
	}
}
