package paddle_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paddle"
	"enrolld/integrations/platformtest"
)

const (
	apiKey = "pdl_live_apikey_01kjmexample0000000000000_abcdefghijklmnopqrstuv_AAA"

	priceA, priceM = "pri_01kjma00000000000000000000", "pri_01kjmm00000000000000000000"
	priceT, priceC = "pri_01kjmt00000000000000000000", "pri_01kjmc00000000000000000000"
	itemA, itemW   = "txnitm_01kjmoncea0000000000000000", "txnitm_01kjmoncew0000000000000000"
	itemFirstW     = "txnitm_01kjmfirstw000000000000000"
	itemExtra      = "txnitm_01kjmextraa000000000000000"
	txnOnce        = "txn_01kjmonce00000000000000000"
	txnFirst       = "txn_01kjmfirst0000000000000000"
	proMember      = "pro_01kjmmember000000000000000"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	h := http.Header{"Content-Type": {s.Type}}
	if secret != "" {
		t := strconv.FormatInt(at.Unix(), 10)
		sum := integrations.MAC(sha256.New, []byte(secret.Reveal()), []byte(t+":"), s.Body)
		h.Set("Paddle-Signature", fmt.Sprintf("ts=%s;h1=%s", t, hex.EncodeToString(sum)))
	}
	return integrations.Request{Header: h, Body: s.Body, ReceivedAt: at}
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

const (
	purchase = enrolld.EventPurchase
	paid     = enrolld.EventPayment
	refund   = enrolld.EventRefund
	sub      = enrolld.EventSubscription
	won      = enrolld.EventDisputeWon
	lost     = enrolld.EventDisputeLost
)

// samples says what each sample becomes. A subscription's notification says how
// it stands and lets suppose its sale.
var samples = map[string][]enrolld.EventKind{
	"customer_created": nil, "customer_updated": nil, "once_created": nil, "once_failed": nil, "once_paid": nil,
	"once_ready": nil, "once_revised": nil, "invoice_billed": nil, "invoice_updated": nil, "invoice_canceled": nil,
	"customer_imported": nil,
	"once_completed":    kinds(purchase), "refund_part_pending": nil, "refund_part_approved": kinds(refund),
	"refund_some_approved": kinds(refund), "refund_full_approved": kinds(refund),
	"refund_full_rejected": kinds(refund), "refund_full_reversed": kinds(refund), "credit": nil,
	"warning": kinds(enrolld.EventDisputeOpened), "warning_reversed": kinds(won), "chargeback": kinds(lost, lost),
	"chargeback_reversed": kinds(won, won), "chargeback_undone": kinds(won, won),
	"sub_created": kinds(sub, sub), "sub_activated": kinds(sub, sub), "sub_first": kinds(purchase),
	"sub_renewed": kinds(sub, sub), "sub_rebill": kinds(paid), "txn_past_due": nil,
	"sub_rebill_failed": kinds(enrolld.EventPaymentFailed), "sub_past_due": kinds(sub, sub),
	"sub_rebill_recovered": kinds(paid), "sub_recovered": kinds(sub, sub),
	"sub_cancelling": kinds(enrolld.EventCancelled, sub), "sub_canceled": kinds(enrolld.EventEnded, sub),
	"sub_refund_rebill": kinds(refund), "sub_refund_item": kinds(refund), "sub_refund_items": kinds(refund),
	"sub_chargeback": kinds(lost, lost), "sub_charge": kinds(purchase), "sub_method": nil, "sub_changed": kinds(sub, sub), "sub_change_paid": kinds(paid),
	"trial_created": kinds(sub, sub), "trial_trialing": kinds(sub, sub), "trial_first": kinds(purchase, sub),
	"trial_activated": kinds(sub, sub), "trial_paid": kinds(paid), "pausing": kinds(sub, sub),
	"paused": kinds(sub, sub), "resumed": kinds(sub, sub), "resumed_paid": kinds(paid), "imported": kinds(sub, sub),
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	connect := func(url string) integrations.Platform { return paddle.New(paddle.Options{BackendURL: url}) }
	return platformtest.Suite{
		Platform: connect(""),
		Config: integrations.Config{
			Secrets: []enrolld.Secret{"pdl_ntfset_01kjmfirst_0123456789", "pdl_ntfset_01kjmsecond_0123456789"},
			APIKey:  apiKey,
		},
		Sign:      sign,
		SignsBody: true, SignsTime: true,
		Lives:   lives,
		Samples: platformtest.Load(tb, "testdata/samples", samples),
		API:     newBackend(tb), Connect: connect,
		Catalogue: []string{
			"pro_01kjmcoursea00000000000000", "pro_01kjmcoursea00000000000000/" + priceA,
			proMember, proMember + "/" + priceM, proMember + "/" + priceT,
		},
		Refund: &integrations.Refund{Key: "r-1", Order: orderOnce(), Payment: txnOnce, Reason: "asked for"},
		Refunded: []string{
			`POST /adjustments {"action":"refund","type":"full","transaction_id":"` + txnOnce + `","reason":"asked for"}`,
		},
		Sandbox: &integrations.Config{
			Secrets: []enrolld.Secret{"pdl_ntfset_01kjmfirst_0123456789"}, Settings: []byte(`{"sandbox":true}`),
		},
	}
}

func orderOnce() enrolld.Order {
	return enrolld.Event{
		At: at(3, 1, 10, 15), Refs: []string{txnOnce}, Payment: &enrolld.EventPart[enrolld.Payment]{
			ID: txnOnce, Value: enrolld.Payment{Amount: integrations.Minor(10440, "USD"), Lines: []string{itemA, itemW}},
		},
	}.Order()
}

func both(a, b, state string) map[string]string {
	return map[string]string{a: state, b: state}
}

var lives = []platformtest.Life{
	{
		Name:    "bought once",
		Shows:   []string{platformtest.Purchase},
		Samples: []string{"once_completed"},
		Want:    []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: both(itemA, itemW, "live paid")}},
	},
	{
		Name:    "a part given back",
		Shows:   []string{platformtest.PartialRefund},
		Samples: []string{"once_completed", "refund_part_approved", "refund_some_approved"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{
			itemA: "live paid", itemW: "ended refunded until 2026-03-03T12:00:00Z",
		}}},
	},
	{
		Name:    "a refund that is rejected",
		Samples: []string{"once_completed", "refund_full_rejected"},
		Want:    []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: both(itemA, itemW, "live paid")}},
	},
	{
		Name:    "all given back",
		Shows:   []string{platformtest.FullRefund},
		Samples: []string{"once_completed", "refund_full_approved"},
		Want: []platformtest.Moment{
			{At: at(3, 8, 0, 0), Lines: both(itemA, itemW, "ended refunded until 2026-03-04T12:00:00Z")},
		},
	},
	{
		Name:    "all given back, and that reversed",
		Samples: []string{"once_completed", "refund_full_approved", "refund_full_reversed"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: both(itemA, itemW, "live paid")}},
	},
	{
		Name:    "warning of a chargeback",
		Shows:   []string{platformtest.DisputeOpened},
		Samples: []string{"once_completed", "warning"},
		Want:    []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: both(itemA, itemW, "suspended dispute_open")}},
	},
	{
		Name:    "warning without consequence",
		Samples: []string{"once_completed", "warning", "warning_reversed"},
		Want:    []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: both(itemA, itemW, "live paid")}},
	},
	{
		Name:    "warning, then the chargeback",
		Shows:   []string{platformtest.DisputeLost},
		Samples: []string{"once_completed", "warning", "chargeback", "warning_reversed"},
		Want: []platformtest.Moment{
			{At: at(3, 8, 0, 0), Lines: both(itemA, itemW, "ended dispute_lost until 2026-03-06T10:00:00Z")},
		},
	},
	{
		Name:    "chargeback won",
		Shows:   []string{platformtest.DisputeWon},
		Samples: []string{"once_completed", "warning", "chargeback", "chargeback_reversed", "chargeback_undone"},
		Want:    []platformtest.Moment{{At: at(3, 21, 0, 0), Lines: both(itemA, itemW, "live paid")}},
	},
	{
		Name:    "renewed",
		Shows:   []string{platformtest.Rebill},
		Samples: []string{"sub_created", "sub_activated", "sub_first", "sub_renewed", "sub_rebill", "sub_charge"},
		Want: []platformtest.Moment{{At: at(4, 20, 0, 0), Lines: map[string]string{
			priceM: "live paid until 2026-05-04T10:15:00Z", itemFirstW: "live paid", itemExtra: "live paid",
		}}},
	},
	{
		Name:    "payment failed",
		Shows:   []string{platformtest.Failed},
		Samples: []string{"sub_first", "sub_rebill", "sub_rebill_failed", "sub_past_due"},
		Want: []platformtest.Moment{
			{At: at(5, 2, 0, 0), Lines: map[string]string{
				priceM: "live grace until 2026-05-04T10:20:00Z", itemFirstW: "live paid",
			}},
			{At: at(5, 5, 0, 0), Lines: map[string]string{
				priceM: "ended payment_failed until 2026-05-04T10:20:00Z", itemFirstW: "live paid",
			}},
		},
	},
	{
		Name:    "payment failed for good",
		Samples: []string{"sub_first", "sub_rebill", "sub_rebill_failed", "sub_past_due", "sub_canceled"},
		Want: []platformtest.Moment{{At: at(6, 2, 0, 0), Lines: map[string]string{
			priceM: "ended payment_failed until 2026-05-04T10:20:00Z", itemFirstW: "live paid",
		}}},
	},
	{
		// The renewal was paid by itself and stands.
		Name:    "chargeback of the first payment",
		Samples: []string{"sub_created", "sub_first", "sub_renewed", "sub_rebill", "sub_chargeback"},
		Want: []platformtest.Moment{{At: at(4, 20, 0, 0), Lines: map[string]string{
			priceM: "live paid until 2026-05-04T10:15:00Z", itemFirstW: "ended dispute_lost until 2026-04-10T12:00:00Z",
		}}},
	},
	{
		Name:  "payment failed and recovered",
		Shows: []string{platformtest.Recovered},
		Samples: []string{
			"sub_first", "sub_rebill", "sub_rebill_failed", "sub_past_due", "sub_rebill_recovered", "sub_recovered",
		},
		Want: []platformtest.Moment{{At: at(5, 5, 0, 0), Lines: map[string]string{
			priceM: "live paid until 2026-06-04T10:15:00Z", itemFirstW: "live paid",
		}}},
	},
	{
		Name:    "cancelled",
		Shows:   []string{platformtest.Cancelled},
		Samples: []string{"sub_first", "sub_rebill", "sub_rebill_recovered", "sub_recovered", "sub_cancelling"},
		Want: []platformtest.Moment{{At: at(5, 20, 0, 0), Lines: map[string]string{
			priceM: "live paid until 2026-06-01T10:15:00Z", itemFirstW: "live paid",
		}}},
	},
	{
		Name:  "cancelled and over",
		Shows: []string{platformtest.Expired},
		Samples: []string{
			"sub_created", "sub_first", "sub_rebill", "sub_rebill_recovered", "sub_cancelling", "sub_canceled",
		},
		Want: []platformtest.Moment{{At: at(6, 2, 0, 0), Lines: map[string]string{
			priceM: "ended cancelled until 2026-06-01T10:15:00Z", itemFirstW: "live paid",
		}}},
	},
	{
		Name:    "a renewal given back",
		Samples: []string{"sub_first", "sub_renewed", "sub_rebill", "sub_refund_rebill"},
		Want: []platformtest.Moment{{At: at(4, 6, 0, 0), Lines: map[string]string{
			priceM: "ended refunded until 2026-04-01T10:15:00Z", itemFirstW: "live paid",
		}}},
	},
	{
		Name:    "an item of a subscription's transaction given back",
		Samples: []string{"sub_created", "sub_first", "sub_refund_item"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{
			priceM: "live paid until 2026-04-04T10:15:00Z", itemFirstW: "ended refunded until 2026-03-05T12:00:00Z",
		}}},
	},
	{
		Name:    "all items of a subscription's transaction given back",
		Samples: []string{"sub_created", "sub_first", "sub_refund_items"},
		Want: []platformtest.Moment{
			{At: at(3, 8, 0, 0), Lines: both(priceM, itemFirstW, "ended refunded until 2026-03-06T12:00:00Z")},
		},
	},
	{
		Name:    "another plan",
		Samples: []string{"sub_created", "sub_first", "sub_changed", "sub_change_paid"},
		Want: []platformtest.Moment{
			{At: at(3, 20, 0, 0), Lines: map[string]string{
				priceM: "live paid until 2026-04-04T10:15:00Z", priceC: "live paid until 2026-04-04T10:15:00Z", itemFirstW: "live paid",
			}},
			{At: at(4, 5, 0, 0), Lines: map[string]string{
				priceM: "ended expired until 2026-04-04T10:15:00Z", priceC: "ended expired until 2026-04-04T10:15:00Z", itemFirstW: "live paid",
			}},
		},
	},
	{
		Name:    "trial",
		Shows:   []string{platformtest.Trial},
		Samples: []string{"trial_created", "trial_trialing", "trial_first"},
		Want: []platformtest.Moment{
			{At: at(3, 5, 0, 0), Lines: map[string]string{priceT: "live trial until 2026-03-18T10:15:00Z"}},
		},
	},
	{
		Name:    "trial and on",
		Samples: []string{"trial_created", "trial_trialing", "trial_first", "trial_activated", "trial_paid"},
		Want: []platformtest.Moment{
			{At: at(3, 20, 0, 0), Lines: map[string]string{priceT: "live paid until 2026-04-18T10:15:00Z"}},
		},
	},
	{
		Name:    "paused",
		Samples: []string{"trial_first", "trial_activated", "trial_paid", "pausing", "paused"},
		Want: []platformtest.Moment{
			{At: at(4, 10, 0, 0), Lines: map[string]string{priceT: "live paid until 2026-04-15T10:15:00Z"}},
			{At: at(4, 16, 0, 0), Lines: map[string]string{priceT: "ended paused until 2026-04-15T10:15:00Z"}},
		},
	},
	{
		Name:    "resumed",
		Samples: []string{"trial_first", "trial_activated", "trial_paid", "paused", "resumed", "resumed_paid"},
		Want: []platformtest.Moment{
			{At: at(6, 20, 0, 0), Lines: map[string]string{priceT: "live paid until 2026-07-18T10:15:00Z"}},
		},
	},
	{
		Name:    "imported from elsewhere",
		Samples: []string{"imported"},
		Want: []platformtest.Moment{
			{At: at(3, 10, 0, 0), Lines: map[string]string{priceM: "live paid until 2026-03-23T00:00:00Z"}},
		},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(sample.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}

// body is a sample's, with something in it replaced.
func body(tb testing.TB, name string, oldnew ...string) integrations.Request {
	tb.Helper()
	for _, s := range platformtest.Load(tb, "testdata/samples", samples) {
		if s.Name != name {
			continue
		}
		text := string(s.Body)
		for i := range oldnew { // as JSON is sent
			oldnew[i] = strings.ReplaceAll(oldnew[i], `": `, `":`)
		}
		for i := 0; i < len(oldnew); i += 2 {
			if !strings.Contains(text, oldnew[i]) {
				tb.Fatalf("%s has no %s", name, oldnew[i])
			}
		}
		return integrations.Request{
			Header: http.Header{}, Body: []byte(strings.NewReplacer(oldnew...).Replace(text)), ReceivedAt: platformtest.Received,
		}
	}
	tb.Fatalf("there is no sample %s", name)
	return integrations.Request{}
}
