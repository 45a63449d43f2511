package team_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/team"
)

// rich is Ann with everything that a login can have, and what its tokens are.
type rich struct {
	*desk
	secret              enrolld.Secret // of her app
	passkey             team.Passkey
	codes               []string
	reset, oldLink      string
	session             *browser
	sessionID, revision int64
}

func newRich(t testing.TB) *rich {
	t.Helper()
	d := newDesk(t)
	r := &rich{desk: d, secret: d.giveApp(d.ann), passkey: d.givePasskey(d.ann, "Phone")}
	var err error
	r.codes, err = d.team.MakeRecoveryCodes(t.Context(), command, d.ann.ID)
	d.check(err)
	d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
	r.reset = d.token(enrolld.EventPasswordReset, "Ann@example.org")
	first, second := d.changing()
	_, err = d.team.ConfirmEmailChange(t.Context(), stranger, first)
	d.check(err)
	r.oldLink = second
	r.session = d.browse(d.ann, "here")
	d.browse(d.ann, "there")
	list, err := d.team.SessionsOf(t.Context(), d.ann.ID, "here")
	d.check(err)
	r.sessionID, r.revision = list[0].ID, d.login(d.ann.ID).Revision
	return r
}

// loginOperations is every operation on logins that writes, done to Ann by an actor. Those that
// only her holder, signed in, may do are own.
var loginOperations = []struct {
	name string
	own  bool
	do   func(ctx context.Context, r *rich, a enrolld.Actor) error
}{
	{"AddLogin", false, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		_, _, err := r.team.AddLogin(ctx, a, enrolld.Login{Email: "zoe@example.org", Name: "Zoe"})
		return err
	}},
	{"FirstPassword", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		_, err := r.team.FirstPassword(ctx, a, r.ann.ID)
		return err
	}},
	{"SignedIn", false, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.SignedIn(ctx, a, team.SignIn{LoginID: r.ann.ID, Epoch: 1})
	}},
	{"SignInFailed", false, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.SignInFailed(ctx, a, r.ann.ID, "password")
	}},
	{"EndSession", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.EndSession(ctx, a, r.ann.ID, r.sessionID)
	}},
	{"EndOtherSessions", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		_, err := r.team.EndOtherSessions(ctx, a, r.ann.ID, "here")
		return err
	}},
	{"ChangePassword", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.ChangePassword(ctx, a, r.ann.ID, "hash", "here")
	}},
	{"RequestReset", false, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.RequestReset(ctx, a, "ann@example.org")
	}},
	{"ResetPassword", false, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		_, err := r.team.ResetPassword(ctx, a, team.KindReset, r.reset, "hash")
		return err
	}},
	{"ConfirmTOTP", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.ConfirmTOTP(ctx, a, r.ann.ID, r.secret, r.code(r.secret, 0))
	}},
	{"RemoveTOTP", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.RemoveTOTP(ctx, a, r.ann.ID, false)
	}},
	{"MakeRecoveryCodes", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		_, err := r.team.MakeRecoveryCodes(ctx, a, r.ann.ID)
		return err
	}},
	{"UseRecoveryCode", false, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		_, _, err := r.team.UseRecoveryCode(ctx, a, r.ann.ID, r.codes[0])
		return err
	}},
	{"AddPasskey", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.AddPasskey(ctx, a, r.ann.ID, "Key", []byte("other"), []byte(`{}`))
	}},
	{"RenamePasskey", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.RenamePasskey(ctx, a, r.ann.ID, r.passkey.ID, "Key")
	}},
	{"RemovePasskey", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.RemovePasskey(ctx, a, r.ann.ID, r.passkey.ID, false)
	}},
	{"SaveProfile", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.SaveProfile(ctx, a, r.ann.ID, team.Profile{Name: "Other"}, r.revision)
	}},
	{"RequestEmailChange", true, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		return r.team.RequestEmailChange(ctx, a, r.ann.ID, "other@example.org")
	}},
	{"ConfirmEmailChange", false, func(ctx context.Context, r *rich, a enrolld.Actor) error {
		_, err := r.team.ConfirmEmailChange(ctx, a, r.oldLink)
		return err
	}},
}

