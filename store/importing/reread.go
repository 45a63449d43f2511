package importing

import (
	"context"
	"encoding/json"
	"fmt"

	"enrolld/importer"
	"enrolld/store"
)

// Reread proposes anew how to read the file, by what people say about it, and keeps
// the terms: a file whose encoding or delimiter was taken for another one. What was
// counted before counts no more. Errors: those of Create about the file, of Decide
// about the terms.
func (x *Imports) Reread(ctx context.Context, accountID, id int64, choice importer.Choice, terms Terms) (Import, error) {
	i, err := x.withFile(ctx, accountID, id)
	if err != nil {
		return i, err
	}
	if err := x.checkTerms(ctx, accountID, terms); err != nil {
		return i, err
	}
	plan, err := importer.Propose(x.open(ctx, i), choice)
	if err != nil {
		return i, err
	}
	if plan, err = x.remembered(ctx, accountID, plan); err != nil {
		return i, err
	}
	return x.redraft(ctx, accountID, id, plan, terms)
}

// redraft makes an import that has not begun a draft with a plan and terms.
func (x *Imports) redraft(ctx context.Context, accountID, id int64, plan importer.Plan, terms Terms) (Import, error) {
	err := x.db.InTx(ctx, func(tx *store.Tx) error {
		i, err := lock(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := i.among(Draft, Checking, Ready); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE enrolld_imports SET state = 'draft', plan = ?, header = ?, courses = ?, ends_at = ?,
			notify = ?, template = ?, preview = '', note = '', lease = '', due_at = NULL WHERE id = ?`,
			encode(plan), plan.MappingKey(), encode(terms.Courses), terms.EndsAt, terms.Notify, terms.Template, id)
		return err
	})
	if err != nil {
		return Import{}, store.Classify(fmt.Errorf("decide on an import: %w", err))
	}
	return x.Get(ctx, accountID, id)
}

func decodeAt(text string) (at importer.At, err error) {
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return at, fmt.Errorf("decode a place in a file: %w", err)
	}
	return at, nil
}
