package team

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld/store"
)

// AuditFilter narrows the audit log. Zero values do not.
type AuditFilter struct {
	Who    string // part of a name or address, of who did it or to whom
	Action string // how it begins, e.g. "member."
	From   time.Time
	To     time.Time // exclusive
	Before int64     // id: for the next page, that of the last row
	Limit  int       // 0: 50; at most 1000
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

	aside []byte // where its words lie, of an entry about a customer
}

const auditColumns = `id, account_id, at, actor, COALESCE(login_id, 0), action, COALESCE(subject_login_id, 0), subject,
	COALESCE(customer_id, 0), COALESCE(delivery_id, 0), remote_addr, request_id, detail, before_state, after_state, personal_id`

func scanAudit(rows *sql.Rows, r *AuditRow) error {
	var detail, before, after []byte
	err := rows.Scan(&r.ID, &r.AccountID, &r.At, &r.Actor, &r.LoginID, &r.Action, &r.SubjectLoginID, &r.Subject,
		&r.CustomerID, &r.DeliveryID, &r.Addr, &r.RequestID, &detail, &before, &after, &r.aside)
	r.Detail, r.Before, r.After = detail, before, after
	return err
}

const (
	auditPage    = 50
	auditMaxPage = 1000
)

// AuditLog returns a page of an account's audit log, the newest entries first.
func (t *Team) AuditLog(ctx context.Context, accountID int64, f AuditFilter) ([]AuditRow, error) {
	where, args := f.where(accountID)
	if f.Before != 0 {
		at, err := store.Collect(ctx, t.db.Conn(), scanMoment, `SELECT at FROM enrolld_audit WHERE id = ? AND account_id = ?`, f.Before, accountID)
		if err != nil {
			return nil, store.Classify(fmt.Errorf("find a page of the audit log: %w", err))
		}
		if len(at) == 1 { // another account's begins no page: the list's beginning
			where, args = where+` AND at <= ? AND (at < ? OR id < ?)`, append(args, at[0], at[0], f.Before)
		}
	}
	if f.Limit <= 0 {
		f.Limit = auditPage
	}
	return t.readAudit(ctx, `SELECT `+auditColumns+` FROM enrolld_audit WHERE `+where+` ORDER BY at DESC, id DESC LIMIT ?`,
		append(args, min(f.Limit, auditMaxPage))...)
}

func scanMoment(rows *sql.Rows, at *time.Time) error { return rows.Scan(at) }

// auditOfLogin is how many entries AuditRowsOf returns.
const auditOfLogin = 200

// AuditRowsOf returns what concerned a login itself, by whomever: sign-ins,
// passwords, second factors; the newest first, at most 200.
func (t *Team) AuditRowsOf(ctx context.Context, loginID int64) ([]AuditRow, error) {
	half := func(column string) string {
		return `(SELECT ` + auditColumns + ` FROM enrolld_audit WHERE ` + column + ` = ? AND account_id = 0 ORDER BY id DESC LIMIT ?)`
	}
	return t.readAudit(ctx, half("login_id")+` UNION `+half("subject_login_id")+` ORDER BY id DESC LIMIT ?`,
		loginID, auditOfLogin, loginID, auditOfLogin, auditOfLogin)
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

func (t *Team) readAudit(ctx context.Context, query string, args ...any) ([]AuditRow, error) {
	list, err := store.Collect(ctx, t.db.Conn(), scanAudit, query, args...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("read the audit log: %w", err))
	}
	var aside [][]byte
	for _, r := range list {
		if r.aside != nil {
			aside = append(aside, r.aside)
		}
	}
	words, err := t.db.AuditWordsOf(ctx, aside)
	if err != nil {
		return nil, err
	}
	for i, r := range list {
		if w, ok := words[string(r.aside)]; ok {
			list[i].Detail, list[i].Subject, list[i].Before, list[i].After = w.Detail, w.Subject, w.Before, w.After
		}
	}
	return list, nil
}

// where is the filter as a condition, but for the page.
func (f AuditFilter) where(accountID int64) (where string, args []any) {
	conditions, args := []string{`account_id = ?`}, []any{accountID}
	and := func(condition string, values ...any) {
		conditions, args = append(conditions, condition), append(args, values...)
	}
	if f.Who != "" {
		like := "%" + likeEscaper.Replace(f.Who) + "%"
		if !f.aboutPrograms() {
			and(`named = TRUE`)
		}
		and(`(actor LIKE ? OR subject LIKE ?)`, like, like)
	}
	if f.Action != "" {
		and(`action LIKE ?`, likeEscaper.Replace(f.Action)+"%")
	}
	if !f.From.IsZero() {
		and(`at >= ?`, f.From.UTC())
	}
	if !f.To.IsZero() {
		and(`at < ?`, f.To.UTC())
	}
	return strings.Join(conditions, " AND "), args
}

// aboutPrograms says whether Who can mean a program. Of what those did most names
// nobody, and is not looked through for a person.
func (f AuditFilter) aboutPrograms() bool {
	return slices.ContainsFunc([]string{"delivery", "clock", "command", "reconcile"}, func(name string) bool {
		return strings.Contains(name, strings.ToLower(f.Who))
	})
}

// likeEscaper takes the meaning from what LIKE knows.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
