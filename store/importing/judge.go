package importing

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
)

// judgeRows is how many rows are compared with the database at a time.
const judgeRows = 500

// judged is a row with what would become of it.
type judged struct {
	verdict Verdict
	mail    bool // a message would go out
	blocked bool // it would open nothing
	back    bool // it would make a customer again of somebody who was removed
}

// judge says what would become of rows if they were taken now. It reads and
// writes nothing.
func (x *Imports) judge(ctx context.Context, i Import, list []importer.Row) ([]judged, error) {
	var keys []string
	for _, r := range list {
		if r.Verdict == importer.Ready {
			keys = append(keys, string(r.Key))
		}
	}
	ledgers, err := x.ledgers(ctx, i.AccountID, keys)
	if err != nil {
		return nil, err
	}
	out := make([]judged, len(list))
	for n, r := range list {
		has, known := ledgers[r.Key]
		switch {
		case r.Verdict == importer.Invalid:
			out[n].verdict = Invalid
		case r.Verdict == importer.Same:
			out[n].verdict = Same
		case !known:
			out[n] = judged{verdict: New, mail: i.Terms.Notify && len(i.Terms.Courses) > 0}
		default:
			out[n] = i.judgeKnown(has.ledger)
			out[n].mail = out[n].mail && !has.blocked
			out[n].blocked, out[n].back = out[n].verdict == Known && has.blocked, out[n].verdict == Known && has.gone
		}
	}
	return out, nil
}

// judgeKnown says what would become of a customer with a ledger.
func (i Import) judgeKnown(ledger []enrolld.Grant) judged {
	out := judged{verdict: Same}
	for _, c := range i.Terms.Courses {
		if !i.grant(c).Needed(ledger) {
			continue
		}
		out.verdict = Known
		open := slices.ContainsFunc(ledger, func(g enrolld.Grant) bool { return g.Course == c && g.State == enrolld.GrantLive })
		out.mail = out.mail || i.Terms.Notify && !open
	}
	return out
}

// grant is what everybody in the list is given of a course.
func (i Import) grant(c enrolld.CourseRef) enrolld.Grant {
	g := enrolld.Grant{Course: c, Cause: i.cause(), Until: i.Terms.EndsAt}
	if i.StartedAt != nil {
		g.From = *i.StartedAt
	}
	return g
}

func (i Import) cause() enrolld.Cause { return enrolld.Cause{Kind: enrolld.CauseImport, ID: i.ID} }

// holding is what a customer has.
type holding struct {
	ledger  []enrolld.Grant
	blocked bool // and is told nothing
	gone    bool // was removed
}

// ledgers reads the grants of the customers with these keys; who is no customer
// has none.
func (x *Imports) ledgers(ctx context.Context, accountID int64, keys []string) (map[enrolld.EmailKey]holding, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	type row struct {
		key  enrolld.EmailKey
		lms  sql.NullString
		kind sql.NullString
		id   sql.NullInt64
		by   sql.NullInt64
		is   sql.NullString
		end  sql.NullTime
		shut bool
		gone bool
	}
	list, args := store.In(keys, accountID)
	found, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.key, &r.lms, &r.id, &r.kind, &r.by, &r.is, &r.end, &r.shut, &r.gone)
	}, `SELECT c.email_key, g.lms, g.course_id, g.cause_kind, g.cause_id, g.state, g.ends_at, o.blocked_at IS NOT NULL, o.gone
		FROM enrolld_customers c
		JOIN enrolld_customers o ON o.id = IF(c.part_of = 0, c.id, c.part_of)
		LEFT JOIN enrolld_grants g ON g.customer_id = o.id WHERE c.account_id = ? AND c.email_key IN `+list, args...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("look customers up: %w", err))
	}
	out := make(map[enrolld.EmailKey]holding, len(found))
	for _, r := range found {
		has := holding{out[r.key].ledger, r.shut, r.gone}
		if !r.id.Valid {
			out[r.key] = has
			continue
		}
		g := enrolld.Grant{
			Course: enrolld.CourseRef{LMS: r.lms.String, ID: r.id.Int64},
			Cause:  enrolld.Cause{Kind: enrolld.CauseKind(r.kind.String), ID: r.by.Int64}, State: enrolld.GrantState(r.is.String),
		}
		if r.end.Valid {
			g.Until = &r.end.Time
		}
		has.ledger = append(has.ledger, g)
		out[r.key] = has
	}
	return out, nil
}
