package enrolld_test

import (
	"testing"
	"time"

	"enrolld"
)

// These keep the tables short.
const (
	incomplete = enrolld.SubscriptionIncomplete
	pastDue    = enrolld.SubscriptionPastDue
	trialing   = enrolld.SubscriptionTrialing
	active     = enrolld.SubscriptionActive
	paused     = enrolld.SubscriptionPaused
	cancelling = enrolld.SubscriptionCancelling
	cancelled  = enrolld.SubscriptionCancelled
	completed  = enrolld.SubscriptionCompleted
	ended      = enrolld.SubscriptionEnded
)

// month is a subscription with one month paid, to day 31.
func month(more ...enrolld.Event) []enrolld.Event {
	return append([]enrolld.Event{buy(0, club()), rebill(0, "p1", 31)}, more...)
}

// only is a subscription of which no payment is told.
func only(more ...enrolld.Event) []enrolld.Event {
	return append([]enrolld.Event{buy(0, club())}, more...)
}

// renewal is a rebill that names its line but states no sale: all that comes of
// a subscription which is older than the integration.
func renewal(d float64, id string, until float64) enrolld.Event {
	e := rebill(d, id, until)
	l := club()
	l.Sale = nil
	e.Lines = []enrolld.EventLine{l}
	return e
}

// until9999 is how some platforms write that a term has no end.
func until9999(e enrolld.Event) enrolld.Event {
	e.Subscription.Value.PaidUntil = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	return e
}

func TestScenarioRenewal(t *testing.T) {
	t.Parallel()
	runScenarios(t, []scenario{
		{name: "first month", events: month(), want: []answer{
			{1, "club live paid until d34"}, {31, "club live grace until d34"}, {34, "club ended expired until d34"},
		}},
		{name: "renewed", events: month(rebill(31, "p2", 59), rebill(59, "p3", 90)), want: []answer{{60, "club live paid until d93"}}},
		{name: "late renewal inside grace", events: month(rebill(33, "p2", 59)), want: []answer{{32, "club live paid until d62"}}},
		{name: "only renewals", events: []enrolld.Event{renewal(31, "p2", 59), renewal(59, "p3", 90)}, want: []answer{
			{60, "club live paid until d93"},
		}},
		{name: "only a renewal, refunded", events: []enrolld.Event{renewal(31, "p2", 59), refund(40, "r1", enrolld.Refund{Full: true})}, want: []answer{
			{41, "club ended refunded until d40"},
		}},
		{name: "no grace", events: month(), rule: enrolld.Rule{Grace: -1}, want: []answer{
			{30, "club live paid until d31"}, {31, "club ended expired until d31"},
		}},
		{name: "longer grace", events: month(), rule: enrolld.Rule{Grace: days(10)}, want: []answer{{40, "club live grace until d41"}}},
		{name: "kept on expiry", events: month(), rule: enrolld.Rule{OnExpiry: enrolld.Keep}, want: []answer{
			{1, "club live paid"}, {32, "club live grace"}, {40, "club live kept"},
		}},
		{name: "limited by the rule's own duration", events: month(), rule: enrolld.Rule{Duration: days(10)}, want: []answer{
			{1, "club live paid until d10"}, {11, "club ended expired until d10"},
		}},
		{name: "stops before it starts", events: month(), rule: enrolld.Rule{StartDelay: days(60)}, want: []answer{
			{1, "club pending starts_later from d60 until d34"}, {34, "club ended expired until d34"},
		}},
		{name: "failed, then recovered", events: month(fail(31+hour, "f1"), rebill(33, "p2", 59)), want: []answer{{34, "club live paid until d62"}}},
		{name: "failed, said to be well again", events: month(fail(31+hour, "f1"), status(32, active, 59, -1)), want: []answer{
			{40, "club live paid until d62"},
		}},
		{name: "failed four times: grace counts from the first", events: month(
			fail(31+hour, "f1"), fail(32, "f2"), fail(33, "f3"), fail(34, "f4")), want: []answer{
			{32, "club live grace until d34+1h0m0s"}, {35, "club ended payment_failed until d34+1h0m0s"},
		}},
		{name: "failed when access was over long since", events: month(fail(40, "f1")), want: []answer{
			{41, "club ended payment_failed until d34"},
		}},
		{name: "failure of another subscription", events: month(func() enrolld.Event {
			e := fail(20, "f1")
			e.Failure.Value.Subscription = "s2"
			return e
		}()), want: []answer{{40, "club ended expired until d34"}}},
		{name: "past due, no failures told", events: month(status(31+hour, pastDue, 59, -1)), want: []answer{
			{32, "club live grace until d34"}, {40, "club ended payment_failed until d34"},
		}},
		{name: "past due, nothing paid that we know", events: only(status(31, pastDue, 59, -1)), want: []answer{
			{32, "club live grace until d34"}, {40, "club ended payment_failed until d34"},
		}},
		{name: "past due, then paid", events: month(status(31+hour, pastDue, 59, -1), rebill(33, "p2", 59)), want: []answer{
			{40, "club live paid until d62"},
		}},
		{name: "past due, then paid without a term", events: month(status(31+hour, pastDue, 59, -1), rebill(33, "p2", -1)), want: []answer{
			{40, "club live paid until d62"},
		}},
		{name: "payments that never state a term", events: only(rebill(0, "p1", -1), rebill(31, "p2", -1)), want: []answer{{500, "club live paid"}}},
		{name: "payments without, status with a term", events: only(rebill(0, "p1", -1), status(31, active, 59, -1)), want: []answer{
			{40, "club live paid until d62"},
		}},
		// Only the first payment says how far it reaches. The second one surely
		// paid for something.
		{name: "the newest payment is silent", events: month(rebill(31, "p2", -1)), want: []answer{{50, "club live paid"}}},
		{name: "a fee between does not open the term", events: month(rebill(10, "fee", -1)), want: []answer{{50, "club ended expired until d34"}}},
		{name: "period moved by the platform", events: month(status(20, active, 45, -1)), want: []answer{{40, "club live paid until d48"}}},
		{name: "never is never", events: month(until9999(status(20, active, -1, -1))), want: []answer{{400, "club live paid"}}},
		{name: "unknown state", events: month(status(1, "on_holiday", -1, -1)), want: []answer{{2, "club live paid until d34"}}},
		{name: "nothing known but the sale", events: only(), want: []answer{{400, "club live paid"}}},
	})
}

