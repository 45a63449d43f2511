package woocommerce

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/store/wordpress"
)

// Storage is where a shop keeps its orders.
type Storage string

// The storages.
const (
	None   Storage = ""       // no WooCommerce
	Tables Storage = "tables" // {P}wc_orders and its sisters, since WooCommerce 8.2 the usual one
	Posts  Storage = "posts"  // {P}posts and {P}postmeta
)

// Has says whether the blog has WooCommerce, also one that was deactivated: what
// counts are its tables. Errors: Invalid for a site that cannot be named in SQL.
func Has(ctx context.Context, conn wordpress.Conn, site wordpress.Site) (bool, error) {
	storage, err := Find(ctx, conn, site)
	return storage != None, err
}

// Find says where the blog's WooCommerce keeps its orders. The tables are those
// of this blog, so every blog of a network answers for itself.
func Find(ctx context.Context, conn wordpress.Conn, site wordpress.Site) (Storage, error) {
	s, err := find(ctx, conn, site)
	return s.storage, err
}

// shop is one blog's WooCommerce.
type shop struct {
	conn     wordpress.Conn
	site     wordpress.Site
	storage  Storage
	decimals int            // of the amounts in a body: option woocommerce_price_num_decimals
	taxed    bool           // option woocommerce_prices_include_tax
	lateTax  bool           // option woocommerce_tax_round_at_subtotal: taxes are rounded when they are added up
	location *time.Location // of the dates in a body that do not end in _gmt
}

// table names a table of the blog. The site was validated.
func (s shop) table(name string) string {
	return "`" + s.site.Schema + "`.`" + s.site.Prefix() + name + "`"
}

// Tables of the storages. Those of the items are the same in both.
var (
	itemTables  = []string{"options", "posts", "postmeta", "woocommerce_order_items", "woocommerce_order_itemmeta"}
	orderTables = []string{"wc_orders", "wc_orders_meta", "wc_order_addresses", "wc_order_operational_data"}
)

const (
	optionTables   = "woocommerce_custom_orders_table_enabled"
	optionDecimals = "woocommerce_price_num_decimals"
	optionTaxed    = "woocommerce_prices_include_tax"
	optionLateTax  = "woocommerce_tax_round_at_subtotal"
)

// most decimals that we write; WooCommerce itself keeps 8.
const mostDecimals = 8

func find(ctx context.Context, conn wordpress.Conn, site wordpress.Site) (shop, error) {
	s := shop{conn: conn, site: site, location: time.UTC, decimals: 2}
	if err := site.Validate(); err != nil {
		return s, err
	}
	there, err := s.tables(ctx)
	if err != nil || !hasAll(there, itemTables, site) {
		return s, err
	}
	options, err := s.options(ctx)
	if err != nil {
		return s, err
	}
	switch {
	case options[optionTables] != "yes":
		s.storage = Posts
	case hasAll(there, orderTables, site):
		s.storage = Tables
	}
	if n, err := strconv.Atoi(strings.TrimSpace(options[optionDecimals])); err == nil {
		s.decimals = min(max(n, -n), mostDecimals)
	}
	s.taxed, s.lateTax = options[optionTaxed] == "yes", options[optionLateTax] == "yes"
	return s, nil
}

// open finds the shop and learns its zone. Errors: NotFound without WooCommerce.
func open(ctx context.Context, conn wordpress.Conn, site wordpress.Site) (shop, error) {
	s, err := find(ctx, conn, site)
	if err != nil {
		return s, err
	}
	if s.storage == None {
		return s, enrolld.Errorf(enrolld.NotFound, "there is no WooCommerce in the tables of %s", site)
	}
	info, err := wordpress.Inspect(ctx, conn, site)
	if err != nil {
		return s, err
	}
	s.location = info.Location
	return s, nil
}

// hasAll looks without case: a server may keep names in lower case.
func hasAll(there map[string]bool, names []string, site wordpress.Site) bool {
	for _, name := range names {
		if !there[strings.ToLower(site.Prefix()+name)] {
			return false
		}
	}
	return true
}

func (s shop) tables(ctx context.Context) (map[string]bool, error) {
	args := []any{s.site.Schema}
	for _, names := range [][]string{itemTables, orderTables} {
		for _, name := range names {
			args = append(args, s.site.Prefix()+name)
		}
	}
	names, err := collect(ctx, s.conn, func(rows *sql.Rows) (string, error) {
		var name string
		err := rows.Scan(&name)
		return strings.ToLower(name), err
	}, `SELECT TABLE_NAME FROM information_schema.TABLES
		WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (`+marks(len(args)-1)+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("look for the tables of WooCommerce: %w", err)
	}
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	return there, nil
}

func (s shop) options(ctx context.Context) (map[string]string, error) {
	rows, err := collect(ctx, s.conn, func(rows *sql.Rows) ([2]string, error) {
		var kv [2]string
		err := rows.Scan(&kv[0], &kv[1])
		return kv, err
	}, "SELECT option_name, option_value FROM "+s.table("options")+" WHERE option_name IN (?,?,?,?)",
		optionTables, optionDecimals, optionTaxed, optionLateTax)
	if err != nil {
		return nil, fmt.Errorf("read the options of WooCommerce: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, kv := range rows {
		out[kv[0]] = kv[1]
	}
	return out, nil
}
