package enrolld_test

import (
	"testing"

	"enrolld"
)

func TestScenarioStop(t *testing.T) {
	t.Parallel()
	atOnce, keep := enrolld.Rule{OnCancel: enrolld.Revoke}, enrolld.Rule{OnCancel: enrolld.Keep}
	runScenarios(t, []scenario{
		{name: "cancelling at the period's end", events: month(status(10, cancelling, 31, 31)), want: []answer{
			{11, "club live paid until d31"}, {31, "club ended cancelled until d31"},
		}},
		{name: "cancelling, then really ended", events: month(status(10, cancelling, 31, 31), status(31, ended, -1, 31)), want: []answer{
			{30, "club live paid until d31"}, {32, "club ended cancelled until d31"},
		}},
		{name: "cancelling, then changed their mind", events: month(status(10, cancelling, 31, 31), status(12, active, 31, -1)), want: []answer{
			{20, "club live paid until d34"},
		}},
		{name: "cancelling, revoke at once", events: month(status(10, cancelling, 31, 31)), rule: atOnce, want: []answer{{11, "club ended cancelled until d10"}}},
		{name: "cancelling, keep", events: month(status(10, cancelling, 31, 31)), rule: keep, want: []answer{{400, "club live paid"}}},
		// Stopping does not pay: who owes the month does not get it by saying
		// that it is the last.
		{name: "cancelling while failing", events: month(fail(31+hour, "f1"), status(33, cancelling, 59, 59)), want: []answer{
			{33, "club live grace until d34+1h0m0s"}, {40, "club ended payment_failed until d34+1h0m0s"},
		}},
		// Nothing says that the second month was not paid, and the platform says
		// that it runs.
		{name: "cancelling, at a date beyond the payments told", events: month(status(32, cancelling, -1, 59)), want: []answer{
			{40, "club live paid until d59"}, {60, "club ended cancelled until d59"},
		}},
		{name: "cancelling in the grace, to end within it", events: month(fail(31+hour, "f1"), status(32, cancelling, -1, 33)), want: []answer{
			{32, "club live grace until d33"}, {33, "club ended cancelled until d33"},
		}},
		{name: "cancelling far ahead, months still charged", events: month(status(10, cancelling, -1, 120), rebill(31, "p2", 59)), want: []answer{
			{40, "club live paid until d62"}, {63, "club ended expired until d62"},
		}},
		{name: "a payment within a cancelling term does not reactivate", events: month(status(10, cancelling, 31, 59), rebill(31, "p2", 59)), want: []answer{
			{40, "club live paid until d59"}, {60, "club ended cancelled until d59"},
		}},
		{name: "a payment beyond a cancelling term does", events: month(status(10, cancelling, 31, 31), rebill(31, "p2", 59)), want: []answer{
			{40, "club live paid until d62"},
		}},
		{name: "cancelled, period end", events: month(status(10, cancelled, -1, -1)), want: []answer{
			{11, "club live paid until d31"}, {31, "club ended cancelled until d31"},
		}},
		{name: "cancelled, period end by the platform's word", events: only(status(10, cancelled, 31, -1)), want: []answer{
			{11, "club live paid until d31"},
		}},
		{name: "cancelled, at once", events: month(status(10, cancelled, -1, -1)), rule: atOnce, want: []answer{{11, "club ended cancelled until d10"}}},
		{name: "cancelled, keep", events: month(status(10, cancelled, -1, -1)), rule: keep, want: []answer{{400, "club live paid"}}},
		// Many platforms cancel by themselves after weeks of failed payments. A
		// rule that keeps access has none to keep by then.
		{name: "cancelled by dunning, keep", events: month(fail(31, "f1"), status(52, cancelled, -1, -1)), rule: keep, want: []answer{
			{60, "club ended payment_failed until d34"},
		}},
		{name: "cancelled by dunning, period end", events: month(fail(31, "f1"), status(52, cancelled, 59, -1)), want: []answer{
			{53, "club ended payment_failed until d34"},
		}},
		{name: "cancelled, kept on expiry all the same ends", events: month(status(10, cancelled, -1, -1)), rule: enrolld.Rule{OnExpiry: enrolld.Keep},
			want: []answer{{11, "club live paid until d31"}, {32, "club ended cancelled until d31"}}},
		{name: "cancelled, then paid again", events: month(status(10, cancelled, -1, -1), rebill(40, "p2", 71)), want: []answer{
			{41, "club live paid until d74"},
		}},
		{name: "cancelled, then a late payment of the same month", events: month(status(10, cancelled, -1, -1), rebill(11, "p2", 31)), want: []answer{
			{30, "club live paid until d31"}, {32, "club ended cancelled until d31"},
		}},
		{name: "ended at the statement", events: month(status(10, ended, -1, -1)), want: []answer{{11, "club ended cancelled until d10"}}},
		{name: "ended at its date", events: month(status(10, ended, -1, 20)), want: []answer{{11, "club live paid until d20"}}},
		{name: "ended, then paid again", events: month(status(10, ended, -1, -1), rebill(40, "p2", 71)), want: []answer{{41, "club live paid until d74"}}},
		{name: "ended and paid in one second", events: month(status(10, ended, -1, -1), rebill(10, "p2", 41)), want: []answer{{11, "club ended cancelled until d10"}}},
		{name: "ended after dunning keeps the older end", events: month(fail(31, "f1"), status(52, ended, -1, -1)), want: []answer{
			{53, "club ended payment_failed until d34"},
		}},
		{name: "paused runs out", events: month(status(10, paused, -1, -1)), want: []answer{
			{11, "club live paid until d31"}, {31, "club ended paused until d31"},
		}},
		{name: "paused, nothing known of a term", events: only(status(10, paused, -1, -1)), want: []answer{{11, "club ended paused until d10"}}},
		{name: "paused, resumed", events: month(status(10, paused, -1, -1), status(50, active, 71, -1)), want: []answer{{51, "club live paid until d74"}}},
		{name: "paused, then paid", events: month(status(10, paused, -1, -1), rebill(50, "p2", 81)), want: []answer{{51, "club live paid until d84"}}},
		{name: "completed instalments", events: month(rebill(31, "p2", 59), status(31, completed, -1, -1)), want: []answer{{400, "club live paid"}}},
		{name: "completed, within the rule's duration", events: month(status(31, completed, -1, -1)), rule: enrolld.Rule{Duration: days(90)}, want: []answer{
			{80, "club live paid until d90"},
		}},
		{name: "completed, one instalment refunded", events: month(rebill(31, "p2", 59), status(31, completed, -1, -1),
			refund(40, "r", enrolld.Refund{Full: true, Payment: "p2"})), want: []answer{{400, "club live paid"}}},
		{name: "completed, all refunded", events: month(rebill(31, "p2", 59), status(31, completed, -1, -1),
			refund(40, "r", enrolld.Refund{Amount: usd(6000)})), want: []answer{{400, "club ended refunded until d40"}}},
		{name: "completed beats ended-later of the plan's own timer", events: month(status(31, completed, -1, -1), status(31, active, -1, -1)), want: []answer{
			{400, "club live paid"},
		}},
	})
}

