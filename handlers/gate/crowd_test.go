package gate_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
)

// TestCrowd: nobody can have all of the room.
func TestCrowd(t *testing.T) {
	t.Parallel()
	c := gate.NewCrowd(5, 2)
	leave := map[int64]func(){}
	for _, step := range []struct {
		login int64
		want  bool
	}{{1, true}, {1, true}, {1, false}, {2, true}, {2, true}, {3, true}, {4, false}} {
		out, err := c.Enter(step.login, "files")
		if (err == nil) != step.want {
			t.Errorf("login %d: %v, want let in %t", step.login, err, step.want)
		}
		if err == nil {
			leave[step.login] = out
		}
	}
	leave[1]()
	if _, err := c.Enter(4, "files"); err != nil {
		t.Errorf("after one has left: %v, want let in", err)
	}
}

// TestDownloads: whoever downloads more and more at once is told to wait, and others
// are not.
func TestDownloads(t *testing.T) {
	t.Parallel()
	entered, end := make(chan struct{}), make(chan struct{})
	r := gatetest.New(t, func(*gate.Frame) []gate.Route {
		return []gate.Route{{
			Name: "list", Method: http.MethodGet, Path: "/list.csv", Access: gate.Person, Download: true, Handle: func(r *gate.Request) error {
				entered <- struct{}{}
				<-end
				_, err := fmt.Fprint(r.Writer, r.Viewer.Login.Email)
				return err
			},
		}}
	})
	ann, bob := r.AddLogin("ann@example.org"), r.AddLogin("bob@example.org")
	var all sync.WaitGroup
	begin := func(login enrolld.Login) {
		b := r.As(login) // a browser of their own for each
		all.Go(func() {
			if a := b.Get("/list.csv"); a.Status != http.StatusOK || a.Body != login.Email {
				t.Errorf("%s: %d %q, want their download", login.Email, a.Status, a.Body)
			}
		})
		<-entered
	}
	for range 3 {
		begin(ann)
	}
	if a := r.As(ann).Get("/list.csv"); a.Status != http.StatusServiceUnavailable || !strings.Contains(a.Body, "wait until one has ended") {
		t.Errorf("one more of the same login: %d, want to be told to wait", a.Status)
	}
	begin(bob)
	close(end)
	all.Wait()
	begin(ann)
	all.Wait()
}
