package team_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

var _ scs.CtxStore = (*team.Sessions)(nil)

func TestSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browse(d.ann, "one")
	if got, ok := b.find(); !ok || got != "data of one" {
		t.Errorf("find = %q, %v, want the data that was committed", got, ok)
	}
	if diff := cmp.Diff(&team.Visit{LoginID: d.ann.ID, Epoch: 1, Addr: "192.0.2.7", Agent: "Firefox on Linux"}, b.visit,
		cmp.AllowUnexported(team.Visit{})); diff != "" {
		t.Errorf("visit of a session that was found (-want +got):\n%s", diff)
	}
	d.check(b.commit("changed"))
	if got, _ := b.find(); got != "changed" {
		t.Errorf("after a second commit: %q, want the new data", got)
	}
	d.clock.Advance(time.Hour - 1)
	b.wantOpen("just before the end", true)
	d.clock.Advance(time.Microsecond)
	b.wantOpen("expired", false)
	if _, ok, err := d.team.Sessions().Find("unknown"); ok || err != nil {
		t.Errorf("an unknown token: %v, %v, want false and no error", ok, err)
	}
}

func TestSessionDataIsSealed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one, two := d.browse(d.ann, "one"), d.browse(d.bob, "two")
	if n := len(d.rows(`SELECT id FROM enrolld_sessions WHERE INSTR(data, 'data of') OR INSTR(token, 'one') OR INSTR(token, 'two')`)); n > 0 {
		t.Errorf("%d rows hold data or tokens as they are", n)
	}
	d.exec(`UPDATE enrolld_sessions a, enrolld_sessions b SET a.data = b.data WHERE a.login_id = ? AND b.login_id = ?`, d.ann.ID, d.bob.ID)
	one.wantOpen("with another row's data", false)
	two.wantOpen("untouched", true)
}

// However a session is ended, what is under way does not bring it back.
func TestSessionStaysEnded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(d *desk, b *browser) error{
		"by its holder": func(d *desk, b *browser) error { return d.team.Sessions().Delete(team.HashSession(b.token)) },
		"from another": func(d *desk, b *browser) error {
			list, err := d.team.SessionsOf(d.t.Context(), d.ann.ID, "")
			d.check(err)
			return d.team.EndSession(d.t.Context(), by(d.ann), d.ann.ID, list[0].ID)
		},
		"all others": func(d *desk, _ *browser) error {
			_, err := d.team.EndOtherSessions(d.t.Context(), by(d.ann), d.ann.ID, "")
			return err
		},
		"new password": func(d *desk, _ *browser) error {
			return d.team.ChangePassword(d.t.Context(), by(d.ann), d.ann.ID, "hash", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			b := d.browse(d.ann, "one")
			d.check(end(d, b))
			d.check(b.commit("late"))
			b.wantOpen("after a late commit", false)
			d.want(`SELECT LENGTH(data) FROM enrolld_sessions`, "0")

			late := d.browse(d.ann, "two") // its token is renewed by a request that began before the end
			d.check(end(d, late))
			d.check(d.team.Sessions().DeleteCtx(late.ctx(), team.HashSession(late.token)))
			late.token = "three"
			d.check(late.commit("late"))
			late.wantOpen("under a new token", false)
			d.clock.Advance(2 * time.Hour)
			_, err := d.team.SweepSessions(t.Context())
			d.check(err)
			d.check(b.commit("later"))
			b.wantOpen("swept too soon", false)
		})
	}
}

// A sign-in was complete but its session not stored when the password was changed.
func TestSessionOfAnEarlierEpoch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visit := &team.Visit{}
	d.check(d.team.SignedIn(team.WithVisit(t.Context(), visit), stranger, team.SignIn{LoginID: d.ann.ID, Epoch: d.ann.Epoch}))
	d.check(d.team.ChangePassword(t.Context(), command, d.ann.ID, "hash", ""))
	late := &browser{d, "late", visit}
	d.check(late.commit("late"))
	late.wantOpen("of an earlier epoch", false)
	if list, err := d.team.SessionsOf(t.Context(), d.ann.ID, "late"); len(list) != 0 || err != nil {
		t.Errorf("SessionsOf = %v, %v, want none", list, err)
	}
	d.browse(d.login(d.ann.ID), "next").wantOpen("of the next epoch", true)
}

