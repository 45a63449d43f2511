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
