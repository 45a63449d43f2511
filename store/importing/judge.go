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

// judging says what would become of the rows of a file, which come in their order, if
// they were taken now. It writes nothing.
type judging struct {
	x *Imports
	i Import
	// met are customers who came before, of those who can come by another address.
	met map[int64]bool
}

func (x *Imports) judging(i Import) *judging { return &judging{x, i, map[int64]bool{}} }

// judged is a row with what would become of it.
type judged struct {
	verdict Verdict
	more    bool // Same: it is one more reason for what they have
	again   bool // Same: its customer came before, by another address
	mail    bool // a message would go out
	blocked bool // it would open nothing
	back    bool // it would make a customer again of somebody who was removed
}

// count adds what was said of a row to counts.
func (j judged) count(to *Counts) {
	to.note(j.verdict)
	for _, c := range []struct {
		is bool
		n  *int64
	}{{j.more, &to.More}, {j.mail, &to.Mails}, {j.blocked, &to.Blocked}, {j.back, &to.Back}} {
		if c.is {
			*c.n++
		}
	}
}

// rows judges the next rows.
func (j *judging) rows(ctx context.Context, list []importer.Row) ([]judged, error) {
	var keys []string
	for _, r := range list {
		if r.Verdict == importer.Ready {
			keys = append(keys, string(r.Key))
		}
	}
	holdings, err := j.x.holdings(ctx, j.i.AccountID, keys)
	if err != nil {
		return nil, err
	}
	terms := j.i.Terms
	out := make([]judged, len(list))
	for n, r := range list {
		has, known := holdings[r.Key]
		switch {
		case r.Verdict == importer.Invalid:
			out[n].verdict = Invalid
		case r.Verdict == importer.Same:
			out[n].verdict = Same
		case !known:
			out[n] = judged{verdict: New, mail: terms.Notify && len(terms.Courses) > 0}
		case j.met[has.id]:
			out[n] = judged{verdict: Same, again: true}
		default:
			if has.several {
				j.met[has.id] = true
			}
			out[n] = j.i.judgeKnown(has)
		}
	}
	return out, nil
}

// judgeKnown says what would become of a customer.
func (i Import) judgeKnown(has holding) judged {
	out := judged{verdict: Same}
	for _, c := range i.Terms.Courses {
		g := i.grant(c)
		switch {
		case !g.Needed(has.ledger):
			continue
		case !g.Adds(has.ledger):
			out.more = true
			continue
		}
		out.verdict = Known
		open := slices.ContainsFunc(has.ledger, func(g enrolld.Grant) bool { return g.Course == c && g.State == enrolld.GrantLive })
		out.mail = out.mail || i.Terms.Notify && !open && !has.blocked
	}
	if out.verdict == Known {
		out.more, out.blocked, out.back = false, has.blocked, has.gone
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

// holding is a customer and what they have.
type holding struct {
	id      int64
	several bool // they have several addresses
	blocked bool // and are told nothing
	gone    bool // were removed
	ledger  []enrolld.Grant
}

// holdings reads the grants of the customers with these keys; who is no customer
// has none.
func (x *Imports) holdings(ctx context.Context, accountID int64, keys []string) (map[enrolld.EmailKey]holding, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	type row struct {
		holding
		key  enrolld.EmailKey
		lms  sql.NullString
		kind sql.NullString
		id   sql.NullInt64
		by   sql.NullInt64
		is   sql.NullString
		end  sql.NullTime
	}
	list, args := store.In(keys, accountID)
	found, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.key, &r.holding.id, &r.several, &r.blocked, &r.gone, &r.lms, &r.id, &r.kind, &r.by, &r.is, &r.end)
	}, `SELECT c.email_key, o.id, c.part_of > 0 OR EXISTS (SELECT 1 FROM enrolld_customers p WHERE p.account_id = c.account_id AND p.part_of = c.id),
		o.blocked_at IS NOT NULL, o.gone, g.lms, g.course_id, g.cause_kind, g.cause_id, g.state, g.ends_at
		FROM enrolld_customers c
		JOIN enrolld_customers o ON o.id = IF(c.part_of = 0, c.id, c.part_of)
		LEFT JOIN enrolld_grants g ON g.customer_id = o.id WHERE c.account_id = ? AND c.email_key IN `+list, args...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("look customers up: %w", err))
	}
	out := make(map[enrolld.EmailKey]holding, len(found))
	for _, r := range found {
		has := r.holding
		has.ledger = out[r.key].ledger
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
