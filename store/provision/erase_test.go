package provision_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// traces are the columns of our tables in which a text stands, whatever its case.
func traces(w *pt.World, texts ...string) (out []string) {
	w.T.Helper()
	for _, column := range w.Rows(`SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns WHERE table_schema = DATABASE()
		AND table_name LIKE 'enrolld\\_%' AND character_maximum_length IS NOT NULL AND data_type <> 'enum'`) {
		table, name, _ := strings.Cut(column, ".")
		for _, text := range texts {
			n := w.Rows(fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE LOCATE(?, LOWER(CONVERT(%s USING latin1))) > 0", table, name), text)
			if n[0] != "0" {
				out = append(out, column)
				break
			}
		}
	}
	return out
}

// zelda bought, was written to, is known to WordPress and to the audit log, and
// stands in a delivery that led to nothing.
func zelda(w *pt.World) {
	w.T.Helper()
	w.Map("paint", enrolld.Rule{}, 12)
	sale := pt.Named(pt.Buy("1", "Zelda.Quux@example.org", "paint"), "Zelda", "Quux")
	w.Receive(`{"email":"Zelda.Quux@example.org","first":"Zelda"}`, sale)
	w.Receive("parked for Zelda", pt.Named(pt.Buy("2", "zelda.quux@example.org", "unmapped"), "Zelda", "Quux"))
	rejected := w.Delivery(w.Source, "email=ZELDA.quux%40example.org")
	rejected.State, rejected.Header = enrolld.DeliveryRejected, http.Header{}
	inbox := store.NewInbox(w.DB)
	w.Check(inbox.Put(w.T.Context(), rejected))
	inbox.Close()
	gift := to("zelda.quux@example.org", byImport, 15)
	gift.First, gift.Last = "Zelda", "Quux"
	give(w.T.(*testing.T), w, gift)
	w.Receive("another of Zelda's", pt.Named(pt.Buy("8", "zelda.old@example.org", "paint"), "Zelda", "Old"))
	kept, other := customer(w, "zelda.quux@example.org"), customer(w, "zelda.old@example.org")
	at, err := provision.LoadPlace(w.T.Context(), w.DB, w.Account.ID)
	w.Check(err)
	w.Check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error {
		_, err := provision.Merge(w.T.Context(), tx, at, maya, provision.Pair{KeptID: kept.ID, GoneID: other.ID})
		return err
	}))
	w.Exec(`UPDATE enrolld_customers SET problem = 'Zelda cannot be made' WHERE part_of = 0`)
	w.Exec(`UPDATE enrolld_messages SET response = '550 no zelda.quux@example.org', state = 'sent'`)
	w.Exec(`INSERT INTO enrolld_import_rows (import_id, verdict, place, problem) SELECT 3, 'kept', id, 'Zelda keeps it' FROM enrolld_customers WHERE part_of = 0`)
	w.Exec(`INSERT INTO enrolld_bulks (id, account_id, state, terms, chosen, picks, words, counts, actor, created_at)
		VALUES (9, ?, 'done', '{}', FALSE, '{}', '‘Zelda’', '{}', 'Maya', NOW())`, w.Account.ID)
	w.Exec(`INSERT INTO enrolld_bulk_targets (bulk_id, customer_id, outcome, why) SELECT 9, id, 'change', 'as Zelda wants' FROM enrolld_customers WHERE part_of = 0`)
	w.Exec(`INSERT INTO enrolld_entries (account_id, customer_id, login_id, user_id, course_id, token_hash, operator, reason, back_url, seconds, created_at, expires_at)
		SELECT account_id, id, 7, 1, 12, 'x', 'Maya', 'Zelda called', '', 60, NOW(), NOW() FROM enrolld_customers WHERE part_of = 0`)
	id := w.Rows(`SELECT id FROM enrolld_customers WHERE part_of = 0`)[0]
	w.Check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error {
		return tx.Audit(w.T.Context(), []store.AuditEntry{{
			AccountID: w.Account.ID, Actor: "Maya", Action: "customer.email", CustomerID: number(w, id), Subject: "Zelda Quux", Detail: `{"reason":"Zelda asked"}`,
			Before: "zelda@old.example", After: "zelda.quux@example.org",
		}})
	}))
}

