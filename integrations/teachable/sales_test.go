package teachable_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
)

// upgraded is the API of somebody who has the Club by the month, and since a day in
// April for good.
func upgraded(tb testing.TB, paid string) *stand {
	tb.Helper()
	s := standIn(tb)
	s.Plans = append(s.Plans, map[string]any{
		"id": 7009, "name": "For good", "price": 19900, "currency": "USD", "course_id": 124,
		"frequency": map[string]any{"type": "one_time"},
	})
	s.Transactions = append(s.Transactions, map[string]any{
		"id": 88100, "user_id": 55503, "pricing_plan_id": 7009, "sale_id": 90100, "created_at": paid, "purchased_at": paid,
		"final_price": 19900, "currency": "USD", "status": "paid", "refunded_at": nil, "amount_refunded": 0,
	})
	return s
}

// bought is a delivery about what upgraded bought.
func bought(kind, paid string) integrations.Request {
	object := `"id":88100,"sale_id":90100`
	if kind == "Sale.created" {
		object = `"id":90100`
	}
	body := fmt.Sprintf(`{"type":%q,"hook_event_id":%q,"created":%q,"object":{%s,"user_id":55503,"purchased_at":%q}}`,
		kind, kind, paid, object, paid)
	when, _ := time.Parse(time.RFC3339, paid)
	return integrations.Request{Body: []byte(body), ReceivedAt: when}
}

// access is what the deliveries give, by line.
func access(tb testing.TB, s *stand, now time.Time, list ...integrations.Request) map[string]string {
	tb.Helper()
	p := serve(tb, s)
	var order enrolld.Order
	for _, r := range list {
		got, err := understand(tb, p, on, r)
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range got.Events {
			order = order.Merge(e.Order())
		}
	}
	rules := func(string, enrolld.ProductRef) (enrolld.Rule, bool) {
		return enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 1}}}, true
	}
	out := map[string]string{}
	for _, g := range enrolld.Derive([]enrolld.Sold{{OrderID: 1, Platform: "teachable", Order: order}}, rules, now).Grants {
		out[g.Cause.Line] = string(g.State) + " " + string(g.Reason)
	}
	return out
}

// TestSalesOfOneCourseAreApart: who pays by the month and then for good keeps the
// course when the months are cancelled, before or after, and loses what is refunded.
func TestSalesOfOneCourseAreApart(t *testing.T) {
	club := func() []integrations.Request {
		var list []integrations.Request
		for _, sample := range []string{"sale_club", "transaction_first", "transaction_rebill", "cancelled"} {
			r := load(t, sample)
			r.ReceivedAt = at(5, 30, 0, 0)
			list = append(list, r)
		}
		return list
	}
	for name, paid := range map[string]string{"cancelled after": "2026-04-05T12:00:00Z", "cancelled before": "2026-04-20T12:00:00Z"} {
		list := append(club(), bought("Sale.created", paid), bought("Transaction.created", paid))
		want := map[string]string{"sale-90003": "ended expired", "sale-90100": "live paid"}
		for range 2 {
			got := access(t, upgraded(t, paid), at(8, 1, 0, 0), list...)
			if got["sale-90003"] == "ended cancelled" {
				got["sale-90003"] = "ended expired" // it ended; why is told by who came last
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			slices.Reverse(list)
		}
	}
	const paid = "2026-04-05T12:00:00Z"
	s := upgraded(t, paid)
	given := s.Transactions[len(s.Transactions)-1]
	given["amount_refunded"], given["refunded_at"] = 19900, "2026-04-07T12:00:00Z"
	list := club()[:3]
	list = append(list, bought("Sale.created", paid), bought("Transaction.refunded", paid))
	want := map[string]string{"sale-90003": "live paid", "sale-90100": "ended refunded"}
	if diff := cmp.Diff(want, access(t, s, at(4, 20, 0, 0), list...)); diff != "" {
		t.Errorf("given back (-want +got):\n%s", diff)
	}
}

// TestBoughtForGoodDuringTrial: the trial's end is not that of what was paid for.
func TestBoughtForGoodDuringTrial(t *testing.T) {
	const paid = "2026-03-04T12:00:00Z"
	s := upgraded(t, paid)
	s.Transactions[len(s.Transactions)-1]["user_id"] = 55504
	list := []integrations.Request{
		load(t, "sale_trial"), load(t, "enrollment_trial"),
		replaced(bought("Sale.created", paid), "55503", "55504"), replaced(bought("Transaction.created", paid), "55503", "55504"),
	}
	for range 2 {
		if got := access(t, s, at(8, 1, 0, 0), list...)["sale-90100"]; got != "live paid" {
			t.Errorf("got %q, want live paid", got)
		}
		slices.Reverse(list)
	}
}

// TestClaimedSaleIsNobodyElses: who is enrolled for nothing may name any sale; it
// must not make their order and another's one.
func TestClaimedSaleIsNobodyElses(t *testing.T) {
	p := serve(t, standIn(t))
	for _, tc := range []struct{ sample, own string }{{"sale_by_hand", "90005"}, {"cancelled", "90003"}} {
		r := replaced(load(t, tc.sample), tc.own, "90001", "55503", "55505", `"id": 124`, `"id": 123`)
		got, err := understand(t, p, on, r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"enrollment:55505/123"}, got.Events[0].Refs); diff != "" {
			t.Errorf("%s: references (-want +got):\n%s", tc.sample, diff)
		}
	}
}

