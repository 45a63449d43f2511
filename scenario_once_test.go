package enrolld_test

import (
	"testing"

	"enrolld"
)

// bare leaves out the product's name.
func bare(l enrolld.EventLine) enrolld.EventLine { l.Product.Name = ""; return l }

func TestScenarioOneTime(t *testing.T) {
	t.Parallel()
	main, bump := line("main", 10000), line("bump", 5000)
	test := func(e enrolld.Event) enrolld.Event { e.Test = true; return e }
	kept := enrolld.Rule{Duration: days(30), OnExpiry: enrolld.Keep}
	runScenarios(t, []scenario{
		{name: "purchase", events: []enrolld.Event{buy(0, main)}, want: []answer{
			{0, "main live paid"}, {4000, "main live paid"},
		}},
		{name: "purchase and its payment", events: []enrolld.Event{buy(0, main), pay(0, "p1", 10000)}, want: []answer{
			{1, "main live paid"},
		}},
		{name: "start delay", events: []enrolld.Event{buy(0, main)}, rule: enrolld.Rule{StartDelay: days(14)}, want: []answer{
			{1, "main pending starts_later from d14"}, {14, "main live paid"},
		}},
		{name: "duration", events: []enrolld.Event{buy(0, main)}, rule: enrolld.Rule{Duration: days(30)}, want: []answer{
			{29, "main live paid until d30"}, {30, "main ended expired until d30"},
		}},
		{name: "duration counts from the delayed start", events: []enrolld.Event{buy(0, main)},
			rule: enrolld.Rule{Duration: days(30), StartDelay: days(10)}, want: []answer{
				{1, "main pending starts_later from d10 until d40"}, {39, "main live paid until d40"}, {41, "main ended expired until d40"},
			}},
		// With Keep there is no end, so nobody may be told one: neither the
		// member in a mail nor the LMS, which would act on it.
		{name: "duration, kept", events: []enrolld.Event{buy(0, main)}, rule: kept, want: []answer{
			{1, "main live paid"}, {30, "main live kept"},
		}},
		{name: "kept, then refunded", events: []enrolld.Event{buy(0, main), refund(40, "r", enrolld.Refund{Full: true})}, rule: kept, want: []answer{
			{41, "main ended refunded until d40"},
		}},
		{name: "not paid", events: []enrolld.Event{buy(0, unpaid(main))}, want: []answer{
			{1, "main ended unpaid until d0"},
		}},
		{name: "paid later", events: []enrolld.Event{buy(0, unpaid(main)), buy(2, main)}, want: []answer{{3, "main live paid"}}},
		{name: "paid within the same second", events: []enrolld.Event{buy(0, unpaid(main)), buy(0, main)}, want: []answer{{3, "main live paid"}}},
		{name: "snapshots paid, not paid, paid", events: []enrolld.Event{buy(0, main), buy(1, unpaid(main)), buy(2, main)}, want: []answer{
			{3, "main live paid"},
		}},
		{name: "snapshots paid, not paid", events: []enrolld.Event{buy(0, main), buy(1, unpaid(main))}, want: []answer{
			{3, "main ended unpaid until d1"},
		}},
		{name: "test order", events: []enrolld.Event{test(buy(0, main))}, want: []answer{{1, "main ended test until d0"}}},
		{name: "test order accepted", events: []enrolld.Event{test(buy(0, main))}, acceptTest: true, want: []answer{{1, "main live paid"}}},
		{name: "test order of an unknown product", events: []enrolld.Event{test(buy(0, main))},
			others: map[string]*enrolld.Rule{"main": nil}, want: []answer{{1, ""}}},
		{name: "unknown product is parked", events: []enrolld.Event{buy(0, main, bump)},
			others: map[string]*enrolld.Rule{"bump": nil}, want: []answer{{1, "main live paid; bump parked"}}},
		{name: "unknown product, not paid", events: []enrolld.Event{buy(0, unpaid(main))},
			others: map[string]*enrolld.Rule{"main": nil}, want: []answer{{1, ""}}},
		// What was given back waits for nothing.
		{name: "unknown product, refunded", events: []enrolld.Event{buy(0, main), refund(1, "r", enrolld.Refund{Full: true})},
			others: map[string]*enrolld.Rule{"main": nil}, want: []answer{{2, ""}}},
		{name: "product of no course is not parked", events: []enrolld.Event{buy(0, main)},
			others: map[string]*enrolld.Rule{"main": {Courses: []enrolld.CourseRef{}}}, want: []answer{{1, ""}}},
		{name: "variant rule beats product rule", events: []enrolld.Event{buy(0, variant(main, "gold"), bump)},
			others: map[string]*enrolld.Rule{
				"main": {Duration: days(10)}, "main/gold": {Courses: []enrolld.CourseRef{{LMS: "page", ID: 99}}},
			},
			want: []answer{{20, "bump live paid; main live paid of page:99"}}},
		{name: "other variant falls to the product's rule", events: []enrolld.Event{buy(0, variant(main, "silver"))},
			others: map[string]*enrolld.Rule{"main": {Duration: days(10)}, "main/gold": {}},
			want:   []answer{{1, "main live paid until d10"}}},
		{name: "variant stated in the same second as none", events: []enrolld.Event{buy(0, main), buy(0, variant(main, "gold"))},
			others: map[string]*enrolld.Rule{"main": {Duration: days(10)}, "main/gold": {Duration: days(20)}},
			want:   []answer{{1, "main live paid until d20"}}},
		{name: "variant and name stated in the same second as neither", events: []enrolld.Event{buy(0, bare(main)), buy(0, bare(variant(main, "gold")))},
			others: map[string]*enrolld.Rule{"main": {Duration: days(10)}, "main/gold": {Duration: days(20)}},
			want:   []answer{{1, "main live paid until d20"}}},
		{name: "sale without a date counts from its statement", events: []enrolld.Event{buy(3, func() enrolld.EventLine {
			l := line("main", 100)
			l.Sale.SoldAt = enrolld.Event{}.At
			return l
		}())}, rule: enrolld.Rule{Duration: days(10)}, want: []answer{{4, "main live paid until d13"}}},
	})
}

