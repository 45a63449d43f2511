package enrolld_test

import (
	"testing"

	"enrolld"
)

func TestRankOf(t *testing.T) {
	t.Parallel()
	team := func(e enrolld.TeamEvent) enrolld.Message {
		return enrolld.Message{Kind: enrolld.MessageTeam, Data: enrolld.MessageData{Team: &enrolld.TeamData{Event: e}}}
	}
	ofMany := func(m enrolld.Message) enrolld.Message {
		m.Rank = enrolld.RankMany
		return m
	}
	test := enrolld.MessageData{Test: &enrolld.Wording{}}
	for _, tt := range []struct {
		name string
		m    enrolld.Message
		want enrolld.Rank
	}{
		{"a purchase", enrolld.Message{Kind: enrolld.MessageWelcome}, enrolld.RankWaited},
		{"another course", enrolld.Message{Kind: enrolld.MessageAccess}, enrolld.RankWaited},
		{"a course that opens by the clock", enrolld.Message{Kind: enrolld.MessageAccess, Rank: enrolld.RankSoon}, enrolld.RankSoon},
		{"an import's welcome", ofMany(enrolld.Message{Kind: enrolld.MessageWelcome}), enrolld.RankMany},
		{"a reminder", enrolld.Message{Kind: enrolld.MessageExpiring}, enrolld.RankSoon},
		{"an end", enrolld.Message{Kind: enrolld.MessageExpired}, enrolld.RankSoon},
		{"a refund", enrolld.Message{Kind: enrolld.MessageRefunded}, enrolld.RankSoon},
		{"a payment that failed, of many", ofMany(enrolld.Message{Kind: enrolld.MessagePaymentFailed}), enrolld.RankMany},
		{"a test of a text", enrolld.Message{Kind: enrolld.MessageExpiring, Data: test}, enrolld.RankWaited},
		{"a password that somebody forgot", team(enrolld.EventPasswordReset), enrolld.RankWaited},
		{"a new sign-in", team(enrolld.EventNewSignIn), enrolld.RankWaited},
		{"an invitation", team(enrolld.EventInvitation), enrolld.RankWaited},
		{"an import that ended", team(enrolld.EventImportDone), enrolld.RankSoon},
		{"what failed", team(enrolld.EventFailures), enrolld.RankSoon},
	} {
		if got := enrolld.RankOf(&tt.m); got != tt.want {
			t.Errorf("%s: rank %d, want %d", tt.name, got, tt.want)
		}
	}
}
