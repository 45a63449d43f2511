package bulk_test

import (
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/bulk"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

const access = `SELECT u.user_email, a.course_id, COALESCE(DATE(a.ends_at), 'no end') FROM enrolld_access a
	JOIN wp_users u ON u.ID = a.user_id ORDER BY 1, 2`

// TestGive gives a course to everybody in a filter: what is foreseen is what comes
// of it, who joins afterwards is not in the set, and it is undone but where it was
// changed since.
func TestGive(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("paint", enrolld.Rule{}, 12)
	d.Receive("sale", pt.Buy("1", "buyer@example.org", "paint"))
	d.give(byImport, 12, nil, "known@example.org")
	d.give(byPaul, 15, nil, "ann@example.org", "bob@example.org", "buyer@example.org", "known@example.org")
	d.give(byPaul, 18, nil, "other@example.org")
	d.Exec(`DELETE FROM enrolld_messages`)
	give := terms(12)
	give.Notify = true
	b := d.decided(filter(store.CustomerFilter{Course: pt.Course(15)}), bulk.Give, give)
	want := bulk.Counts{Members: 4, Change: 3, Same: 1, More: 1, Orders: 1, Mails: 2}
	same(t, "foreseen", b.Foreseen, want)
	if b.State != bulk.Ready {
		t.Fatalf("got state %s, want ready", b.State)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_grants WHERE cause_line LIKE 'bulk%'`, "0")

	d.give(byPaul, 15, nil, "late@example.org")
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	d.work()
	b = d.get(b.ID)
	want.Members = 0
	same(t, "done", b.Done, want)
	same(t, "who", d.targets(b.ID, bulk.All), []string{
		"ann@example.org|change||", "bob@example.org|change||", "buyer@example.org|change||", "known@example.org|same||has it already: this is one more reason",
	})
	d.Want(`SELECT recipient, kind, 2 - urgency FROM enrolld_messages ORDER BY 1`, "ann@example.org|welcome|2", "bob@example.org|welcome|2")
	d.Want(`SELECT DISTINCT actor FROM enrolld_audit WHERE action = 'ground.given'`, "Maya Lind")
	if err := d.x.Start(t.Context(), maya, d.Account.ID, b.ID); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("started twice: got %v, want conflict", err)
	}

	later := d.Clock.Now().Add(9 * day)
	d.give(enrolld.Cause{Kind: enrolld.CausePerson, ID: 7, Line: "bulk:2"}, 12, &later, "bob@example.org")
	if b.ID != 2 {
		t.Fatalf("the test is about action 2, and this is %d", b.ID)
	}
	b = d.undone(b.ID)
	same(t, "undone", []int64{b.Done.Undone, b.Done.Kept, b.Done.Stuck}, []int64{3, 1, 0})
	same(t, "kept", d.targets(b.ID, bulk.LeftAlone), []string{"bob@example.org|change|kept|it was changed since"})
	d.Want(`SELECT u.user_email FROM enrolld_access a JOIN wp_users u ON u.ID = a.user_id WHERE a.course_id = 12 ORDER BY 1`,
		"bob@example.org", "buyer@example.org", "known@example.org")
	d.Want(`SELECT action, COUNT(*) FROM enrolld_audit WHERE action LIKE 'bulk.%' GROUP BY 1 ORDER BY 1`,
		"bulk.done|1", "bulk.started|1", "bulk.undo|1", "bulk.undone|1")
}

// TestGiveOneMore: who has a course by an import is given it all the same, notices
// nothing, and keeps it when the import is undone, until the bulk action is.
func TestGiveOneMore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	until := d.Clock.Now().Add(9 * day)
	d.give(byImport, 12, nil, "ann@example.org")
	d.Exec(`DELETE FROM enrolld_messages`)
	give := terms(12)
	give.Until, give.Notify = &until, true
	b := d.done(filter(store.CustomerFilter{}), bulk.Give, give)
	same(t, "done", b.Done, bulk.Counts{Same: 1, More: 1})
	d.Want(access, "ann@example.org|12|no end")
	d.Want(`SELECT action, COUNT(*) FROM enrolld_audit WHERE action LIKE 'ground.%' GROUP BY 1`, "ground.given|1")
	at, err := provision.LoadPlace(t.Context(), d.DB, d.Account.ID)
	d.Check(err)
	d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := provision.Give(t.Context(), tx, at, maya, []provision.Gift{{
			CustomerID: d.id("ann@example.org"), Withdraw: []provision.Ground{{Course: pt.Course(12), Cause: byImport}},
		}})
		return err
	}))
	d.Want(access, "ann@example.org|12|2026-03-13")
	b = d.undone(b.ID)
	same(t, "undone", []int64{b.Done.Undone, b.Done.Kept, b.Done.Stuck}, []int64{1, 0, 0})
	d.Want(access)
	d.Want(`SELECT COUNT(*) FROM enrolld_messages`, "0")
}

// TestTake takes what people and imports gave, leaves what an order gives, and puts
// it back as it was.
func TestTake(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("paint", enrolld.Rule{}, 12)
	d.Receive("sale", pt.Buy("1", "buyer@example.org", "paint"))
	until := d.Clock.Now().Add(40 * day)
	d.give(byImport, 12, &until, "ann@example.org", "bob@example.org")
	d.give(byPaul, 12, nil, "bob@example.org", "both@example.org")
	d.Receive("another", pt.Buy("2", "both@example.org", "paint"))
	before := d.Rows(pt.Grants)
	open := d.Rows(access)
	b := d.done(filter(store.CustomerFilter{}), bulk.Take, terms(12))
	same(t, "done", b.Done, bulk.Counts{Change: 3, Refused: 1, Orders: 1})
	d.Want(access, "both@example.org|12|no end", "buyer@example.org|12|no end")
	same(t, "who", d.targets(b.ID, bulk.All), []string{
		"ann@example.org|change||", "bob@example.org|change||", "both@example.org|change||an order gives it too: it stays open",
		"buyer@example.org|refused||an order gives it: it ends with a refund, or by the product's rule",
	})
	d.Clock.Advance(day)
	b = d.undone(b.ID)
	same(t, "undone", []int64{b.Done.Undone, b.Done.Kept}, []int64{3, 0})
	same(t, "the ledger", d.Rows(pt.Grants), before)
	same(t, "what is open", d.Rows(access), open)
}

// TestExtend extends what has an end, an order's term by a ground of its own.
func TestExtend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("month", enrolld.Rule{Duration: 30 * day}, 12)
	d.Receive("sale", pt.Buy("1", "buyer@example.org", "month"))
	until := d.Clock.Now().Add(10 * day)
	d.give(byImport, 12, &until, "ann@example.org")
	d.give(byPaul, 12, nil, "always@example.org")
	d.give(byPaul, 15, nil, "other@example.org")
	plus := terms(12)
	plus.Days = 7
	b := d.done(filter(store.CustomerFilter{}), bulk.Extend, plus)
	same(t, "done", b.Done, bulk.Counts{Change: 2, Same: 1, Refused: 1, Orders: 1})
	d.Want(access, "always@example.org|12|no end", "ann@example.org|12|2026-03-21", "buyer@example.org|12|2026-04-10", "other@example.org|15|no end")
	d.Pass(12 * day)
	d.Want(access, "always@example.org|12|no end", "ann@example.org|12|2026-03-21", "buyer@example.org|12|2026-04-10", "other@example.org|15|no end")
	d.undone(b.ID)
	d.Want(access, "always@example.org|12|no end", "buyer@example.org|12|2026-04-03", "other@example.org|15|no end")
}

// TestWelcome sends links to those whom we made a user for and who never set a
// password, and to nobody else.
func TestWelcome(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(`INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, display_name) VALUES
		(900, 'own', '$P$Bown', 'own', 'own@example.org', 'Own')`)
	d.give(byImport, 12, nil, "ann@example.org", "set@example.org", "own@example.org", "boss@example.org", "gone@example.org")
	d.Exec(`UPDATE wp_users SET user_pass = '$wp$2y$10$something' WHERE user_email = 'set@example.org'`)
	d.Exec(`UPDATE wp_usermeta m JOIN wp_users u ON u.ID = m.user_id SET m.meta_value = 'a:1:{s:13:"administrator";b:1;}'
		WHERE m.meta_key = 'wp_capabilities' AND u.user_email = 'boss@example.org'`)
	d.Exec(`DELETE FROM wp_users WHERE user_email = 'gone@example.org'`)
	d.Exec(`UPDATE wp_users SET user_email = 'ann@new.example' WHERE user_email = 'ann@example.org'`)
	b := d.decided(filter(store.CustomerFilter{}), bulk.Welcome, bulk.Terms{})
	want := bulk.Counts{Change: 1, Same: 2, Refused: 2, Mails: 1, Members: 5}
	same(t, "foreseen", b.Foreseen, want)
	d.Want(`SELECT COUNT(*) FROM enrolld_messages`, "0")
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	d.work()
	b = d.get(b.ID)
	want.Members = 0
	same(t, "done", b.Done, want)
	d.Want(`SELECT recipient, kind, JSON_VALUE(data, '$.courses[0].title') FROM enrolld_messages`, "ann@new.example|welcome|Painting")
	d.Want(`SELECT a.action, p.subject FROM enrolld_audit a JOIN enrolld_audit_personal p ON p.id = a.personal_id WHERE a.action = 'customer.link_sent'`, "customer.link_sent|ann@example.org")
	if b.CanUndo(d.Clock.Now()) {
		t.Error("mail that went out can be undone")
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other, _ := d.AddAccount("Other", d.Site)
	d.give(byPaul, 15, nil, "ann@example.org", "bob@example.org", "cleo@example.org")
	ann, cleo := d.id("ann@example.org"), d.id("cleo@example.org")
	foreign := d.Account
	d.Account = other
	d.give(byPaul, 15, nil, "theirs@example.org")
	theirs := d.id("theirs@example.org")
	d.Account = foreign
	b := d.done(filter(store.CustomerFilter{IDs: []int64{ann, theirs, cleo, ann, 99999}}), bulk.Give, terms(12))
	same(t, "done", b.Done, bulk.Counts{Change: 2})
	d.Want(`SELECT u.user_email FROM enrolld_access a JOIN wp_users u ON u.ID = a.user_id WHERE a.course_id = 12 ORDER BY 1`,
		"ann@example.org", "cleo@example.org")
	if _, err := d.x.Get(t.Context(), other.ID, b.ID); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("another account's: got %v, want not found", err)
	}
}

// TestRefusals: what makes no sense is said before anything is done.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	past, future := d.Clock.Now(), d.Clock.Now().Add(day)
	b, err := d.x.Choose(ctx, maya, d.Account.ID, filter(store.CustomerFilter{}))
	d.Check(err)
	with := func(t bulk.Terms, until *time.Time, days int) bulk.Terms {
		t.Until, t.Days = until, days
		return t
	}
	for _, tt := range []struct {
		action bulk.Action
		terms  bulk.Terms
		want   string
	}{
		{"", terms(12), "choose what to do"},
		{bulk.Give, terms(), "at least one course"},
		{bulk.Give, terms(99), "no course page:99"},
		{bulk.Give, terms(12, 12), "chosen twice"},
		{bulk.Give, with(terms(12), &past, 0), "past"},
		{bulk.Extend, terms(12), "until which day"},
		{bulk.Extend, with(terms(12), &future, 3), "until which day"},
		{bulk.Extend, with(terms(12), &past, 0), "past"},
		{bulk.Extend, with(terms(12), nil, -3), "1 to 3,650"},
		{bulk.Take, terms(), "at least one course"},
	} {
		_, err := d.x.Decide(ctx, maya, d.Account.ID, b.ID, tt.action, tt.terms)
		if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(enrolld.MessageOf(err), tt.want) {
			t.Errorf("%s %+v: got %v, want %q", tt.action, tt.terms, err, tt.want)
		}
	}
	if _, err := d.x.Choose(ctx, maya, d.Account.ID, filter(store.CustomerFilter{IDs: []int64{}})); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("nobody: got %v, want invalid", err)
	}
	if _, err := d.x.Choose(ctx, maya, d.Account.ID, filter(store.CustomerFilter{IDs: make([]int64, 5001)})); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("too many: got %v, want invalid", err)
	}
	nobody := d.decided(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	if err := d.x.Start(ctx, maya, d.Account.ID, nobody.ID); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("nothing to do: got %v, want invalid", err)
	}
	if err := d.x.Undo(ctx, maya, d.Account.ID, nobody.ID); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("undo what never ran: got %v, want conflict", err)
	}
}
