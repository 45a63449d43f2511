package provision_test

import (
	"strconv"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// decide decides about the only customer, or the one with an id.
func decide(w *pt.World, d provision.Decision) error {
	w.T.Helper()
	at, err := provision.LoadPlace(w.T.Context(), w.DB, w.Account.ID)
	w.Check(err)
	return w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return provision.Decide(w.T.Context(), tx, at, maya, d) })
}

func ann(w *pt.World) enrolld.Customer {
	w.T.Helper()
	c, err := w.DB.CustomerByKey(w.T.Context(), w.Account.ID, "ann@example.org")
	w.Check(err)
	return c
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

const (
	messages = `SELECT kind, state FROM enrolld_messages ORDER BY id`
	sessions = `SELECT u.user_login FROM wp_usermeta m JOIN wp_users u ON u.ID = m.user_id WHERE m.meta_key = 'session_tokens' ORDER BY 1`
	login    = `INSERT INTO wp_usermeta (user_id, meta_key, meta_value) SELECT ID, 'session_tokens', 'a:1:{}' FROM wp_users`
)

// listed are the addresses in a list.
func listed(w *pt.World, f store.CustomerFilter) (out []string) {
	w.T.Helper()
	f.Limit = 20
	p, err := w.DB.CustomerPage(w.T.Context(), w.Account.ID, store.AllProducts(), f)
	w.Check(err)
	for _, r := range p.Rows {
		out = append(out, r.Email)
	}
	return out
}

func wantListed(w *pt.World, what string, f store.CustomerFilter, want ...string) {
	w.T.Helper()
	got := listed(w, f)
	if len(got) != len(want) {
		w.T.Errorf("%s: listed %q, want %q", what, got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			w.T.Errorf("%s: listed %q, want %q", what, got, want)
		}
	}
}

// school has Ann, who bought painting and was given sculpture, and Bob.
func school(t *testing.T) *pt.World {
	t.Helper()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Map("weave", enrolld.Rule{}, 18)
	w.Receive("ann", pt.Buy("1", "ann@example.org", "paint"))
	w.Receive("bob", pt.Buy("2", "bob@example.org", "paint"))
	until := w.Clock.Now().Add(30 * day)
	gift := to("ann@example.org", byMaya, 15)
	gift.Grants[0].Until = &until
	give(t, w, gift)
	w.Exec(login)
	return w
}

const (
	annOpen = "ann@example.org|12|no end"
	annLent = "ann@example.org|15|2026-04-03 05:06:07.891011"
	bobOpen = "bob@example.org|12|no end"
	annNew  = "ann@example.org|18|no end"
)

func TestBlock(t *testing.T) {
	t.Parallel()
	w := school(t)
	w.Exec(`UPDATE enrolld_accounts SET companion_at = NOW()`)
	w.Clock.Advance(10 * time.Second)
	id := ann(w).ID
	w.Want(pt.Access, annOpen, annLent, bobOpen)
	w.Exec(`UPDATE enrolld_messages SET state = 'sent' WHERE recipient = 'bob@example.org'`)
	w.Exec(`INSERT INTO enrolld_entries (account_id, customer_id, login_id, user_id, course_id, token_hash, operator, reason, back_url, seconds, created_at, expires_at)
		VALUES (?, ?, 7, 1, 12, 'x', 'Maya', 'why', '', 60, NOW(), NOW())`, w.Account.ID, id)
	wantCode(t, "no reason", decide(w, provision.Decision{CustomerID: id, Act: provision.Block, Reason: "  "}), enrolld.Invalid)
	wantCode(t, "another revision", decide(w, provision.Decision{CustomerID: id, Revision: 999, Act: provision.Block, Reason: "x"}), enrolld.Conflict)
	wantCode(t, "nobody", decide(w, provision.Decision{CustomerID: 999, Act: provision.Block, Reason: "x"}), enrolld.NotFound)
	wantCode(t, "not blocked", decide(w, provision.Decision{CustomerID: id, Act: provision.Unblock}), enrolld.Conflict)
	w.Check(decide(w, provision.Decision{CustomerID: id, Revision: ann(w).Revision, Act: provision.Block, Reason: "shares the login"}))
	wantCode(t, "twice", decide(w, provision.Decision{CustomerID: id, Act: provision.Block, Reason: "x"}), enrolld.Conflict)
	w.Want(pt.Access, bobOpen)
	w.Want(pt.Grants, "ann@example.org|12|paint|suspended|blocked", "ann@example.org|15||suspended|blocked", "bob@example.org|12|paint|live|paid")
	w.Want(messages, "welcome|suppressed", "welcome|sent")
	w.Want(sessions, "bob")
	w.Want(`SELECT ended_by FROM enrolld_entries`, string(enrolld.EntryBarred))
	w.Want(`SELECT kind, COUNT(*) FROM enrolld_signals WHERE kind <> 'granted' GROUP BY 1 ORDER BY 1`, "purge|1", "revoked|2")
	w.Want(`SELECT blocked_by, block_reason, courses FROM enrolld_customers WHERE blocked_at IS NOT NULL`, "Maya Lind|shares the login|0")
	wantListed(w, "everybody", store.CustomerFilter{}, "bob@example.org", "ann@example.org")
	wantListed(w, "blocked", store.CustomerFilter{Standing: store.StandingBlocked}, "ann@example.org")

	// What comes now is recorded, opens nothing and tells nobody.
	w.Receive("more", pt.Buy("3", "ann@example.org", "weave"))
	give(t, w, notified(to("ann@example.org", byImport, 18)))
	w.Pass(40 * day) // what was lent ends meanwhile
	w.Want(pt.Access, bobOpen)
	w.Want(messages, "welcome|suppressed", "welcome|sent")
	w.Check(decide(w, provision.Decision{CustomerID: id, Act: provision.Unblock}))
	w.Want(pt.Access, annOpen, annNew, bobOpen)
	w.Want(`SELECT g.course_id, g.state, g.reason FROM enrolld_grants g WHERE customer_id = `+itoa(id)+` ORDER BY 1, 2, 3`,
		"12|live|paid", "15|ended|expired", "18|live|given", "18|live|paid")
	// Only what they were never told of.
	w.Want(`SELECT kind, state, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages WHERE customer_id = `+itoa(id)+` ORDER BY id`,
		`welcome|suppressed|["Painting"]`, `access|queued|["Weaving"]`)
	wantListed(w, "blocked", store.CustomerFilter{Standing: store.StandingBlocked})
	events, err := w.DB.CustomerEvents(t.Context(), w.Account.ID, id)
	w.Check(err)
	var told int
	for _, e := range events {
		if e.Action == "customer.blocked" && string(e.After) == `{"reason":"shares the login"}` && e.LoginID == maya.LoginID {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the log tells %d times of the block and its reason, want once: %+v", told, events)
	}
}

// TestBlock_privileged: who runs the site is not logged out by us.
func TestBlock_privileged(t *testing.T) {
	t.Parallel()
	w := school(t)
	w.Exec(`UPDATE wp_usermeta m JOIN wp_users u ON u.ID = m.user_id SET m.meta_value = 'a:1:{s:13:"administrator";b:1;}'
		WHERE m.meta_key = 'wp_capabilities' AND u.user_email = 'ann@example.org'`)
	w.Check(decide(w, provision.Decision{CustomerID: ann(w).ID, Act: provision.Block, Reason: "x"}))
	w.Want(sessions, "ann", "bob")
	w.Want(pt.Access, bobOpen)
}

func TestRemove(t *testing.T) {
	t.Parallel()
	w := school(t)
	w.Receive("club", pt.Subscribe("9", "ann@example.org", "weave", w.Clock.Now().Add(20*day)))
	id := ann(w).ID
	w.Check(decide(w, provision.Decision{CustomerID: id, Act: provision.Remove}))
	wantCode(t, "twice", decide(w, provision.Decision{CustomerID: id, Act: provision.Remove}), enrolld.Conflict)
	gone := func(what string) {
		t.Helper()
		w.Want(pt.Access, bobOpen)
		wantListed(w, what, store.CustomerFilter{}, "bob@example.org")
		wantListed(w, what+", by name", store.CustomerFilter{Order: store.CustomersByName}, "bob@example.org")
		wantListed(w, what+", without access", store.CustomerFilter{NoAccess: true})
		wantListed(w, what+", found", store.CustomerFilter{Words: "ann@example"})
		wantListed(w, what+", by source", store.CustomerFilter{Source: itoa(w.Source.ID)}, "bob@example.org")
		wantListed(w, what+", given", store.CustomerFilter{Source: store.SourcePerson})
		for _, f := range []store.CustomerFilter{{}, {Words: "ann@example"}, {Source: itoa(w.Source.ID)}, {Source: store.SourcePerson}} {
			f.Standing = store.StandingRemoved
			wantListed(w, what+", among the removed", f, "ann@example.org")
		}
	}
	gone("removed")
	w.Want(`SELECT kind, state FROM enrolld_messages WHERE customer_id = `+itoa(id), "welcome|suppressed", "access|suppressed")
	// Neither replays, renewals, mapping nor the clock bring anything back.
	_, err := w.DB.Replay(t.Context(), w.Account.ID, store.DeliveryFilter{})
	w.Check(err)
	w.Work()
	gone("replayed")
	rebill := pt.Event("9", 21*day, enrolld.EventPayment)
	rebill.Payment = &enrolld.EventPart[enrolld.Payment]{ID: "p2", Value: enrolld.Payment{
		Amount: pt.USD(1000), Subscription: "s1", PaidUntil: w.Clock.Now().Add(50 * day),
	}}
	w.Receive("rebill", rebill)
	w.Pass(25 * day)
	w.Map("weave", enrolld.Rule{}, 18)
	w.Work()
	gone("renewed")

	w.Check(decide(w, provision.Decision{CustomerID: id, Act: provision.TakeBack}))
	w.Want(pt.Access, annOpen, annLent, "ann@example.org|18|2026-04-26 05:06:07.891011", bobOpen)
	wantListed(w, "taken back", store.CustomerFilter{}, "bob@example.org", "ann@example.org")
	wantListed(w, "removed", store.CustomerFilter{Standing: store.StandingRemoved})
	w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE customer_id = `+itoa(id)+` AND state = 'queued' AND kind IN ('welcome', 'access')`, "0")
	wantCode(t, "taken back twice", decide(w, provision.Decision{CustomerID: id, Act: provision.TakeBack}), enrolld.Conflict)
}

// TestRemove_returns: something new makes a customer of somebody who was removed,
// and opens nothing of what was there before.
func TestRemove_returns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		comes func(*testing.T, *pt.World)
		open  []string
		mail  string
	}{
		"by an order": {func(_ *testing.T, w *pt.World) {
			e := pt.Buy("5", "ann@example.org", "weave")
			e.At = w.Clock.Now()
			e.Lines[0].Sale.SoldAt = e.At
			w.Receive("new", e)
		}, []string{annNew, bobOpen}, `access|["Weaving"]`},
		"by a gift": {func(t *testing.T, w *pt.World) {
			give(t, w, notified(to("ann@example.org", byMaya, 15)))
		}, []string{"ann@example.org|15|no end", bobOpen}, `access|["Sculpture"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := school(t)
			w.Check(decide(w, provision.Decision{CustomerID: ann(w).ID, Act: provision.Remove}))
			w.Pass(day)
			tt.comes(t, w)
			w.Want(pt.Access, tt.open...)
			wantListed(w, "everybody", store.CustomerFilter{}, "bob@example.org", "ann@example.org")
			wantListed(w, "found", store.CustomerFilter{Words: "ann@example"}, "ann@example.org")
			wantListed(w, "removed", store.CustomerFilter{Standing: store.StandingRemoved})
			w.Want(`SELECT kind, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages WHERE state = 'queued' AND recipient LIKE 'ann%'`, tt.mail)
			w.Check(decide(w, provision.Decision{CustomerID: ann(w).ID, Act: provision.Remove}))
			w.Want(pt.Access, bobOpen)
		})
	}
}

