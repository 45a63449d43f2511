package clickbank_test

import (
	"time"

	"enrolld/integrations/platformtest"
)

// want is what access one line gives at a moment.
func want(at time.Time, lines ...string) platformtest.Moment {
	m := platformtest.Moment{At: at, Lines: map[string]string{}}
	for i := 0; i < len(lines); i += 2 {
		m.Lines[lines[i]] = lines[i+1]
	}
	return m
}

var lives = []platformtest.Life{
	{
		Name: "a part given back", Shows: []string{platformtest.Purchase, platformtest.PartialRefund},
		Samples: []string{"sale_bump", "refund_part"},
		Want:    []platformtest.Moment{want(at(3, 7, 0, 0), "item-1", "live paid", "item-2", "live paid")},
	},
	{
		Name: "one item given back in two parts", Shows: []string{platformtest.FullRefund},
		Samples: []string{"sale_bump", "refund_part", "refund_rest"},
		Want: []platformtest.Moment{
			want(at(3, 7, 0, 0), "item-1", "live paid", "item-2", "ended refunded until 2026-03-06T17:00:00Z"),
		},
	},
	{
		Name: "an upsell given back", Samples: []string{"sale_upsell", "refund_upsell"},
		Want: []platformtest.Moment{want(at(3, 8, 0, 0), "item-3", "ended refunded until 2026-03-07T17:00:00Z")},
	},
	{
		Name: "a rebill fails", Shows: []string{platformtest.Failed},
		Samples: []string{"sub_sale", "sub_auth_failure"},
		Want: []platformtest.Moment{
			want(at(3, 20, 0, 0), "item-club", "live paid until 2026-04-04T18:20:00Z"),
			want(at(4, 2, 0, 0), "item-club", "live grace until 2026-04-04T18:20:00Z"),
			want(at(4, 5, 0, 0), "item-club", "ended payment_failed until 2026-04-04T18:20:00Z"),
		},
	},
	{
		Name: "a rebill fails and comes", Shows: []string{platformtest.Rebill, platformtest.Recovered},
		Samples: []string{"sub_sale", "sub_auth_failure", "sub_bill"},
		Want:    []platformtest.Moment{want(at(4, 10, 0, 0), "item-club", "live paid until 2026-05-06T17:15:00Z")},
	},
	{
		Name: "cancelled in a paid month", Shows: []string{platformtest.Cancelled},
		Samples: []string{"sub_sale", "sub_bill", "sub_cancel_after_bill"},
		Want: []platformtest.Moment{
			want(at(4, 25, 0, 0), "item-club", "live paid until 2026-05-03T17:15:00Z"),
			want(at(5, 4, 0, 0), "item-club", "ended cancelled until 2026-05-03T17:15:00Z"),
		},
	},
	{
		Name: "a rebill given back", Samples: []string{"sub_sale", "sub_bill", "sub_refund_bill", "sub_cancel_by_refund"},
		Want: []platformtest.Moment{want(at(4, 12, 0, 0), "item-club", "ended refunded until 2026-04-01T17:15:00Z")},
	},
	{
		Name: "cancelled and taken back", Samples: []string{"sub_sale", "sub_cancel", "sub_uncancel"},
		Want: []platformtest.Moment{want(at(3, 20, 0, 0), "item-club", "live paid until 2026-04-04T17:15:00Z")},
	},
	{
		Name: "rebill of an order from before", Samples: []string{"sub_bill"},
		Want: []platformtest.Moment{want(at(4, 20, 0, 0), "item-club", "live paid until 2026-05-06T17:15:00Z")},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial}, Samples: []string{"trial_sale"},
		Want: []platformtest.Moment{want(at(3, 3, 0, 0), "item-member", "live trial until 2026-03-11T18:15:00Z")},
	},
	{
		Name: "trial and on", Samples: []string{"trial_sale", "trial_bill"},
		Want: []platformtest.Moment{want(at(3, 20, 0, 0), "item-member", "live paid until 2026-04-11T17:15:00Z")},
	},
	{
		Name: "all instalments paid", Samples: []string{"plan_sale", "plan_bill"},
		Want: []platformtest.Moment{want(at(12, 31, 0, 0), "item-plan", "live paid")},
	},
	{
		Name: "a cart charged back", Shows: []string{platformtest.DisputeLost},
		Samples: []string{"cart_sale", "cart_chargeback"},
		Want: []platformtest.Moment{want(at(3, 20, 0, 0),
			"item-1", "ended dispute_lost until 2026-03-18T17:15:00Z", "item-2", "ended dispute_lost until 2026-03-18T17:15:00Z")},
	},
	{
		Name: "an e-check bounces", Samples: []string{"echeck_sale", "echeck_bounced"},
		Want: []platformtest.Moment{want(at(3, 20, 0, 0), "item-1", "ended dispute_lost until 2026-03-04T18:15:00Z")},
	},
	{
		Name: "tests of the seller", Samples: []string{"test_sale", "test_bill", "test_refund", "test_cancel", "test_uncancel"},
		Want: []platformtest.Moment{want(at(4, 10, 0, 0), "item-club", "live paid until 2026-05-04T17:15:00Z")},
	},
	{
		Name: "the old form", Samples: []string{"legacy_sale", "legacy_refund"},
		Want: []platformtest.Moment{want(at(3, 8, 0, 0), "item-1", "ended refunded until 2026-03-05T18:15:00Z")},
	},
	{
		Name: "the old form, cancelled", Samples: []string{"legacy_sub_sale", "legacy_bill", "legacy_cancel"},
		Want: []platformtest.Moment{
			want(at(4, 25, 0, 0), "item-club", "live paid until 2026-05-01T17:15:00Z"),
			want(at(5, 2, 0, 0), "item-club", "ended cancelled until 2026-05-01T17:15:00Z"),
		},
	},
	{
		Name: "the old form, cancelled and taken back", Samples: []string{"legacy_sub_sale", "legacy_bill", "legacy_cancel", "legacy_uncancel"},
		Want: []platformtest.Moment{
			want(at(4, 25, 0, 0), "item-club", "live paid until 2026-05-04T17:15:00Z"),
			want(at(5, 2, 0, 0), "item-club", "live grace until 2026-05-04T17:15:00Z"),
		},
	},
	{
		Name: "the old form, charged back", Samples: []string{"legacy_card_sale", "legacy_chargeback"},
		Want: []platformtest.Moment{want(at(3, 20, 0, 0), "item-1", "ended dispute_lost until 2026-03-18T17:15:00Z")},
	},
	{
		Name: "the old form, an e-check bounces", Samples: []string{"legacy_echeck_sale", "legacy_echeck_bounced"},
		Want: []platformtest.Moment{want(at(3, 20, 0, 0), "item-1", "ended dispute_lost until 2026-03-04T18:15:00Z")},
	},
	{
		Name: "changed to another item", Samples: []string{"sub_change_sale", "sub_change"},
		Want: []platformtest.Moment{want(at(3, 25, 0, 0), "item-pro", "live paid until 2026-04-04T17:15:00Z")},
	},
}
