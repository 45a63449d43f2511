package enrolld_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"enrolld"

	"github.com/google/go-cmp/cmp"
)

func grant(id int64, state enrolld.GrantState, until float64) enrolld.Grant {
	g := enrolld.Grant{Course: course, Cause: enrolld.Cause{Kind: enrolld.CauseOrder, ID: id}, State: state}
	if until >= 0 {
		end := day(until)
		g.Until = &end
	}
	return g
}

func TestAccessOf(t *testing.T) {
	t.Parallel()
	const live = enrolld.GrantLive
	d30, d60 := day(30), day(60)
	other := grant(3, live, 60)
	other.Course.ID = 3
	tests := []struct {
		name   string
		grants []enrolld.Grant
		want   []enrolld.Access
	}{
		{"nothing", nil, nil},
		{"none live", []enrolld.Grant{grant(1, enrolld.GrantEnded, 3), grant(2, enrolld.GrantPending, -1), grant(3, enrolld.GrantSuspended, -1)}, nil},
		{"one", []enrolld.Grant{grant(1, live, 30)}, []enrolld.Access{{Course: course, Until: &d30}}},
		{"the later end", []enrolld.Grant{grant(1, live, 60), grant(2, live, 30)}, []enrolld.Access{{Course: course, Until: &d60}}},
		{"no end beats any", []enrolld.Grant{grant(1, live, 60), grant(2, live, -1), grant(3, live, 90)}, []enrolld.Access{{Course: course}}},
		{"an ended one does not lengthen", []enrolld.Grant{grant(1, live, 30), grant(2, enrolld.GrantEnded, 60)}, []enrolld.Access{{Course: course, Until: &d30}}},
		{"by course", []enrolld.Grant{grant(1, live, 30), other}, []enrolld.Access{{Course: other.Course, Until: &d60}, {Course: course, Until: &d30}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, enrolld.AccessOf(tt.grants)); diff != "" {
				t.Errorf("AccessOf(%+v) (-want +got):\n%s", tt.grants, diff)
			}
		})
	}
}

// TestAccessOfIsUnion takes causes away one by one: what another cause gives
// stays, and for as long as that one gives it.
func TestAccessOfIsUnion(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 300 {
		grants := randomGrants(rng)
		gone := rng.IntN(len(grants))
		rest := slices.Delete(slices.Clone(grants), gone, gone+1)
		access := enrolld.AccessOf(rest)
		for _, g := range rest {
			if g.State != enrolld.GrantLive {
				continue
			}
			i := slices.IndexFunc(access, func(a enrolld.Access) bool { return a.Course == g.Course })
			switch {
			case i < 0:
				t.Fatalf("without %+v course %v is closed, though %+v opens it", grants[gone], g.Course, g)
			case access[i].Until != nil && (g.Until == nil || g.Until.After(*access[i].Until)):
				t.Fatalf("without %+v course %v ends %v, though %+v lasts longer", grants[gone], g.Course, access[i].Until, g)
			}
		}
		for _, a := range access {
			if !slices.ContainsFunc(rest, func(g enrolld.Grant) bool {
				return g.Course == a.Course && g.State == enrolld.GrantLive && equalEnds(g.Until, a.Until)
			}) {
				t.Fatalf("%+v comes from no grant of %+v", a, rest)
			}
		}
	}
}

func equalEnds(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

func randomGrants(rng *rand.Rand) []enrolld.Grant {
	states := []enrolld.GrantState{enrolld.GrantLive, enrolld.GrantLive, enrolld.GrantEnded, enrolld.GrantSuspended, enrolld.GrantPending}
	var out []enrolld.Grant
	for i := range 1 + rng.IntN(8) {
		g := grant(int64(i), states[rng.IntN(len(states))], float64(rng.IntN(5)-1))
		g.Course.ID = int64(1 + rng.IntN(3))
		out = append(out, g)
	}
	return out
}

func TestParseCourseRef(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want enrolld.CourseRef
		ok   bool
	}{
		{"page:12", enrolld.CourseRef{LMS: "page", ID: 12}, true},
		{"12", enrolld.CourseRef{ID: 12}, true},
		{" LearnDash : 7 ", enrolld.CourseRef{LMS: "learndash", ID: 7}, true},
		{":12", enrolld.CourseRef{ID: 12}, true},
		{"", enrolld.CourseRef{}, false},
		{"page:", enrolld.CourseRef{}, false},
		{"page:0", enrolld.CourseRef{}, false},
		{"page:-3", enrolld.CourseRef{}, false},
		{"page:1.5", enrolld.CourseRef{}, false},
		{"a:b:12", enrolld.CourseRef{}, false},
		{"page:99999999999999999999", enrolld.CourseRef{}, false},
		{"Yoga for beginners", enrolld.CourseRef{}, false},
	}
	for _, tt := range tests {
		got, err := enrolld.ParseCourseRef(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseCourseRef(%q) = %+v, %v; want %+v, ok %v", tt.in, got, err, tt.want, tt.ok)
		}
		if err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("ParseCourseRef(%q) has code %s", tt.in, enrolld.CodeOf(err))
		}
		if err == nil {
			if again, err := enrolld.ParseCourseRef(got.String()); err != nil || again != got {
				t.Errorf("%q is written as %q, which reads as %+v, %v", tt.in, got, again, err)
			}
		}
	}
}

func TestRuleValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rule enrolld.Rule
		ok   bool
	}{
		{"zero", enrolld.Rule{}, true},
		{"all set", enrolld.Rule{
			Duration: days(1), StartDelay: days(1), Grace: -1, OnRefund: enrolld.Keep, OnCancel: enrolld.PeriodEnd, OnExpiry: enrolld.Revoke,
		}, true},
		{"negative duration", enrolld.Rule{Duration: -1}, false},
		{"negative delay", enrolld.Rule{StartDelay: -1}, false},
		{"refund at period end", enrolld.Rule{OnRefund: enrolld.PeriodEnd}, false},
		{"expiry at period end", enrolld.Rule{OnExpiry: enrolld.PeriodEnd}, false},
		{"unknown", enrolld.Rule{OnCancel: "sometimes"}, false},
	}
	for _, tt := range tests {
		if err := tt.rule.Validate(); (err == nil) != tt.ok || err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: Validate() = %v, want ok %v", tt.name, err, tt.ok)
		}
	}
}