// TestMergeUnderStanding: a merge is no way around a block or a removal.
func TestMergeUnderStanding(t *testing.T) {
	t.Parallel()
	w := school(t)
	at, err := provision.LoadPlace(t.Context(), w.DB, w.Account.ID)
	w.Check(err)
	one, two := customer(w, "ann@example.org").ID, customer(w, "bob@example.org").ID
	merge := func(p provision.Pair) (m store.Merge, err error) {
		err = w.DB.InTx(t.Context(), func(tx *store.Tx) (err error) {
			m, err = provision.Merge(t.Context(), tx, at, maya, p)
			return err
		})
		return m, err
	}
	for act, undo := range map[provision.Act]provision.Act{provision.Block: provision.Unblock, provision.Remove: provision.TakeBack} {
		w.Check(decide(w, provision.Decision{CustomerID: one, Act: act, Reason: "x"}))
		for _, p := range []provision.Pair{{KeptID: one, GoneID: two}, {KeptID: two, GoneID: one}} {
			_, err := merge(p)
			wantCode(t, string(act), err, enrolld.Conflict)
		}
		w.Check(decide(w, provision.Decision{CustomerID: one, Act: undo}))
	}
	m, err := merge(provision.Pair{KeptID: one, GoneID: two})
	w.Check(err)
	w.Check(decide(w, provision.Decision{CustomerID: one, Act: provision.Block, Reason: "x"}))
	wantCode(t, "parted again", w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := provision.Unmerge(t.Context(), tx, at, maya, one, m.ID)
		return err
	}), enrolld.Conflict)
	w.Want(pt.Access)
}
