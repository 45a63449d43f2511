package bulk

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

var (
	now     = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	ink     = enrolld.CourseRef{LMS: "page", ID: 12}
	person  = enrolld.Cause{Kind: enrolld.CausePerson, ID: 3}
	anImprt = enrolld.Cause{Kind: enrolld.CauseImport, ID: 5}
	order   = enrolld.Cause{Kind: enrolld.CauseOrder, ID: 9, Line: "a"}
)

func days(n int) *time.Time {
	at := now.AddDate(0, 0, n)
	return &at
}

func live(cause enrolld.Cause, until *time.Time) enrolld.Grant {
	return enrolld.Grant{Course: ink, Cause: cause, State: enrolld.GrantLive, Reason: enrolld.ReasonGiven, From: now.AddDate(0, -1, 0), Until: until}
}

func ended(cause enrolld.Cause) enrolld.Grant {
	return live(cause, nil).Withdraw(enrolld.ReasonRevoked, now.AddDate(0, 0, -1))
}

func TestPlan(t *testing.T) {
	t.Parallel()
	later := live(order, nil)
	later.State = enrolld.GrantPending
	type want struct {
		Outcome  Outcome
		Why      string
		Until    *time.Time // of what is given
		Given    int
		Taken    int
		ByOrder  bool
		WithMail bool
	}
	for name, tt := range map[string]struct {
		action Action
		terms  Terms
		ledger []enrolld.Grant
		want   want
	}{
		"give to who has nothing":               {Give, Terms{Notify: true}, nil, want{Outcome: Change, Given: 1, WithMail: true}},
		"give quietly":                          {Give, Terms{}, nil, want{Outcome: Change, Given: 1}},
		"give what ended":                       {Give, Terms{Notify: true}, []enrolld.Grant{ended(person)}, want{Outcome: Change, Given: 1, WithMail: true}},
		"give what a person gives":              {Give, Terms{Notify: true}, []enrolld.Grant{live(person, nil)}, want{Outcome: Same, Given: 1, Why: "has it already: this is one more reason"}},
		"give until a day what lasts longer":    {Give, Terms{Until: days(5)}, []enrolld.Grant{live(anImprt, days(9))}, want{Outcome: Same, Given: 1, Until: days(5), Why: "has it already: this is one more reason"}},
		"give until a day what lasts as long":   {Give, Terms{Until: days(5)}, []enrolld.Grant{live(anImprt, days(5))}, want{Outcome: Same, Given: 1, Until: days(5), Why: "has it already: this is one more reason"}},
		"give for longer":                       {Give, Terms{Until: days(9), Notify: true}, []enrolld.Grant{live(anImprt, days(5))}, want{Outcome: Change, Given: 1, Until: days(9)}},
		"give what an order gives":              {Give, Terms{Notify: true}, []enrolld.Grant{live(order, nil)}, want{Outcome: Change, Given: 1, ByOrder: true}},
		"give what an order and a person give":  {Give, Terms{Notify: true}, []enrolld.Grant{live(order, nil), live(person, nil)}, want{Outcome: Same, Given: 1, Why: "has it already: this is one more reason"}},
		"take nothing":                          {Take, Terms{}, nil, want{Outcome: Same}},
		"take what ended":                       {Take, Terms{}, []enrolld.Grant{ended(person)}, want{Outcome: Same}},
		"take from two":                         {Take, Terms{}, []enrolld.Grant{live(person, nil), live(anImprt, days(3))}, want{Outcome: Change, Taken: 2}},
		"take what an order gives":              {Take, Terms{}, []enrolld.Grant{live(order, nil)}, want{Outcome: Refused, Why: "an order gives it: it ends with a refund, or by the product's rule"}},
		"take what an order gives too":          {Take, Terms{}, []enrolld.Grant{live(person, nil), live(order, nil)}, want{Outcome: Change, Taken: 1, ByOrder: true, Why: "an order gives it too: it stays open"}},
		"extend nothing":                        {Extend, Terms{Days: 7}, []enrolld.Grant{ended(person)}, want{Outcome: Refused, Why: "has no access that could be extended: give it instead"}},
		"extend what begins later":              {Extend, Terms{Days: 7}, []enrolld.Grant{later}, want{Outcome: Refused, Why: "has no access that could be extended: give it instead"}},
		"extend what has no end":                {Extend, Terms{Days: 7}, []enrolld.Grant{live(person, days(1)), live(order, nil)}, want{Outcome: Same}},
		"extend by days from the last end":      {Extend, Terms{Days: 7}, []enrolld.Grant{live(person, days(1)), live(anImprt, days(4))}, want{Outcome: Change, Given: 1, Until: days(11)}},
		"extend an order's term":                {Extend, Terms{Days: 7}, []enrolld.Grant{live(order, days(1))}, want{Outcome: Change, Given: 1, Until: days(8), ByOrder: true}},
		"extend until a day that comes earlier": {Extend, Terms{Until: days(3)}, []enrolld.Grant{live(person, days(4))}, want{Outcome: Same}},
		"extend until a day":                    {Extend, Terms{Until: days(30)}, []enrolld.Grant{live(person, days(4))}, want{Outcome: Change, Given: 1, Until: days(30)}},
	} {
		tt.terms.Courses = []enrolld.CourseRef{ink}
		v := Bulk{ID: 4, Action: tt.action, Terms: tt.terms, By: enrolld.Actor{LoginID: 7}}.plan(1, tt.ledger, now)
		got := want{Outcome: v.outcome, Why: v.why, Given: len(v.gift.Grants), Taken: len(v.gift.Withdraw), ByOrder: v.orders, WithMail: v.mail}
		for _, g := range v.gift.Grants {
			got.Until = g.Until
			if g.Cause != (enrolld.Cause{Kind: enrolld.CausePerson, ID: 7, Line: "bulk:4"}) {
				t.Errorf("%s: given for %+v", name, g.Cause)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestPlanAndBack does anything with any ledger: what is given never makes access
// shorter, an order's ground is never touched, and taken back the ledger gives what
// it gave before.
func TestPlanAndBack(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20261122, 7))
	changed, more := map[Action]int{}, 0
	for range 3000 {
		b := Bulk{ID: 4, Action: []Action{Give, Take, Extend}[rng.IntN(3)], By: enrolld.Actor{LoginID: 7}}
		b.Terms.Courses = []enrolld.CourseRef{ink}
		if rng.IntN(2) == 0 {
			b.Terms.Until = days(1 + rng.IntN(20))
		} else {
			b.Terms.Days = 1 + rng.IntN(20)
		}
		var ledger []enrolld.Grant
		for _, cause := range []enrolld.Cause{person, anImprt, order} {
			switch rng.IntN(4) {
			case 0:
				ledger = append(ledger, live(cause, nil))
			case 1:
				ledger = append(ledger, live(cause, days(1+rng.IntN(20))))
			case 2:
				ledger = append(ledger, ended(cause))
			}
		}
		v := b.plan(1, ledger, now)
		after := apply(ledger, v, now)
		if v.outcome == Change {
			changed[b.Action]++
		}
		if v.more() {
			more++
		}
		was, is := enrolld.AccessOf(ledger), enrolld.AccessOf(after)
		if b.Action != Take && len(was) > 0 && (len(is) == 0 || before(is[0].Until, was[0].Until)) {
			t.Fatalf("%s %+v made access shorter: %+v, then %+v", b.Action, b.Terms, ledger, after)
		}
		if v.outcome != Change && !cmp.Equal(was, is) || v.outcome != Change && !v.more() && !cmp.Equal(ledger, after) {
			t.Fatalf("%s changed somebody of whom it says %s", b.Action, v.outcome)
		}
		if v.more() != (b.Action == Give && v.outcome == Same) || v.more() && v.mail {
			t.Fatalf("%s %+v of %+v: %s, one more reason: %t, a message: %t", b.Action, b.Terms, ledger, v.outcome, v.more(), v.mail)
		}
		gift, kept := takeBack(1, enrolld.Standing{}, v.effect, after)
		undone := apply(after, verdict{gift: gift}, now)
		if diff := cmp.Diff(was, enrolld.AccessOf(undone)); diff != "" || kept != "" {
			t.Fatalf("%s %+v of %+v taken back (%q) (-before +after):\n%s", b.Action, b.Terms, ledger, kept, diff)
		}
	}
	if len(changed) != 3 || more == 0 {
		t.Errorf("only %v changed somebody, %d were given one more reason", changed, more)
	}
}

// apply is a ledger after a gift, as provision.Give has it.
func apply(ledger []enrolld.Grant, v verdict, now time.Time) []enrolld.Grant {
	var out []enrolld.Grant
	out = append(out, ledger...)
	for i := range out {
		for _, x := range v.gift.Withdraw {
			if out[i].Cause == x.Cause {
				out[i] = out[i].Withdraw(enrolld.ReasonRevoked, now)
			}
		}
		for _, x := range v.gift.Restore {
			if out[i].Cause == x.Cause {
				out[i], _ = x.Begin(now)
			}
		}
	}
	for _, g := range v.gift.Grants {
		g, _ = g.Begin(now)
		out = append(out, g)
	}
	return out
}

func TestTakeBack_changedSince(t *testing.T) {
	t.Parallel()
	given := ground{Course: ink, Cause: person, From: now, Until: days(3)}
	taken := ground{Course: ink, Cause: person, From: now, Until: days(3), Taken: days(1)}
	stands := live(person, days(3))
	stands.From = now
	moved := stands
	moved.Until = days(4)
	takenLater := ended(person)
	takenLater.Until = days(2)
	for name, tt := range map[string]struct {
		effect ground
		ledger []enrolld.Grant
		kept   string
	}{
		"given, as it was":     {given, []enrolld.Grant{stands}, ""},
		"given, then moved":    {given, []enrolld.Grant{moved}, "it was changed since"},
		"given, then ended":    {given, []enrolld.Grant{ended(person)}, "it has ended already: taken away by the team"},
		"given, then gone":     {given, nil, "it is not there any more"},
		"taken, then given":    {taken, []enrolld.Grant{stands}, "it was given again or changed since"},
		"taken, given, taken":  {taken, []enrolld.Grant{takenLater}, "it was given again or changed since"},
		"taken, and then gone": {taken, nil, "it is not there any more"},
	} {
		gift, kept := takeBack(1, enrolld.Standing{}, []ground{tt.effect}, tt.ledger)
		if kept != tt.kept || (len(gift.Withdraw)+len(gift.Restore) > 0) != (tt.kept == "") {
			t.Errorf("%s: got %q, %+v, want %q", name, kept, gift, tt.kept)
		}
	}
}
