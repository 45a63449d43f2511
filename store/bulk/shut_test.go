package bulk_test

import (
	"testing"

	"enrolld/store"
	"enrolld/store/bulk"
	"enrolld/store/provision"
)

// decide has the team decide about the customer with an address.
func (d *desk) decide(email string, act provision.Act) {
	d.T.Helper()
	at, err := provision.LoadPlace(d.T.Context(), d.DB, d.Account.ID)
	d.Check(err)
	id := d.id(email)
	d.Check(d.DB.InTx(d.T.Context(), func(tx *store.Tx) error {
		return provision.Decide(d.T.Context(), tx, at, maya, provision.Decision{CustomerID: id, Act: act, Reason: "shares the login"})
	}))
}

const shutLedger = `SELECT c.first_name, g.course_id, g.state, g.reason FROM enrolld_grants g
	JOIN enrolld_customers c ON c.id = g.customer_id ORDER BY 1, 2, 3, 4`

// TestShut: who is blocked, removed or erased is given nothing by many at once, and
// is told of as such before and after; what is taken is taken from all who are left.
func TestShut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	soon := d.Clock.Now().Add(9 * day)
	all := []string{"open@example.org", "blocked@example.org", "removed@example.org", "erased@example.org"}
	d.give(byPaul, 15, &soon, all...)
	d.Exec(`UPDATE enrolld_customers SET first_name = SUBSTRING_INDEX(email, '@', 1)`)
	ids := make([]int64, len(all))
	for i, a := range all {
		ids[i] = d.id(a)
	}
	d.decide("blocked@example.org", provision.Block)
	d.decide("removed@example.org", provision.Remove)
	at, err := provision.LoadPlace(t.Context(), d.DB, d.Account.ID)
	d.Check(err)
	d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error {
		return provision.Erase(t.Context(), tx, at, maya, provision.Erasure{CustomerID: ids[3], NoCopy: true})
	}))
	d.Exec(`UPDATE enrolld_customers SET first_name = 'erased', email = 'erased@example.org' WHERE id = ?`, ids[3])
	d.Exec(`DELETE FROM enrolld_messages`)
	before := []string{"blocked|15|suspended|blocked", "erased|15|suspended|removed", "open|15|live|given", "removed|15|suspended|removed"}
	d.Want(shutLedger, before...)

	give := terms(12)
	give.Notify = true
	refused := []string{
		"blocked@example.org|refused||the customer is blocked: unblock them first", "erased@example.org|refused||the customer was erased",
		"open@example.org|change||", "removed@example.org|refused||the customer was removed: take them back first",
	}
	longer := terms(15)
	longer.Days = 7
	for action, terms := range map[bulk.Action]bulk.Terms{bulk.Give: give, bulk.Extend: longer} {
		b := d.decided(filter(store.CustomerFilter{IDs: ids}), action, terms)
		mails := int64(0)
		if action == bulk.Give {
			mails = 1
		}
		same(t, string(action)+", foreseen", b.Foreseen, bulk.Counts{Members: 4, Change: 1, Refused: 3, Mails: mails})
		same(t, string(action)+", told", d.targets(b.ID, bulk.All), refused)
		d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
		d.work()
		same(t, string(action)+", done", d.targets(b.ID, bulk.All), refused)
		d.undone(b.ID)
	}
	d.Want(shutLedger, before[0], before[1], "open|12|ended|revoked", before[2], "open|15|ended|revoked", before[3])

	// Who was removed after the set was put together is not brought back by it.
	b := d.decided(filter(store.CustomerFilter{IDs: ids[:1]}), bulk.Give, give)
	d.decide("open@example.org", provision.Remove)
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	d.work()
	same(t, "removed meanwhile", d.targets(b.ID, bulk.All), []string{"open@example.org|refused||the customer was removed: take them back first"})
	d.decide("open@example.org", provision.TakeBack)

	b = d.done(filter(store.CustomerFilter{IDs: ids}), bulk.Take, terms(15))
	same(t, "taken", d.targets(b.ID, bulk.All), []string{
		"blocked@example.org|change||", "erased@example.org|refused||the customer was erased", "open@example.org|change||", "removed@example.org|change||",
	})
	d.decide("open@example.org", provision.Remove)
	b = d.undone(b.ID)
	const kept = "kept|the customer was removed: take them back first, then give it"
	same(t, "not given back", d.targets(b.ID, bulk.LeftAlone), []string{"open@example.org|change|" + kept, "removed@example.org|change|" + kept})
	d.Want(`SELECT COUNT(*) FROM enrolld_customers WHERE gone`, "3")
	d.Want(access)
}
