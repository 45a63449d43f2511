package warriorplus_test

import (
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/warriorplus"
)

func at(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// received says when samples come in that do not at the usual time: WarriorPlus
// dates nothing, so a life takes its time from receipt.
var received = map[string]time.Time{
	// The sale may come after the subscription that begins with it.
	"sub_sale": at(3, 2, 8).Add(time.Minute), "trial_sale": at(3, 2, 8).Add(time.Minute),
	"refund": at(3, 10, 12), "dispute": at(3, 8, 9),
	"sub_rebill": at(4, 2, 9), "sub_failed": at(5, 2, 9), "sub_failed_invalid": at(5, 3, 9), "sub_recovered": at(5, 4, 9),
	"sub_cancelled": at(5, 20, 10), "sub_cancelled_early": at(3, 10, 10), "sub_suspended": at(5, 8, 10), "sub_reactivated": at(5, 10, 10), "sub_refunded": at(4, 5, 12),
	"sub_ended": at(4, 20, 10), "sub_paused": at(4, 22, 10),
}

// sign puts the key into the body, and the delivery where it belongs in time.
func sign(secret enrolld.Secret, s platformtest.Sample, when time.Time) integrations.Request {
	r := platformtest.InBody(secret, s, when)
	if t, ok := received[s.Name]; ok {
		r.ReceivedAt = t.Add(when.Sub(platformtest.Received))
	}
	return r
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		failed   = enrolld.EventPaymentFailed
		sub      = enrolld.EventSubscription
	)
	return platformtest.Suite{
		Platform: warriorplus.New(),
		Config:   integrations.Config{Secrets: []enrolld.Secret{"k3y-of-the-account", "another-key-456"}},
		Sign:     sign,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"sale": kinds(purchase), "sale_pending": nil, "sale_free": kinds(purchase), "sale_affiliate": nil,
			"refund": kinds(enrolld.EventRefund), "dispute": kinds(enrolld.EventDisputeOpened),
			"sub_sale": kinds(purchase), "sub_created": kinds(sub), "sub_rebill": kinds(payment),
			"sub_failed": kinds(failed), "sub_failed_invalid": kinds(failed), "sub_recovered": kinds(payment),
			"sub_cancelled": kinds(enrolld.EventCancelled), "sub_cancelled_early": kinds(enrolld.EventCancelled),
			"sub_suspended": kinds(enrolld.EventEnded), "sub_ended": kinds(enrolld.EventCancelled), "sub_paused": kinds(sub),
			"sub_reactivated": kinds(sub), "sub_refunded": kinds(enrolld.EventRefund),
			"trial_sale": kinds(purchase), "trial_created": kinds(sub), "unknown": nil,
		}),
		Lives: lives,
		Lacks: map[string]string{
			platformtest.PartialRefund: "WarriorPlus gives back whole payments only, as far as its documents say.",
			platformtest.DisputeWon:    "WarriorPlus tells that a dispute began, not how it ended.",
			platformtest.DisputeLost:   "WarriorPlus tells that a dispute began, not how it ended.",
			platformtest.TestMode:      "WarriorPlus marks no delivery as a test.",
			platformtest.Confirmation:  "Deliveries carry the account's security key and are complete: nothing has to be asked.",
			platformtest.Catalogue:     "WarriorPlus's API does not document the item numbers that deliveries use.",
			platformtest.RefundAPI:     "WarriorPlus's API only reads, as far as its documents say; refunds are made on its transactions page.",
		},
	}
}

const (
	member = "wso_mem001"
	course = "wso_ab12cd"
)

func moment(t time.Time, line, access string) platformtest.Moment {
	return platformtest.Moment{At: t, Lines: map[string]string{line: access}}
}

