package team

import (
	"context"
	"encoding/json"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// own is one operation on a login by its holder, or by a program: its
// transaction, the login, locked, and what it leaves behind in the audit log and
// the mail queue.
type own struct {
	tx    *store.Tx
	actor enrolld.Actor
	login enrolld.Login // as it was when it was locked
	uses  int64         // of the login: no other transaction has this number
	visit *Visit
	audit []store.AuditEntry
	mail  []enrolld.Message
	// kept: the session that asks goes on, in the login's next epoch.
	kept bool
}

var errSignedOut = enrolld.Errorf(enrolld.Unauthorized, "you were signed out meanwhile: sign in again")

// onOwn runs f in a transaction that holds the login, and writes what it noted.
// Errors: NotFound when there is no such login or it is not the actor's,
// Unauthorized when the actor's sessions were ended since the request began.
func (t *Team) onOwn(ctx context.Context, actor enrolld.Actor, loginID int64, f func(*own) error) error {
	if actor.LoginID != 0 && actor.LoginID != loginID {
		return enrolld.Errorf(enrolld.NotFound, noLogin)
	}
	var o *own
	err := t.db.InTx(ctx, func(tx *store.Tx) error {
		login, uses, err := lockLogin(ctx, tx, loginID)
		if err != nil {
			return err
		}
		if v := visitOf(ctx); actor.LoginID != 0 && v.LoginID == loginID && v.Epoch != login.Epoch {
			return errSignedOut
		}
		o = &own{tx: tx, actor: actor, login: login, uses: uses, visit: visitOf(ctx)}
		if err := f(o); err != nil {
			return err
		}
		return o.finish(ctx)
	})
	if err == nil && o.kept && o.visit.LoginID == loginID {
		o.visit.Epoch = o.login.Epoch + 1 // as endSessions left it, under our lock
	}
	return err
}

func (o *own) finish(ctx context.Context) error {
	if err := o.tx.Audit(ctx, o.audit); err != nil {
		return err
	}
	return o.tx.QueueMessages(ctx, o.mail)
}

// asSelf makes the login itself the actor, where it acts before it is signed in:
// while it signs in, or by a link that was mailed to it.
func (o *own) asSelf() {
	if o.actor.LoginID == 0 {
		o.actor.LoginID, o.actor.Name = o.login.ID, o.login.Label()
	}
}

// note adds an entry about the login to the audit log.
func (o *own) note(action string, detail map[string]any) { o.noteChange(action, detail, nil, nil) }

func (o *own) noteChange(action string, detail map[string]any, before, after any) {
	e := store.AuditBy(o.actor, 0, action)
	e.SubjectLoginID, e.Subject = o.login.ID, o.login.Label()
	e.Before, e.After = before, after
	if detail != nil {
		text, _ := json.Marshal(detail) // of texts and numbers: cannot fail
		e.Detail = string(text)
	}
	o.audit = append(o.audit, e)
}

// securityPath is where people look after their own security.
const securityPath = "/me/security"

// tell queues mail to the login's address about its security.
func (o *own) tell(data enrolld.TeamData) {
	if data.Link.Path == "" {
		data.Link.Path = securityPath
	}
	o.tellAt(o.login, data)
}

// tellAt queues mail to somebody else, or to another address of the same person.
func (o *own) tellAt(to enrolld.Login, data enrolld.TeamData) {
	data.Actor, data.Addr, data.At = o.actor.Name, o.actor.Addr, o.tx.Now()
	if data.Agent == "" {
		data.Agent = o.visit.Agent
	}
	o.mail = append(o.mail, enrolld.Message{
		LoginID: to.ID, Kind: enrolld.MessageTeam, To: to.Email, ToName: to.Name,
		Cause: fmt.Sprintf("security %d %s %d.%d", o.login.ID, data.Event, o.uses, len(o.mail)),
		Data:  enrolld.MessageData{Team: &data},
	})
}
