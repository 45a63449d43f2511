package jvzoo_test

import (
	"time"

	"enrolld/integrations/platformtest"
)

// want is what access the one line of an order gives at the beginning of a day.
func want(month time.Month, day int, line, access string) platformtest.Moment {
	return platformtest.Moment{At: time.Date(2026, month, day, 0, 0, 0, 0, time.UTC), Lines: map[string]string{line: access}}
}

const club = "product:Club | Monthly"

var lives = []platformtest.Life{
	{
		Name: "v1, given back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"v1_sale", "v1_refund"},
		Want:    []platformtest.Moment{want(3, 7, "product-401234", "ended refunded until 2026-03-05T18:15:00Z")},
	},
	{
		Name: "v1, bought", Shows: []string{platformtest.Purchase}, Samples: []string{"v1_sale"},
		Want: []platformtest.Moment{want(12, 31, "product-401234", "live paid")},
	},
	{
		Name: "v1, subscription", Shows: []string{platformtest.Rebill},
		Samples: []string{"v1_sub_sale", "v1_sub_bill"},
		Want: []platformtest.Moment{
			want(3, 20, "product-401235", "live paid until 2026-05-04T18:15:00Z"),
			want(5, 3, "product-401235", "live grace until 2026-05-04T18:15:00Z"),
		},
	},
	{
		Name: "v1, cancelled in a paid month", Shows: []string{platformtest.Cancelled},
		Samples: []string{"v1_sub_sale", "v1_sub_bill", "v1_sub_cancel_later"},
		Want: []platformtest.Moment{
			want(4, 25, "product-401235", "live paid until 2026-05-01T18:15:00Z"),
			want(5, 2, "product-401235", "ended cancelled until 2026-05-01T18:15:00Z"),
		},
	},
	{
		Name: "v1, a rebill given back", Samples: []string{"v1_sub_sale", "v1_sub_bill", "v1_sub_refund_bill"},
		Want: []platformtest.Moment{want(4, 12, "product-401235", "ended refunded until 2026-04-01T18:15:00Z")},
	},
	{
		Name: "v1, cancelled and taken back", Samples: []string{"v1_sub_sale", "v1_sub_cancel", "v1_sub_uncancel"},
		Want: []platformtest.Moment{want(3, 20, "product-401235", "live paid until 2026-04-04T18:15:00Z")},
	},
	{
		Name: "v1, charged back", Shows: []string{platformtest.DisputeLost}, Samples: []string{"v1_upsell", "v1_chargeback"},
		Want: []platformtest.Moment{want(3, 20, "product-401236", "ended dispute_lost until 2026-03-18T18:15:00Z")},
	},
	{
		Name: "v1, an e-check bounces", Samples: []string{"v1_echeck_sale", "v1_echeck_bounced"},
		Want: []platformtest.Moment{want(3, 20, "product-401234", "ended dispute_lost until 2026-03-04T18:15:00Z")},
	},
	{
		Name: "v1, test from the settings", Samples: []string{"v1_test"},
		Want: []platformtest.Moment{want(3, 20, "product-0", "live paid")},
	},
	{
		// JVZoo dates a refund as its sale.
		Name: "v2, given back", Samples: []string{"v2_sale", "v2_refund"},
		Want: []platformtest.Moment{want(3, 7, "product:Course A & B", "ended refunded until 2026-03-01T19:05:09Z")},
	},
	{
		// The rebill is in summer time, and has another paykey than the sale.
		Name: "v2, subscription", Shows: []string{platformtest.Rebill}, Samples: []string{"v2_sub_sale", "v2_sub_bill"},
		Want: []platformtest.Moment{want(4, 20, club, "live paid until 2026-05-04T18:05:09Z")},
	},
	{
		Name: "v2, a rebill given back", Samples: []string{"v2_sub_sale", "v2_sub_bill", "v2_sub_refund_bill"},
		Want: []platformtest.Moment{want(4, 12, club, "ended refunded until 2026-04-01T19:05:09Z")},
	},
	{
		Name: "v2, cancelled in a paid month", Samples: []string{"v2_sub_sale", "v2_sub_bill", "v2_sub_cancel"},
		Want: []platformtest.Moment{
			want(4, 25, club, "live paid until 2026-05-01T18:05:09Z"),
			want(5, 2, club, "ended cancelled until 2026-05-01T18:05:09Z"),
		},
	},
	{
		Name: "v2, cancelled and taken back", Samples: []string{"v2_sub_sale", "v2_sub_bill", "v2_sub_cancel", "v2_sub_uncancel"},
		Want: []platformtest.Moment{want(4, 25, club, "live paid until 2026-05-04T18:05:09Z")},
	},
	{
		Name: "v2, trial", Shows: []string{platformtest.Trial}, Samples: []string{"v2_trial_sale"},
		Want: []platformtest.Moment{want(3, 3, "product:Club with a trial", "live trial")},
	},
	{
		Name: "v2, trial and on", Samples: []string{"v2_trial_sale", "v2_trial_bill"},
		Want: []platformtest.Moment{want(3, 20, "product:Club with a trial", "live paid until 2026-04-11T07:30:00Z")},
	},
	{
		Name: "v2, charged back", Samples: []string{"v2_chargeback_sale", "v2_chargeback"},
		Want: []platformtest.Moment{want(3, 20, "product:Course A & B", "ended dispute_lost until 2026-03-18T18:05:09Z")},
	},
	{
		Name: "v2, the money has not come", Samples: []string{"v2_pending"},
		Want: []platformtest.Moment{want(3, 3, "product:Course A & B", "ended unpaid until 2026-03-01T19:05:09Z")},
	},
}
