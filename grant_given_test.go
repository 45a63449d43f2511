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

// TestGrantNeeded gives by an import what no import gives for as long.
func TestGrantNeeded(t *testing.T) {
	t.Parallel()
	soon, late := time.Unix(1e9, 0), time.Unix(2e9, 0)
	ground := func(kind enrolld.CauseKind, id, course int64, state enrolld.GrantState, until *time.Time) enrolld.Grant {
		return enrolld.Grant{
			Course: enrolld.CourseRef{LMS: "page", ID: course}, Cause: enrolld.Cause{Kind: kind, ID: id}, State: state, Until: until,
		}
	}
	const order, person, imported = enrolld.CauseOrder, enrolld.CausePerson, enrolld.CauseImport
	tests := map[string]struct {
		has, give enrolld.Grant
		want      bool
	}{
		"an order's":           {ground(order, 1, 12, enrolld.GrantLive, nil), ground(imported, 5, 12, "", nil), true},
		"a person's":           {ground(person, 1, 12, enrolld.GrantLive, nil), ground(imported, 5, 12, "", nil), true},
		"another import's":     {ground(imported, 4, 12, enrolld.GrantLive, nil), ground(imported, 5, 12, "", nil), false},
		"that reaches as far":  {ground(imported, 4, 12, enrolld.GrantLive, &late), ground(imported, 5, 12, "", &late), false},
		"that reaches further": {ground(imported, 4, 12, enrolld.GrantLive, nil), ground(imported, 5, 12, "", &late), false},
		"that ends before":     {ground(imported, 4, 12, enrolld.GrantLive, &soon), ground(imported, 5, 12, "", &late), true},
		"that has an end":      {ground(imported, 4, 12, enrolld.GrantLive, &soon), ground(imported, 5, 12, "", nil), true},
		"of another course":    {ground(imported, 4, 15, enrolld.GrantLive, nil), ground(imported, 5, 12, "", nil), true},
		"that ended":           {ground(imported, 4, 12, enrolld.GrantEnded, &soon), ground(imported, 5, 12, "", nil), true},
		"its own":              {ground(imported, 5, 12, enrolld.GrantLive, &soon), ground(imported, 5, 12, "", nil), false},
		"its own, taken away":  {ground(imported, 5, 12, enrolld.GrantEnded, &soon), ground(imported, 5, 12, "", nil), false},
		"a person gives again": {ground(person, 7, 12, enrolld.GrantLive, nil), ground(person, 7, 12, "", nil), true},
	}
	for name, tt := range tests {
		if got := tt.give.Needed([]enrolld.Grant{tt.has}); got != tt.want {
			t.Errorf("%s: got %t, want %t", name, got, tt.want)
		}
	}
}
