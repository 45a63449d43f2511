package gumroad_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	token    = "ACCESS_TOKEN_0123456789abcdef"
	saleA    = "FO8TXN-dbxYaBdahG97Y-Q=="
	courseA  = "32-nPainqpLj1B_WIwVlMw=="
	member   = "0ssD7adjRklGBjS5cwlWPg=="
	subOne   = "GazW4_NBcQy-o7Gjjng7lw=="
	subTrial = "TRIAL_NBcQy-o7Gjjng7lw=="
	subPlan  = "PLANW_NBcQy-o7Gjjng7lw=="
)

// is is what of an answer differs from the complete one in testdata.
type is map[string]any

// answer is what Gumroad's API says when it is asked about a ping, and when.
type answer struct {
	at         string
	sale       is
	subscriber is
}

// standIn speaks for API v2. It answers as Gumroad would have at the time of the
// ping that was made last.
type standIn struct {
	mu    sync.Mutex
	about string // the sample
	docs  map[string]is
	all   []byte
	calls []string
}

func newStandIn(tb testing.TB) *standIn {
	tb.Helper()
	s := &standIn{docs: map[string]is{}, about: "sale_once"}
	for _, name := range []string{"sale", "subscriber"} {
		var doc is
		if err := json.Unmarshal(load(tb, "api", name+".json"), &doc); err != nil {
			tb.Fatal(err)
		}
		s.docs[name] = doc
	}
	s.all = load(tb, "api", "products.json")
	return s
}

