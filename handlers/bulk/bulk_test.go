package bulk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/store"
	"enrolld/store/bulk"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, chooseView, decideView, previewView, progressView, resultView, listView)
}

// world is an academy with three customers on WordPress's tables.
type world struct {
	*gatetest.Rig
	bulks  *bulk.Bulks
	people []int64
	away   bool // the site cannot be read
	owner  *gatetest.Browser
}

var ink = enrolld.CourseRef{LMS: "page", ID: 12}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	courses := func(context.Context, int64) ([]course.Course, error) {
		if w.away {
			return nil, errors.New("the site is away")
		}
		return []course.Course{{Ref: ink, Title: "Ink & Wash"}}, nil
	}
	w.Rig = gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f, courses).Routes() })
	w.bulks = bulk.On(w.DB)
	schema, err := os.ReadFile(filepath.Join("..", "..", "store", "wordpress", "testdata", "schema-6.9.sql"))
	w.check(err)
	for s := range strings.SplitSeq(string(schema), ";\n") {
		if strings.TrimSpace(s) != "" && !strings.Contains(s, "enrolld_site_names") {
			w.Exec(s)
		}
	}
	w.Exec(`INSERT INTO wp_posts (ID, post_title, post_content, post_excerpt, to_ping, pinged, post_content_filtered, post_type)
		VALUES (12, 'Ink & Wash', '', '', '', '', '', 'page')`)
	w.Exec(`INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (12, '_enrolld_course', '1')`)
	w.check(w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		list, err := tx.LockCustomers(t.Context(), w.Account.ID, []enrolld.Customer{
			{Key: "ann@example.org", Email: "ann@example.org", First: "Ann", Last: "Lee"},
			{Key: "bob@example.org", Email: "bob@example.org", First: "Bob"}, {Key: "cleo@example.org", Email: "cleo@example.org"},
		})
		for _, c := range list {
			w.people = append(w.people, c.ID)
		}
		return err
	}))
	login, _ := w.Owner("maya@example.org", w.Account.ID)
	w.owner = w.As(login)
	return w
}