var lives = []platformtest.Life{
	{
		Name: "a course", Shows: []string{platformtest.Purchase},
		Samples: []string{"sale"},
		Want:    []platformtest.Moment{moment(at(12, 31, 0), course, "live paid")},
	},
	{
		Name: "money back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"sale", "refund"},
		Want:    []platformtest.Moment{moment(at(3, 11, 0), course, "ended refunded until 2026-03-10T12:00:00Z")},
	},
	{
		Name: "dispute", Shows: []string{platformtest.DisputeOpened},
		Samples: []string{"sale", "dispute"},
		Want:    []platformtest.Moment{moment(at(3, 9, 0), course, "suspended dispute_open")},
	},
	{
		Name:    "dispute that cost the money",
		Samples: []string{"sale", "dispute", "refund"},
		Want:    []platformtest.Moment{moment(at(3, 11, 0), course, "ended refunded until 2026-03-10T12:00:00Z")},
	},
	{
		Name: "membership", Shows: []string{platformtest.Rebill, platformtest.Failed, platformtest.Recovered, platformtest.Cancelled},
		Samples: []string{"sub_sale", "sub_created", "sub_rebill", "sub_failed", "sub_recovered", "sub_cancelled"},
		Want: []platformtest.Moment{
			moment(at(5, 25, 0), member, "live paid until 2026-06-02T00:00:00Z"),
			moment(at(6, 3, 0), member, "ended cancelled until 2026-06-02T00:00:00Z"),
		},
	},
	{
		Name:    "payment missing",
		Samples: []string{"sub_sale", "sub_created", "sub_rebill", "sub_failed", "sub_failed_invalid"},
		Want: []platformtest.Moment{
			moment(at(5, 1, 0), member, "live paid until 2026-05-05T09:00:00Z"),
			moment(at(5, 3, 0), member, "live grace until 2026-05-05T09:00:00Z"),
			moment(at(5, 6, 0), member, "ended payment_failed until 2026-05-05T09:00:00Z"),
		},
	},
	{
		Name: "suspended", Shows: []string{platformtest.Expired},
		Samples: []string{"sub_created", "sub_rebill", "sub_failed", "sub_failed_invalid", "sub_suspended"},
		Want:    []platformtest.Moment{moment(at(5, 9, 0), member, "ended payment_failed until 2026-05-05T09:00:00Z")},
	},
	{
		Name:    "suspended and back",
		Samples: []string{"sub_created", "sub_rebill", "sub_failed", "sub_suspended", "sub_reactivated"},
		Want:    []platformtest.Moment{moment(at(5, 11, 0), member, "live paid until 2026-06-13T00:00:00Z")},
	},
	{
		Name:    "ended: what is paid runs out",
		Samples: []string{"sub_sale", "sub_created", "sub_rebill", "sub_ended"},
		Want: []platformtest.Moment{
			moment(at(5, 1, 0), member, "live paid until 2026-05-02T00:00:00Z"),
			moment(at(5, 3, 0), member, "ended cancelled until 2026-05-02T00:00:00Z"),
		},
	},
	{
		// The month that is paid for stays.
		Name:    "paused",
		Samples: []string{"sub_sale", "sub_created", "sub_rebill", "sub_paused"},
		Want: []platformtest.Moment{
			moment(at(4, 23, 0), member, "live paid until 2026-05-02T00:00:00Z"),
			moment(at(5, 3, 0), member, "ended paused until 2026-05-02T00:00:00Z"),
		},
	},
	{
		Name:    "paused and back",
		Samples: []string{"sub_sale", "sub_created", "sub_rebill", "sub_paused", "sub_reactivated"},
		Want:    []platformtest.Moment{moment(at(5, 11, 0), member, "live paid until 2026-06-13T00:00:00Z")},
	},
	{
		Name:    "a month given back",
		Samples: []string{"sub_sale", "sub_created", "sub_rebill", "sub_refunded"},
		Want:    []platformtest.Moment{moment(at(4, 6, 0), member, "ended refunded until 2026-04-02T00:00:00Z")},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial},
		Samples: []string{"trial_sale", "trial_created"},
		Want:    []platformtest.Moment{moment(at(3, 5, 0), member, "live trial until 2026-03-12T08:00:00Z")},
	},
	{
		Name:    "the first month",
		Samples: []string{"sub_sale", "sub_created"},
		Want:    []platformtest.Moment{moment(at(3, 20, 0), member, "live paid until 2026-04-05T00:00:00Z")},
	},
	{
		Name:    "cancelled in the first month",
		Samples: []string{"sub_sale", "sub_created", "sub_cancelled_early"},
		Want: []platformtest.Moment{
			moment(at(3, 20, 0), member, "live paid until 2026-04-02T00:00:00Z"),
			moment(at(4, 3, 0), member, "ended cancelled until 2026-04-02T00:00:00Z"),
		},
	},
	{
		Name:    "rebill of a sale from before",
		Samples: []string{"sub_rebill"},
		Want:    []platformtest.Moment{moment(at(4, 20, 0), member, "live paid until 2026-05-05T00:00:00Z")},
	},
}
