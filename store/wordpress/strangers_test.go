package wordpress

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A name that only a reservation knows of is somebody else's: nothing of the quick
// way stays, and everybody gets a user with a name of their own.
func TestEnsureUsers_reservedNames(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO enrolld_site_names (site_id, kind, name, user_id) VALUES (7, 'login', 'ann', 4711), (7, 'nicename', 'bo', 4712)`)
	got := w.ensure(Person{Email: "ann@a.example"}, Person{Email: "bo@b.example"}, Person{Email: "cy@c.example"})
	for _, r := range got {
		if r.Err != nil || r.User.ID == 0 || !r.User.Created {
			t.Errorf("got %+v, want a new user", r)
		}
	}
	want := []string{
		"email|ann@a.example|1", "email|bo@b.example|1", "email|cy@c.example|1",
		"login|ann|0", "login|" + got[0].User.Login + "|1", "login|bo|1", "login|cy|1",
		"nicename|" + got[0].User.Nicename + "|1", "nicename|bo|0", "nicename|bo-2|1", "nicename|cy|1",
	}
	if diff := cmp.Diff(want, w.lines(`SELECT kind, name, user_id IN (SELECT ID FROM wp_users) FROM enrolld_site_names ORDER BY kind, name`)); diff != "" {
		t.Errorf("reservations (-want +got):\n%s", diff)
	}
	w.wantUsers(3)
}

// Who waits for somebody else's transaction about an address, takes their user.
func TestEnsureUsers_overtaken(t *testing.T) {
	w := newWorld(t)
	ann := Person{Email: "ann@a.example"}
	var first, second []Result
	waits, done := make(chan struct{}), make(chan error, 1)
	_, err := w.inTx(func(tx *sql.Tx) (err error) {
		if first, err = EnsureUsers(t.Context(), tx, w.site, w.info, []Person{ann}, testNow); err != nil {
			return err
		}
		go func() {
			_, err := w.inTx(func(other *sql.Tx) (err error) {
				people := []Person{ann, {Email: "bo@b.example"}}
				second, err = EnsureUsers(t.Context(), &announcing{other, waits}, w.site, w.info, people, testNow)
				return err
			})
			done <- err
		}()
		<-waits
		return nil
	})
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	if second[0].User.ID != first[0].User.ID || second[0].User.Created || !second[1].User.Created {
		t.Errorf("got %+v after %+v, want the first one's user, and a new one", second, first)
	}
	w.wantUsers(2)
}

// announcing tells when the quick way begins, having found nobody.
type announcing struct {
	Conn
	begun chan struct{}
}

func (a *announcing) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	if q == "SAVEPOINT strangers" {
		defer close(a.begun)
	}
	return a.Conn.ExecContext(ctx, q, args...)
}

func (w *world) wantUsers(n int) {
	w.t.Helper()
	got := w.one(`SELECT COUNT(*), (SELECT COUNT(*) FROM wp_usermeta), (SELECT COUNT(DISTINCT user_id) FROM wp_usermeta) FROM wp_users`)
	if want := fmt.Sprintf("%d|%d|%d", n, 13*n, n); got != want {
		w.t.Errorf("users|meta|users with meta = %s, want %s", got, want)
	}
}