func (w *world) check(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// choose chooses everybody.
func (w *world) choose(ids ...int64) string {
	w.T.Helper()
	b, err := w.bulks.Choose(w.T.Context(), enrolld.Actor{LoginID: 1, Name: "Maya"}, w.Account.ID, bulk.Selection{Filter: store.CustomerFilter{IDs: ids}})
	w.check(err)
	return w.path("/" + strconv.FormatInt(b.ID, 10))
}

func (w *world) path(below string) string {
	return gatetest.Path(w.Account.ID, "/customers/bulk"+below)
}

func (w *world) work() {
	w.T.Helper()
	worker := bulk.NewWorker(w.DB, bulk.Options{})
	for n := 1; n > 0; {
		var err error
		n, err = worker.Step(w.T.Context())
		w.check(err)
	}
}

var (
	want  = gatetest.Want
	lacks = gatetest.Lacks
)

// TestGiveAndUndo goes the whole way: what is to be done, what would happen, the
// start, the end, the undoing.
func TestGiveAndUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.choose(w.people[0], w.people[1])
	want(t, "what to do", w.owner.Get(one), http.StatusOK, "What is to be done?", "Customers who were ticked: 2", "Give access", "Send a link to set a password")
	want(t, "give what", w.owner.Get(one+"?do=give"), http.StatusOK, "Ink &amp; Wash", `name="until"`, `name="notify" value="1" checked`)

	a := w.owner.Post(one, url.Values{"action": {"give"}, "until": {"2020-01-01"}})
	want(t, "nothing chosen", a, http.StatusUnprocessableEntity, "Choose at least one course.", "This day is over", `value="2020-01-01"`)
	a = w.owner.Post(one, url.Values{"action": {"give"}, "course": {"page:12"}, "notify": {"1"}})
	if a.Status != http.StatusSeeOther || a.Location == one {
		t.Fatalf("decided: got %d to %q, want a set of its own", a.Status, a.Location)
	}
	set := a.Location
	a = w.owner.Get(set)
	want(t, "preview", a, http.StatusOK, "Give ‘Ink &amp; Wash’ without end", "Give access to 2 customers", "2 emails go out", "Ann Lee", "can be undone")
	lacks(t, "preview", a, "cleo@example.org")
	want(t, "changing it", w.owner.Get(set+"?do=give"), http.StatusOK, `value="page:12"`, "checked")
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_grants`); n != 0 {
		t.Errorf("%d grounds before the start", n)
	}

	want(t, "start", w.owner.Post(set+"/start", nil), http.StatusSeeOther)
	want(t, "start again", w.owner.Post(set+"/start", nil), http.StatusSeeOther)
	want(t, "progress", w.owner.Get(set), http.StatusOK, "by now", "data-follow", `<progress value="0" max="2"`, set+"/cancel")
	w.work()
	a = w.owner.Get(set)
	want(t, "result", a, http.StatusOK, "Done", "Changed", "bob@example.org", set+"/undo", set+"/result.csv")
	lacks(t, "result", a, "Not possible", "data-follow")
	want(t, "file", w.owner.Get(set+"/result.csv"), http.StatusOK, "Email,First name,Last name,Result,Why", "ann@example.org,Ann,Lee,Changed,")
	want(t, "list", w.owner.Get(w.path("")), http.StatusOK, "Give ‘Ink &amp; Wash’ without end", set, "Maya")
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_access`); n != 2 {
		t.Errorf("%d have the course, want 2", n)
	}

	want(t, "undo?", w.owner.Get(set+"/undo"), http.StatusOK, "What was given ends for 2 customers")
	want(t, "undo", w.owner.Post(set+"/undo", nil), http.StatusSeeOther)
	want(t, "undoing", w.owner.Get(set), http.StatusOK, "Undoing")
	w.work()
	a = w.owner.Get(set + "?in=undone")
	want(t, "undone", a, http.StatusOK, "Undone", "ann@example.org")
	lacks(t, "undone", a, set+"/undo")
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_access`); n != 0 {
		t.Errorf("%d have the course still", n)
	}
}

// TestCountAgain: a set that is old can be counted anew, as it was decided; the
// text of the email is one of those that there are.
func TestCountAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.choose(w.people...)
	lacks(t, "without texts of one's own", w.owner.Get(one+"?do=give"), `name="template"`)
	w.Exec(`INSERT INTO enrolld_mail_templates (account_id, kind, name, lang, revision, subject, body, saved_at)
		VALUES (?, 'welcome', 'School', 'en', 1, 'Hello', '{set_password_link}', ?)`, w.Account.ID, w.DB.Now())
	want(t, "with them", w.owner.Get(one+"?do=give"), http.StatusOK, `name="template"`, "School")
	form := url.Values{"action": {"give"}, "course": {"page:12"}, "until": {"2099-01-31"}, "notify": {"1"}, "template": {"Gone"}}
	want(t, "a text that is gone", w.owner.Post(one, form), http.StatusUnprocessableEntity, "not there any more", `value="2099-01-31"`)
	form.Set("template", "School")
	set := w.owner.Post(one, form).Location
	a := w.owner.Get(set)
	want(t, "fresh", a, http.StatusOK, "In the words of ‘School’")
	lacks(t, "fresh", a, "Count again")
	w.Clock.Advance(2 * time.Hour)
	a = w.owner.Get(set)
	want(t, "old", a, http.StatusOK, "Count again")
	again := url.Values{}
	for name, list := range form {
		for _, v := range list {
			want(t, "old", a, http.StatusOK, `name="`+name+`" value="`+v+`"`)
			again.Add(name, v)
		}
	}
	next := w.owner.Post(set, again).Location
	a = w.owner.Get(next)
	want(t, "counted anew", a, http.StatusOK, "Give ‘Ink &amp; Wash’ until 31 January 2099", "3 emails go out", "School")
	w.owner.Post(next+"/start", nil)
	w.work()
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_messages WHERE kind = 'welcome' AND data LIKE '%"template":"School"%'`); n != 3 {
		t.Errorf("%d messages in the text that was chosen, want 3", n)
	}
}

