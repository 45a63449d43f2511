package team

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"enrolld/store"
)

// AuditFilter narrows the audit log. Zero values do not.
type AuditFilter struct {
	Who     string // part of a name or address, of who did it or to whom
	Action  string // how it begins, e.g. "member."
	LoginID int64  // who did it, or to whom
	From    time.Time
	To      time.Time // exclusive
	Before  int64     // id: for the next page, that of the last row
	Limit   int       // 0: 50; at most 1000
}

// AuditRow is an entry of the audit log.
type AuditRow struct {
	ID             int64
	AccountID      int64 // 0: concerns a login alone
	At             time.Time
	Actor          string
	LoginID        int64 // who did it; 0: a program, or nobody who signed in
	Action         string
	SubjectLoginID int64
	Subject        string // whom or what
	CustomerID     int64
	DeliveryID     int64
	Addr           string
	RequestID      string
	Detail         json.RawMessage
	Before, After  json.RawMessage // nil: nothing to show
}

const auditColumns = `id, account_id, at, actor, COALESCE(login_id, 0), action, COALESCE(subject_login_id, 0), subject,
	COALESCE(customer_id, 0), COALESCE(delivery_id, 0), remote_addr, request_id, detail, before_state, after_state`

func scanAudit(rows *sql.Rows, r *AuditRow) error {
	var detail, before, after []byte
	err := rows.Scan(&r.ID, &r.AccountID, &r.At, &r.Actor, &r.LoginID, &r.Action, &r.SubjectLoginID, &r.Subject,
		&r.CustomerID, &r.DeliveryID, &r.Addr, &r.RequestID, &detail, &before, &after)
	r.Detail, r.Before, r.After = detail, before, after
	return err
}

const (
	auditPage    = 50
	auditMaxPage = 1000
)

// AuditLog returns a page of an account's audit log, the newest entries first.
func (t *Team) AuditLog(ctx context.Context, accountID int64, f AuditFilter) ([]AuditRow, error) {
	where, args := f.where(`account_id = ?`, accountID)
	return t.readAudit(ctx, where, args, f.Limit)
}

// AuditRowsOf returns what concerned a login itself, by whomever: sign-ins,
// passwords, second factors; the newest first, at most 200.
func (t *Team) AuditRowsOf(ctx context.Context, loginID int64) ([]AuditRow, error) {
	where, args := AuditFilter{LoginID: loginID}.where(`account_id = 0`)
	return t.readAudit(ctx, where, args, 200)
}

// AuditExport calls f with everything that the filter leaves, the newest first,
// reading page by page.
func (t *Team) AuditExport(ctx context.Context, accountID int64, f AuditFilter, each func(AuditRow) error) error {
	f.Limit = auditMaxPage
	for {
		page, err := t.AuditLog(ctx, accountID, f)
		if err != nil {
			return err
		}
		for _, row := range page {
			if err := each(row); err != nil {
				return err
			}
			f.Before = row.ID
		}
		if len(page) < f.Limit {
			return nil
		}
	}
}

func (t *Team) readAudit(ctx context.Context, where string, args []any, limit int) ([]AuditRow, error) {
	if limit <= 0 {
		limit = auditPage
	}
	list, err := store.Collect(ctx, t.db.Conn(), scanAudit, `SELECT `+auditColumns+` FROM enrolld_audit
		WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, min(limit, auditMaxPage))...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("read the audit log: %w", err))
	}
	return list, nil
}

func (f AuditFilter) where(condition string, args ...any) (where string, all []any) {
	conditions := []string{condition}
	and := func(condition string, values ...any) {
		conditions, args = append(conditions, condition), append(args, values...)
	}
	if f.Who != "" {
		like := "%" + likeEscaper.Replace(f.Who) + "%"
		and(`(actor LIKE ? OR subject LIKE ?)`, like, like)
	}
	if f.Action != "" {
		and(`action LIKE ?`, likeEscaper.Replace(f.Action)+"%")
	}
	if f.LoginID != 0 {
		and(`(login_id = ? OR subject_login_id = ?)`, f.LoginID, f.LoginID)
	}
	if !f.From.IsZero() {
		and(`at >= ?`, f.From.UTC())
	}
	if !f.To.IsZero() {
		and(`at < ?`, f.To.UTC())
	}
	if f.Before != 0 {
		and(`id < ?`, f.Before)
	}
	return strings.Join(conditions, " AND "), args
}

// likeEscaper takes the meaning from what LIKE knows.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