func TestScenarioTrial(t *testing.T) {
	t.Parallel()
	free := func() enrolld.Event { e := rebill(0, "p0", 14); e.Payment.Value.Amount.Minor = 0; return e }
	runScenarios(t, []scenario{
		{name: "trial", events: only(status(0, trialing, 14, -1)), want: []answer{
			{1, "club live trial until d17"}, {15, "club live grace until d17"}, {17, "club ended expired until d17"},
		}},
		{name: "trial, then active", events: only(status(0, trialing, 14, -1), rebill(14, "p1", 45), status(14, active, 45, -1)), want: []answer{
			{20, "club live paid until d48"},
		}},
		{name: "trial, then paid, status lost", events: only(status(0, trialing, 14, -1), rebill(14, "p1", 45)), want: []answer{
			{20, "club live paid until d48"},
		}},
		{name: "trial, card fails", events: only(status(0, trialing, 14, -1), fail(14, "f1")), want: []answer{
			{13, "club live trial until d17"}, {18, "club ended payment_failed until d17"},
		}},
		{name: "trial cancelled", events: only(status(0, trialing, 14, -1), status(5, cancelling, 14, 14)), want: []answer{
			{6, "club live paid until d14"}, {14, "club ended cancelled until d14"},
		}},
		{name: "trial with a payment of nothing, the real one refunded", events: only(free(), status(0, trialing, 14, -1),
			rebill(14, "p1", 45), refund(15, "r", enrolld.Refund{Full: true, Payment: "p1"})), want: []answer{
			{16, "club ended refunded until d15"},
		}},
		{name: "first payment incomplete", events: only(status(0, incomplete, -1, -1)), want: []answer{{1, "club ended unpaid until d0"}}},
		// A clock that runs behind the platform's must not open the door for
		// a second.
		{name: "incomplete in our future", events: only(status(1, incomplete, -1, -1)), want: []answer{{0, "club ended unpaid until d1"}}},
		{name: "incomplete, then paid", events: only(status(0, incomplete, -1, -1), rebill(sec, "p1", 31)), want: []answer{{1, "club live paid until d34"}}},
		{name: "incomplete and active in one second", events: only(status(0, incomplete, -1, -1), status(0, active, 31, -1)), want: []answer{
			{1, "club live paid until d34"},
		}},
		{name: "active, once with and once without a term in one second", events: only(status(0, active, -1, -1), status(0, active, 31, -1)), want: []answer{
			{1, "club live paid until d34"},
		}},
	})
}