// A commit and the end of the session meet: whoever comes first, it is over.
func TestSessionEndsWhileCommitting(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 20 {
		b := d.browse(d.login(d.ann.ID), "one")
		visit := *b.visit
		visits := []*browser{{d, b.token, &visit}, {d, b.token, b.visit}}
		done := make(chan error)
		for _, v := range visits {
			go func() { done <- v.commit("under way") }()
		}
		_, err := d.team.EndOtherSessions(t.Context(), by(d.ann), d.ann.ID, "")
		d.check(err)
		for range visits {
			d.check(<-done)
		}
		b.wantOpen("ended while committing", false)
		d.exec(`DELETE FROM enrolld_sessions`)
	}
}

// A row lock makes the order certain: the commit waits for the transaction that
// ends the session.
func TestSessionCommitWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browse(d.ann, "one")
	tx, err := d.db.Conn().BeginTx(t.Context(), nil)
	d.check(err)
	defer tx.Rollback()
	_, err = tx.ExecContext(t.Context(), `UPDATE enrolld_sessions SET ended_at = ?, data = ''`, d.db.Now())
	d.check(err)
	done := make(chan error, 1)
	go func() { done <- b.commit("under way") }()
	d.check(tx.Commit())
	d.check(<-done)
	b.wantOpen("ended before the commit went on", false)
}

func TestSessionsOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.browse(enrolld.Login{}, "nobody")
	d.browse(d.bob, "bob")
	d.browse(d.ann, "old")
	d.clock.Advance(30 * time.Minute)
	kept := d.browse(d.ann, "kept")
	d.browse(d.ann, "other")
	want := []string{"other", "kept *", "old"}
	agents := func() (out []string) {
		list, err := d.team.SessionsOf(t.Context(), d.ann.ID, "kept")
		d.check(err)
		tokens := map[string]string{}
		for _, name := range []string{"old", "kept", "other"} {
			tokens[d.rows(`SELECT id FROM enrolld_sessions WHERE token = ?`, team.HashSession(name))[0]] = name
		}
		for _, s := range list {
			name := tokens[d.rows(`SELECT id FROM enrolld_sessions WHERE id = ?`, s.ID)[0]]
			if s.Current {
				name += " *"
			}
			out = append(out, name)
		}
		return out
	}
	if diff := cmp.Diff(want, agents()); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	d.clock.Advance(45 * time.Minute)
	if diff := cmp.Diff(want[:2], agents()); diff != "" {
		t.Errorf("sessions when one expired (-want +got):\n%s", diff)
	}
	d.forget()
	n, err := d.team.EndOtherSessions(kept.ctx(), by(d.ann), d.ann.ID, "kept")
	if n != 1 || err != nil {
		t.Errorf("EndOtherSessions = %d, %v, want 1", n, err)
	}
	if diff := cmp.Diff([]string{"kept *"}, agents()); diff != "" {
		t.Errorf("sessions after the others were ended (-want +got):\n%s", diff)
	}
	d.wantActions("Ann Lee login.sessions_ended")

	// The request that ended the others may take a new token.
	d.check(d.team.Sessions().DeleteCtx(kept.ctx(), team.HashSession("kept")))
	kept.token = "renewed"
	d.check(kept.commit("renewed"))
	kept.wantOpen("the one that was kept, under a new token", true)
}

func TestEndSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine, theirs := d.browse(d.ann, "mine"), d.browse(d.bob, "theirs")
	list, err := d.team.SessionsOf(t.Context(), d.bob.ID, "")
	d.check(err)
	d.wantCode("somebody else's session", d.team.EndSession(t.Context(), by(d.ann), d.ann.ID, list[0].ID), enrolld.NotFound)
	d.wantCode("for somebody else", d.team.EndSession(t.Context(), by(d.ann), d.bob.ID, list[0].ID), enrolld.NotFound)
	theirs.wantOpen("not mine to end", true)
	list, err = d.team.SessionsOf(t.Context(), d.ann.ID, "")
	d.check(err)
	d.check(d.team.EndSession(t.Context(), by(d.ann), d.ann.ID, list[0].ID))
	mine.wantOpen("ended", false)
	d.wantCode("twice", d.team.EndSession(t.Context(), by(d.ann), d.ann.ID, list[0].ID), enrolld.NotFound)
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.forget()
	here, there := d.browse(d.ann, "here"), d.browse(d.ann, "there")
	d.check(d.team.SignOut(here.ctx(), by(d.ann), "here"))
	d.wantActions("Ann Lee login.signed_out")
	d.check(here.commit("under way"))
	here.wantOpen("signed out", false)
	there.wantOpen("another one", true)
	d.wantCode("twice", d.team.SignOut(there.ctx(), by(d.ann), "here"), enrolld.Unauthorized)
	d.wantCode("somebody else's", d.team.SignOut(t.Context(), by(d.bob), "there"), enrolld.Unauthorized)
	there.wantOpen("not Bob's to end", true)
	d.wantActions("Ann Lee login.signed_out")
}

func TestSweepSessions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.browse(d.ann, "old")
	d.clock.Advance(25*time.Hour + time.Second)
	b := d.browse(d.ann, "new")
	if n, err := d.team.SweepSessions(t.Context()); n != 1 || err != nil {
		t.Errorf("SweepSessions = %d, %v, want 1", n, err)
	}
	b.wantOpen("not swept", true)
}

// The manager of package scs works on the store: its hash of a token is ours.
func TestSessionManager(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	manager := scs.New()
	manager.Store, manager.HashTokenInStore, manager.IdleTimeout = d.team.Sessions(), true, time.Hour
	d.clock.Set(time.Now())
	var current []team.Session
	serve := manager.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		switch r.URL.Path {
		case "/in":
			d.check(manager.RenewToken(ctx))
			manager.Put(ctx, "who", "ann")
			d.check(d.team.SignedIn(ctx, enrolld.Actor{}, team.SignIn{LoginID: d.ann.ID, Epoch: d.ann.Epoch, How: "password"}))
		case "/list":
			var err error
			current, err = d.team.SessionsOf(ctx, d.ann.ID, manager.Token(ctx))
			d.check(err)
			if got := manager.GetString(ctx, "who"); got != "ann" {
				d.t.Errorf("the session says %q, want ann", got)
			}
		}
	}))
	var cookie *http.Cookie
	ask := func(path string) {
		r := httptest.NewRequestWithContext(team.WithVisit(context.Background(), &team.Visit{Agent: "Firefox"}), http.MethodGet, path, nil)
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		serve.ServeHTTP(w, r)
		if got := w.Result().Cookies(); len(got) > 0 {
			cookie = got[0]
		}
	}
	ask("/in")
	ask("/list")
	if len(current) != 1 || !current[0].Current || current[0].Agent != "Firefox" {
		t.Errorf("sessions of who signed in: %+v, want the current one", current)
	}
}

// A session whose key is not ours any more is no session, not an error.
func TestSessionOfAnotherKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browse(d.ann, "one")
	keys, err := store.NewKeyring(bytes.Repeat([]byte{8}, 32))
	d.check(err)
	db := storetest.OpenOn(t, storetest.Server(t), d.db.Name(), 0, keys)
	db.SetClock(d.clock.Now)
	other := team.New(db)
	if _, ok, err := other.Sessions().FindCtx(b.ctx(), team.HashSession("one")); ok || err != nil {
		t.Errorf("with another key: %v, %v, want false and no error", ok, err)
	}
}
