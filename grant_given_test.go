package enrolld_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// TestGrantBegin starts what people and imports give, now or later.
func TestGrantBegin(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	early, late := now.Add(-time.Hour), now.Add(time.Hour)
	tests := map[string]struct {
		from   time.Time
		until  *time.Time
		state  enrolld.GrantState
		reason enrolld.Reason
		next   *time.Time
	}{
		"no end":         {early, nil, enrolld.GrantLive, enrolld.ReasonGiven, nil},
		"until later":    {early, &late, enrolld.GrantLive, enrolld.ReasonGiven, &late},
		"from now on":    {now, nil, enrolld.GrantLive, enrolld.ReasonGiven, nil},
		"from later on":  {late, nil, enrolld.GrantPending, enrolld.ReasonStartsLater, &late},
		"ended already":  {early, &early, enrolld.GrantEnded, enrolld.ReasonExpired, nil},
		"ends right now": {early, &now, enrolld.GrantEnded, enrolld.ReasonExpired, nil},
	}
	for name, tt := range tests {
		got, next := enrolld.Grant{From: tt.from, Until: tt.until}.Begin(now)
		want := enrolld.Grant{State: tt.state, Reason: tt.reason, From: tt.from, Until: tt.until}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tt.next, next); diff != "" {
			t.Errorf("%s: next (-want +got):\n%s", name, diff)
		}
	}
	pending, _ := enrolld.Grant{From: late}.Begin(now)
	if got, _ := pending.Tick(late); got.State != enrolld.GrantLive || got.Reason != enrolld.ReasonGiven {
		t.Errorf("once it starts: got %s, %s, want live, given", got.State, got.Reason)
	}
}

// TestGrantNeeded has an import give once what it gives, whatever else gives it, and
// says when somebody notices.
func TestGrantNeeded(t *testing.T) {
	t.Parallel()
	soon, late := time.Unix(1e9, 0), time.Unix(2e9, 0)
	ground := func(kind enrolld.CauseKind, id, course int64, state enrolld.GrantState, until *time.Time) enrolld.Grant {
		return enrolld.Grant{
			Course: enrolld.CourseRef{LMS: "page", ID: course}, Cause: enrolld.Cause{Kind: kind, ID: id}, State: state, Until: until,
		}
	}
	const order, person, imported = enrolld.CauseOrder, enrolld.CausePerson, enrolld.CauseImport
	const live, ended, suspended = enrolld.GrantLive, enrolld.GrantEnded, enrolld.GrantSuspended
	merged := ground(imported, 5, 12, live, nil)
	merged.Cause.Line = "of who was merged"
	tests := map[string]struct {
		has, give    enrolld.Grant
		needed, adds bool
	}{
		"an order's":           {ground(order, 1, 12, live, nil), ground(imported, 5, 12, "", nil), true, false},
		"a person's":           {ground(person, 1, 12, live, nil), ground(imported, 5, 12, "", nil), true, false},
		"another import's":     {ground(imported, 4, 12, live, nil), ground(imported, 5, 12, "", nil), true, false},
		"that reaches as far":  {ground(imported, 4, 12, live, &late), ground(imported, 5, 12, "", &late), true, false},
		"that reaches further": {ground(imported, 4, 12, live, nil), ground(imported, 5, 12, "", &late), true, false},
		"that ends before":     {ground(imported, 4, 12, live, &soon), ground(imported, 5, 12, "", &late), true, true},
		"that has an end":      {ground(order, 4, 12, live, &soon), ground(imported, 5, 12, "", nil), true, true},
		"of another course":    {ground(imported, 4, 15, live, nil), ground(imported, 5, 12, "", nil), true, true},
		"that ended":           {ground(imported, 4, 12, ended, &soon), ground(imported, 5, 12, "", nil), true, true},
		"that is kept shut":    {ground(imported, 4, 12, suspended, nil), ground(imported, 5, 12, "", nil), true, true},
		"its own":              {ground(imported, 5, 12, live, &soon), ground(imported, 5, 12, "", nil), false, true},
		"its own, taken away":  {ground(imported, 5, 12, ended, &soon), ground(imported, 5, 12, "", nil), false, true},
		"its own, of two":      {merged, ground(imported, 5, 12, "", nil), false, false},
		"a person gives again": {ground(person, 7, 12, live, nil), ground(person, 7, 12, "", nil), true, false},
	}
	for name, tt := range tests {
		needed, adds := tt.give.Needed([]enrolld.Grant{tt.has}), tt.give.Adds([]enrolld.Grant{tt.has})
		if needed != tt.needed || adds != tt.adds {
			t.Errorf("%s: needed %t, adds %t, want %t, %t", name, needed, adds, tt.needed, tt.adds)
		}
	}
	if g := ground(imported, 5, 12, "", nil); !g.Needed(nil) || !g.Adds(nil) {
		t.Error("to somebody who has nothing, it gives nothing")
	}
}
