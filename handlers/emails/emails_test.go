package emails

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, listView, messageView)
}

type world struct {
	*gatetest.Rig
	ann, bob int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Rig: gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f).Routes() }, Nav...)}
	w.ann, w.bob = w.customer("ann@example.org"), w.customer("bob@example.org")
	return w
}

func (w *world) customer(email string) int64 {
	w.T.Helper()
	return w.Insert(`INSERT INTO enrolld_customers (account_id, email_key, email, first_name, courses, created_at) VALUES (?,?,?,?,0,?)`,
		w.Account.ID, email, email, strings.ToUpper(email[:1])+email[1:3], w.DB.Now())
}

// mail adds a message.
func (w *world) mail(customer int64, kind enrolld.MessageKind, state string, set ...string) int64 {
	w.T.Helper()
	data, err := json.Marshal(enrolld.MessageData{
		SiteName: "Ink & Wash", SiteURL: "https://ink.example", LoginURL: "https://ink.example/wp-login.php", Login: "ann", FirstName: "Ann",
		Courses: []enrolld.MessageCourse{{Title: "Drawing", URL: "https://ink.example/drawing"}},
	})
	if err != nil {
		w.T.Fatal(err)
	}
	id := w.Insert(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, attempts, response, due_at, created_at)
		VALUES (?, ?, ?, UUID(), ?, ?, ?, 1, 'server words', ?, ?)`,
		w.Account.ID, customer, string(kind), fmt.Sprintf("to%d@example.org", customer), string(data), state, w.DB.Now(), w.DB.Now())
	for _, s := range set {
		w.Exec("UPDATE enrolld_messages SET "+s+" WHERE id = ?", id)
	}
	return id
}

func (w *world) path(below string, args ...any) string {
	return gatetest.Path(w.Account.ID, fmt.Sprintf(below, args...))
}

func (w *world) person(email string, s enrolld.Scope, permissions ...enrolld.Permission) *gatetest.Browser {
	w.T.Helper()
	s.AllAccounts = true
	rights := map[enrolld.Permission]time.Time{}
	for _, p := range permissions {
		rights[p] = time.Time{}
	}
	login, _ := w.Person(email, w.Account.ID, enrolld.Terms{Type: enrolld.TypeUser, Scope: s, Rights: rights})
	return w.As(login)
}

var (
	want  = gatetest.Want
	lacks = gatetest.Lacks
)

func TestEmails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.person("maya@example.org", enrolld.Everything(), enrolld.PermEmails, enrolld.PermCustomersBrowse, enrolld.PermPasswords)
	want(t, "none", owner.Get(w.path("/emails")), http.StatusOK, "No emails yet")
	welcome := w.mail(w.ann, enrolld.MessageWelcome, "sent", "sent_at = created_at")
	access := w.mail(w.ann, enrolld.MessageAccess, "dead")
	waits := w.mail(w.bob, enrolld.MessageAccess, "queued")
	w.mail(w.bob, enrolld.MessageAccess, "queued", "lease = 'abcdefghijklmnop'")
	w.mail(0, enrolld.MessageTeam, "sent") // the team's
	other := w.AddAccount("Another academy", 0)
	w.mail(w.ann, enrolld.MessageRefunded, "sent", fmt.Sprintf("account_id = %d", other.ID))

	w.mail(w.bob, enrolld.MessageWelcome, "bounced", "returned_text = '550 nobody here'", "response = '250 taken'")

	a := owner.Get(w.path("/emails"))
	want(t, "all", a, http.StatusOK, "Welcome", "New courses", "Given up", "Waits to be tried again", "Being sent", "server words",
		w.path("/customers/%d/emails/%d", w.ann, welcome))
	want(t, "what came back", a, http.StatusOK, "550 nobody here", w.path("/customers/%d", w.bob)+`"`)
	lacks(t, "all", a, "250 taken", "Team", "to0@example.org", ">Refunded</a>")
	a = owner.Get(w.path("/emails?state=dead"))
	want(t, "dead", a, http.StatusOK, w.path("/customers/%d/emails/%d", w.ann, access))
	lacks(t, "dead", a, w.path("/customers/%d/emails/%d", w.ann, welcome), w.path("/customers/%d/emails/%d", w.bob, waits))
	a = owner.Get(w.path("/emails?kind=welcome&state=dead"))
	want(t, "neither", a, http.StatusOK, "No email is like that")

	a = owner.Get(w.path("/customers/%d/emails/%d", w.ann, welcome))
	want(t, "the welcome", a, http.StatusOK, "Welcome to Ink", "[the link to set a password is not shown]", "As it would read now", "server words", "/again")
	lacks(t, "the welcome", a, "link-not-shown.invalid", "action=rp")
	want(t, "another one's", owner.Get(w.path("/customers/%d/emails/%d", w.bob, welcome)), http.StatusNotFound)
	a = owner.Get(w.path("/customers/%d/emails/%d", w.bob, waits))
	want(t, "one that waits", a, http.StatusOK, "Your access to Drawing")
	lacks(t, "one that waits", a, "/again")
}