func TestScenarioRefund(t *testing.T) {
	t.Parallel()
	type r = enrolld.Refund
	main, bump := line("main", 10000), line("bump", 5000)
	both := []enrolld.Event{buy(0, main, bump), pay(0, "p1", 15000)}
	one := []enrolld.Event{buy(0, main), pay(0, "p1", 10000)}
	with := func(base []enrolld.Event, more ...enrolld.Event) []enrolld.Event {
		return append(append([]enrolld.Event(nil), base...), more...)
	}
	cups := func(n int) enrolld.Event { return buy(0, quantity(main, n), bump) }
	jpy := enrolld.Money{Minor: 10000, Currency: "JPY"}
	runScenarios(t, []scenario{
		{name: "full, of the order", events: with(one, refund(3, "r", r{Full: true})), want: []answer{{4, "main ended refunded until d3"}}},
		{name: "full, of the payment", events: with(one, refund(3, "r", r{Full: true, Payment: "p1"})), want: []answer{{4, "main ended refunded until d3"}}},
		{name: "full, of the line", events: with(one, refund(3, "r", r{Full: true, Line: "main"})), want: []answer{{4, "main ended refunded until d3"}}},
		{name: "by amount alone", events: with(one, refund(3, "r", r{Amount: usd(10000)})), want: []answer{{4, "main ended refunded until d3"}}},
		{name: "negative amount is the same", events: with(one, refund(3, "r", r{Amount: usd(-10000)})), want: []answer{{4, "main ended refunded until d3"}}},
		{name: "dated as the sale", events: with(one, refund(0, "r", r{Amount: usd(10000)})), want: []answer{{4, "main ended refunded until d0"}}},
		{name: "rule keeps", events: with(one, refund(3, "r", r{Full: true})), rule: enrolld.Rule{OnRefund: enrolld.Keep}, want: []answer{{4, "main live paid"}}},
		{name: "partial keeps", events: with(one, refund(3, "r", r{Amount: usd(9999)})), want: []answer{{4, "main live paid"}}},
		{name: "two partial add up, of the line", events: with(one,
			refund(3, "r1", r{Amount: usd(4000), Line: "main"}), refund(5, "r2", r{Amount: usd(6000), Line: "main"})),
			want: []answer{{6, "main ended refunded until d5"}}},
		{name: "two partial add up, of the payment", events: with(one,
			refund(3, "r1", r{Amount: usd(4000), Payment: "p1"}), refund(5, "r2", r{Amount: usd(6000), Payment: "p1"})),
			want: []answer{{6, "main ended refunded until d5"}}},
		{name: "two partial add up, one of the line, one of the order", events: with(both,
			refund(3, "r1", r{Amount: usd(5000), Line: "bump"}), refund(5, "r2", r{Amount: usd(10000)})),
			want: []answer{{6, "bump ended refunded until d3; main ended refunded until d5"}}},
		{name: "two partial add up, one of the line, one of the payment", events: with(both,
			refund(3, "r1", r{Amount: usd(5000), Line: "bump"}), refund(5, "r2", r{Amount: usd(10000), Payment: "p1"})),
			want: []answer{{6, "bump ended refunded until d3; main ended refunded until d5"}}},
		{name: "running sum under one id", events: with(one,
			refund(3, "p1", r{Amount: usd(4000), Payment: "p1"}), refund(5, "p1", r{Amount: usd(10000), Payment: "p1"})),
			want: []answer{{6, "main ended refunded until d5"}}},
		{name: "running sum twice in a second: the larger counts", events: with(one,
			refund(5, "p1", r{Amount: usd(4000), Payment: "p1"}), refund(5, "p1", r{Amount: usd(10000), Payment: "p1"})),
			want: []answer{{6, "main ended refunded until d5"}}},
		// The merge knows no 'first come': any arrival order is in every scenario.
		{name: "before the purchase is known", events: []enrolld.Event{refund(3, "r", r{Full: true, Payment: "p1"}), buy(0, main)},
			want: []answer{{4, "main ended refunded until d3"}}},
		{name: "stale retry of the sale after the refund", events: []enrolld.Event{buy(0, main), refund(3, "r", r{Full: true}), buy(0, main)},
			want: []answer{{4, "main ended refunded until d3"}}},
		{name: "failed after all", events: with(one, refund(3, "r", r{Full: true}), refund(4, "r", r{Amount: usd(0)})), want: []answer{{5, "main live paid"}}},
		{name: "in another currency, by amount", events: with(one, refund(3, "r", r{Amount: jpy})), want: []answer{{4, "main live paid"}}},
		{name: "in another currency, of the line", events: with(one, refund(3, "r", r{Amount: jpy, Line: "main"})), want: []answer{{4, "main live paid"}}},
		{name: "in another currency, but full", events: with(one, refund(3, "r", r{Amount: jpy, Full: true})), want: []answer{{4, "main ended refunded until d3"}}},
		{name: "without a currency it is the sale's", events: with(one, refund(3, "r", r{Amount: enrolld.Money{Minor: 10000}})),
			want: []answer{{4, "main ended refunded until d3"}}},
		{name: "of only the bump", events: with(both, refund(3, "r", r{Amount: usd(5000), Line: "bump"})),
			want: []answer{{4, "bump ended refunded until d3; main live paid"}}},
		{name: "of only the bump, full, payment named", events: with(both, refund(3, "r", r{Amount: usd(5000), Line: "bump", Payment: "p1", Full: true})),
			want: []answer{{4, "bump ended refunded until d3; main live paid"}}},
		// Which line a payment's part is of nobody knows, not even by its price.
		{name: "part of a payment of two lines", events: with(both, refund(3, "r", r{Amount: usd(5000), Payment: "p1"})),
			want: []answer{{4, "bump live paid; main live paid"}}},
		{name: "whole payment of two lines", events: with(both, refund(3, "r", r{Amount: usd(15000), Payment: "p1"})),
			want: []answer{{4, "bump ended refunded until d3; main ended refunded until d3"}}},
		{name: "one of two payments", events: []enrolld.Event{
			buy(0, main, bump), pay(0, "p1", 10000, "main"), pay(0, "p2", 5000, "bump"), refund(3, "r", r{Full: true, Payment: "p2"}),
		}, want: []answer{{4, "bump ended refunded until d3; main live paid"}}},
		// A payment that we never heard of cannot be the whole of an order that
		// has two others.
		{name: "full, of an unknown payment of a larger order", events: []enrolld.Event{
			buy(0, main, bump), pay(0, "p1", 10000, "main"), pay(0, "p2", 5000, "bump"), refund(3, "r", r{Full: true, Payment: "p9"}),
		}, want: []answer{{4, "bump live paid; main live paid"}}},
		{name: "full, of the only payment under another name", events: with(one, refund(3, "r", r{Full: true, Payment: "ch_1"})),
			want: []answer{{4, "main ended refunded until d3"}}},
		{name: "more than a line cost says nothing of the others", events: with(both, refund(3, "r", r{Amount: usd(15000), Line: "bump"})),
			want: []answer{{4, "bump ended refunded until d3; main live paid"}}},
		{name: "more than a line cost, and a little of the payment", events: with(both,
			refund(3, "r1", r{Amount: usd(15000), Line: "bump"}), refund(3, "r2", r{Amount: usd(100), Payment: "p1"})),
			want: []answer{{4, "bump ended refunded until d3; main live paid"}}},
		{name: "of an unknown line", events: with(one, refund(3, "r", r{Amount: usd(10000), Line: "gone"})), want: []answer{{4, "main live paid"}}},
		{name: "one of two pieces", events: []enrolld.Event{cups(2), refund(3, "r", r{Line: "main", Quantity: 1, Amount: usd(5000)})},
			want: []answer{{4, "bump live paid; main live paid"}}},
		{name: "both pieces, one by one", events: []enrolld.Event{
			cups(2), refund(3, "r1", r{Line: "main", Quantity: 1}), refund(4, "r2", r{Line: "main", Quantity: 1}),
		}, want: []answer{{5, "bump live paid; main ended refunded until d4"}}},
		{name: "pieces as a negative number", events: []enrolld.Event{cups(2), refund(3, "r", r{Line: "main", Quantity: -2})},
			want: []answer{{4, "bump live paid; main ended refunded until d3"}}},
		{name: "free order, full", events: []enrolld.Event{buy(0, line("main", 0)), refund(3, "r", r{Full: true})},
			want: []answer{{4, "main ended refunded until d3"}}},
		{name: "free order, of nothing", events: []enrolld.Event{buy(0, line("main", 0)), refund(3, "r", r{Amount: usd(0)})},
			want: []answer{{4, "main live paid"}}},
		{name: "before the start", events: []enrolld.Event{buy(0, main), refund(3, "r", r{Full: true})}, rule: enrolld.Rule{StartDelay: days(14)},
			want: []answer{{1, "main ended refunded until d3"}, {20, "main ended refunded until d3"}}},
	})
}