func number(w *pt.World, s string) (n int64) {
	w.T.Helper()
	_, err := fmt.Sscan(s, &n)
	w.Check(err)
	return n
}

func erase(w *pt.World, e provision.Erasure) error {
	w.T.Helper()
	at, err := provision.LoadPlace(w.T.Context(), w.DB, w.Account.ID)
	w.Check(err)
	if e.Deliveries, err = w.DB.DeliveriesNaming(w.T.Context(), w.Account.ID, "zelda.quux@example.org", "zelda.old@example.org"); err != nil {
		return err
	}
	return w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return provision.Erase(w.T.Context(), tx, at, maya, e) })
}

func TestErase(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	zelda(w)
	before := traces(w, "zelda", "quux")
	for _, column := range []string{
		"enrolld_customers.email", "enrolld_customers.email_key", "enrolld_customers.first_name", "enrolld_customers.problem",
		"enrolld_customer_words.word", "enrolld_orders.record", "enrolld_deliveries.body", "enrolld_messages.recipient", "enrolld_messages.recipient_name",
		"enrolld_messages.data", "enrolld_messages.response", "enrolld_audit_personal.subject", "enrolld_audit_personal.before_state",
		"enrolld_audit_personal.detail", "enrolld_site_names.name", "enrolld_import_rows.problem", "enrolld_bulks.words", "enrolld_bulk_targets.why",
		"enrolld_entries.reason", "enrolld_merges.moved",
	} {
		if !strings.Contains(strings.Join(before, " "), column) {
			t.Errorf("before: %s has no trace: what is erased there is not tried", column)
		}
	}
	c, err := w.DB.CustomerByKey(t.Context(), w.Account.ID, "zelda.quux@example.org")
	w.Check(err)
	wantCode(t, "without a copy", erase(w, provision.Erasure{CustomerID: c.ID}), enrolld.Invalid)
	w.Check(w.DB.MarkExported(t.Context(), maya, c))
	w.Exec(`UPDATE enrolld_customers SET revision = revision + 1`)
	wantCode(t, "with an old copy", erase(w, provision.Erasure{CustomerID: c.ID}), enrolld.Invalid)
	wantCode(t, "another revision", erase(w, provision.Erasure{CustomerID: c.ID, Revision: c.Revision, NoCopy: true}), enrolld.Conflict)
	books := `SELECT number, customer_id, JSON_EXTRACT(record, '$.lines.*.sale.v.amount.minor') FROM enrolld_orders ORDER BY id`
	kept := w.Rows(books)
	c.Revision++
	w.Check(w.DB.MarkExported(t.Context(), maya, c))
	w.Check(erase(w, provision.Erasure{CustomerID: c.ID, Revision: c.Revision}))
	wantErased := func(what string) {
		t.Helper()
		if got := traces(w, "zelda", "quux"); len(got) > 0 {
			t.Errorf("%s: traces in %q", what, got)
		}
		w.Want(`SELECT email, first_name, wp_user_id IS NULL, gone, courses FROM enrolld_customers WHERE id = `+itoa(c.ID),
			"erased-"+itoa(c.ID)+"@invalid.||1|1|0")
	}
	wantErased("erased")
	w.Want(pt.Access)
	w.Want(books, kept...)
	w.Want(`SELECT state, note <> '', body = '' FROM enrolld_deliveries ORDER BY id`, "done|1|1", "done|1|1", "rejected|1|1", "done|1|1")
	users := []string{"zelda.old|zelda.old@example.org", "Zelda.Quux|Zelda.Quux@example.org"}
	w.Want(pt.Users, users...) // WordPress's own
	w.Want(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'customer.erased' AND customer_id = `+itoa(c.ID), "1")
	wantListed(w, "everybody", store.CustomerFilter{})
	wantListed(w, "removed", store.CustomerFilter{Standing: store.StandingRemoved}, "erased-"+itoa(c.ID)+"@invalid.")
	wantCode(t, "twice", erase(w, provision.Erasure{CustomerID: c.ID, NoCopy: true}), enrolld.Conflict)
	wantCode(t, "taken back", decide(w, provision.Decision{CustomerID: c.ID, Act: provision.TakeBack}), enrolld.Conflict)

	// What comes late of an order that is known brings nobody back.
	n, err := w.DB.Replay(t.Context(), w.Account.ID, store.DeliveryFilter{})
	if err != nil || n != 0 {
		t.Errorf("replayed %d deliveries that are empty, %v", n, err)
	}
	late := pt.Named(pt.Buy("1", "Zelda.Quux@example.org", "paint"), "Zelda", "Quux")
	late.At = late.At.Add(day)
	w.Receive("again for zelda.quux@example.org", late)
	w.Receive("refund for Zelda", pt.Refund("1", 2*day))
	w.Map("unmapped", enrolld.Rule{}, 15)
	w.Work()
	wantErased("what came late")
	w.Want(pt.Access)
	w.Want(`SELECT COUNT(*) FROM enrolld_customers WHERE part_of = 0`, "1")
	w.Want(`SELECT COUNT(*) FROM enrolld_orders WHERE customer_id = `+itoa(c.ID)+` AND erased`, "3")
	w.Want(`SELECT state, note, body FROM enrolld_deliveries WHERE id > 4`, "done|"+store.NoteErased+"|", "done|"+store.NoteErased+"|")

	// What a mail server says late of what went out before names nobody, either.
	var m enrolld.Message
	w.Check(w.DB.Conn().QueryRowContext(t.Context(), `SELECT id, account_id, cause FROM enrolld_messages WHERE customer_id = ? ORDER BY id LIMIT 1`, c.ID).
		Scan(&m.ID, &m.AccountID, &m.Cause))
	w.Check(w.DB.FinishMessages(t.Context(), []enrolld.SendResult{{Message: &m, State: enrolld.SendSent, Response: "250 ok, zelda.quux@example.org"}}))
	wantErased("what was on its way")
	told, err := w.DB.TakeReports(t.Context(), w.Account.ID, true, []enrolld.MailReport{{
		MessageID: enrolld.MessageID(m.ID, w.DB.Keys().MessageMark(&m), "x.example"), Recipient: "zelda.quux@example.org", Kind: enrolld.ReportBounced,
		At: w.Clock.Now(), Text: "550 no zelda.quux@example.org here",
	}})
	if err != nil || told[0] != store.ReportTaken {
		t.Errorf("a late bounce: got %q, %v", told, err)
	}
	wantErased("a late bounce")

	// A new purchase makes a new customer, with the WordPress user that is there.
	w.Receive("new", pt.Named(pt.Buy("7", "zelda.quux@example.org", "paint"), "Zelda", "Quux"))
	w.Want(pt.Access, "Zelda.Quux@example.org|12|no end")
	w.Want(`SELECT COUNT(*), SUM(erased_at IS NULL) FROM enrolld_customers WHERE part_of = 0`, "2|1")
	w.Want(pt.Users, users...)
}

// TestErase_twoAccounts: of somebody who is a customer of two academies on one
// site, one's part goes.
func TestErase_twoAccounts(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	zelda(w)
	other, source := w.AddAccount("Second Academy", w.Site)
	w.MapIn(other, "paint", enrolld.Rule{}, 12)
	w.PutFrom(source, "elsewhere", pt.Buy("1", "zelda.quux@example.org", "paint"))
	w.Work()
	c, err := w.DB.CustomerByKey(t.Context(), w.Account.ID, "zelda.quux@example.org")
	w.Check(err)
	const shared = `SELECT kind, name, user_id FROM enrolld_site_names WHERE name LIKE '%quux%' ORDER BY 1, 2`
	names := w.Rows(shared)
	w.Check(erase(w, provision.Erasure{CustomerID: c.ID, NoCopy: true}))
	w.Want(`SELECT account_id, email FROM enrolld_customers WHERE part_of = 0 ORDER BY 1`,
		itoa(w.Account.ID)+"|erased-"+itoa(c.ID)+"@invalid.", itoa(other.ID)+"|zelda.quux@example.org")
	w.Want(`SELECT account_id, course_id FROM enrolld_access`, itoa(other.ID)+"|12")
	w.Want(`SELECT body FROM enrolld_deliveries WHERE account_id = `+itoa(other.ID), "elsewhere")
	w.Want(shared, names...)
	w.Want(`SELECT COUNT(*) FROM enrolld_site_names`, strconv.Itoa(len(names)))
	w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE account_id = `+itoa(other.ID)+` AND recipient = 'zelda.quux@example.org'`, "1")
}
