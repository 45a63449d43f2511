package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
)

func TestEnsureUsers_largeBatch(t *testing.T) {
	w := newWorld(t)
	var people []Person
	for i := range 1203 {
		people = append(people, Person{Email: fmt.Sprintf("info@d%d.example", i), First: "Ann",
			Last: fmt.Sprint(i)})
	}
	c := &counting{}
	_, err := w.inTx(func(tx *sql.Tx) error {
		c.Conn, c.n = tx, 0
		_, err := EnsureUsers(context.Background(), c, w.site, w.info, people, testNow)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := w.one(`SELECT COUNT(DISTINCT user_login), COUNT(DISTINCT user_nicename),
		(SELECT COUNT(*) FROM wp_usermeta), (SELECT COUNT(*) FROM enrolld_site_names) FROM wp_users`)
	if want := fmt.Sprintf("1203|1203|%d|%d", 1203*13, 1203*3); got != want {
		t.Errorf("logins|nicenames|meta|reservations = %s, want %s", got, want)
	}
	if c.n > 100 {
		t.Errorf("%d statements for 1203 users", c.n)
	}
	t.Logf("%d statements for 1203 new users of one name", c.n)
}

func TestEnsureUsers_concurrent(t *testing.T) {
	w := newWorld(t)
	const workers, people = 50, 40
	results := make([][]Result, workers)
	var group sync.WaitGroup
	var mu sync.Mutex
	retries := 0
	for i := range workers {
		group.Go(func() {
			var mine []Person
			for j := range 20 {
				n := (i*7 + j*3) % people
				mine = append(mine, Person{Email: fmt.Sprintf("p%d@d%d.example", n%5, n)})
			}
			tries, err := w.inTx(func(tx *sql.Tx) (err error) {
				results[i], err = EnsureUsers(context.Background(), tx, w.site, w.info, mine, testNow)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			retries += tries - 1
			if err != nil {
				t.Errorf("worker %d: %v", i, err)
			}
		})
	}
	group.Wait()
	t.Logf("%d retries", retries)
	created := 0
	byEmail := map[string]int64{}
	for _, rs := range results {
		for _, r := range rs {
			if r.User.Created {
				created++
			}
			if id, ok := byEmail[r.User.Email]; ok && id != r.User.ID {
				t.Errorf("%s is user %d and %d", r.User.Email, id, r.User.ID)
			}
			byEmail[r.User.Email] = r.User.ID
		}
	}
	got := w.one(`SELECT COUNT(*), COUNT(DISTINCT user_email), COUNT(DISTINCT user_login),
		COUNT(DISTINCT user_nicename), (SELECT COUNT(*) FROM wp_usermeta) FROM wp_users`)
	if want := fmt.Sprintf("%d|%d|%d|%d|%d", people, people, people, people, 13*people); got != want {
		t.Errorf("users|emails|logins|nicenames|meta = %s, want %s", got, want)
	}
	if created != people {
		t.Errorf("%d results say created, want %d", created, people)
	}
}

func BenchmarkEnsureUsers(b *testing.B) {
	for _, size := range []int{1, 500, 2000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := newWorld(b)
			n := 0
			for b.Loop() {
				people := make([]Person, size)
				for i := range people {
					n++
					people[i] = Person{Email: fmt.Sprintf("jane%d@example.com", n), First: "Jane",
						Last: "Doe"}
				}
				w.ensure(people...)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "users/s")
		})
	}
}
