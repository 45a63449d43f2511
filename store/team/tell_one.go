package team

import (
	"context"

	"enrolld"
	"enrolld/store"
)

// TellOne queues mail about a topic to one login, as part of a transaction of
// another package's: when they are an active member who reaches the account, may
// know of the topic and wants to. The account may be a sub-account. Cause makes the
// message unique in the client account.
func TellOne(
	ctx context.Context, tx *store.Tx, accountID, loginID int64, topic enrolld.Topic, cause string, data enrolld.TeamData,
) error {
	if loginID == 0 {
		return nil
	}
	account, err := tx.Account(ctx, accountID)
	if err != nil {
		return err
	}
	if account.ParentID != 0 {
		if account, err = tx.Account(ctx, account.ParentID); err != nil {
			return err
		}
	}
	a := &act{tx: tx, account: account}
	people, err := a.wanting(ctx, topic, nil)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.LoginID == loginID && p.Scope.In(accountID) {
			a.tell(p.Login, cause, data)
		}
	}
	return a.finish(ctx)
}
