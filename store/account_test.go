package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	db, clock := storetest.New(t), storetest.NewClock()
	db.SetClock(clock.Now)
	w := &world{t: t, db: db, clock: clock}
	_, err := db.AccountByName(t.Context(), "")
	wantCode(t, "the only account of none", err, enrolld.NotFound)

	site := store.Site{
		Schema: "wp", BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta", ContentDir: "/srv/wp-content",
	}
	first := enrolld.Account{
		Name: "Zoë's School", BlogID: 2, SiteURL: "https://example.com",
		FromName: "Zoë", FromAddress: "zoe@example.com", LinkDays: 7,
	}
	a, err := db.AddAccount(t.Context(), first, site)
	w.check(err)
	want := first
	want.ID, want.SiteID, want.CreatedAt = 1, 1, clock.Now()
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("AddAccount (-want +got):\n%s", diff)
	}
	only, err := db.AccountByName(t.Context(), "")
	w.check(err)
	byID, err := db.Account(t.Context(), 1)
	w.check(err)
	if diff := cmp.Diff([]enrolld.Account{want, want}, []enrolld.Account{only, byID}); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}

	// A second account on the same site: the site is one, its network told of.
	site.Multisite, site.ContentDir = true, ""
	second, err := db.AddAccount(t.Context(), enrolld.Account{Name: "Another", BlogID: 3, LinkDays: 7}, site)
	w.check(err)
	if second.SiteID != 1 {
		t.Errorf("the second account is on site %d, want 1", second.SiteID)
	}
	got, err := db.Site(t.Context(), 1)
	w.check(err)
	site.ID, site.ContentDir = 1, "/srv/wp-content"
	if diff := cmp.Diff(site, got); diff != "" {
		t.Errorf("Site (-want +got):\n%s", diff)
	}
	list, err := db.Accounts(t.Context())
	w.check(err)
	if diff := cmp.Diff([]enrolld.Account{second, want}, list); diff != "" {
		t.Errorf("Accounts (-want +got):\n%s", diff)
	}
	byName, err := db.AccountByName(t.Context(), "Another")
	w.check(err)
	if diff := cmp.Diff(second, byName); diff != "" {
		t.Errorf("AccountByName (-want +got):\n%s", diff)
	}

	_, err = db.AddAccount(t.Context(), enrolld.Account{Name: "Another"}, store.Site{Schema: "other", UsersTable: "u"})
	wantCode(t, "a name that is taken", err, enrolld.Conflict)
	w.want("SELECT COUNT(*) FROM enrolld_sites", "1") // the whole is rolled back
	_, err = db.AccountByName(t.Context(), "")
	wantCode(t, "the only account of two", err, enrolld.Invalid)
	_, err = db.AccountByName(t.Context(), "Nobody")
	wantCode(t, "unknown name", err, enrolld.NotFound)
	_, err = db.Account(t.Context(), 99)
	wantCode(t, "unknown account", err, enrolld.NotFound)
	_, err = db.Site(t.Context(), 99)
	wantCode(t, "unknown site", err, enrolld.NotFound)
}

// While an account is paused its deliveries come in and wait.
func TestSetPaused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receive(w.delivery("held"), w.delivery("failed"), w.delivery("leased"), w.delivery("foreign"))
	w.exec("UPDATE enrolld_deliveries SET account_id = 99 WHERE id = 4")
	paused := func(want *time.Time) {
		t.Helper()
		a, err := w.db.Account(t.Context(), w.account.ID)
		w.check(err)
		if diff := cmp.Diff(want, a.PausedAt); diff != "" {
			t.Errorf("paused at (-want +got):\n%s", diff)
		}
	}
	paused(nil)
	at := w.clock.Now()
	w.check(w.db.SetPaused(t.Context(), w.account.ID, true))
	paused(&at)
	later := at.Add(10 * time.Minute)
	lease, _ := w.claim(4)
	w.check(w.db.Hold(t.Context(), lease, []int64{1, 4}, later))
	retry := store.Verdict{DeliveryID: 2, State: enrolld.DeliveryQueued, RetryAt: later}
	w.check(w.db.Release(t.Context(), lease, []store.Verdict{retry}))
	w.clock.Advance(time.Second)
	w.check(w.db.SetPaused(t.Context(), w.account.ID, false))
	paused(nil)
	_, got := w.claim(10)
	if diff := cmp.Diff([]int64{1, 2}, deliveryIDs(got)); diff != "" {
		t.Errorf("claimed after resuming: all that nobody is at (-want +got):\n%s", diff)
	}
}

func TestCompanion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.CompanionKey(t.Context(), w.account.ID)
	wantCode(t, "key before it is installed", err, enrolld.NotFound)
	_, err = w.db.CompanionKey(t.Context(), 99)
	wantCode(t, "key of no account", err, enrolld.NotFound)
	w.check(w.db.SetCompanion(t.Context(), w.account.ID, "companion-secret"))
	got, err := w.db.CompanionKey(t.Context(), w.account.ID)
	w.check(err)
	if got.Reveal() != "companion-secret" {
		t.Errorf("CompanionKey = %q, want what was set", got.Reveal())
	}
	a, err := w.db.Account(t.Context(), w.account.ID)
	w.check(err)
	if now := w.clock.Now(); a.CompanionAt == nil || !a.CompanionAt.Equal(now) {
		t.Errorf("installed at %v, want %v", a.CompanionAt, now)
	}
	if row := w.rows("SELECT * FROM enrolld_accounts")[0]; strings.Contains(row, "companion-secret") {
		t.Errorf("the key can be read in the table: %q", row)
	}
	_, err = w.stranger().CompanionKey(t.Context(), w.account.ID)
	wantCode(t, "with another key file", err, enrolld.Unavailable)
}

// stranger is a handle on the same database with another secret key.
func (w *world) stranger() *store.DB {
	w.t.Helper()
	keys, err := store.NewKeyring([]byte(strings.Repeat("x", 32)))
	w.check(err)
	return storetest.OpenOn(w.t, storetest.Server(w.t), w.db.Name(), 0, keys)
}
