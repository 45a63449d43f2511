package provision_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

var (
	byMaya   = enrolld.Cause{Kind: enrolld.CausePerson, ID: 7}
	byImport = enrolld.Cause{Kind: enrolld.CauseImport, ID: 3}
	maya     = enrolld.Actor{LoginID: 7, Name: "Maya Lind", Addr: "192.0.2.1"}
)

// give gives in a transaction of its own.
func give(t *testing.T, w *pt.World, gifts ...provision.Gift) []provision.Given {
	t.Helper()
	given, err := tryGive(w, gifts...)
	w.Check(err)
	return given
}

func tryGive(w *pt.World, gifts ...provision.Gift) (given []provision.Given, err error) {
	ctx := w.T.Context()
	at, err := provision.LoadPlace(ctx, w.DB, w.Account.ID)
	w.Check(err)
	err = w.DB.InTx(ctx, func(tx *store.Tx) (err error) {
		given, err = provision.Give(ctx, tx, at, maya, gifts)
		return err
	})
	return given, err
}

func to(email string, cause enrolld.Cause, pages ...int64) provision.Gift {
	g := provision.Gift{Email: email, First: "Ann", Last: "Lee"}
	for _, p := range pages {
		g.Grants = append(g.Grants, enrolld.Grant{Course: pt.Course(p), Cause: cause})
	}
	return g
}

func notified(g provision.Gift) provision.Gift {
	g.Notify = true
	return g
}

func back(customer int64, cause enrolld.Cause, pages ...int64) provision.Gift {
	g := provision.Gift{CustomerID: customer}
	for _, p := range pages {
		g.Withdraw = append(g.Withdraw, provision.Ground{Course: pt.Course(p), Cause: cause})
	}
	return g
}

func TestGive(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	given := give(t, w, notified(to("ann@example.org", byMaya, 12, 15)), to("bob@example.org", byMaya, 12),
		to("ANN@example.org", byMaya, 18), to("nonsense", byMaya, 12), to("jörg@example.org", byMaya, 12))
	for i, want := range []provision.Given{
		{New: true, Changed: true, Adds: true}, {New: true, Changed: true, Adds: true}, {Changed: true, Adds: true},
		{Problem: "the address cannot be used: " + enrolld.MessageOf(parseError("nonsense"))},
		{New: true, Changed: true, Adds: true, Problem: "WordPress cannot hold this address: before the @ stand only ASCII letters, " +
			"digits and !#$%&'*+/=?^_`{|}~.-"},
	} {
		want.CustomerID = given[i].CustomerID
		if diff := cmp.Diff(want, given[i]); diff != "" {
			t.Errorf("given %d (-want +got):\n%s", i, diff)
		}
	}
	if given[0].CustomerID != given[2].CustomerID || given[3].CustomerID != 0 {
		t.Errorf("customers: got %+v, want one of one address, and none without", given)
	}
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end", "ann@example.org|18|no end", "bob@example.org|12|no end")
	w.Want(pt.Messages, `ann@example.org|welcome|["Painting", "Sculpture"]`)
	w.Want(`SELECT DISTINCT actor, login_id, action, remote_addr FROM enrolld_audit`, "Maya Lind|7|access.granted|192.0.2.1")
	w.Want(`SELECT DISTINCT g.state, g.reason FROM enrolld_grants g`, "live|given")

	// What was given quietly is never announced, also when more comes.
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("sale", pt.Buy("1", "bob@example.org", "paint"))
	w.Want(`SELECT recipient FROM enrolld_messages`, "ann@example.org")
	_, err := tryGive(w, provision.Gift{CustomerID: 999})
	if got := enrolld.CodeOf(err); got != enrolld.NotFound {
		t.Errorf("somebody else's customer: got %v, want not found", err)
	}
	_, err = tryGive(w, to("ann@example.org", enrolld.Cause{Kind: enrolld.CauseOrder, ID: 1}, 12))
	if got := enrolld.CodeOf(err); got != enrolld.Invalid {
		t.Errorf("an order's cause: got %v, want invalid", err)
	}
}

func parseError(email string) error {
	_, _, err := enrolld.ParseEmail(email)
	return err
}

// TestGive_otherCausesKeep ends one ground after the other: the course closes with
// the last.
func TestGive_otherCausesKeep(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	ann := give(t, w, to("ann@example.org", byMaya, 12), to("ann@example.org", byImport, 12))[0].CustomerID
	w.Want(`SELECT action, COUNT(*) FROM enrolld_audit GROUP BY 1 ORDER BY 1`, "access.granted|1", "ground.given|1")
	w.Receive("refund", pt.Refund("1", day))
	w.Want(pt.Access, "ann@example.org|12|no end")
	if got := give(t, w, back(ann, byImport, 12, 15)); !got[0].Changed {
		t.Errorf("taking back an import's ground: got %+v, want changed", got)
	}
	w.Want(pt.Access, "ann@example.org|12|no end")
	give(t, w, back(ann, byMaya, 12))
	w.Want(pt.Access)
	w.Want(`SELECT cause_kind, state, reason FROM enrolld_grants ORDER BY 1`,
		"order|ended|refunded", "person|ended|revoked", "import|ended|revoked")
	w.Want(`SELECT action FROM enrolld_audit ORDER BY id`, "access.granted", "ground.given", "ground.withdrawn", "access.revoked")
	if _, err := tryGive(w, back(ann, enrolld.Cause{Kind: enrolld.CauseOrder, ID: 1}, 12)); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("taking back an order's ground: got %v, want invalid", err)
	}
	// Given again, it is told again.
	w.Exec(`DELETE FROM enrolld_messages WHERE kind <> 'welcome'`)
	w.Clock.Advance(time.Hour)
	give(t, w, notified(provision.Gift{CustomerID: ann, Grants: to("", byMaya, 12).Grants}))
	w.Want(pt.Messages, `ann@example.org|welcome|["Painting"]`, `ann@example.org|access|["Painting"]`)
	w.Want(pt.Access, "ann@example.org|12|no end")
}

