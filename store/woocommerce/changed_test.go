package woocommerce_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/store/woocommerce"
	"enrolld/store/wordpress"
)

func unix(date string) string {
	t, err := time.Parse("2006-01-02T15:04:05", date)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// TestSamples rebuilds the rows behind every snapshot that the adapter was tried
// with, and wants the snapshot, its key and its events back.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("../../integrations/woocommerce/testdata/samples/real_*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for storage := range storages {
		t.Run(string(storage), func(t *testing.T) {
			w, tried := newShop(t, storage), 0
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				var b node
				_ = json.Unmarshal(text, &b) // one is a list: of something that was gone
				if b.text("date_modified_gmt") == "" {
					continue // of something deleted: its number only
				}
				tried++
				w.empty()
				w.insert(storage, b)
				w.compareSample(t, strings.TrimSuffix(filepath.Base(file), ".json"), text, b)
			}
			if tried < 50 {
				t.Errorf("only %d samples have rows", tried)
			}
		})
	}
}

func (w *world) compareSample(t *testing.T, name string, text []byte, b node) {
	t.Helper()
	var got []change
	for _, c := range w.changed(time.Time{}) {
		if c.id() == b.id() {
			got = append(got, c)
		}
	}
	if len(got) != 1 {
		t.Errorf("%s: handed over %d times, want once", name, len(got))
		return
	}
	// Numbers of meta data are of rows that a test does not choose.
	clean := func(text []byte) json.RawMessage {
		var n node
		if err := json.Unmarshal(text, &n); err != nil {
			t.Fatal(err)
		}
		for _, row := range append([]node{n}, append(n.list("line_items"), n.list("removed_line_items")...)...) {
			for _, m := range row.list("meta_data") {
				delete(m, "id")
			}
		}
		out, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got[0].body = clean(got[0].body)
	compare(t, real{Name: name, Body: clean(text)}, got[0])
}

func (w *world) empty() {
	w.t.Helper()
	for _, table := range []string{
		"wc_orders", "wc_orders_meta", "wc_order_addresses", "wc_order_operational_data",
		"woocommerce_order_items", "woocommerce_order_itemmeta", "posts", "postmeta",
	} {
		w.exec("DELETE FROM " + w.site.Prefix() + table)
	}
}

// TestHas asks the tables, and the option which of them count.
func TestHas(t *testing.T) {
	w := newWorld(t)
	check := func(when string, want woocommerce.Storage) {
		t.Helper()
		got, err := woocommerce.Find(t.Context(), w.db, w.site)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", when, got, err, want)
		}
		has, err := woocommerce.Has(t.Context(), w.db, w.site)
		if err != nil || has != (want != woocommerce.None) {
			t.Errorf("%s: got %t, %v", when, has, err)
		}
	}
	check("WordPress alone", woocommerce.None)
	err := woocommerce.Changed(t.Context(), w.db, w.site, time.Time{}, func(string, []byte) error { return nil })
	if enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("no WooCommerce: got %v, want it not found", err)
	}
	w.load("testdata/schema.sql")
	check("both, no option", woocommerce.Posts)
	w.option("woocommerce_custom_orders_table_enabled", "yes")
	check("both, tables", woocommerce.Tables)
	w.option("woocommerce_custom_orders_table_enabled", "no")
	check("both, posts", woocommerce.Posts)
	w.option("woocommerce_custom_orders_table_enabled", "yes")
	w.exec("DROP TABLE wp_wc_order_operational_data")
	check("half the tables", woocommerce.None)
	other := w.site
	other.BlogID, other.Multisite = 2, true
	if has, err := woocommerce.Has(t.Context(), w.db, other); has || err != nil {
		t.Errorf("another blog: got %t, %v", has, err)
	}
	other.BasePrefix = "wp`_"
	if _, err := woocommerce.Has(t.Context(), w.db, other); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("a prefix with a quote: got %v, want it invalid", err)
	}
}

// TestPages hands over more than one list of numbers, many of one second, each
// once and the oldest first, and all from a moment on.
func TestPages(t *testing.T) {
	for storage := range storages {
		t.Run(string(storage), func(t *testing.T) {
			w := newShop(t, storage)
			into := `INSERT INTO wp_wc_orders (id, status, type, total_amount, date_created_gmt, date_updated_gmt)
				SELECT 20000 - seq, 'wc-completed', 'shop_order', seq, '2026-01-01', %s FROM seq_1_to_12000`
			if storage == woocommerce.Posts {
				into = `INSERT INTO wp_posts (ID, post_status, post_type, post_modified_gmt, post_content, post_title, post_excerpt,
					to_ping, pinged, post_content_filtered)
					SELECT 20000 - seq, 'wc-completed', 'shop_order', %s, '', '', '', '', '', '' FROM seq_1_to_12000`
			}
			// 11,000 in one second, more than a list holds; the others a second each.
			w.exec(fmt.Sprintf(into, "'2026-01-02 10:00:00' + INTERVAL IF(seq > 11000, seq - 11000, 0) SECOND"))
			all := w.changed(time.Time{})
			seen := map[int64]bool{}
			for i, c := range all {
				if seen[c.id()] {
					t.Fatalf("%d comes twice", c.id())
				}
				seen[c.id()] = true
				if i > 0 && c.modified() < all[i-1].modified() {
					t.Fatalf("%s comes after %s", c.modified(), all[i-1].modified())
				}
			}
			if len(all) != 12000 {
				t.Fatalf("got %d, want 12000", len(all))
			}
			from := time.Date(2026, 1, 2, 10, 16, 39, 999, time.UTC)
			if got := w.changed(from); len(got) != 2 || got[0].modified() != "2026-01-02T10:16:39" {
				t.Errorf("from the last but one second on: got %d", len(got))
			}
			if got := w.changed(from.Add(time.Hour)); len(got) != 0 {
				t.Errorf("after the last: got %d", len(got))
			}
		})
	}
}

