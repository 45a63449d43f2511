package importing_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"enrolld/store/importing"
)

// TestPartsInEachOthersWay has a part need what the next one holds, which waits for
// it to commit: the next one gives way.
func TestPartsInEachOthersWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(`CREATE TABLE narrow (id INT PRIMARY KEY, n INT NOT NULL)`)
	d.Exec(`INSERT INTO narrow VALUES (1, 0)`)
	d.Exec(`CREATE TRIGGER slow BEFORE INSERT ON wp_users FOR EACH ROW BEGIN
		IF NEW.user_email = 'p0@example.org' THEN DO SLEEP(0.2); END IF;
		UPDATE narrow SET n = n + 1; END`)
	w := importing.NewWorker(d.DB, importing.Options{Part: 5})
	w.SetPatience(10 * time.Millisecond)
	i := d.start(list(0, 30), terms(12))
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second) // below the server's patience with a lock
	defer cancel()
	for n := 1; n > 0; {
		var err error
		n, err = w.StepOf(ctx, i.ID)
		d.Check(err)
	}
	if got, want := d.get(i.ID).Counts, (importing.Counts{Rows: 30, New: 30}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.Want(`SELECT n FROM narrow`, "30")
}

// TestNamesakes are many of one name, in parts side by side.
func TestNamesakes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var file strings.Builder
	file.WriteString("Email\n")
	for n := range 60 {
		fmt.Fprintf(&file, "john@d%d.example.org\n", n)
	}
	if got, want := d.take(file.String(), terms(12)).Counts, (importing.Counts{Rows: 60, New: 60}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.Want(`SELECT COUNT(DISTINCT user_login), COUNT(DISTINCT user_nicename), SUM(user_login = 'john') FROM wp_users`, "60|60|1")
	d.Want(`SELECT COUNT(*), COUNT(DISTINCT user_id) FROM enrolld_site_names`, "180|60")
}

// TestOrderOfJoining: customers have their ids in the order of the file's parts,
// and so in that of their joining.
func TestOrderOfJoining(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(`CREATE TRIGGER slow BEFORE INSERT ON enrolld_customers FOR EACH ROW
		BEGIN IF NEW.email = 'p100@example.org' THEN DO SLEEP(0.1); END IF; END`)
	d.take(list(100, 60), terms(12))
	d.Want(`SELECT COUNT(*) FROM enrolld_customers a JOIN enrolld_customers b ON b.id > a.id
		AND FLOOR(SUBSTRING(b.email, 2, 3) / 7 - 100 / 7) < FLOOR(SUBSTRING(a.email, 2, 3) / 7 - 100 / 7)`, "0")
}
