package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"enrolld/cmd/academy"
	"enrolld/mailer/mailbox"
	"enrolld/store"
	"enrolld/store/sandbox"
)

// patience bounds everything that tests wait for. Nothing takes nearly as long.
const patience = 90 * time.Second

// world is what all tests share: an academy, and the program as it is shipped.
type world struct {
	*academy.Academy
	program string
}

// theWorld is nil when parts of it are not installed.
var theWorld *world

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	if missing := sandbox.Missing(sandbox.SiteParts...); len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "no end-to-end tests: apt-get install", strings.Join(missing, " "))
		if os.Getenv("CI") == "true" {
			return 1
		}
		return m.Run() // they skip themselves
	}
	dir, err := sandbox.Scratch("e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	w, err := newWorld(dir)
	defer func() {
		err := closeBrowser()
		if w != nil {
			err = errors.Join(err, w.Stop())
		}
		if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	theWorld = w
	return m.Run()
}

func newWorld(dir string) (*world, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	w := &world{program: filepath.Join(dir, "enrolld")}
	out, err := exec.CommandContext(ctx, "go", "build", "-o", w.program, "enrolld/cmd/enrolld").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	w.Academy, err = academy.Start(ctx, academy.Options{Dir: filepath.Join(dir, "academy")})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Start returns the world, with its service running.
func Start(t *testing.T) *world {
	t.Helper()
	if theWorld == nil {
		t.Skip("no end-to-end tests: apt-get install", strings.Join(sandbox.Missing(sandbox.SiteParts...), " "))
	}
	return theWorld
}

// numbers makes order numbers that no other test uses.
var numbers atomic.Int64

func number() string { return strconv.FormatInt(700000+numbers.Add(1), 10) }

// sell posts a sale and insists on a 200.
func (w *world) sell(t *testing.T, s academy.Sale) {
	t.Helper()
	status, err := w.Post(t.Context(), s)
	if err != nil || status != http.StatusOK {
		t.Fatalf("the %s sale: %d, %v; want 200", s.Platform, status, err)
	}
}

// mail waits for the n-th mail to an address; n counts from 1.
func (w *world) mail(t *testing.T, to string, n int) mailbox.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seen := map[int64]bool{}
	m, err := w.Mailbox.Wait(ctx, func(m mailbox.Message) bool {
		if len(m.To) > 0 && strings.EqualFold(m.To[0], to) {
			seen[m.ID] = true
			return len(seen) >= n
		}
		return false
	})
	if err != nil {
		t.Fatalf("mail %d to %s: %v", n, to, err)
	}
	return m
}

// eval runs PHP in the site.
func (w *world) eval(t *testing.T, format string, args ...any) string {
	t.Helper()
	out, err := w.Site.Eval(context.WithoutCancel(t.Context()), fmt.Sprintf(format, args...)) // cleanups use it too
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// exec runs a statement in the database that all share.
// It competes with the workers for rows, so a deadlock is run again, as theirs are.
func (w *world) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	err := w.DB.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// count reads one number.
func (w *world) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := w.DB.Conn().QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// hasAccess says whether the site lets a user into a course now.
func (w *world) hasAccess(t *testing.T, email string, course int) bool {
	t.Helper()
	return w.eval(t, `echo enrolld_has_access( get_user_by( 'email', '%s' )->ID, %d ) ? 'yes' : 'no';`,
		email, w.Courses[course].ID) == "yes"
}
