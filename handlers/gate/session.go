package gate

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/store/team"
)

// What a session holds.
const (
	keyLogin   = "login"   // whose it is
	keyStage   = "stage"   // how far signing in has come
	keyBegun   = "begun"   // when signing in was completed
	keySeen    = "seen"    // the last request
	keyProved  = "proved"  // when the person last proved who they are
	keyEntered = "entered" // client accounts that were entered
	keyFlash   = "flash"
)

// Stage is how far signing in has come.
type Stage string

// The stages.
const (
	StageNone     Stage = ""         // a stranger
	StagePassword Stage = "password" // the password was right, the second factor is missing
	StageFull     Stage = "full"
)

// Session is the caller's session, for the pages that sign in and out.
type Session struct {
	f   *Frame
	ctx context.Context
}

// Session returns the caller's session.
func (r *Request) Session() Session { return Session{r.frame, r.Context()} }

// Get returns a value that Put left; "" when there is none.
func (s Session) Get(key string) string { return s.f.sessions.GetString(s.ctx, key) }

// Put leaves a value for later requests.
func (s Session) Put(key, value string) { s.f.sessions.Put(s.ctx, key, value) }

// Pop returns a value and removes it.
func (s Session) Pop(key string) string { return s.f.sessions.PopString(s.ctx, key) }

// Token is the session's token, "" for a stranger's.
func (s Session) Token() string { return s.f.sessions.Token(s.ctx) }

// Stage is how far signing in has come, and for which login.
func (s Session) Stage() (Stage, int64) {
	id, err := strconv.ParseInt(s.Get(keyLogin), 10, 64)
	if err != nil {
		return StageNone, 0
	}
	return Stage(s.Get(keyStage)), id
}

// Begin makes it the session of a login, under a new token. At StagePassword the
// second factor has to follow within minutes; StageFull follows team.SignedIn,
// which ties the session's row to the login.
func (s Session) Begin(loginID int64, stage Stage) error {
	if before, id := s.Stage(); before != StageNone && id != loginID {
		if err := s.f.sessions.Clear(s.ctx); err != nil { // what was left for somebody else
			return err
		}
	}
	if err := s.f.sessions.RenewToken(s.ctx); err != nil {
		return err
	}
	now := s.f.stamp()
	s.Put(keyLogin, strconv.FormatInt(loginID, 10))
	s.Put(keyStage, string(stage))
	s.Put(keyBegun, now)
	s.Put(keySeen, now)
	s.f.sessions.Remove(s.ctx, keyEntered)
	if stage == StageFull {
		s.Prove()
	}
	return nil
}

// Prove notes that the person has just proved who they are.
func (s Session) Prove() { s.Put(keyProved, s.f.stamp()) }

// End signs out. What is put into the session after that is nobody's.
func (s Session) End() error {
	if err := s.f.sessions.Destroy(s.ctx); err != nil {
		return err
	}
	v := s.visit()
	v.LoginID, v.Epoch = 0, 0
	return nil
}

// visit is whose the session's row is.
func (s Session) visit() *team.Visit {
	return s.ctx.Value(outcomeKey{}).(*outcome).visit
}

func (f *Frame) stamp() string { return strconv.FormatInt(f.Now().Unix(), 10) }

// Clocks of replicas may be maxSkew apart.
const (
	maxSkew = time.Minute
	forever = time.Duration(math.MaxInt64)
)

// since is how long ago a stamp was; forever when there is none, or it is of the
// future, which a clock that was wrong for a while leaves behind.
func (s Session) since(key string) time.Duration {
	sec, err := strconv.ParseInt(s.Get(key), 10, 64)
	if err != nil {
		return forever
	}
	if ago := s.f.Now().Sub(time.Unix(sec, 0)); ago >= -maxSkew {
		return ago
	}
	return forever
}

// passwordStage is how long the second factor may take.
const passwordStage = 10 * time.Minute

// over says whether the session has had its time.
func (s Session) over(stage Stage) bool {
	if stage == StagePassword {
		return s.since(keyBegun) > passwordStage
	}
	return s.since(keyBegun) > absoluteLimit || s.since(keySeen) > idleLimit
}

// enter says whether the session enters a client account for the first time.
func (s Session) enter(accountID int64) bool {
	id := strconv.FormatInt(accountID, 10)
	entered := strings.Fields(s.Get(keyEntered))
	if slices.Contains(entered, id) {
		return false
	}
	s.Put(keyEntered, strings.Join(append(entered, id), " "))
	return true
}

// identify finds out who calls. A session that is over, that stands in another
// login's row, or whose login is gone, is a stranger's.
func (f *Frame) identify(r *Request) error {
	s := r.Session()
	stage, id := s.Stage()
	if stage == StageNone {
		return nil
	}
	if s.over(stage) || stage == StageFull && s.visit().LoginID != id {
		return s.End()
	}
	if stage != StageFull {
		return nil
	}
	viewer, err := f.Team.Viewer(r.Context(), id)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return s.End()
	}
	if err != nil {
		return err
	}
	r.Viewer = viewer
	s.Put(keySeen, f.stamp())
	return nil
}
