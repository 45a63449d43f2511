package store

import (
	"context"
	"encoding/json"
	"fmt"

	"enrolld"
)

// AuditEntry is one thing that somebody or something did.
type AuditEntry struct {
	AccountID  int64  // 0: concerns a login alone
	Actor      string // "delivery", "clock", "command", or a person's name
	Action     string // e.g. "access.granted"
	CustomerID int64
	DeliveryID int64
	Detail     string // JSON; empty: {}

	// Of what a person did: who, to whom, from where.
	LoginID        int64
	SubjectLoginID int64
	Subject        string // whom or what, for people: a name, an address, a product
	Addr           string
	RequestID      string
	Before, After  any // what changed, as JSON shows it; nil: nothing to show
}

// AuditBy begins an entry about what a person did.
func AuditBy(actor enrolld.Actor, accountID int64, action string) AuditEntry {
	return AuditEntry{
		AccountID: accountID, Actor: actor.Name, Action: action, LoginID: actor.LoginID, Addr: actor.Addr, RequestID: actor.Request,
	}
}

const (
	maxActor   = 100
	maxSubject = 254
)

// Audit appends to the audit log.
func (tx *Tx) Audit(ctx context.Context, entries []AuditEntry) error {
	entries, aside, err := tx.setAside(ctx, entries)
	if err != nil {
		return err
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		before, err := stateJSON(e.Before)
		if err != nil {
			return err
		}
		after, err := stateJSON(e.After)
		if err != nil {
			return err
		}
		rows[i] = []any{
			e.AccountID, tx.now, clip(e.Actor, maxActor), e.Action, orNull(e.CustomerID), orNull(e.DeliveryID), orEmptyJSON(e.Detail),
			orNull(e.LoginID), orNull(e.SubjectLoginID), clip(e.Subject, maxSubject), e.Addr, e.RequestID, before, after, aside[i],
		}
	}
	err = InsertRows(ctx, tx, `INSERT INTO enrolld_audit (account_id, at, actor, action, customer_id, delivery_id, detail,
		login_id, subject_login_id, subject, remote_addr, request_id, before_state, after_state, personal_id) VALUES `, rows, "")
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// stateJSON is NULL for nil.
func stateJSON(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode for the audit log: %w", err)
	}
	return string(b), nil
}
