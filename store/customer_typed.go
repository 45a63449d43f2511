package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

const (
	// maxListed is how many candidates of a beginning of a word are read at most:
	// they lie in the order of their words, and have to be sorted.
	maxListed = 5_000
	// fewListed is how many candidates of one word are few: then the other words are
	// asked of them, and nobody reads who begins with those.
	fewListed = asks
)

// beginning is one word of a search: a word of the customer begins with one of these.
type beginning struct {
	shelf  int64
	starts []string
	where  string
	args   []any
}

func beginningOf(shelf int64, starts []string) beginning {
	b := beginning{shelf: shelf, starts: starts}
	var conditions []string
	for _, start := range starts {
		conditions = append(conditions, "word >= ? AND word < ?")
		b.args = append(b.args, []byte(start), after(start))
	}
	b.where = "(" + strings.Join(conditions, " OR ") + ")"
	return b
}

// typed: for each word of a search, a word of the customer begins with it. Most who
// type a name type a part of it that few have: who has that is looked for first.
func (db *DB) typed(ctx context.Context, shelf int64, words [][]string) ([]clause, error) {
	list := make([]beginning, len(words))
	for i, starts := range words {
		list[i] = beginningOf(shelf, starts)
	}
	// The longer, the fewer begin with it.
	slices.SortStableFunc(list, func(a, b beginning) int { return cmp.Compare(len(b.starts[0]), len(a.starts[0])) })
	if len(list) > 1 {
		few, found, err := db.fewest(ctx, list)
		if err != nil || found {
			return []clause{{list: few}}, err
		}
	}
	out := make([]clause, len(list))
	for i, b := range list {
		var err error
		if out[i], err = db.beginsWith(ctx, b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fewest lists who meets every word, where few meet one of them; false where not.
func (db *DB) fewest(ctx context.Context, list []beginning) (few []int64, found bool, err error) {
	for i, b := range list {
		ids, err := db.begin(ctx, b, fewListed)
		switch {
		case err != nil:
			return nil, false, err
		case len(ids) > fewListed:
			continue
		}
		few = falling(ids)
		for _, other := range slices.Concat(list[:i], list[i+1:]) {
			if few, err = db.beginAmong(ctx, other, few); err != nil {
				return nil, false, err
			}
		}
		return few, true, nil
	}
	return nil, false, nil
}

// beginsWith lists the candidates of a word or, where they are many, asks for it.
func (db *DB) beginsWith(ctx context.Context, b beginning) (clause, error) {
	list, err := db.begin(ctx, b, maxListed)
	switch {
	case err != nil:
		return clause{}, err
	case len(list) <= maxListed:
		return clause{list: falling(list)}, nil
	}
	return clause{
		probe: `EXISTS (SELECT 1 FROM enrolld_customer_words WHERE customer_id = c.id AND account_id = ? AND ` + b.where + `)`,
		args:  append([]any{b.shelf}, b.args...), begins: &b,
	}, nil
}

// among finds which of the candidates of a query have a word that begins so. It is
// asked in their order, each by the index of customers: a condition that must look
// each of them up takes three times as long.
func (b beginning) among(ctx context.Context, conn queryer, candidates string, args []any) (all, those []int64, err error) {
	all, err = Collect(ctx, conn, func(rows *sql.Rows, id *int64) error {
		var has bool
		if err := rows.Scan(id, &has); err != nil || !has {
			return err
		}
		those = append(those, *id)
		return nil
	}, `SELECT d.id, w.customer_id IS NOT NULL FROM (`+candidates+`) d LEFT JOIN enrolld_customer_words w FORCE INDEX (customer)
		ON w.customer_id = d.id AND w.account_id = ? AND `+b.where, slices.Concat(args, []any{b.shelf}, b.args)...)
	if err != nil {
		return nil, nil, fmt.Errorf("search customers: %w", err)
	}
	return all, falling(those), nil
}

// begin reads the candidates of a word, up to one more than most.
func (db *DB) begin(ctx context.Context, b beginning, most int) ([]int64, error) {
	list, err := Collect(ctx, db.sql, scanID, `SELECT customer_id FROM enrolld_customer_words
		WHERE account_id = ? AND `+b.where+` LIMIT ?`, slices.Concat([]any{b.shelf}, b.args, []any{most + 1})...)
	if err != nil {
		return nil, Classify(fmt.Errorf("search customers: %w", err))
	}
	return list, nil
}

// beginAmong are those of a few customers who have a word that begins so.
func (db *DB) beginAmong(ctx context.Context, b beginning, few []int64) ([]int64, error) {
	if len(few) == 0 {
		return few, nil
	}
	in, args := In(few)
	list, err := Collect(ctx, db.sql, scanID, `SELECT customer_id FROM enrolld_customer_words FORCE INDEX (customer)
		WHERE customer_id IN `+in+` AND account_id = ? AND `+b.where, slices.Concat(args, []any{b.shelf}, b.args)...)
	if err != nil {
		return nil, Classify(fmt.Errorf("search customers: %w", err))
	}
	return falling(list), nil
}
