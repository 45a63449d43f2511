package woocommerce_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/integrations"
	adapter "enrolld/integrations/woocommerce"
	"enrolld/store/sandbox"
	"enrolld/store/woocommerce"
	"enrolld/store/wordpress"
)

// server is the database that the tests of this package share.
var server *sandbox.MariaDB

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	if server, err = sandbox.Shared(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "start MariaDB:", err)
		if os.Getenv("CI") == "true" {
			return 1
		}
	} else {
		defer func() {
			if err := server.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, "stop MariaDB:", err)
			}
		}()
	}
	return m.Run()
}

// world is a database of one test with a WordPress in it, and perhaps a shop.
type world struct {
	t    testing.TB
	db   *sql.DB
	site wordpress.Site
}

// storages are what a shop may keep its orders in, by the option's value.
var storages = map[woocommerce.Storage]string{woocommerce.Tables: "yes", woocommerce.Posts: "no"}

// newWorld makes a WordPress without WooCommerce.
func newWorld(t testing.TB) *world {
	t.Helper()
	if server == nil {
		t.Skip("no MariaDB: install mariadb-server or set ENROLLD_TEST_SOCKET")
	}
	name := "woo_" + strings.ToLower(rand.Text()[:12])
	if err := server.CreateDatabase(context.Background(), name); err != nil {
		t.Fatal(err)
	}
	c, err := mysql.ParseDSN(server.DSN(name))
	if err != nil {
		t.Fatal(err)
	}
	// As the store connects, but for WordPress's own zero dates.
	c.InterpolateParams = os.Getenv("ENROLLD_TEST_INTERPOLATE") != ""
	c.Params = map[string]string{
		"sql_mode":  "'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
		"time_zone": "'+00:00'",
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() {
		db.Close()
		if err := server.DropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, db: db, site: wordpress.Site{ID: 7, Schema: name, BasePrefix: "wp_", BlogID: 1}}
	w.load("../wordpress/testdata/schema-6.9.sql")
	return w
}

// newShop makes one with WooCommerce's tables, orders kept in one of the storages.
func newShop(t testing.TB, storage woocommerce.Storage) *world {
	t.Helper()
	w := newWorld(t)
	w.load("testdata/schema.sql")
	w.option("woocommerce_custom_orders_table_enabled", storages[storage])
	w.option("woocommerce_price_num_decimals", "2")
	return w
}

func (w *world) load(path string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		w.t.Fatal(err)
	}
	for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), "{P}", w.site.Prefix()), ";\n") {
		if strings.TrimSpace(statement) != "" {
			w.exec(statement)
		}
	}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(query, args...); err != nil {
		w.t.Fatalf("%.300s: %v", query, err)
	}
}

func (w *world) option(name, value string) {
	w.t.Helper()
	w.exec("REPLACE INTO "+w.site.Prefix()+"options (option_name, option_value) VALUES (?,?)", name, value)
}

// change is what was handed over.
type change struct {
	topic string
	body  []byte
}

func (c change) request() integrations.Request {
	return integrations.NewRequest(http.Header{
		"Content-Type": {"application/json"}, "X-Wc-Webhook-Topic": {c.topic},
	}, c.body, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
}

func (c change) id() int64 {
	var b struct {
		ID int64 `json:"id"`
	}
	_ = json.Unmarshal(c.body, &b)
	return b.ID
}

func (c change) modified() string {
	var b struct {
		At string `json:"date_modified_gmt"`
	}
	_ = json.Unmarshal(c.body, &b)
	return b.At
}

// changed returns what is handed over in a transaction that may not write, on the
// one connection that it has.
func (w *world) changed(since time.Time) []change {
	w.t.Helper()
	tx, err := w.db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer tx.Rollback()
	var got []change
	err = woocommerce.Changed(w.t.Context(), tx, w.site, since, func(topic string, body []byte) error {
		got = append(got, change{topic, body})
		var one int
		return tx.QueryRow("SELECT 1").Scan(&one) // the connection is free
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

var platform = adapter.New(adapter.Options{})

var config = integrations.Config{
	Secrets: []enrolld.Secret{"secret-0123456789"}, Settings: []byte(`{"shop":"https://shop.example.com","instalments":["16"]}`),
}

func (c change) identity() string { return platform.Identify(config, c.request()).Key }

func (c change) parse(t testing.TB) integrations.Parsed {
	t.Helper()
	p, err := platform.Parse(config, c.request())
	if err != nil {
		t.Fatalf("parse %s %d: %v", c.topic, c.id(), err)
	}
	return p
}