// TestSendAgain queues it once more, once as long as it waits, and not too often.
func TestSendAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.person("ben@example.org", enrolld.Everything(), enrolld.PermEmails, enrolld.PermCustomersBrowse)
	id := w.mail(w.ann, enrolld.MessageAccess, "dead")
	again := w.path("/customers/%d/emails/%d/again", w.ann, id)
	want(t, "asked", ben.Get(again), http.StatusOK, "Send this email again?")
	want(t, "sent", ben.Post(again, nil), http.StatusSeeOther)
	const queued = `SELECT COUNT(*) FROM enrolld_messages WHERE cause LIKE 'resend:%' AND recipient = 'ann@example.org'`
	if n := w.Number(queued); n != 1 {
		t.Fatalf("%d were queued, want 1 to the customer's own address", n)
	}
	want(t, "while it waits", ben.Post(again, nil), http.StatusSeeOther)
	want(t, "it says so", ben.Get(w.path("/customers/%d/emails/%d", w.ann, id)), http.StatusOK, "waits to be sent already")
	if n := w.Number(queued); n != 1 {
		t.Errorf("%d were queued while it waits, want 1", n)
	}
	w.Exec(`UPDATE enrolld_messages SET state = 'sent'`)
	want(t, "after it went out", ben.Post(again, nil), http.StatusSeeOther)
	if n := w.Number(`SELECT COUNT(DISTINCT cause) FROM enrolld_messages WHERE cause LIKE 'resend:%'`); n != 2 {
		t.Errorf("%d causes, want 2", n)
	}
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'message.resent' AND customer_id = ?`, w.ann); n != 2 {
		t.Errorf("%d in the audit log, want 2", n)
	}
	for range 3 {
		ben.Post(again, nil)
	}
	want(t, "too often", ben.Post(again, nil), http.StatusTooManyRequests)
	welcome := w.mail(w.ann, enrolld.MessageWelcome, "sent")
	lacks(t, "a welcome", ben.Get(w.path("/customers/%d/emails/%d", w.ann, welcome)), "/again")
	want(t, "a welcome", ben.Post(w.path("/customers/%d/emails/%d/again", w.ann, welcome), nil), http.StatusForbidden)
}

// TestWhoMay: a list of emails is a list of customers, and it names every product.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.mail(w.ann, enrolld.MessageAccess, "sent")
	for name, b := range map[string]*gatetest.Browser{
		"by search only": w.person("search@example.org", enrolld.Everything(), enrolld.PermEmails, enrolld.PermCustomersSearch),
		"some products":  w.person("some@example.org", enrolld.Scope{}, enrolld.PermEmails, enrolld.PermCustomersBrowse),
		"no emails":      w.person("none@example.org", enrolld.Everything(), enrolld.PermCustomersBrowse),
	} {
		for _, path := range []string{w.path("/emails"), w.path("/customers/%d/emails/%d", w.ann, id), w.path("/customers/%d/emails/%d/again", w.ann, id)} {
			a := b.Get(path)
			want(t, name+" "+path, a, http.StatusForbidden)
			lacks(t, name+" "+path, a, "ann@example.org", w.path("/emails\""))
		}
	}
}
