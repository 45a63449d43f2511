package team_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

// desk is a database with two logins, Ann and Bob, and a clock that stands still
// until the test moves it.
type desk struct {
	t        testing.TB
	db       *store.DB
	team     *team.Team
	clock    *storetest.Clock
	ann, bob enrolld.Login
	annLink  string // token of Ann's link to set her first password
}

// now is a moment at which a step of the authenticator apps begins, and one that
// scs, which has a clock of its own, takes for the future.
var deskTime = time.Date(2040, 3, 4, 5, 6, 30, 0, time.UTC)

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, db: storetest.New(t), clock: storetest.NewClock()}
	d.clock.Set(deskTime)
	d.db.SetClock(d.clock.Now)
	d.team = team.New(d.db)
	d.team.SetPasswordCost(&argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	var link enrolld.Secret
	d.ann, link = d.add(enrolld.Login{Email: "Ann@example.org", Name: "Ann Lee", Username: "ann.lee"})
	d.annLink = link.Reveal()
	d.bob, _ = d.add(enrolld.Login{Email: "bob@example.org", Name: "Bob Ray"})
	return d
}

var command = enrolld.Actor{Name: "command"}

func (d *desk) add(l enrolld.Login) (enrolld.Login, enrolld.Secret) {
	d.t.Helper()
	added, token, err := d.team.AddLogin(d.t.Context(), command, l)
	d.check(err)
	return added, token
}

func (d *desk) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// by is a login as an actor.
func by(l enrolld.Login) enrolld.Actor {
	return enrolld.Actor{LoginID: l.ID, Name: l.Name, Addr: "192.0.2.7", Request: "req"}
}

// stranger is nobody who signed in yet, at a browser.
var stranger = enrolld.Actor{Addr: "192.0.2.9", Request: "req"}

func (d *desk) login(id int64) enrolld.Login {
	d.t.Helper()
	l, err := d.team.Login(d.t.Context(), id)
	d.check(err)
	return l
}

func (d *desk) exec(query string, args ...any) {
	d.t.Helper()
	if _, err := d.db.Conn().ExecContext(d.t.Context(), query, args...); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
}

// rows reads a query, columns joined by |.
func (d *desk) rows(query string, args ...any) []string {
	d.t.Helper()
	list, err := store.Collect(d.t.Context(), d.db.Conn(), joinRow, query, args...)
	if err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	return list
}

func joinRow(rows *sql.Rows, to *string) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = "NULL"
		if c.Valid {
			texts[i] = c.String
		}
	}
	*to = strings.Join(texts, "|")
	return nil
}

