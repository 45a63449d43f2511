package gate

import (
	"enrolld"
)

// StillIn is for answers that go on for a while: it returns an error once the
// session that the request came with has ended, or who it is of may not call the
// route any more. It counts as no use of the session. For members' routes.
func (r *Request) StillIn() error {
	ctx, f := r.Context(), r.frame
	open, err := f.Team.SessionOpen(ctx, r.Session().Token(), r.Viewer.Login.ID)
	if err != nil {
		return err
	}
	if !open || r.Session().over(StageFull) {
		return enrolld.Errorf(enrolld.Unauthorized, "you are signed out")
	}
	now := *r
	if now.Viewer, err = f.Team.Viewer(ctx, r.Viewer.Login.ID); err != nil {
		return err
	}
	if f.owes(&now) != "" {
		return enrolld.Errorf(enrolld.Forbidden, "something has to be settled first")
	}
	return f.mayCall(&now)
}