// An operation whose entry in the audit log is refused has done nothing; once it
// is not, the same succeeds, which proves that it was the entry.
func TestNothingWithoutAudit(t *testing.T) {
	t.Parallel()
	r := newRich(t)
	r.exec(`CREATE TRIGGER refuse BEFORE INSERT ON enrolld_audit FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'`)
	before := r.snapshot()
	for _, op := range loginOperations {
		visit := &team.Visit{}
		err := op.do(team.WithVisit(t.Context(), visit), r, enrolld.Actor{Name: "command"})
		r.wantCode(op.name, err, enrolld.Internal)
		if diff := cmp.Diff(before, r.snapshot()); diff != "" {
			t.Fatalf("%s left something behind (-before +after):\n%s", op.name, diff)
		}
		if visit.LoginID != 0 {
			t.Errorf("%s signed the visit in", op.name)
		}
	}
	r.exec(`DROP TRIGGER refuse`)
	for _, op := range loginOperations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			r := newRich(t)
			r.forget()
			r.check(op.do(t.Context(), r, command))
			if n := len(r.rows(`SELECT id FROM enrolld_audit`)); n == 0 {
				t.Error("there is no entry in the audit log")
			}
		})
	}
}

// What is another's does not exist; nothing changes, nothing is told.
func TestOthersLogins(t *testing.T) {
	t.Parallel()
	r := newRich(t)
	before := r.snapshot()
	for _, op := range loginOperations {
		if !op.own {
			continue
		}
		err := op.do(t.Context(), r, by(r.bob))
		r.wantCode(op.name, err, enrolld.NotFound)
		if got, want := enrolld.MessageOf(err), "there is no such login"; got != want {
			t.Errorf("%s: the message is %q, want %q", op.name, got, want)
		}
	}
	if diff := cmp.Diff(before, r.snapshot()); diff != "" {
		t.Errorf("what changed (-before +after):\n%s", diff)
	}
}

// A request of a session that was ended after it began does nothing any more.
func TestSignedOutMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRich(t)
	r.session.wantOpen("when the requests begin", true)
	_, err := r.team.EndOtherSessions(t.Context(), command, r.ann.ID, "")
	r.check(err)
	before := r.snapshot()
	for _, op := range loginOperations {
		if op.own {
			r.wantCode(op.name, op.do(r.session.ctx(), r, by(r.ann)), enrolld.Unauthorized)
		}
	}
	if diff := cmp.Diff(before, r.snapshot()); diff != "" {
		t.Errorf("what changed (-before +after):\n%s", diff)
	}
}

// Neither what is logged nor what people read names anybody or holds a secret.
func TestErrorsNameNobody(t *testing.T) {
	t.Parallel()
	r := newRich(t)
	_, _, taken := r.team.AddLogin(t.Context(), command, enrolld.Login{Email: "ann@example.org", Name: "X"})
	errs := []error{taken}
	for _, op := range loginOperations {
		errs = append(errs, op.do(t.Context(), r, by(r.bob)))
	}
	r.exec(`DROP TABLE enrolld_audit`)
	for _, op := range loginOperations {
		errs = append(errs, op.do(t.Context(), r, command))
	}
	for _, err := range errs {
		if err == nil {
			continue
		}
		for _, private := range []string{"@", "Ann", "Bob", r.reset, r.oldLink, r.codes[0], r.secret.Reveal(), "hash"} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("the error %q holds %q", err, private)
			}
		}
	}
}

// Each operation by the holder is in the log under their name, with where from.
func TestAuditSaysWho(t *testing.T) {
	t.Parallel()
	for _, op := range loginOperations {
		if !op.own || op.name == "FirstPassword" {
			continue
		}
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			r := newRich(t)
			r.forget()
			r.session.wantOpen("when the request begins", true)
			r.check(op.do(r.session.ctx(), r, by(r.ann)))
			r.want(`SELECT DISTINCT account_id, actor, login_id, subject_login_id, subject, remote_addr, request_id FROM enrolld_audit`,
				"0|Ann Lee|1|1|Ann Lee|192.0.2.7|req")
			for _, m := range r.mail() {
				if m.AccountID != 0 || m.LoginID != r.ann.ID || m.Data.Team.Actor != "Ann Lee" || m.Data.Team.Agent != "Firefox on Linux" {
					t.Errorf("mail %+v of %+v, want Ann's, with who and from which browser", m, m.Data.Team)
				}
			}
		})
	}
}