// TestStops ends with the error of who takes, and with the context.
func TestStops(t *testing.T) {
	w := newShop(t, woocommerce.Tables)
	w.load("testdata/real-tables.sql")
	stop, n := errors.New("enough"), 0
	err := woocommerce.Changed(t.Context(), w.db, w.site, time.Time{}, func(string, []byte) error {
		if n++; n == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 3 {
		t.Errorf("got %v after %d", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := woocommerce.Changed(ctx, w.db, w.site, time.Time{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// TestNetwork reads the tables of the blog that was asked for.
func TestNetwork(t *testing.T) {
	w := newWorld(t)
	w.load("../wordpress/testdata/network-6.9.sql")
	w.site.BlogID, w.site.Multisite = 2, true
	w.exec("CREATE TABLE IF NOT EXISTS wp_2_postmeta LIKE wp_postmeta")
	w.load("testdata/schema.sql")
	w.option("woocommerce_custom_orders_table_enabled", "yes")
	w.exec("INSERT INTO wp_2_wc_orders (id, status, type, date_updated_gmt) VALUES (5, 'wc-failed', 'shop_order', '2026-01-01')")
	got := w.changed(time.Time{})
	if len(got) != 1 || got[0].id() != 5 {
		t.Errorf("got %v", got)
	}
	w.site = wordpress.Site{ID: 7, Schema: w.site.Schema, BasePrefix: "wp_", BlogID: 1, Multisite: true}
	if has, err := woocommerce.Has(t.Context(), w.db, w.site); has || err != nil {
		t.Errorf("the main blog: got %t, %v", has, err)
	}
}

// TestOdd reads what no plugin of ours wrote: nothing of it may end a run.
func TestOdd(t *testing.T) {
	for storage := range storages {
		t.Run(string(storage), func(t *testing.T) {
			w := newShop(t, storage)
			w.insert(storage, node{
				"id": 9.0, "parent_id": 0.0, "status": "like-new", "currency": "EUR", "total": "10.00",
				"date_modified_gmt": "2026-01-01T10:00:00",
				"line_items": []any{
					map[string]any{"id": 1.0, "name": "Box", "product_id": 3.0, "quantity": 1.0},
					map[string]any{"id": 2.0, "name": "In it", "product_id": 4.0, "quantity": 1.0},
					map[string]any{"id": 3.0, "name": "No rows at all"},
				},
			})
			w.insertMeta(storage, 9, "_subscription_renewal", `O:8:"stdClass":0:{}`)
			w.insertMeta(storage, 9, "_subscription_renewal", `a:2:{i:0;s:2:"71";i:1;i:72;}`)
			w.insertMeta(storage, 9, "_failed_renewal_order", nil)
			w.insertMeta(storage, 9, "_SUBSCRIPTION_switch", "77")
			w.insertMeta(storage, 9, "_a_secret", "sk_live_1")
			for _, m := range [][3]any{
				{1, "_bundle_cart_key", "abc"}, {2, "_bundled_by", "abc"}, {2, "_line_tax_data", "a:1:{"}, {3, "_note", strings.Repeat("x", 70000)},
			} {
				w.exec("INSERT INTO wp_woocommerce_order_itemmeta (order_item_id, meta_key, meta_value) VALUES (?,?,?)", m[0], m[1], m[2])
			}
			w.exec("DELETE FROM wp_woocommerce_order_itemmeta WHERE order_item_id = 3 AND meta_key <> '_note'")
			got := w.changed(time.Time{})
			if len(got) != 1 {
				t.Fatalf("got %d", len(got))
			}
			var b node
			if err := json.Unmarshal(got[0].body, &b); err != nil {
				t.Fatal(err)
			}
			var values []string
			for _, m := range b.list("meta_data") {
				text, _ := json.Marshal(m["value"])
				values = append(values, m.text("key")+" "+string(text))
			}
			slices.Sort(values)
			want := []string{"_failed_renewal_order null", `_subscription_renewal "O:8:\"stdClass\":0:{}"`, `_subscription_renewal ["71",72]`}
			if !slices.Equal(values, want) {
				t.Errorf("meta data: got %q, want %q", values, want)
			}
			lines := b.list("line_items")
			if lines[1]["bundled_by"] != 1.0 || lines[0]["bundled_by"] != nil || lines[2].text("total") != "0.00" {
				t.Errorf("lines: got %v", lines)
			}
			if strings.Contains(string(got[0].body), "sk_live") {
				t.Error("a secret of another plugin is in the body")
			}
		})
	}
}