func (d *desk) want(query string, want ...string) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.rows(query)); diff != "" {
		d.t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

func (d *desk) wantCode(what string, err error, want enrolld.Code) {
	d.t.Helper()
	if got := enrolld.CodeOf(err); got != want {
		d.t.Errorf("%s: got code %q (%v), want %q", what, got, err, want)
	}
}

// forget empties the audit log and the mail queue.
func (d *desk) forget() {
	d.t.Helper()
	d.exec(`DELETE FROM enrolld_audit`)
	d.exec(`DELETE FROM enrolld_messages`)
}

// wantActions compares what the audit log says that was done, and by whom.
func (d *desk) wantActions(want ...string) {
	d.t.Helper()
	d.want(`SELECT CONCAT(actor, ' ', action) FROM enrolld_audit ORDER BY id`, want...)
}

// wantMail compares what was mailed to whom.
func (d *desk) wantMail(want ...string) {
	d.t.Helper()
	var got []string
	for _, m := range d.mail() {
		got = append(got, string(m.Data.Team.Event)+" to "+m.To)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("mail (-want +got):\n%s", diff)
	}
}

// mail is the queue.
func (d *desk) mail() []enrolld.Message {
	d.t.Helper()
	list, err := store.Collect(d.t.Context(), d.db.Conn(), func(rows *sql.Rows, m *enrolld.Message) error {
		var data []byte
		if err := rows.Scan(&m.ID, &m.AccountID, &m.LoginID, &m.Kind, &m.To, &m.ToName, &data); err != nil {
			return err
		}
		return json.Unmarshal(data, &m.Data)
	}, `SELECT id, account_id, COALESCE(login_id, 0), kind, recipient, recipient_name, data FROM enrolld_messages ORDER BY id`)
	d.check(err)
	return list
}

// token is what the link in the newest mail of an event to an address carries.
func (d *desk) token(event enrolld.TeamEvent, to string) string {
	d.t.Helper()
	for _, m := range slices.Backward(d.mail()) {
		if m.To == to && m.Data.Team.Event == event {
			if m.Data.Team.Link.Purpose == "" {
				d.t.Fatalf("the mail %s to %s has no link with a token: %+v", event, to, m.Data.Team.Link)
			}
			return d.db.Keys().Token(m.Data.Team.Link.Purpose)
		}
	}
	d.t.Fatalf("no mail %s to %s", event, to)
	return ""
}

// browser is a session: its token as scs gives it, and the visit of its requests.
type browser struct {
	d     *desk
	token string
	visit *team.Visit
}

// browse opens a session of a login (the zero one: of nobody).
func (d *desk) browse(l enrolld.Login, token string) *browser {
	d.t.Helper()
	b := &browser{d: d, token: token, visit: &team.Visit{LoginID: l.ID, Epoch: l.Epoch, Addr: "192.0.2.7", Agent: "Firefox on Linux"}}
	d.check(b.commit("data of " + token))
	return b
}

func (b *browser) ctx() context.Context { return team.WithVisit(b.d.t.Context(), b.visit) }

func (b *browser) commit(data string) error {
	return b.d.team.Sessions().CommitCtx(b.ctx(), team.HashSession(b.token), []byte(data), b.d.clock.Now().Add(time.Hour))
}

// find is a new request of the browser: its data, and whether there is a session.
func (b *browser) find() (string, bool) {
	b.d.t.Helper()
	b.visit = &team.Visit{Addr: b.visit.Addr, Agent: b.visit.Agent}
	data, ok, err := b.d.team.Sessions().FindCtx(b.ctx(), team.HashSession(b.token))
	b.d.check(err)
	return string(data), ok
}

func (b *browser) wantOpen(what string, want bool) {
	b.d.t.Helper()
	if _, got := b.find(); got != want {
		b.d.t.Errorf("%s: the session of token %s is open: %v, want %v", what, b.token, got, want)
	}
}

// code is what an authenticator app with a secret shows at the desk's time.
func (d *desk) code(secret enrolld.Secret, later time.Duration) string {
	d.t.Helper()
	code, err := totp.GenerateCode(secret.Reveal(), d.clock.Now().Add(later))
	d.check(err)
	return code
}

// giveApp gives a login an authenticator app and moves past the code that did it.
func (d *desk) giveApp(l enrolld.Login) enrolld.Secret {
	d.t.Helper()
	secret, _, err := team.NewTOTP(l)
	d.check(err)
	d.check(d.team.ConfirmTOTP(d.t.Context(), command, l.ID, secret, d.code(secret, 0)))
	d.clock.Advance(time.Minute)
	return secret
}

func (d *desk) givePasskey(l enrolld.Login, name string) team.Passkey {
	d.t.Helper()
	d.check(d.team.AddPasskey(d.t.Context(), command, l.ID, name, []byte("credential "+name), []byte(`{}`)))
	list, err := d.team.Passkeys(d.t.Context(), l.ID)
	d.check(err)
	return list[len(list)-1]
}

// crowd runs f so many times at once and returns how many said yes.
func (d *desk) crowd(n int, f func() (bool, error)) int {
	d.t.Helper()
	type answer struct {
		ok  bool
		err error
	}
	start, answers := make(chan struct{}), make(chan answer)
	for range n {
		go func() {
			<-start
			ok, err := f()
			answers <- answer{ok, err}
		}()
	}
	close(start)
	yes := 0
	for range n {
		a := <-answers
		if a.err != nil {
			d.t.Error(a.err)
		}
		if a.ok {
			yes++
		}
	}
	return yes
}

// snapshot is everything that identity operations write, table by table.
func (d *desk) snapshot() map[string][]string {
	d.t.Helper()
	out := map[string][]string{}
	for _, table := range []string{
		"enrolld_logins", "enrolld_sessions", "enrolld_tokens", "enrolld_passkeys", "enrolld_recovery_codes", "enrolld_messages", "enrolld_audit",
	} {
		out[table] = d.rows(fmt.Sprintf("SELECT * FROM %s ORDER BY 1", table))
	}
	return out
}
