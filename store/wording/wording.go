// Package wording is what an account's people do with the texts of mail to
// members: save one, go back to ours, choose what is sent, and send one to
// themselves. Each is one transaction with its audit entry.
package wording

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/mailer"
	"enrolld/mailer/letter"
	"enrolld/store"
	"enrolld/store/provision"
)

// Texts are the texts of all accounts.
type Texts struct{ db *store.DB }

// New makes Texts.
func New(db *store.DB) *Texts { return &Texts{db} }

// Language is what an account's members are written to in who chose none; empty when
// the account chose none either and its site cannot be read.
func (t *Texts) Language(ctx context.Context, accountID int64) string {
	at, _ := provision.LoadPlace(ctx, t.db, accountID) // of a site that cannot be read, the account's choice is left
	return at.Language()
}

// said is what the audit log keeps of a text.
type said struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
	Button  string `json:"button,omitempty"`
}

func saidBy(w enrolld.Wording) *said {
	if w.Body == "" {
		return nil
	}
	return &said{w.Subject, w.Body, w.Button}
}

// Save makes w the account's text for its kind, name and language. w.Revision is
// the one that was shown, 0 for none. Errors: Invalid when letter.Check finds
// something, Conflict when somebody else saved meanwhile.
func (t *Texts) Save(ctx context.Context, actor enrolld.Actor, accountID int64, w enrolld.Wording) error {
	w.Name, w.Subject, w.Button = strings.TrimSpace(w.Name), strings.TrimSpace(w.Subject), strings.TrimSpace(w.Button)
	if problems := letter.Check(w); len(problems) > 0 {
		return enrolld.Errorf(enrolld.Invalid, "%s", problems[0].Text)
	}
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		was, err := current(ctx, tx, accountID, w)
		if err != nil {
			return err
		}
		if _, err := tx.SaveWording(ctx, accountID, actor.LoginID, w); err != nil {
			return err
		}
		return note(ctx, tx, store.AuditBy(actor, accountID, "emails.template"), w, was, saidBy(w))
	})
}

// Reset retires an account's text, so that ours counts again; a variant is gone
// then. Errors: Conflict when somebody else saved meanwhile.
func (t *Texts) Reset(ctx context.Context, actor enrolld.Actor, accountID int64, w enrolld.Wording) error {
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		was, err := current(ctx, tx, accountID, w)
		if err != nil {
			return err
		}
		if err := tx.RetireWording(ctx, accountID, w); err != nil {
			return err
		}
		return note(ctx, tx, store.AuditBy(actor, accountID, "emails.standard"), w, was, nil)
	})
}

// current is what an account's text said before, and that there is room for more.
func current(ctx context.Context, tx *store.Tx, accountID int64, w enrolld.Wording) (*said, error) {
	all, err := tx.Wordings(ctx, accountID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(x enrolld.Wording) bool { return x.Kind == w.Kind && x.Name == w.Name && x.Lang == w.Lang })
	if i >= 0 {
		return saidBy(all[i]), nil
	}
	if len(all) >= enrolld.MaxWordings {
		return nil, enrolld.Errorf(enrolld.Invalid, "an account has at most %d texts: remove one that is not used", enrolld.MaxWordings)
	}
	return nil, nil
}

// note appends an entry about a text to the audit log.
func note(ctx context.Context, tx *store.Tx, e store.AuditEntry, w enrolld.Wording, before, after *said) error {
	about, _ := letter.Of(w.Kind)
	e.Subject = about.Title + ", " + w.Lang
	if w.Name != "" {
		e.Subject += ", " + w.Name
	}
	if before != nil { // a nil pointer in an interface would be shown as null
		e.Before = before
	}
	if after != nil {
		e.After = after
	}
	return tx.Audit(ctx, []store.AuditEntry{e})
}

// choices is what the audit log keeps of settings.
type choices struct {
	Language   string                `json:"language"`
	RemindDays int                   `json:"remind_days"`
	Off        []enrolld.MessageKind `json:"off"`
}

// SaveSettings writes an account's choices. s.Revision is the one that was shown.
// Errors: Invalid, Conflict.
func (t *Texts) SaveSettings(ctx context.Context, actor enrolld.Actor, accountID int64, s enrolld.MailSettings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	was, err := t.db.MailSettings(ctx, accountID)
	if err != nil {
		return err
	}
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.SaveMailSettings(ctx, accountID, s); err != nil {
			return err
		}
		e := store.AuditBy(actor, accountID, "emails.settings")
		e.Before = choices{was.Language, was.RemindDays, was.Off}
		e.After = choices{s.Language, s.RemindDays, s.Off}
		return tx.Audit(ctx, []store.AuditEntry{e})
	})
}

// perPerson is how many tests somebody may send to themselves.
var perPerson = store.Budget{Every: time.Minute, Burst: 10}

// Test sends w, as it is typed, to somebody of the team, through the queue that
// members' mail goes through. Errors: Invalid as for Save, and when it is asked for
// too often.
func (t *Texts) Test(ctx context.Context, account enrolld.Account, login enrolld.Login, w enrolld.Wording) error {
	if problems := letter.Check(w); len(problems) > 0 {
		return enrolld.Errorf(enrolld.Invalid, "%s", problems[0].Text)
	}
	wait, err := t.db.Spend(ctx, fmt.Sprintf("mail test %d", login.ID), perPerson)
	if err != nil {
		return err
	}
	if wait > 0 {
		return store.TooOften(wait)
	}
	m := mailer.Sample(account, w.Kind, mailer.SamplePeople[0].Key, t.db.Now())
	m.Cause = fmt.Sprintf("test:%d:%d", login.ID, t.db.Now().UnixNano())
	m.To, m.ToName, m.LoginID = login.Email, login.Name, login.ID
	m.Data.Test = &w
	return t.db.InTx(ctx, func(tx *store.Tx) error { return tx.QueueMessages(ctx, []enrolld.Message{*m}) })
}