func load(tb testing.TB, path ...string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func (s *standIn) asked(sample string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.about = sample
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+token {
		http.Error(w, `{"error":"invalid_token"}`, http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	a := answers[s.about]
	if at, err := time.Parse(time.RFC3339, a.at); err == nil {
		w.Header().Set("Date", at.Format(http.TimeFormat))
	}
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v2/"), "/")
	switch {
	case r.Method == http.MethodGet && kind == "products":
		_, _ = w.Write(s.all)
	case r.Method == http.MethodGet && kind == "sales" && id == "":
		s.list(w, r.URL.Query().Get("order_id"), a.sale)
	case r.Method == http.MethodGet && kind == "sales":
		s.say(w, "sale", id, a.sale)
	case r.Method == http.MethodGet && kind == "subscribers":
		s.say(w, "subscriber", id, a.ofMembership())
	case r.Method == http.MethodPut && kind == "sales" && strings.HasSuffix(id, "/refund"):
		s.say(w, "sale", strings.TrimSuffix(id, "/refund"), is{"refunded": true})
	default:
		http.NotFound(w, r)
	}
}

// list answers with the sales of an order that were made: by Gumroad's program
// neither those of gifts' receivers nor those of the seller's own.
func (s *standIn) list(w http.ResponseWriter, order string, differs is) {
	doc := maps.Clone(s.docs["sale"])
	maps.Copy(doc, differs)
	sales := []is{}
	if fmt.Sprint(int(doc["order_id"].(float64))) == order && doc["is_gift_receiver_purchase"] != true { //nolint:forcetypeassert // testdata
		sales = append(sales, doc)
	}
	_ = json.NewEncoder(w).Encode(is{"success": true, "sales": sales})
}

// ofMembership is the membership with the sale among its own.
func (a answer) ofMembership() is {
	out := maps.Clone(a.subscriber)
	if id, ok := a.sale["id"]; ok && out["purchase_ids"] == nil {
		out["purchase_ids"] = []any{id}
	}
	return out
}

// say answers with a whole document, or that there is none.
func (s *standIn) say(w http.ResponseWriter, name, id string, differs is) {
	doc := maps.Clone(s.docs[name])
	if of, ok := differs["id"]; !ok || of == id {
		maps.Copy(doc, differs)
	}
	out := is{"success": true, name: doc}
	if doc["id"] != id {
		out = is{"success": false, "message": "The " + name + " was not found."}
	}
	_ = json.NewEncoder(w).Encode(out)
}

// denies is the API of a seller who has sold nothing.
var denies = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"success":false,"message":"The sale was not found."}`))
})

func memberSale(id, at string, more is) is {
	s := is{
		"id": id, "created_at": at, "product_id": member, "product_name": "Membership", "price": 1900,
		"subscription_id": subOne, "subscription_duration": "monthly", "is_recurring_billing": true, "recurring_charge": true,
		"formatted_display_price": "$19 a month", "formatted_total_price": "$19 a month", "amount_refundable_in_currency": "19",
		"variants": is{"Tier": "Basic"}, "cancelled": false, "dead": false, "ended": false, "free_trial_ended": nil,
	}
	maps.Copy(s, more)
	return s
}

func instalment(id, at string, more is) is {
	s := is{
		"id": id, "created_at": at, "price": 3000, "subscription_id": subPlan, "subscription_duration": "monthly",
		"recurring_charge": true,
	}
	maps.Copy(s, more)
	return s
}

var (
	firstSale = memberSale("M1txE6H8XNjy2JSCgKhbAw==", "2026-03-01T10:15:00Z", is{"recurring_charge": false})
	rebill    = memberSale("M2txE6H8XNjy2JSCgKhbAw==", "2026-04-01T10:15:00Z", nil)
	disputed  = is{
		"cancelled_at": "2026-03-06T09:00:00Z", "user_requested_cancellation_at": "2026-03-06T09:00:00Z", "status": "cancelled",
	}
	failed    = is{"failed_at": "2026-05-06T10:15:00Z", "status": "failed_payment"}
	plan      = is{"id": subPlan, "product_id": courseA, "charge_occurrence_count": 3}
	firstPart = instalment("I1txE6H8XNjy2JSCgKhbAw==", "2026-03-01T10:15:00Z", is{"recurring_charge": false})
)

// answers says, by sample, what the API answers about it.
var answers = map[string]answer{
	"sale_once":   {"2026-03-01T10:15:20Z", is{}, nil},
	"refund_part": {"2026-03-03T09:00:10Z", is{"partially_refunded": true, "amount_refundable_in_currency": "29"}, nil},
	"refund_full": {"2026-03-05T09:00:00Z", is{"refunded": true, "amount_refundable_in_currency": "0"}, nil},
	"dispute":     {"2026-03-06T09:00:00Z", is{"disputed": true, "chargedback": true}, nil},
	"dispute_won": {"2026-03-20T09:00:00Z", is{"disputed": true, "dispute_won": true}, nil},
	"sale_by_seller": {"2026-03-01T10:15:20Z", is{
		"id": "SELFXN-dbxYaBdahG97Y-Q==", "purchase_email": "seller@example.org",
	}, nil},
	"sale_gift": {"2026-03-01T10:15:20Z", is{
		"id": "GIFTXN-dbxYaBdahG97Y-Q==", "price": 0, "purchase_email": "friend@example.org", "paid": false,
		"is_gift_receiver_purchase": true, "gifter_email": "giver@example.org", "giftee_email": "friend@example.org",
	}, nil},
	"sale_preorder": {"2026-03-01T10:15:20Z", is{
		"id": "PREOXN-dbxYaBdahG97Y-Q==", "is_preorder_authorization": true, "preorder_cancelled": false, "is_in_preorder_state": true,
	}, nil},
	"sale_bundle": {"2026-03-01T10:15:20Z", is{
		"id": "BNDLXN-dbxYaBdahG97Y-Q==", "product_id": "BUNDLEainqpLj1B_WIwVlMw==", "product_name": "Everything",
		"price": 9900, "is_bundle_purchase": true, "variants": nil,
	}, nil},
	"sale_bundle_part": {"2026-03-01T10:15:20Z", is{
		"id": "PARTXN-dbxYaBdahG97Y-Q==", "price": 0, "is_bundle_product_purchase": true,
	}, nil},
	"sale_euro": {"2026-03-04T10:15:20Z", is{
		"id": "EUROXN-dbxYaBdahG97Y-Q==", "price": 5347, "currency_symbol": "€", "formatted_total_price": "€49",
		"partially_refunded": true, "amount_refundable_in_currency": "29",
	}, nil},
	"sale_json": {"2026-03-01T10:15:20Z", is{"id": "JSONXN-dbxYaBdahG97Y-Q=="}, nil},

	"sale_membership": {"2026-03-01T10:15:20Z", firstSale, is{}},
	"sale_rebill":     {"2026-04-01T10:15:20Z", rebill, is{}},
	"sale_upgrade": {"2026-03-15T09:00:20Z", memberSale("M4txE6H8XNjy2JSCgKhbAw==", "2026-03-15T09:00:00Z", is{
		"price": 1200, "is_upgrade_purchase": true, "variants": is{"Tier": "Pro"},
	}), is{}},
	"refund_membership": {"2026-04-03T09:00:00Z", memberSale("M2txE6H8XNjy2JSCgKhbAw==", "2026-04-01T10:15:00Z", is{
		"refunded": true, "amount_refundable_in_currency": "0",
	}), is{}},
	"subscription_updated": {"2026-03-15T09:00:25Z", nil, is{}},
	"cancellation": {"2026-04-10T12:00:00Z", nil, is{
		"cancelled_at": "2026-05-01T10:15:00Z", "user_requested_cancellation_at": "2026-04-10T11:59:50Z", "status": "pending_cancellation",
	}},
	"subscription_ended": {"2026-05-01T10:17:10Z", nil, is{
		"cancelled_at": "2026-05-01T10:15:00Z", "user_requested_cancellation_at": "2026-04-10T11:59:50Z", "status": "cancelled",
	}},
	"cancellation_failed":       {"2026-05-06T10:15:10Z", nil, failed},
	"subscription_ended_failed": {"2026-05-06T10:15:11Z", nil, failed},
	"subscription_restarted":    {"2026-05-10T08:00:10Z", nil, is{}},
	"sale_restarted":            {"2026-05-10T08:00:12Z", memberSale("M3txE6H8XNjy2JSCgKhbAw==", "2026-05-10T08:00:00Z", nil), is{}},

	// A dispute cancels a membership at once; won, it goes on.
	"dispute_membership": {"2026-03-06T09:00:10Z", memberSale("M1txE6H8XNjy2JSCgKhbAw==", "2026-03-01T10:15:00Z", is{
		"recurring_charge": false, "disputed": true, "chargedback": true,
	}), disputed},
	"cancellation_disputed": {"2026-03-06T09:00:08Z", nil, disputed},
	"restarted_dispute_won": {"2026-03-20T09:00:08Z", nil, is{}},
	"dispute_won_membership": {"2026-03-20T09:00:10Z", memberSale("M1txE6H8XNjy2JSCgKhbAw==", "2026-03-01T10:15:00Z", is{
		"recurring_charge": false, "disputed": true, "dispute_won": true,
	}), is{}},

	"sale_trial": {"2026-03-01T10:15:20Z", memberSale("T1txE6H8XNjy2JSCgKhbAw==", "2026-03-01T10:15:00Z", is{
		"recurring_charge": false, "subscription_id": subTrial, "variants": is{"Tier": "Pro"},
		"free_trial_ended": false, "free_trial_ends_on": "Mar 8, 2026",
	}), is{"id": subTrial, "free_trial_ends_at": "2026-03-08T10:15:00Z"}},
	"sale_after_trial": {"2026-03-08T10:15:20Z", memberSale("T2txE6H8XNjy2JSCgKhbAw==", "2026-03-08T10:15:00Z", is{
		"subscription_id": subTrial, "variants": is{"Tier": "Pro"}, "free_trial_ended": true, "free_trial_ends_on": "Mar 8, 2026",
	}), is{"id": subTrial, "free_trial_ends_at": "2026-03-08T10:15:00Z"}},

	"sale_instalment_1": {"2026-03-01T10:15:20Z", firstPart, plan},
	"sale_instalment_2": {"2026-04-01T10:15:20Z", instalment("I2txE6H8XNjy2JSCgKhbAw==", "2026-04-01T10:15:00Z", nil), plan},
	"sale_instalment_3": {"2026-05-01T10:15:20Z", instalment("I3txE6H8XNjy2JSCgKhbAw==", "2026-05-01T10:15:00Z", nil), plan},
	"instalments_over": {"2026-06-01T10:16:20Z", firstPart, is{
		"id": subPlan, "product_id": courseA, "charge_occurrence_count": 3, "ended_at": "2026-06-01T10:16:00Z",
		"purchase_ids": []string{"I1txE6H8XNjy2JSCgKhbAw==", "I2txE6H8XNjy2JSCgKhbAw==", "I3txE6H8XNjy2JSCgKhbAw=="},
		"status":       "fixed_subscription_period_ended",
	}},
}
