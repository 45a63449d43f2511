package paypalipn_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paypalipn"
	"enrolld/integrations/platformtest"
)

// TestCancellationAfterTheEnd keeps a cancellation that comes late from opening
// again what is over: PayPal tells of both at about the same time.
func TestCancellationAfterTheEnd(t *testing.T) {
	p := paypalipn.New(paypalipn.Options{})
	var o enrolld.Order
	for name, received := range map[string]time.Time{
		"subscr_signup": platformtest.Received, "subscr_payment": platformtest.Received,
		"subscr_eot": platformtest.Received, "subscr_cancel": platformtest.Received.Add(50 * time.Hour),
	} {
		r := message(strings.ReplaceAll(sample(t, name), "S-9X268688JL8514304", "I-6TKBL8R0X2WA"))
		r.ReceivedAt = received
		got, err := p.Parse(config(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Events {
			o = o.Merge(e.Order())
		}
	}
	rules := func(string, enrolld.ProductRef) (enrolld.Rule, bool) {
		return enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 1}}}, true
	}
	sold := []enrolld.Sold{{OrderID: 1, Platform: "paypal-ipn", Order: o}}
	got := enrolld.Derive(sold, rules, platformtest.Received.Add(60*time.Hour)).Grants
	if len(got) != 1 || got[0].State != enrolld.GrantEnded || got[0].Until == nil || !got[0].Until.Equal(platformtest.Received) {
		t.Errorf("got %+v, want what ended with the subscription", got)
	}
}

// TestPostbackElsewhere asks again where PayPal's answer says nothing of the message.
func TestPostbackElsewhere(t *testing.T) {
	for _, status := range []int{301, 400, 401, 403, 404, 410, 429, 500, 503} {
		p := stand(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		r := message(published)
		parsed, err := p.Parse(config(), r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Complete(t.Context(), config(), r, parsed); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%d: got %v, want another try", status, err)
		}
	}
}

// TestPrices has what was paid for too little wait for a person: anybody can make a
// button with another price, or with a trial of years, and PayPal vouches for the sale.
func TestPrices(t *testing.T) {
	const prices = `,"prices":{"course-7":"49.00 USD, 45 EUR","workbook":"10.00 USD"},"trials":{"course-7":"14 days"}`
	for name, tc := range map[string]struct {
		sample, settings string
		change           []string
		want             enrolld.Outcome
	}{
		"the price":                  {"web_accept", prices, nil, enrolld.OutcomeDone},
		"in another currency":        {"web_accept", prices, []string{"mc_currency=USD", "mc_currency=EUR"}, enrolld.OutcomeDone},
		"in one without a price":     {"web_accept", prices, []string{"mc_currency=USD", "mc_currency=HUF"}, enrolld.OutcomePark},
		"less":                       {"web_accept", prices, []string{"mc_gross=49.00", "mc_gross=0.01"}, enrolld.OutcomePark},
		"less, without a setting":    {"web_accept", "", []string{"mc_gross=49.00", "mc_gross=0.01"}, enrolld.OutcomeDone},
		"for one of two pieces":      {"web_accept", prices, []string{"quantity=1", "quantity=2"}, enrolld.OutcomePark},
		"cart":                       {"cart", prices, nil, enrolld.OutcomeDone},
		"cart with a discount":       {"cart", prices, []string{"mc_gross=69.00", "mc_gross=0.01"}, enrolld.OutcomePark},
		"held":                       {"echeck_pending", prices, []string{"mc_gross=49.00", "mc_gross=0.01"}, enrolld.OutcomePark},
		"rebill":                     {"subscr_payment", prices, nil, enrolld.OutcomeDone},
		"rebill of less":             {"subscr_payment", prices, []string{"mc_gross=49.00", "mc_gross=1.00"}, enrolld.OutcomePark},
		"trial":                      {"subscr_signup_trial", prices, nil, enrolld.OutcomeDone},
		"trial of years":             {"subscr_signup_trial", prices, []string{"period1=14+D", "period1=5+Y"}, enrolld.OutcomePark},
		"trial of years, no setting": {"subscr_signup_trial", "", []string{"period1=14+D", "period1=5+Y"}, enrolld.OutcomeDone},
		"trial that is not offered": {
			"subscr_signup_trial", `,"prices":{"course-7":"49.00 USD"}`, nil, enrolld.OutcomePark,
		},
		"refund of a part": {"refund_part", prices, nil, enrolld.OutcomeDone},
	} {
		c := integrations.Config{Settings: []byte(`{"receiver":["shop@example.com"]` + tc.settings + `}`)}
		body := strings.NewReplacer(tc.change...).Replace(sample(t, tc.sample))
		p := stand(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("VERIFIED")) }))
		parsed, err := p.Parse(c, message(body))
		if err != nil {
			t.Fatal(name, err)
		}
		if got, err := p.Complete(t.Context(), c, message(body), parsed); enrolld.OutcomeOf(err) != tc.want || err == nil && got.Incomplete {
			t.Errorf("%s: got %+v (%v), want %s", name, got, err, tc.want)
		}
	}
	for _, bad := range []string{`"prices":{"a":"49.00"}`, `"prices":{"a":"x USD"}`, `"prices":{"a":"-1 USD"}`, `"trials":{"a":"x"}`} {
		c := integrations.Config{Settings: []byte(`{"receiver":["shop@example.com"],` + bad + `}`)}
		if err := paypalipn.New(paypalipn.Options{}).CheckConfig(c); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %v, want invalid", bad, err)
		}
	}
}

// TestFailureToldLate dates a failure that was on its way for long before the try
// that followed it, and so before the money that this one brought.
func TestFailureToldLate(t *testing.T) {
	body := sample(t, "subscr_failed") // tried again on 6 March, 10:15
	next := at(3, 6, 10, 15)
	for received, want := range map[time.Time]time.Time{
		at(3, 2, 8, 0): at(3, 2, 8, 0), at(3, 7, 8, 0): next.Add(-24 * time.Hour),
	} {
		r := message(body)
		r.ReceivedAt = received
		got, err := paypalipn.New(paypalipn.Options{}).Parse(config(), r)
		if err != nil || !got.Events[0].At.Equal(want) {
			t.Errorf("received %s: got %+v (%v), want it at %s", received, got.Events, err, want)
		}
	}
}
