package team

import (
	"context"

	"enrolld"
)

// DropSecondFactor takes a login's second factors away, ends its sessions and
// unused links, and tells its holder: for the command line, when an owner has
// lost phone and recovery codes, whom nobody in the account may touch. Errors:
// NotFound.
func (t *Team) DropSecondFactor(ctx context.Context, actor enrolld.Actor, loginID int64) error {
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		if err := dropFactors(ctx, o.tx, loginID); err != nil {
			return err
		}
		if _, err := endSessions(ctx, o.tx, loginID, ""); err != nil {
			return err
		}
		if err := endTokens(ctx, o.tx, loginID); err != nil {
			return err
		}
		o.noteChange("login.factor_reset", nil, factorsOf(o.login), factorsOf(enrolld.Login{}))
		o.tell(enrolld.TeamData{Event: enrolld.EventFactorReset, Subject: o.login.Label()})
		return nil
	})
}
