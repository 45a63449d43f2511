package team_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// helperTerms are those of a User who may log in as customers of every product.
func helperTerms() enrolld.Terms {
	t := userTerms()
	t.Rights = map[enrolld.Permission]time.Time{enrolld.PermLogInAs: {}, enrolld.PermCustomersBrowse: {}}
	return t
}

// helped is a house with a helper and a customer.
type helped struct {
	*house
	helper   enrolld.Login
	customer int64
}

func newHelped(t *testing.T) *helped {
	t.Helper()
	h := &helped{house: newHouse(t)}
	h.helper, _ = h.add(enrolld.Login{Email: "hal@example.org", Name: "Hal Po"})
	h.join(h.account.ID, h.ann, h.helper, helperTerms())
	h.check(h.db.InTx(t.Context(), func(tx *store.Tx) error {
		list, err := tx.LockCustomers(t.Context(), h.account.ID, []enrolld.Customer{{Key: "cleo@example.org", Email: "cleo@example.org"}})
		h.customer = list[0].ID
		return err
	}))
	h.exec(`UPDATE enrolld_customers SET wp_user_id = 5`)
	return h
}

func (h *helped) ask(who enrolld.Login) error {
	h.t.Helper()
	_, err := h.team.LogInAs(h.t.Context(), by(who), h.account.ID, h.entry())
	return err
}

func (h *helped) entry() store.NewEntry {
	return store.NewEntry{AccountID: h.account.ID, CustomerID: h.customer, UserID: 5, Reason: "ticket"}
}

// TestLogInAsChecks: the rights are those of now, and the customer is who they were.
func TestLogInAsChecks(t *testing.T) {
	t.Parallel()
	h := newHelped(t)
	h.check(h.ask(h.helper))
	for who, want := range map[*enrolld.Login]enrolld.Code{&h.uma: enrolld.Forbidden, &h.dan: enrolld.NotFound, &h.eve: enrolld.NotFound} {
		if got := enrolld.CodeOf(h.ask(*who)); got != want {
			t.Errorf("%s: %s, want %s", who.Name, got, want)
		}
	}
	for what, change := range map[string]func(*store.NewEntry){
		"another account's customer": func(e *store.NewEntry) { e.AccountID = h.other.ID },
		"nobody":                     func(e *store.NewEntry) { e.CustomerID = 999 },
		"another user":               func(e *store.NewEntry) { e.UserID = 6 },
	} {
		e := h.entry()
		change(&e)
		if _, err := h.team.LogInAs(t.Context(), by(h.helper), h.account.ID, e); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	stale := team.WithVisit(t.Context(), &team.Visit{LoginID: h.helper.ID, Epoch: 41})
	if _, err := h.team.LogInAs(stale, by(h.helper), h.account.ID, h.entry()); enrolld.CodeOf(err) != enrolld.Unauthorized {
		t.Errorf("a session that was ended meanwhile: %v, want Unauthorized", err)
	}
	h.exec(`UPDATE enrolld_customers SET wp_user_id = NULL`)
	if got := enrolld.CodeOf(h.ask(h.helper)); got != enrolld.Invalid {
		t.Errorf("no user: %s, want invalid", got)
	}
	if diff := cmp.Diff([]string{"1"}, h.rows(`SELECT COUNT(*) FROM enrolld_entries`)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestLogInAsEnds: what ends a login's sessions or changes its rights ends what it
// sees of sites, taken or not.
func TestLogInAsEnds(t *testing.T) {
	t.Parallel()
	ends := map[string]func(context.Context, *helped) error{
		"deactivated": func(ctx context.Context, h *helped) error {
			return h.team.Deactivate(ctx, by(h.ann), h.account.ID, h.member(h.account.ID, h.helper))
		},
		"removed": func(ctx context.Context, h *helped) error {
			return h.team.Remove(ctx, by(h.ann), h.account.ID, h.member(h.account.ID, h.helper))
		},
		"left": func(ctx context.Context, h *helped) error { return h.team.Leave(ctx, by(h.helper), h.account.ID) },
		"sessions ended": func(ctx context.Context, h *helped) error {
			_, err := h.team.EndSessionsOf(ctx, by(h.ann), h.account.ID, h.member(h.account.ID, h.helper))
			return err
		},
		"other sessions ended": func(ctx context.Context, h *helped) error {
			_, err := h.team.EndOtherSessions(ctx, by(h.helper), h.helper.ID, "")
			return err
		},
		"other rights": func(ctx context.Context, h *helped) error {
			id := h.member(h.account.ID, h.helper)
			m, err := h.team.Member(ctx, h.account.ID, id)
			if err != nil {
				return err
			}
			return h.team.SetTerms(ctx, by(h.ann), h.account.ID, id, m.Revision, userTerms())
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHelped(t)
			h.check(h.ask(h.helper))
			h.check(h.ask(h.ann))
			h.check(end(t.Context(), h))
			if diff := cmp.Diff([]string{"revoked", ""}, h.rows(`SELECT ended_by FROM enrolld_entries ORDER BY id`)); diff != "" {
				t.Errorf("entries of the helper and of somebody else (-want +got):\n%s", diff)
			}
		})
	}
}
