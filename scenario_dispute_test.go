package enrolld_test

import (
	"testing"

	"enrolld"
)

func TestScenarioDispute(t *testing.T) {
	t.Parallel()
	type d = enrolld.Dispute
	const open, won, lost = enrolld.DisputeOpen, enrolld.DisputeWon, enrolld.DisputeLost
	main, bump := line("main", 10000), line("bump", 5000)
	both := []enrolld.Event{buy(0, main, bump), pay(0, "p1", 10000, "main"), pay(0, "p2", 5000, "bump")}
	months := []enrolld.Event{buy(0, club()), rebill(0, "p1", 31), rebill(31, "p2", 59)}
	with := func(base []enrolld.Event, more ...enrolld.Event) []enrolld.Event {
		return append(append([]enrolld.Event(nil), base...), more...)
	}
	plan := with(months, status(31, enrolld.SubscriptionCompleted, -1, -1))
	runScenarios(t, []scenario{
		{name: "open suspends", events: with(both, dispute(5, open, d{})), want: []answer{
			{6, "bump suspended dispute_open; main suspended dispute_open"},
		}},
		{name: "won restores", events: with(both, dispute(5, open, d{}), dispute(9, won, d{})), want: []answer{{10, "bump live paid; main live paid"}}},
		{name: "lost revokes", events: with(both, dispute(5, open, d{}), dispute(9, lost, d{})), want: []answer{
			{10, "bump ended dispute_lost until d9; main ended dispute_lost until d9"},
		}},
		{name: "lost, then won in arbitration", events: with(both, dispute(5, lost, d{}), dispute(9, won, d{})), want: []answer{
			{10, "bump live paid; main live paid"},
		}},
		{name: "opened and lost in one second", events: with(both, dispute(5, open, d{}), dispute(5, lost, d{})), want: []answer{
			{6, "bump ended dispute_lost until d5; main ended dispute_lost until d5"},
		}},
		{name: "on one payment", events: with(both, dispute(5, open, d{Payment: "p2"})), want: []answer{
			{6, "bump suspended dispute_open; main live paid"},
		}},
		{name: "on one line", events: with(both, dispute(5, lost, d{Line: "main"})), want: []answer{
			{6, "bump live paid; main ended dispute_lost until d5"},
		}},
		{name: "on a payment nobody knows", events: with(both, dispute(5, open, d{Payment: "p9"})), want: []answer{
			{6, "bump suspended dispute_open; main suspended dispute_open"},
		}},
		// Whoever keeps access when the money is lost need not lose it while
		// that is still open.
		{name: "under a rule that keeps", events: with(both, dispute(5, open, d{})), rule: enrolld.Rule{OnRefund: enrolld.Keep},
			want: []answer{{6, "bump live paid; main live paid"}}},
		{name: "suspended access still runs out", events: with(both, dispute(5, open, d{Line: "main"})), rule: enrolld.Rule{Duration: days(30)},
			want: []answer{{6, "bump live paid until d30; main suspended dispute_open until d30"},
				{31, "bump ended expired until d30; main ended expired until d30"}}},
		{name: "open before the start", events: with(both, dispute(5, open, d{Line: "main"})), rule: enrolld.Rule{StartDelay: days(10)}, want: []answer{
			{6, "bump pending starts_later from d10; main suspended dispute_open"},
		}},

		{name: "subscription: open on the last payment", events: with(months, dispute(40, open, d{Payment: "p2"})), want: []answer{
			{41, "club suspended dispute_open until d62"},
		}},
		{name: "subscription: lost on the last payment falls back", events: with(months, dispute(40, lost, d{Payment: "p2"})), want: []answer{
			{41, "club ended dispute_lost until d31"},
		}},
		// The newer payment stands and paid for its own month: taking that away
		// would take from a member what is paid for.
		{name: "subscription: open on an old payment", events: with(months, dispute(40, open, d{Payment: "p1"})), want: []answer{
			{41, "club live paid until d62"},
		}},
		{name: "subscription: open, newer money reached no further", events: []enrolld.Event{
			buy(0, club()), rebill(0, "p1", 31), rebill(5, "extra", 31), dispute(10, open, d{Payment: "p1"}),
		}, want: []answer{{11, "club suspended dispute_open until d34"}}},
		{name: "subscription: lost on an old payment", events: with(months, dispute(40, lost, d{Payment: "p1"})), want: []answer{
			{41, "club live paid until d62"},
		}},
		{name: "subscription: lost on every payment", events: with(months, dispute(40, lost, d{})), want: []answer{
			{41, "club ended dispute_lost until d40"},
		}},
		{name: "subscription: lost, and paid again", events: with(months, dispute(40, lost, d{}), rebill(59, "p3", 90)), want: []answer{
			{60, "club live paid until d93"},
		}},
		{name: "subscription: disputed payment, seller gives it back", events: with(months, dispute(40, open, d{Payment: "p2"}),
			refund(41, "r", enrolld.Refund{Full: true, Payment: "p2"})), want: []answer{
			{42, "club ended refunded until d31"},
		}},
		// Instalments are parts of one price.
		{name: "completed plan: lost on one instalment", events: with(plan, dispute(40, lost, d{Payment: "p1"})), want: []answer{
			{41, "club ended dispute_lost until d40"},
		}},
		{name: "completed plan: open on one instalment", events: with(plan, dispute(40, open, d{Payment: "p1"})), want: []answer{
			{41, "club suspended dispute_open"},
		}},
	})
}