// TestGive_byTheClock starts and ends what is given, and tells of it when it was
// to be told.
func TestGive_byTheClock(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	from, until := pt.Start.Add(day), pt.Start.Add(3*day)
	later := func(email string) provision.Gift {
		g := to(email, byMaya, 12)
		g.Grants[0].From, g.Grants[0].Until = from, &until
		return g
	}
	give(t, w, notified(later("ann@example.org")), later("bob@example.org"))
	w.Want(pt.Access)
	w.Want(`SELECT DISTINCT state, reason FROM enrolld_grants`, "pending|starts_later")
	w.Pass(day)
	w.Want(pt.Access, "ann@example.org|12|2026-03-07 05:06:07.891011", "bob@example.org|12|2026-03-07 05:06:07.891011")
	w.Want(`SELECT DISTINCT state, reason FROM enrolld_grants`, "live|given")
	w.Want(`SELECT recipient FROM enrolld_messages`, "ann@example.org")
	w.Pass(2 * day)
	w.Want(pt.Access)
	w.Want(`SELECT DISTINCT state, reason FROM enrolld_grants`, "ended|expired")
}

func TestGive_revision(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	ann := give(t, w, to("ann@example.org", byMaya, 12))[0].CustomerID
	shown, err := w.DB.CustomerByKey(t.Context(), w.Account.ID, "ann@example.org")
	w.Check(err)
	mine := provision.Gift{CustomerID: ann, Revision: shown.Revision, Grants: to("", byMaya, 15).Grants}
	give(t, w, mine)
	if _, err := tryGive(w, mine); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("an older revision: got %v, want conflict", err)
	}
}

// TestGive_anyBatches gives random gifts in one batch, one by one, and everything
// again: the state is the same.
func TestGive_anyBatches(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	other, _ := w.AddAccount("Other", w.Site)
	rng := rand.New(rand.NewPCG(*seedFlag, 5))
	until := pt.Start.Add(10 * day)
	var gifts []provision.Gift
	for i := range 120 {
		cause := []enrolld.Cause{byMaya, byImport, {Kind: enrolld.CauseImport, ID: 4}}[rng.IntN(3)]
		g := to(fmt.Sprintf("p%d@example.org", rng.IntN(30)), cause, []int64{12, 15, 18}[rng.IntN(3)])
		if rng.IntN(3) == 0 {
			g.Grants[0].Until = &until
		}
		g.Notify = i%2 == 0
		gifts = append(gifts, g)
	}
	giveIn := func(account enrolld.Account, size int) {
		world := *w
		world.Account = account
		for part := range slices.Chunk(gifts, size) {
			give(t, &world, part...)
		}
	}
	state := func(account enrolld.Account) []string {
		return w.Rows(`SELECT c.email, g.course_id, g.cause_kind, g.cause_id, g.state, g.reason, g.ends_at FROM enrolld_grants g
			JOIN enrolld_customers c ON c.id = g.customer_id WHERE g.account_id = ? ORDER BY 1, 2, 3, 4`, account.ID)
	}
	access := func(account enrolld.Account) []string {
		return w.Rows(`SELECT user_id, course_id, ends_at FROM enrolld_access WHERE account_id = ? ORDER BY 1, 2`, account.ID)
	}
	giveIn(w.Account, len(gifts))
	giveIn(other, 1+rng.IntN(7))
	if diff := cmp.Diff(state(w.Account), state(other)); diff != "" {
		t.Errorf("-seed=%d: in one batch -, in small ones +:\n%s", *seedFlag, diff)
	}
	if diff := cmp.Diff(access(w.Account), access(other)); diff != "" {
		t.Errorf("-seed=%d: access in one batch -, in small ones +:\n%s", *seedFlag, diff)
	}
	if len(state(other)) < 60 {
		t.Fatalf("only %d grounds: the gifts prove little", len(state(other)))
	}
}

// TestGiveInWordsOfItsOwn: the variant of the text that was chosen goes with the
// announcement, also when that comes later.
func TestGiveInWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	now, later := notified(to("ann@example.org", byMaya, 12)), notified(to("bob@example.org", byMaya, 15))
	now.Template, later.Template = "Moved", "Moved"
	later.Grants[0].From = w.Clock.Now().Add(3 * day)
	quiet := to("cleo@example.org", byMaya, 12)
	quiet.Template = "Moved"
	give(t, w, now, later, quiet)
	w.Pass(4 * day)
	give(t, w, notified(to("ann@example.org", byMaya, 18)))
	w.Want(`SELECT recipient, kind, COALESCE(JSON_VALUE(data, '$.template'), '') FROM enrolld_messages ORDER BY id`,
		"ann@example.org|welcome|Moved", "bob@example.org|welcome|Moved", "ann@example.org|access|")
}
