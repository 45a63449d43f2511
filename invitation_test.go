package enrolld_test

import (
	"testing"
	"time"

	"enrolld"
)

func TestInvitationLife(t *testing.T) {
	t.Parallel()
	made := enrolld.Invitation{ID: 1, Key: "ann@example.org", State: enrolld.InvitationOpen}.Renew(rulesNow)
	with := func(s enrolld.InvitationState) enrolld.Invitation {
		i := made
		i.State = s
		return i
	}
	for _, tt := range []struct {
		name   string
		i      enrolld.Invitation
		after  time.Duration
		key    enrolld.EmailKey
		state  enrolld.InvitationState
		accept enrolld.Code
		resend enrolld.Code
		wait   time.Duration
	}{
		{"just sent", made, 0, "ann@example.org", enrolld.InvitationOpen, "", enrolld.Conflict, time.Minute},
		{"a minute later", made, time.Minute, "ann@example.org", enrolld.InvitationOpen, "", "", 0},
		{"a moment before a minute", made, time.Minute - 1, "ann@example.org", enrolld.InvitationOpen, "", enrolld.Conflict, 1},
		{"another address", made, time.Hour, "eve@example.org", enrolld.InvitationOpen, enrolld.Forbidden, "", 0},
		{"the last moment", made, 7*24*time.Hour - 1, "ann@example.org", enrolld.InvitationOpen, "", "", 0},
		{"seven days later", made, 7 * 24 * time.Hour, "ann@example.org", enrolld.InvitationExpired, enrolld.Conflict, "", 0},
		{"accepted", with(enrolld.InvitationAccepted), time.Hour, "ann@example.org", enrolld.InvitationAccepted, enrolld.Conflict, enrolld.Conflict, 0},
		{"accepted, long ago", with(enrolld.InvitationAccepted), 1000 * time.Hour, "ann@example.org", enrolld.InvitationAccepted, enrolld.Conflict, enrolld.Conflict, 0},
		{"removed", with(enrolld.InvitationRemoved), time.Hour, "ann@example.org", enrolld.InvitationRemoved, enrolld.Conflict, enrolld.Conflict, 0},
		{"of no state", with(""), time.Hour, "ann@example.org", "", enrolld.Conflict, enrolld.Conflict, 0},
	} {
		now := rulesNow.Add(tt.after)
		if got := tt.i.StateAt(now); got != tt.state {
			t.Errorf("%s: state %q, want %q", tt.name, got, tt.state)
		}
		if err := tt.i.CheckAccept(tt.key, now); enrolld.CodeOf(err) != tt.accept {
			t.Errorf("%s: accept = %v, want code %q", tt.name, err, tt.accept)
		}
		wait, err := tt.i.CheckResend(now)
		if enrolld.CodeOf(err) != tt.resend || wait > 0 != (tt.wait > 0) || tt.wait > 0 && wait != tt.wait {
			t.Errorf("%s: resend = wait %v, %v, want %v, code %q", tt.name, wait, err, tt.wait, tt.resend)
		}
	}
	again := made.Renew(rulesNow.Add(time.Hour))
	if again.Generation != 2 || !again.ExpiresAt.Equal(rulesNow.Add(time.Hour+enrolld.InvitationTTL)) || again.ID != made.ID {
		t.Errorf("renewed: %+v, want generation 2 and a whole time anew", again)
	}
}
