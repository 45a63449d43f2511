package storetest_test

import (
	"slices"
	"testing"
	"time"

	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestNew(t *testing.T) {
	t.Parallel()
	began := time.Now()
	a := storetest.New(t)
	t.Log("first", time.Since(began))
	began = time.Now()
	b := storetest.New(t)
	t.Log("second", time.Since(began))
	if a.Name() == b.Name() {
		t.Errorf("two tests share the database %s", a.Name())
	}
	steps, err := b.Migrations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 {
		t.Error("there are no migrations")
	}
	for _, s := range steps {
		if s.AppliedAt == nil {
			t.Errorf("migration %s is not applied", s.Name)
		}
	}
	if err := b.CheckSchema(t.Context()); err != nil {
		t.Errorf("CheckSchema = %v, want none", err)
	}
	var tables []string
	rows, err := b.Conn().QueryContext(t.Context(), "SHOW TABLES")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(tables, "enrolld_deliveries") {
		t.Errorf("the tables are %v, want enrolld_deliveries among them", tables)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.New(t)
	db.SetClock(clock.Now)
	first := db.Now()
	if got, want := clock.Advance(time.Hour), first.Add(time.Hour); !got.Equal(want) || !db.Now().Equal(want) {
		t.Errorf("an hour later it is %v and %v, want %v", got, db.Now(), want)
	}
	clock.Set(first)
	if got := db.Now(); !got.Equal(first) {
		t.Errorf("after Set it is %v, want %v", got, first)
	}
}
