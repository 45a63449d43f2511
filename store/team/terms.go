package team

import (
	"context"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// SetTerms gives a member other terms, which act at once. revision is that of the
// member as it was shown. Open invitations that the member sent end when they
// offer more than the member holds now. Errors: those of enrolld.CheckChange;
// Conflict when the member was changed meanwhile; Invalid when the scope names a
// product or an account of somebody else.
func (t *Team) SetTerms(
	ctx context.Context, actor enrolld.Actor, accountID, memberID, revision int64, terms enrolld.Terms,
) error {
	terms = terms.Normal()
	return t.change(ctx, actor, accountID, memberID, enrolld.ChangeTerms, terms, func(a *act, who MemberView) error {
		if who.Revision != revision {
			return enrolld.Errorf(enrolld.Conflict, "somebody changed this user meanwhile: look at it again, then save")
		}
		if err := checkScope(ctx, a.tx, a.account.ID, terms.Scope); err != nil {
			return err
		}
		if err := writeTerms(ctx, a.tx, memberID, terms); err != nil {
			return err
		}
		ended, err := a.endBeyond(ctx, who.LoginID, terms)
		if err != nil {
			return err
		}
		if err := a.tx.EndEntriesOfLogin(ctx, who.LoginID); err != nil {
			return err
		}
		a.note("member.terms", who.Login, who.Terms, terms, counts(ending{Invitations: ended}))
		words := terms.Words(a.tx.Now())
		a.tell(who.Login, cause(enrolld.EventTermsChanged, who.Member), enrolld.TeamData{
			Event: enrolld.EventTermsChanged, Subject: who.Login.Label(), Detail: words, Link: a.homePath(terms.Scope),
		})
		return a.tellChanged(ctx, who, "has other permissions: "+words)
	})
}

// writeTerms replaces a member's terms and counts the change. Terms are Normal.
func writeTerms(ctx context.Context, tx *store.Tx, memberID int64, t enrolld.Terms) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_members SET type = ?, all_rights = ?, all_accounts = ?, all_products = ?,
		edit_products = ?, delete_products = ?, revision = revision + 1 WHERE id = ?`,
		string(t.Type), t.All, t.Scope.AllAccounts, t.Scope.AllProducts, t.Scope.EditProducts, t.Scope.DeleteProducts, memberID)
	if err != nil {
		return fmt.Errorf("write terms: %w", err)
	}
	if err := forgetChoices(ctx, tx, memberID); err != nil {
		return err
	}
	return writeChoices(ctx, tx, memberID, t)
}

// choiceTables hold what a member was given one by one.
var choiceTables = []string{"enrolld_member_rights", "enrolld_member_accounts", "enrolld_member_products"}

func forgetChoices(ctx context.Context, tx *store.Tx, memberID int64) error {
	for _, table := range choiceTables {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE member_id = ?`, memberID); err != nil {
			return fmt.Errorf("forget what a member was given: %w", err)
		}
	}
	return nil
}

func writeChoices(ctx context.Context, tx *store.Tx, memberID int64, t enrolld.Terms) error {
	var rights, accounts, products [][]any
	for p, until := range t.Rights {
		rights = append(rights, []any{memberID, string(p), untilOrNull(until)})
	}
	for _, id := range t.Scope.Accounts {
		accounts = append(accounts, []any{memberID, id})
	}
	for _, id := range t.Scope.Products {
		products = append(products, []any{memberID, id})
	}
	for _, w := range []struct {
		head string
		rows [][]any
	}{
		{`INSERT INTO enrolld_member_rights (member_id, permission, ends_at) VALUES `, rights},
		{`INSERT INTO enrolld_member_accounts (member_id, account_id) VALUES `, accounts},
		{`INSERT INTO enrolld_member_products (member_id, product_id) VALUES `, products},
	} {
		if err := store.InsertRows(ctx, tx, w.head, w.rows, ""); err != nil {
			return fmt.Errorf("write what a member is given: %w", err)
		}
	}
	return nil
}

// checkScope says whether every account and product of a scope is of the client
// account.
func checkScope(ctx context.Context, tx *store.Tx, accountID int64, s enrolld.Scope) error {
	found, err := ofFamily(ctx, tx, accountID, s)
	if err == nil && (len(found.Accounts) != len(s.Accounts) || len(found.Products) != len(s.Products)) {
		err = enrolld.Errorf(enrolld.Invalid, "some of the products or accounts are not here any more: choose again")
	}
	return err
}

// ofFamily leaves of a scope the accounts and products that are the client
// account's or its sub-accounts'.
func ofFamily(ctx context.Context, tx *store.Tx, accountID int64, s enrolld.Scope) (enrolld.Scope, error) {
	for _, w := range []struct {
		ids   *[]int64
		query string
	}{
		{&s.Accounts, `SELECT a.id FROM enrolld_accounts a WHERE (a.id = ? OR a.parent_id = ?) AND a.id IN `},
		{&s.Products, `SELECT p.id FROM enrolld_products p JOIN enrolld_accounts a ON a.id = p.account_id
			WHERE (a.id = ? OR a.parent_id = ?) AND p.id IN `},
	} {
		if len(*w.ids) == 0 {
			continue
		}
		in, args := store.In(*w.ids, accountID, accountID)
		found, err := store.Collect(ctx, tx, scanID, w.query+in+` ORDER BY 1`, args...)
		if err != nil {
			return s, fmt.Errorf("check a scope: %w", err)
		}
		*w.ids = found
	}
	return s, nil
}

func untilOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
