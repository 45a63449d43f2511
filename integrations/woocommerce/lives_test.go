package woocommerce_test

import "enrolld/integrations/platformtest"

// began are the snapshots of an order of two things, one of them a club paid
// monthly, and of the club's subscription.
func began(then ...string) []string {
	return append([]string{
		"real_order.updated_clubpaid", "real_subscription.created_club", "real_subscription.updated_clubpaid",
	}, then...)
}

func renewed(then ...string) []string {
	return began(append([]string{"real_order.updated_clubr1", "real_subscription.updated_clubr1"}, then...)...)
}

func recovered(then ...string) []string {
	return append([]string{
		"real_order.updated_clubdone", "real_subscription.updated_clubr1", "real_order.updated_clubr1",
		"real_order.updated_clubr2", "real_subscription.updated_clubr2",
		"real_order.updated_clubr2paid", "real_subscription.updated_clubr2paid",
	}, then...)
}

func trial(then ...string) []string {
	return append([]string{"real_order.updated_trialpaid", "real_subscription.updated_trialpaid"}, then...)
}

var lives = []platformtest.Life{
	{
		Name: "club, begun", Samples: began("real_order.updated_clubdone"), Shows: []string{platformtest.Purchase},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "live paid until 2026-04-04T10:15:01Z",
		}}},
	},
	{
		Name: "club, renewed", Samples: renewed(), Shows: []string{platformtest.Rebill},
		Want: []platformtest.Moment{{At: at(4, 10, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "live paid until 2026-05-04T10:15:07Z",
		}}},
	},
	{
		Name: "club, renewal failed", Shows: []string{platformtest.Failed},
		Samples: renewed("real_order.updated_clubr2", "real_subscription.updated_clubr2"),
		Want: []platformtest.Moment{
			{At: at(5, 2, 0, 0), Lines: map[string]string{
				"10": "live paid", "15": "live grace until 2026-05-04T10:15:07Z",
			}},
			{At: at(5, 5, 0, 0), Lines: map[string]string{
				"10": "live paid", "15": "ended payment_failed until 2026-05-04T10:15:07Z",
			}},
		},
	},
	{
		Name: "club, paid after all and some of it given back", Samples: recovered("real_order.updated_clubr2part"),
		Shows: []string{platformtest.Recovered, platformtest.PartialRefund},
		Want: []platformtest.Moment{{At: at(5, 10, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "live paid until 2026-06-06T08:00:00Z",
		}}},
	},
	{
		Name: "club, cancelling", Samples: recovered("real_subscription.updated_clubpc"),
		Shows: []string{platformtest.Cancelled},
		Want: []platformtest.Moment{
			{At: at(5, 20, 0, 0), Lines: map[string]string{
				"10": "live paid", "15": "live paid until 2026-06-03T08:00:00Z",
			}},
			{At: at(6, 10, 0, 0), Lines: map[string]string{
				"10": "live paid", "15": "ended cancelled until 2026-06-03T08:00:00Z",
			}},
		},
	},
	{
		Name:    "club, over",
		Samples: recovered("real_subscription.updated_clubpc", "real_subscription.updated_clubend"),
		Want: []platformtest.Moment{{At: at(6, 10, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "ended cancelled until 2026-06-03T08:00:11Z",
		}}},
	},
	{
		// Only the period that the payment was for goes, not the one before it.
		Name: "club, last payment given back", Samples: recovered("real_order.updated_clubr2part", "real_order.updated_clubrefund"),
		Want: []platformtest.Moment{{At: at(6, 5, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "ended refunded until 2026-05-03T08:00:00Z",
		}}},
	},
	{
		Name: "club, a renewal's money taken away again", Samples: renewed("order.updated_clubr1hold"),
		Want: []platformtest.Moment{{At: at(4, 12, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "ended refunded until 2026-04-01T10:15:07Z",
		}}},
	},
	{
		// The order is touched later and says again that the club was sold.
		Name: "club, taken out of the subscription for another", Samples: renewed("subscription.updated_exchanged", "order.updated_clublate"),
		Want: []platformtest.Moment{{At: at(4, 22, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "ended cancelled until 2026-04-20T10:00:03Z",
			"20": "live paid until 2026-05-04T10:15:07Z",
		}}},
	},
	{
		Name: "club, changed for another subscription", Samples: renewed("subscription.updated_switched"),
		Want: []platformtest.Moment{{At: at(4, 22, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "ended cancelled until 2026-04-20T10:00:02Z",
		}}},
	},
	{
		Name: "from gold to silver",
		Samples: []string{
			"real_order.updated_swpaid", "real_subscription.updated_swpaid", "real_subscription.updated_swswitch",
			"real_order.updated_swswpaid", "real_subscription.switched_swswpaid", "real_subscription.updated_swswpaid",
		},
		Want: []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: map[string]string{
			"78-79": "live paid until 2026-04-26T10:00:01Z", "78-80": "ended cancelled until 2026-03-11T11:00:06Z",
		}}},
	},
	{
		Name: "the same, orders kept as posts", Samples: []string{"real_order.updated_cptr1", "real_subscription.updated_cptr1", "real_order.updated_cptpart"},
		Want: []platformtest.Moment{{At: at(4, 5, 0, 0), Lines: map[string]string{"15": "live paid until 2026-05-04T10:15:07Z"}}},
	},
	{
		Name: "bought once, some given back", Samples: []string{"real_order.updated_oncepaid", "real_order.updated_oncepart"},
		Want: []platformtest.Moment{{At: at(3, 5, 0, 0), Lines: map[string]string{"10": "live paid", "12-14": "live paid"}}},
	},
	{
		Name:    "bought once, all given back",
		Samples: []string{"real_order.updated_oncepaid", "real_order.updated_oncepart", "real_order.updated_oncefull"},
		Shows:   []string{platformtest.FullRefund},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{
			"10": "ended refunded until 2026-03-06T09:00:01Z", "12-14": "ended refunded until 2026-03-06T09:00:01Z",
		}}},
	},
	{
		Name:    "all given back, the refunds deleted again",
		Samples: []string{"real_order.updated_oncepaid", "real_order.updated_oncepart", "real_order.updated_oncefull", "real_order.updated_refunddeleted"},
		Want:    []platformtest.Moment{{At: at(3, 21, 0, 0), Lines: map[string]string{"10": "live paid", "12-14": "live paid"}}},
	},
	{
		Name: "refunded before anything was sent, without a refund in the list", Samples: []string{"order.created_refunded"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{
			"10": "ended refunded until 2026-03-05T09:00:00Z", "12-14": "ended refunded until 2026-03-05T09:00:00Z",
		}}},
	},
	{
		Name: "a status of the shop's own", Samples: []string{"real_order.updated_oncepaid", "order.updated_shipped"},
		Want: []platformtest.Moment{{At: at(3, 4, 0, 0), Lines: map[string]string{"10": "live paid", "12-14": "live paid"}}},
	},
	{
		Name: "trial", Samples: trial("real_subscription.created_trial"), Shows: []string{platformtest.Trial},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{"16": "live trial until 2026-03-19T09:00:00Z"}}},
	},
	{
		Name: "trial, and on", Samples: trial("real_order.updated_trialr1", "real_subscription.updated_trialr1"),
		Want: []platformtest.Moment{{At: at(3, 18, 0, 0), Lines: map[string]string{"16": "live paid until 2026-04-19T09:00:06Z"}}},
	},
	{
		Name: "stopped by hand", Samples: trial("real_order.updated_trialr1", "real_subscription.updated_trialr1", "real_subscription.updated_trialhold"),
		Want: []platformtest.Moment{
			{At: at(3, 22, 0, 0), Lines: map[string]string{"16": "live paid until 2026-04-16T09:00:06Z"}},
			{At: at(4, 20, 0, 0), Lines: map[string]string{"16": "ended paused until 2026-04-16T09:00:06Z"}},
		},
	},
	{
		Name:    "stopped by hand, and on",
		Samples: trial("real_order.updated_trialr1", "real_subscription.updated_trialhold", "real_subscription.updated_trialreact"),
		Want:    []platformtest.Moment{{At: at(3, 26, 0, 0), Lines: map[string]string{"16": "live paid until 2026-04-19T09:00:06Z"}}},
	},
	{
		Name:    "cancelled at once",
		Samples: trial("real_order.updated_trialr1", "real_subscription.updated_trialreact", "real_subscription.updated_trialcancel"),
		Want: []platformtest.Moment{{At: at(3, 29, 0, 0), Lines: map[string]string{
			"16": "ended cancelled until 2026-03-28T09:00:01Z",
		}}},
	},
	{
		Name:    "three months, the last one",
		Samples: []string{"real_order.updated_planpaid", "real_subscription.updated_planpaid", "real_order.updated_planr1", "real_subscription.updated_planr1", "real_order.updated_planr2", "real_subscription.updated_planr2"},
		Want:    []platformtest.Moment{{At: at(5, 20, 0, 0), Lines: map[string]string{"17": "live paid until 2026-06-05T11:00:00Z"}}},
	},
	{
		Name: "three months, expired", Shows: []string{platformtest.Expired},
		Samples: []string{"real_order.updated_planpaid", "real_subscription.updated_planpaid", "real_order.updated_planr1", "real_order.updated_planr2", "real_subscription.updated_planr2", "real_subscription.updated_planexp"},
		Want: []platformtest.Moment{{At: at(6, 10, 0, 0), Lines: map[string]string{
			"17": "ended cancelled until 2026-06-02T11:00:10Z",
		}}},
	},
	{
		Name: "by bank, waiting", Samples: []string{"real_order.updated_bank"},
		Want: []platformtest.Moment{{At: at(3, 4, 0, 0), Lines: map[string]string{"11": "ended unpaid until 2026-03-03T08:00:01Z"}}},
	},
	{
		Name: "by bank, paid", Samples: []string{"real_order.updated_bank", "real_order.updated_bankpaid", "real_order.restored_bankback"},
		Want: []platformtest.Moment{{At: at(3, 5, 0, 0), Lines: map[string]string{"11": "live paid"}}},
	},
	{
		Name: "by bank, cancelled", Samples: []string{"real_order.updated_bank", "real_order.updated_bankpaid", "real_order.updated_bankcancel"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{"11": "ended unpaid until 2026-03-06T08:00:00Z"}}},
	},
	{
		Name: "never paid", Samples: []string{"real_order.updated_fail"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{"10": "ended unpaid until 2026-03-03T10:00:01Z"}}},
	},
	{
		Name:    "two subscriptions and a thing bought once",
		Samples: []string{"real_order.updated_twopaid", "real_subscription.updated_twopaid1", "real_subscription.updated_twopaid2"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "live paid until 2026-04-06T12:00:01Z", "16": "live trial until 2026-03-20T12:00:01Z",
		}}},
	},
	{
		// The shop hides the failure: the order is pending while it waits to try again.
		Name:    "failed, to be tried again",
		Samples: []string{"real_order.updated_twopaid", "real_subscription.updated_twopaid2", "real_order.updated_twor1", "real_subscription.updated_twor1"},
		Want: []platformtest.Moment{{At: at(4, 4, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "live grace until 2026-04-06T12:00:20Z", "16": "live paid",
		}}},
	},
	{
		Name:    "subscription in the trash",
		Samples: []string{"real_order.updated_twopaid", "real_subscription.updated_twopaid2", "real_order.updated_two2trash", "real_subscription.updated_two2trash"},
		Want: []platformtest.Moment{{At: at(4, 6, 0, 0), Lines: map[string]string{
			"10": "live paid", "15": "ended cancelled until 2026-04-05T08:00:01Z", "16": "live paid",
		}}},
	},
	{
		Name:    "an order put on hold after it was paid",
		Samples: []string{"real_order.updated_twopaid", "real_subscription.updated_twopaid1", "real_order.updated_paidhold"},
		Want: []platformtest.Moment{{At: at(4, 7, 0, 0), Lines: map[string]string{
			"10": "ended unpaid until 2026-04-06T09:00:00Z", "15": "ended unpaid until 2026-04-06T09:00:00Z",
			"16": "ended unpaid until 2026-04-06T09:00:00Z",
		}}},
	},
	{
		Name: "a bundle", Samples: []string{"order.updated_bundle"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{
			"10": "live paid", "11": "live paid", "30": "live paid",
		}}},
	},
}
