package service

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/store"
	"enrolld/store/provision"
)

// shop puts WooCommerce's tables with real orders into an account's site.
func shop(t *testing.T, db *store.DB) {
	t.Helper()
	for _, file := range []string{"schema.sql", "real-tables.sql"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "store", "woocommerce", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for s := range strings.SplitSeq(strings.ReplaceAll(string(text), "{P}", "wp_"), ";\n") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if _, err := db.Conn().ExecContext(t.Context(), s); err != nil {
				t.Fatalf("%v\n%.200s", err, s)
			}
		}
	}
	if _, err := db.Conn().ExecContext(t.Context(), `INSERT INTO wp_options (option_name, option_value)
		VALUES ('woocommerce_custom_orders_table_enabled', 'yes'), ('woocommerce_price_num_decimals', '2')
		ON DUPLICATE KEY UPDATE option_value = VALUES(option_value)`); err != nil {
		t.Fatal(err)
	}
}

func mapTo12(t *testing.T, db *store.DB, account enrolld.Account, platform, product string) {
	t.Helper()
	if _, err := db.MapProduct(t.Context(), enrolld.Product{
		AccountID: account.ID, Platform: platform, Key: product,
		Rule: enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 12}}},
	}); err != nil {
		t.Fatal(err)
	}
}

// open counts the differences about page 12, by kind.
func open(r Reconciled) map[provision.DifferenceKind]int {
	out := map[provision.DifferenceKind]int{}
	for _, d := range r.Differences {
		if d.Course.ID == 12 {
			out[d.Kind]++
		}
	}
	return out
}

// TestReconcileFromTables: a shop in the shared database needs no key.
func TestReconcileFromTables(t *testing.T) {
	t.Parallel()
	db, account := site(t)
	shop(t, db)
	if _, err := db.AddIntegration(t.Context(), store.Integration{
		AccountID: account.ID, Platform: "woocommerce", Secrets: []enrolld.Secret{"s"},
	}); err != nil {
		t.Fatal(err)
	}
	mapTo12(t, db, account, "woocommerce", "10")
	r := Reconciliation{DB: db, Log: slog.New(slog.DiscardHandler), Platforms: Platforms(nil), Account: account}
	found, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := found.Sources[0]; !s.Asked || s.Told < 40 {
		t.Errorf("asked: %+v", s)
	}
	missing := open(found)[provision.PaidNoAccess]
	if missing < 3 {
		t.Errorf("found %v, want several who paid for page 12", found.Differences)
	}
	r.Mend = true
	if _, err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var people int
	if err := db.Conn().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM enrolld_access WHERE course_id = 12").Scan(&people); err != nil || people == 0 {
		t.Errorf("%d people have page 12 now, %v", people, err)
	}
	r.Mend = false
	if found, err = r.Run(t.Context()); err != nil || len(open(found)) != 0 {
		t.Errorf("after mending: %v, %v", open(found), err)
	}
}

// halfway tells of a sale and breaks off before its refund.
type halfway struct{ integrations.Platform }

func (halfway) Pull(_ context.Context, _ integrations.Config, _ time.Time, take func(integrations.Request) error) error {
	err := take(integrations.NewRequest(http.Header{"Content-Type": {"application/json"}}, []byte(`{"event":"order.success",
		"order_id":"1","order_timestamp":"1772360100","base_product":"7","customer":{"email":"ann@example.org"}}`), time.Now()))
	return errors.Join(err, enrolld.Errorf(enrolld.Unavailable, "the line broke"))
}

// TestHalfAnAnswerIsNotMended: who has told half may have a refund to tell yet.
func TestHalfAnAnswerIsNotMended(t *testing.T) {
	t.Parallel()
	db, account := site(t)
	if _, err := db.AddIntegration(t.Context(), store.Integration{
		AccountID: account.ID, Platform: "thrivecart", Secrets: []enrolld.Secret{"s"},
	}); err != nil {
		t.Fatal(err)
	}
	mapTo12(t, db, account, "thrivecart", "product-7")
	found, err := Reconciliation{
		DB: db, Log: slog.New(slog.DiscardHandler), Account: account, Mend: true,
		Platforms: integrations.Registry{"thrivecart": halfway{Platforms(nil)["thrivecart"]}},
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := found.Sources[0]
	if s.Asked || s.Told != 1 || s.Problem != "the line broke" || len(found.Differences) != 0 || found.TakenIn != 0 {
		t.Errorf("got %+v", found)
	}
}

func TestSameHost(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]bool{
		``: true, `{}`: true, `{"shop":""}`: true, `{"shop":"https://Example.org/shop"}`: true, `{"shop":"https://shop.example.org"}`: false,
		`{"shop":"%"}`: false,
	} {
		if got := sameHost([]byte(settings), "http://example.org", "https://wp.example.org"); got != want {
			t.Errorf("%s: got %t, want %t", settings, got, want)
		}
	}
}

// TestRounds: the service asks by itself, where it is told to.
func TestRounds(t *testing.T) {
	t.Parallel()
	db, account := site(t)
	shop(t, db)
	if _, err := db.AddIntegration(t.Context(), store.Integration{
		AccountID: account.ID, Platform: "woocommerce", Secrets: []enrolld.Secret{"s"},
	}); err != nil {
		t.Fatal(err)
	}
	mapTo12(t, db, account, "woocommerce", "10")
	start(t, Config{DB: db, Workers: 1, ReconcileEvery: 10 * 365 * 24 * time.Hour})
	eventually(t, "who paid has access", func() bool {
		var n int
		_ = db.Conn().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM enrolld_access WHERE course_id = 12").Scan(&n)
		return n > 0
	})
}