// TestStopped: who was not reached when it was stopped is not among those who were
// changed, in no list.
func TestStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.owner.Post(w.choose(w.people...), url.Values{"action": {"give"}, "course": {"page:12"}}).Location
	want(t, "start", w.owner.Post(set+"/start", nil), http.StatusSeeOther)
	_, err := bulk.NewWorker(w.DB, bulk.Options{Batch: 1}).Step(t.Context())
	w.check(err)
	want(t, "stop?", w.owner.Get(set+"/cancel"), http.StatusOK, "1 of 3 customers are done")
	want(t, "stop", w.owner.Post(set+"/cancel", nil), http.StatusSeeOther)
	a := w.owner.Get(set)
	want(t, "changed", a, http.StatusOK, "ann@example.org", set+"?in=waits")
	lacks(t, "changed", a, "bob@example.org", "cleo@example.org")
	a = w.owner.Get(set + "?in=waits")
	want(t, "not done", a, http.StatusOK, "bob@example.org", "cleo@example.org", "Not done")
	lacks(t, "not done", a, "ann@example.org")
	want(t, "file", w.owner.Get(set+"/result.csv"), http.StatusOK, "ann@example.org,Ann,Lee,Changed,", "bob@example.org,Bob,,Not done,")
}

func TestForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.choose(w.people...)
	for _, tt := range []struct {
		form url.Values
		want string
	}{
		{url.Values{"action": {"extend"}, "course": {"page:12"}}, "Enter a number of days, or a last day."},
		{url.Values{"action": {"extend"}, "course": {"page:12"}, "days": {"7"}, "until": {"2099-01-01"}}, "not both"},
		{url.Values{"action": {"extend"}, "course": {"page:12"}, "days": {"x"}}, "from 1 to 3650"},
		{url.Values{"action": {"extend"}, "course": {"page:12"}, "until": {"soon"}}, "Enter the last day"},
		{url.Values{"action": {"take"}, "course": {"nonsense"}}, "Choose courses from the list."},
		{url.Values{"action": {"give"}, "course": {"page:99"}}, "The site has no course page:99"},
	} {
		want(t, tt.form.Encode(), w.owner.Post(one, tt.form), http.StatusUnprocessableEntity, tt.want)
	}
	want(t, "nothing that there is", w.owner.Post(one, url.Values{"action": {"erase"}}), http.StatusUnprocessableEntity)
	a := w.owner.Post(one, url.Values{"action": {"take"}, "course": {"page:12"}})
	want(t, "nobody would change", w.owner.Get(a.Location), http.StatusOK, "There is nothing to do", "3")
	want(t, "nor can it be started", w.owner.Post(a.Location+"/start", nil), http.StatusSeeOther)
	want(t, "and it says so", w.owner.Get(a.Location), http.StatusOK, "There is nothing to do for anybody in this set.")
	w.away = true
	want(t, "the site is away", w.owner.Get(one+"?do=give"), http.StatusOK, "The site&#39;s courses cannot be read")
}

// TestWelcomeNeedsThePermission: links to set a password are for who may send them,
// to many as to one.
func TestWelcomeNeedsThePermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.choose(w.people...)
	login, _ := w.Person("ben@example.org", w.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, Scope: enrolld.Everything(), Rights: map[enrolld.Permission]time.Time{enrolld.PermCustomersBrowse: {}},
	})
	ben := w.As(login)
	a := ben.Get(one)
	want(t, "what to do", a, http.StatusOK, "Give access")
	lacks(t, "what to do", a, "Send a link")
	want(t, "decide", ben.Post(one, url.Values{"action": {"welcome"}}), http.StatusUnprocessableEntity)
	a = w.owner.Post(one, url.Values{"action": {"welcome"}})
	want(t, "the owner's", w.owner.Get(a.Location), http.StatusOK, "With whom it is not possible", "there is no WordPress user yet")
	want(t, "start the owner's", ben.Post(a.Location+"/start", nil), http.StatusForbidden)
	some, _ := w.Person("tomas@example.org", w.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, All: true, Scope: enrolld.Scope{AllAccounts: true},
	})
	want(t, "some products only", w.As(some).Get(one), http.StatusForbidden)
}
