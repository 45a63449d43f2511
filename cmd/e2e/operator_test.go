package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"enrolld/cmd/academy"
)

// cli runs the program as an operator does and returns its exit status, what it
// prints and what it complains of.
func (w *world) cli(t *testing.T, args ...string) (status int, out, complaints string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.program, append([]string{
		"--dsn", w.MariaDB.DSN(w.Database), "--secret-key-file", w.KeyFile,
	}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// told is what 'customer show --json' tells.
type told struct {
	WordPressUser int64 `json:"wordpress_user"`
	Access        []struct {
		Title   string
		Open    bool
		Because []struct{ State, Reason, Cause string }
	}
	Waiting  []struct{ Order, Product, Mend string }
	Messages []struct {
		Kind, State, Response string
		Attempts              int
	}
}

func (w *world) customer(t *testing.T, email string) told {
	t.Helper()
	status, out, complaints := w.cli(t, "--json", "customer", "show", email)
	if status != 0 {
		t.Fatalf("customer show: exit status %d: %s", status, complaints)
	}
	var c told
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("customer show: %v\n%s", err, out)
	}
	return c
}

// TestUnknownProduct: a sale of something that nobody mapped waits in sight, and
// mapping it is enough.
func TestUnknownProduct(t *testing.T) {
	w := Start(t)
	who := academy.Person{Email: "early@example.org", First: "Ea", Last: "Rly"}
	order := number()
	sale := academy.ThriveCart(order, who, false, time.Now())
	f, err := url.ParseQuery(string(sale.Body))
	if err != nil {
		t.Fatal(err)
	}
	f.Set("base_product", "77")
	f.Set("order[charges][0][reference]", "77")
	f.Set("order[charges][0][name]", "Masterclass")
	sale.Body = []byte(f.Encode())
	w.sell(t, sale)
	eventually(t, "the parked delivery", func() bool {
		return w.count(t, "SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'parked'") == 1
	})
	c := w.customer(t, who.Email)
	if len(c.Waiting) != 1 || !strings.Contains(c.Waiting[0].Order, order) || // ThriveCart's number has zeros before it
		!strings.Contains(c.Waiting[0].Mend, "product map --platform thrivecart --product product-77") {
		t.Errorf("waiting: %+v, want order %s with the way out", c.Waiting, order)
	}
	if _, out, _ := w.cli(t, "--json", "product", "list"); !strings.Contains(out, "Masterclass") {
		t.Errorf("the product list lacks what is sold:\n%s", out)
	}

	status, _, complaints := w.cli(t, "product", "map", "--platform", "thrivecart", "--product", "product-77",
		"--courses", fmt.Sprint(w.Courses[1].ID))
	if status != 0 {
		t.Fatalf("product map: exit status %d: %s", status, complaints)
	}
	if m := w.mail(t, who.Email, 1); !strings.Contains(m.Text, w.Courses[1].Title) {
		t.Errorf("the welcome does not name %s:\n%s", w.Courses[1].Title, m.Text)
	}
	if !w.hasAccess(t, who.Email, 1) {
		t.Error("no access after the mapping")
	}
	c = w.customer(t, who.Email)
	if len(c.Waiting) != 0 || len(c.Access) != 1 || !c.Access[0].Open || c.Access[0].Title != w.Courses[1].Title {
		t.Fatalf("customer show after the mapping: %+v", c)
	}
	if because := c.Access[0].Because; len(because) != 1 || !strings.Contains(because[0].Cause, order) {
		t.Errorf("because %+v, want order %s", because, order)
	}
	if n := w.count(t, "SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'parked'"); n != 0 {
		t.Errorf("%d deliveries are parked still", n)
	}
}

// TestDoctor: all is well, and then it is not, and the doctor says where and what
// to do.
func TestDoctor(t *testing.T) {
	w := Start(t)
	type finding struct{ Level, About, What, Mend string }
	relay := "smtp://" + w.Mailbox.SMTPAddr()
	examine := func(t *testing.T, relay string) (int, []finding) {
		t.Helper()
		status, out, complaints := w.cli(t, "--json", "doctor", "--smtp-url", relay)
		var list []finding
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatalf("doctor: %v\n%s%s", err, out, complaints)
		}
		return status, list
	}
	plugin := filepath.Join(w.Site.ContentDir, "mu-plugins", "enrolld-companion.php")
	for _, tt := range []struct {
		name       string
		hurt, heal func() error
		relay      string
		what, mend string // what the first finding is to say
	}{
		{name: "all is well", relay: relay},
		{
			name: "users table that cannot roll back", relay: relay, what: "wp_users", mend: "InnoDB",
			hurt: func() error { return w.alter("ALTER TABLE wp_users ENGINE = MyISAM") },
			heal: func() error { return w.alter("ALTER TABLE wp_users ENGINE = InnoDB") },
		},
		{
			name: "companion gone", relay: relay, what: "companion is not installed",
			hurt: func() error { return os.Rename(plugin, plugin+".away") },
			heal: func() error { return os.Rename(plugin+".away", plugin) },
		},
		{name: "relay away", relay: "smtp://127.0.0.1:1", what: "127.0.0.1:1", mend: "--smtp-url"},
		{name: "all is well again", relay: relay},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.hurt != nil {
				if err := tt.hurt(); err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := tt.heal(); err != nil {
						t.Fatal(err)
					}
				}()
			}
			status, list := examine(t, tt.relay)
			var wrong []finding
			for _, f := range list {
				if f.Level != "ok" && f.Level != "note" { // a note is about what may stay as it is
					wrong = append(wrong, f)
				}
			}
			if tt.what == "" {
				if status != 0 || len(wrong) != 0 || len(list) < 5 {
					t.Errorf("exit status %d, not ok: %+v; want 0 and nothing of %d", status, wrong, len(list))
				}
				return
			}
			if status != 1 || len(wrong) == 0 {
				t.Fatalf("exit status %d, not ok: %+v; want 1 and a finding", status, wrong)
			}
			f := wrong[0] // others may follow from it
			if f.Level != "error" || !strings.Contains(f.What, tt.what) || !strings.Contains(f.Mend, tt.mend) || f.Mend == "" {
				t.Errorf("found %+v, want %q and the way out %q", f, tt.what, tt.mend)
			}
		})
	}
}

func (w *world) alter(statement string) error {
	_, err := w.DB.Conn().ExecContext(context.Background(), statement)
	return err
}