// TestNothingIsOfTomorrow: what a delivery dates ahead would stand against all that
// comes after it.
func TestNothingIsOfTomorrow(t *testing.T) {
	p := serve(t, standIn(t))
	for _, sample := range []string{"enrollment_by_hand", "sale_by_hand", "sale_ended", "disabled"} {
		r := load(t, sample)
		r.ReceivedAt = at(5, 2, 11, 0)
		r = replaced(r, `"created": "2026`, `"created": "9000`, `"purchased_at": "2026`, `"purchased_at": "9000`,
			`"enrolled_at": "2026`, `"enrolled_at": "9000`)
		for _, c := range []integrations.Config{on, off} {
			got, err := understand(t, p, c, r)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := json.Marshal(got.Events[0].Order()) //nolint:errchkjson // plain structs
			if strings.Contains(string(b), "9000-") {
				t.Errorf("%s: %s", sample, b)
			}
		}
	}
}

// TestKeyIsOfWhatIsSaid: the ids of deliveries can be guessed; who sends one
// beforehand must not keep the real one out.
func TestKeyIsOfWhatIsSaid(t *testing.T) {
	p := serve(t, standIn(t))
	r := load(t, "refunded")
	forged := r
	forged.Body = []byte(fmt.Sprintf(`{"type":"Transaction.refunded","hook_event_id":%s,"object":{}}`,
		strings.Trim(strings.Split(strings.Split(string(r.Body), `"hook_event_id":`)[1], ",")[0], " ")))
	real, other := p.Identify(on, r), p.Identify(on, forged)
	if real.Key == other.Key || real.Event != other.Event {
		t.Errorf("got %+v and %+v, want two keys", real, other)
	}
}

// TestManyEventsOfOneUser: a bundle of many courses is many events at once.
func TestManyEventsOfOneUser(t *testing.T) {
	many := func(n int, user string) integrations.Request {
		one := strings.ReplaceAll(string(load(t, "enrollment_by_hand").Body), "55505", user)
		body := "[" + strings.Repeat(one+",", n-1) + one + "]"
		return integrations.Request{Body: []byte(body), ReceivedAt: at(3, 2, 8, 0)}
	}
	s, asked := standIn(t), 0
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		s.ServeHTTP(w, r)
	}))
	got, err := understand(t, p, on, many(60, "55505"))
	if err != nil || len(got.Events) != 60 || asked > 2 {
		t.Errorf("got %d events after %d questions (%v)", len(got.Events), asked, err)
	}
	asked = 0
	if _, err = understand(t, p, on, many(3_000, "55505")); enrolld.OutcomeOf(err) != enrolld.OutcomeDead || asked > 0 {
		t.Errorf("without bound: got %v after %d questions", err, asked)
	}
	var list []string
	for i := range 30 {
		list = append(list, string(many(1, fmt.Sprint(66000+i)).Body[1:len(many(1, "55505").Body)-1]))
		s.Users[fmt.Sprint(66000+i)] = map[string]any{"user": map[string]any{
			"id": 66000 + i, "email": "x@example.org", "courses": []any{map[string]any{"course_id": 123}},
		}}
	}
	asked = 0
	_, err = understand(t, p, on, integrations.Request{Body: []byte("[" + strings.Join(list, ",") + "]"), ReceivedAt: at(3, 2, 8, 0)})
	if enrolld.OutcomeOf(err) != enrolld.OutcomeDead || asked > 25 {
		t.Errorf("of many users: got %v after %d questions", err, asked)
	}
}

// TestUnknownBesideKnown: one event that Teachable denies does not take the others
// with it.
func TestUnknownBesideKnown(t *testing.T) {
	known := string(load(t, "sale_once").Body)
	unknown := strings.ReplaceAll(string(load(t, "transaction_once").Body), "88001", "99001")
	r := integrations.Request{Body: []byte("[" + unknown + "," + known + "]"), ReceivedAt: at(3, 2, 8, 0)}
	got, err := understand(t, serve(t, standIn(t)), on, r)
	if err != nil || len(got.Events) != 1 || got.Events[0].Kind != enrolld.EventPurchase {
		t.Errorf("got %+v (%v), want the sale", got.Events, err)
	}
}