func TestScenarioSubscriptionRefund(t *testing.T) {
	t.Parallel()
	type r = enrolld.Refund
	two := func(more ...enrolld.Event) []enrolld.Event { return month(append(more, rebill(31, "p2", 59))...) }
	both := func(more ...enrolld.Event) []enrolld.Event {
		first := rebill(0, "p1", 31)
		first.Payment.Value.Amount, first.Payment.Value.Lines = usd(8000), []string{"club", "bump"}
		return append([]enrolld.Event{buy(0, club(), line("bump", 5000)), first}, more...)
	}
	runScenarios(t, []scenario{
		// The money for the second month is back: what is left is the first.
		{name: "last rebill", events: two(refund(40, "r", r{Full: true, Payment: "p2"})), want: []answer{{41, "club ended refunded until d31"}}},
		{name: "last rebill, in the first month still", events: month(rebill(25, "p2", 59), refund(26, "r", r{Full: true, Payment: "p2"})), want: []answer{
			{27, "club live paid until d31"}, {31, "club ended refunded until d31"},
		}},
		{name: "last rebill, and cancelled", events: two(refund(40, "r", r{Full: true, Payment: "p2"}), status(40, cancelled, 59, -1)), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "last rebill, status still says active", events: two(status(31, active, 59, -1), refund(40, "r", r{Full: true, Payment: "p2"})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "last rebill after a failure", events: two(fail(31-hour, "f1"), refund(40, "r", r{Full: true, Payment: "p2"})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "last rebill of payments without a term", events: only(rebill(0, "p1", -1), rebill(31, "p2", -1),
			refund(40, "r", r{Full: true, Payment: "p2"})), want: []answer{{41, "club ended refunded until d31"}}},
		{name: "last rebill, then the next is paid", events: two(refund(40, "r", r{Full: true, Payment: "p2"}), rebill(59, "p3", 90)), want: []answer{
			{60, "club live paid until d93"},
		}},
		{name: "old rebill", events: two(refund(40, "r", r{Full: true, Payment: "p1"})), want: []answer{{41, "club live paid until d62"}}},
		{name: "part of the last rebill", events: two(refund(40, "r", r{Amount: usd(1000), Payment: "p2"})), want: []answer{{41, "club live paid until d62"}}},
		{name: "by line and amount: the newest", events: two(refund(40, "r", r{Amount: usd(3000), Line: "club"})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "by line, amount and payment: that one", events: two(refund(40, "r", r{Amount: usd(3000), Line: "club", Payment: "p1"})), want: []answer{
			{41, "club live paid until d62"},
		}},
		{name: "by line, amount and payment: the newest", events: two(refund(40, "r", r{Amount: usd(3000), Line: "club", Payment: "p2"})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "by line and payment, in full", events: two(refund(40, "r", r{Full: true, Amount: usd(2500), Line: "club", Payment: "p2"})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "a part, by line and payment", events: two(refund(40, "r", r{Amount: usd(2000), Line: "club", Payment: "p2"})), want: []answer{
			{41, "club live paid until d62"},
		}},
		{name: "by line and payment, dated as the sale", events: two(refund(0, "r", r{Amount: usd(3000), Line: "club", Payment: "p2"})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "by line and amount, of the first month's time", events: two(refund(10, "r", r{Amount: usd(3000), Line: "club"})), want: []answer{
			{41, "club live paid until d62"},
		}},
		{name: "two parts add up to the last rebill", events: two(
			refund(40, "r1", r{Amount: usd(1000), Line: "club"}), refund(41, "r2", r{Amount: usd(2000), Line: "club"})), want: []answer{
			{42, "club ended refunded until d31"},
		}},
		{name: "by line, all of it", events: two(refund(40, "r", r{Full: true, Line: "club"})), want: []answer{{41, "club ended refunded until d40"}}},
		{name: "by order, both months", events: two(refund(40, "r", r{Amount: usd(6000)})), want: []answer{{41, "club ended refunded until d40"}}},
		{name: "dated as the sale, both months", events: two(refund(0, "r", r{Amount: usd(6000)})), want: []answer{{41, "club ended refunded until d0"}}},
		{name: "dated as the sale, one of two months", events: two(refund(0, "r", r{Amount: usd(3000)})), want: []answer{{41, "club live paid until d62"}}},
		{name: "in another currency", events: two(refund(40, "r", r{Amount: enrolld.Money{Minor: 6000, Currency: "JPY"}})), want: []answer{
			{41, "club live paid until d62"},
		}},
		{name: "full, of a payment nobody knows: the newest", events: two(refund(40, "r", r{Full: true, Payment: "p9"})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "full, of a payment nobody knows, by its amount", events: two(refund(40, "r", r{Full: true, Payment: "p9", Amount: usd(3000)})), want: []answer{
			{41, "club ended refunded until d31"},
		}},
		{name: "the only payment", events: month(refund(3, "r", r{Full: true, Payment: "p1"})), want: []answer{{4, "club ended refunded until d3"}}},
		{name: "the only payment, dated as the sale", events: month(refund(0, "r", r{Amount: usd(3000)})), want: []answer{{4, "club ended refunded until d0"}}},
		{name: "the sale, no payments told", events: only(refund(3, "r", r{Amount: usd(3000), Line: "club"})), want: []answer{{4, "club ended refunded until d3"}}},
		{name: "refunded whole, then paid again", events: month(refund(3, "r", r{Full: true}), rebill(10, "p2", 41)), want: []answer{
			{11, "club live paid until d44"},
		}},
		{name: "under a rule that keeps", events: two(refund(40, "r", r{Full: true})), rule: enrolld.Rule{OnRefund: enrolld.Keep}, want: []answer{
			{41, "club live paid until d62"}, {70, "club ended expired until d62"},
		}},
		{name: "one charge, bump refunded", events: both(refund(3, "r", r{Amount: usd(5000), Line: "bump"})), want: []answer{
			{4, "bump ended refunded until d3; club live paid until d34"},
		}},
		{name: "one charge, subscription refunded", events: both(refund(3, "r", r{Amount: usd(3000), Line: "club"})), want: []answer{
			{4, "bump live paid; club ended refunded until d3"},
		}},
		{name: "one charge, refunded whole", events: both(refund(3, "r", r{Amount: usd(8000), Payment: "p1"})), want: []answer{
			{4, "bump ended refunded until d3; club ended refunded until d3"},
		}},
		{name: "one charge, bump, then the rest", events: both(
			refund(3, "r1", r{Amount: usd(5000), Line: "bump"}), refund(4, "r2", r{Amount: usd(3000), Payment: "p1"})), want: []answer{
			{5, "bump ended refunded until d3; club ended refunded until d4"},
		}},
		{name: "one charge, parts that nobody can place", events: both(
			refund(3, "r1", r{Amount: usd(5500), Payment: "p1"}), refund(4, "r2", r{Amount: usd(1500), Line: "club"})), want: []answer{
			{5, "bump live paid; club live paid until d34"},
		}},
		{name: "one charge, part of the order", events: both(refund(3, "r", r{Amount: usd(3000)})), want: []answer{
			{4, "bump live paid; club live paid until d34"},
		}},
	})
}