// TestBuyer shows that an address changed at the checkout later does not move
// the order, and that who has no address is not the buyer.
func TestBuyer(t *testing.T) {
	t.Parallel()
	by := func(d float64, b enrolld.Buyer) enrolld.Event {
		e := event(d, enrolld.EventCustomerUpdated)
		e.Buyer = &b
		return e
	}
	ann := enrolld.Buyer{Email: "ann@example.org", First: "Ann"}
	for _, tt := range []struct {
		name   string
		events []enrolld.Event
	}{
		{"changed later", []enrolld.Event{by(0, ann), by(5, enrolld.Buyer{Email: "bob@example.org"})}},
		{"known by name first", []enrolld.Event{by(0, enrolld.Buyer{First: "A."}), by(1, enrolld.Buyer{Email: "  "}), by(5, ann)}},
		{"mistyped first", []enrolld.Event{by(0, enrolld.Buyer{Email: "ann@example"}), by(5, ann)}},
		{"fuller statement of the same second", []enrolld.Event{by(0, ann), by(0, enrolld.Buyer{Email: "ann@example.org"})}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			permute(tt.events, func(order []enrolld.Event) {
				if got := merge(order).Buyer.Value; got != ann {
					t.Errorf("got %+v, want %+v, from %v", got, ann, kinds(order))
				}
			})
		})
	}
}
