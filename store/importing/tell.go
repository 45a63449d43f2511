package importing

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"enrolld"
	"enrolld/store"
	"enrolld/store/jobs"
	"enrolld/store/team"
)

// tell queues mail to who started an import, when they want such mail: that it has
// ended, once for each import, or that it needs a hand, once too.
func tell(ctx context.Context, tx *store.Tx, i Import, event enrolld.TeamEvent) error {
	cause := fmt.Sprintf("import %d ended", i.ID)
	if event == enrolld.EventImportPaused {
		cause = fmt.Sprintf("import %d paused", i.ID)
	}
	return team.TellOne(ctx, tx, i.AccountID, i.By.LoginID, enrolld.TopicImport, cause, enrolld.TeamData{
		Event: event, Subject: strings.TrimSuffix(i.FileName, filepath.Ext(i.FileName)), Detail: i.Counts.Text(),
		Link: enrolld.Link{Path: fmt.Sprintf("/a/%d/imports/%d", i.AccountID, i.ID)},
	})
}

// Text says the counts for people: “412 new customers, 3 rows not taken”.
func (c Counts) Text() string {
	var parts []string
	for _, p := range []struct {
		n         int64
		one, many string
	}{
		{c.New, "1 new customer", "%d new customers"}, {c.Known, "1 customer who was known", "%d customers who were known"},
		{c.Same, "1 row that changes nothing", "%d rows that change nothing"}, {c.Invalid + c.Refused, "1 row not taken", "%d rows not taken"},
	} {
		switch p.n {
		case 0:
		case 1:
			parts = append(parts, p.one)
		default:
			parts = append(parts, fmt.Sprintf(p.many, p.n))
		}
	}
	if len(parts) == 0 {
		return "no rows"
	}
	return strings.Join(parts, ", ")
}

// stop pauses an import that a worker cannot go on with, and says so.
func (x *Imports) stop(ctx context.Context, i Import, lease store.Lease, why string) error {
	return x.db.InTx(ctx, func(tx *store.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET state = 'paused', note = ?, stopped_at = ?, lease = '', due_at = NULL
			WHERE id = ? AND lease = ?`, cut(why, 500), tx.Now(), i.ID, lease[:])
		if err != nil {
			return fmt.Errorf("pause an import: %w", err)
		}
		if err := jobs.WantOne(res); err != nil {
			return err
		}
		return tell(ctx, tx, i, enrolld.EventImportPaused)
	})
}