func TestScenarioBundle(t *testing.T) {
	t.Parallel()
	type r = enrolld.Refund
	all := line("all", 10000)
	a, b := noPrice(inBundle(line("a", 0), "all")), noPrice(inBundle(line("b", 0), "all"))
	bundle := []enrolld.Event{buy(0, all, a, b), pay(0, "p1", 10000, "all")}
	with := func(more ...enrolld.Event) []enrolld.Event {
		return append(append([]enrolld.Event(nil), bundle...), more...)
	}
	year := club()
	year.Key, year.Product.ID = "all", "all"
	priced := func(l enrolld.EventLine, minor int64) enrolld.EventLine { l.Sale = line("", minor).Sale; return l }
	runScenarios(t, []scenario{
		{name: "parts have what the bundle has", events: with(), want: []answer{{1, "a live paid; all live paid; b live paid"}}},
		{name: "bundle refunded", events: with(refund(3, "r", r{Amount: usd(10000), Line: "all"})), want: []answer{
			{4, "a ended refunded until d3; all ended refunded until d3; b ended refunded until d3"},
		}},
		{name: "bundle's payment refunded", events: with(refund(3, "r", r{Full: true, Payment: "p1"})), want: []answer{
			{4, "a ended refunded until d3; all ended refunded until d3; b ended refunded until d3"},
		}},
		{name: "part refunded", events: with(refund(3, "r", r{Full: true, Line: "a"})), want: []answer{
			{4, "a ended refunded until d3; all live paid; b live paid"},
		}},
		{name: "priced parts do not make the order dearer", events: []enrolld.Event{
			buy(0, all, priced(a, 6000), priced(b, 4000)), refund(3, "r", r{Amount: usd(10000)}),
		}, want: []answer{{4, "a ended refunded until d3; all ended refunded until d3; b ended refunded until d3"}}},
		{name: "bundle disputed", events: with(dispute(2, enrolld.DisputeOpen, enrolld.Dispute{Line: "all"})), want: []answer{
			{3, "a suspended dispute_open; all suspended dispute_open; b suspended dispute_open"},
		}},
		{name: "bundle no longer paid", events: with(buy(5, unpaid(all))), want: []answer{
			{6, "a ended unpaid until d5; all ended unpaid until d5; b ended unpaid until d5"},
		}},
		{name: "bundle with priced parts no longer paid", events: []enrolld.Event{buy(0, all, priced(a, 6000)), buy(5, unpaid(all))}, want: []answer{
			{6, "a ended unpaid until d5; all ended unpaid until d5"},
		}},
		{name: "part paid after the bundle was not", events: []enrolld.Event{buy(0, unpaid(all)), buy(5, priced(a, 6000))}, want: []answer{
			{6, "a live paid; all ended unpaid until d0"},
		}},
		{name: "parts of a subscription end with it", events: []enrolld.Event{
			buy(0, year, a), rebill(0, "p1", 31), status(5, enrolld.SubscriptionCancelled, -1, -1),
		}, want: []answer{
			{6, "a live paid until d31; all live paid until d31"}, {32, "a ended cancelled until d31; all ended cancelled until d31"},
		}},
		{name: "nothing mapped", events: with(), others: map[string]*enrolld.Rule{"all": nil, "a": nil, "b": nil}, want: []answer{
			{1, "a parked; all parked; b parked"},
		}},
		// The seller said what the bundle gives; its parts need not be mapped
		// unless they were sold at a price of their own.
		{name: "only the bundle mapped", events: with(), others: map[string]*enrolld.Rule{"a": nil, "b": nil}, want: []answer{{1, "all live paid"}}},
		{name: "only the bundle mapped, a part sold for itself", events: []enrolld.Event{buy(0, all, priced(a, 6000))},
			others: map[string]*enrolld.Rule{"a": nil}, want: []answer{{1, "all live paid; a parked"}}},
		{name: "only a part mapped", events: with(), others: map[string]*enrolld.Rule{"all": nil, "b": nil}, want: []answer{
			{1, "a live paid; all parked; b parked"},
		}},
		{name: "bundles in a circle", events: []enrolld.Event{buy(0, inBundle(line("a", 1), "b"), inBundle(line("b", 1), "a"))}, want: []answer{
			{1, "a live paid; b live paid"},
		}},
	})
}
