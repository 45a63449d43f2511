package store_test

import (
	"strings"
	"testing"

	"enrolld/store"
)

// TestEveryColumnIsClassified: a column that can hold text says what becomes of it
// when a customer is erased: in erasures, otherErasures, keptTables or keptColumns.
func TestEveryColumnIsClassified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unused := store.Inventory()
	inventory := store.Inventory()
	for _, column := range w.rows(`SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name LIKE 'enrolld\\_%' AND (character_maximum_length IS NOT NULL AND data_type <> 'enum' AND data_type <> 'set')`) {
		table, _, _ := strings.Cut(column, ".")
		_, whole := inventory[table+".*"]
		_, one := inventory[column]
		delete(unused, column)
		delete(unused, table+".*")
		switch {
		case !whole && !one:
			t.Errorf("%s is in no list of store/erase.go and store/erase_kept.go: can it name a customer, and what becomes of it then?", column)
		case whole && one:
			t.Errorf("%s is in two lists", column)
		}
	}
	for column := range unused {
		if column != "enrolld_customers.wp_user_id" { // a number that leads to the person
			t.Errorf("%s is listed, and there is no such text in the schema", column)
		}
	}
	for _, name := range []string{"enrolld_customers.email", "enrolld_messages.recipient", "enrolld_audit_personal.*"} {
		if inventory[name] != "erased" {
			t.Errorf("%s: got %q, want erased", name, inventory[name])
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	const ann = "Ann.Lee@example.org"
	for text, want := range map[string]bool{
		ann: true, `{"email":"ANN.lee@Example.org"}`: true, "email=ann.lee%40example.org&x=1": true, "email=ann%2Elee@example.org": false,
		`"ann.lee\u0040example.org"`: true, "%22ann.lee%40example.org%22": true, `\nann.lee@example.org`: true, `\u0022ann.lee@example.org`: true,
		"Write to ann.lee@example.org.": true, "<ann.lee@example.org>": true, "ann.lee@example.org+": true, "ann.lee@example.org\n": true,
		"joann.lee@example.org": false, "jo-ann.lee@example.org": false, "jo+ann.lee@example.org": false, "jo%2Bann.lee%40example.org": false,
		"ann.lee@example.org.uk": false, "ann.lee@example.organic": false, "ann.lee@example.org-x": false, "ann@example.org": false, "": false,
		"joann.lee@example.org, ann.lee@example.org": true,
	} {
		if got := store.Names([]byte(text), true, ann); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
	for text, want := range map[string]bool{ann: false, ann + ".": false, ann + ", ": true, ann + ".u": false} {
		if got := store.Names([]byte(text), false, ann); got != want {
			t.Errorf("%q, which goes on: got %t, want %t", text, got, want)
		}
	}
	if store.Names([]byte("anything@x.org"), true, "") {
		t.Error("no address stands in a text")
	}
}
