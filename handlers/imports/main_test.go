package imports

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/store/importing"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, listView, newView, editView, readyView, rowsView, runView, resultView)
}

// desk is an academy on WordPress's tables, with its owner at the browser.
type desk struct {
	*gatetest.Rig
	*gatetest.Browser
	world   *pt.World
	screens *Screens
	imports *importing.Imports
	worker  *importing.Worker
	away    bool // the site cannot be read
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	w := pt.New(t)
	w.Exec(`UPDATE wp_posts SET post_status = 'publish' WHERE ID IN (12, 15, 18)`)
	w.Exec(`INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (12, '_enrolld_course', '1'), (15, '_enrolld_course', '1')`)
	d := &desk{world: w, imports: importing.On(w.DB), worker: importing.NewWorker(w.DB, importing.Options{})}
	courses := func(context.Context, int64) ([]course.Course, error) {
		if d.away {
			return nil, errors.New("the site is away")
		}
		return []course.Course{{Ref: pt.Course(12), Title: "Painting"}, {Ref: pt.Course(15), Title: "Sculpture"}}, nil
	}
	d.Rig = gatetest.On(t, w.DB, w.Clock, func(f *gate.Frame) []gate.Route {
		d.screens = New(f, courses)
		return d.screens.Routes()
	}, Nav...)
	d.Account = w.Account
	login, _ := d.Owner("maya@example.org", d.Account.ID)
	d.Browser = d.As(login)
	return d
}

// work has the worker work until nothing waits for it.
func (d *desk) work() {
	d.T.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = d.worker.Step(d.T.Context()); err != nil {
			d.T.Fatal(err)
		}
	}
}

func (d *desk) at(more string, args ...any) string {
	return gatetest.Path(d.Account.ID, "/imports"+fmt.Sprintf(more, args...))
}

// bring uploads a file and returns the address of its import.
func (d *desk) bring(file string, parts ...string) string {
	d.T.Helper()
	a := d.PostParts(d.at("/new"), append(parts, "file=list.csv", file)...)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, d.at("/")) {
		d.T.Fatalf("upload: %d to %q: %s", a.Status, a.Location, said(a))
	}
	return a.Location
}

// decide saves what an import's page shows, with some fields changed, in pairs.
func (d *desk) decide(at string, fields ...string) gatetest.Answer {
	d.T.Helper()
	form := fieldsOf(d.Get(at))
	for i := 0; i+1 < len(fields); i += 2 {
		if form.Del(fields[i]); fields[i+1] != "" {
			form.Add(fields[i], fields[i+1])
		}
	}
	return d.Post(at+"/edit", form)
}

// count decides on a course and has the rows counted.
func (d *desk) count(at string, fields ...string) gatetest.Answer {
	d.T.Helper()
	goes(d.T, "decide", d.decide(at, append([]string{"course", "page:12"}, fields...)...), at)
	d.work()
	return d.Get(at)
}

// start starts what an import's page shows.
func (d *desk) start(at string) gatetest.Answer {
	d.T.Helper()
	return d.Post(at+"/start", fieldsOf(d.Get(at)))
}

// take imports a file, and returns its page.
func (d *desk) take(file string, fields ...string) string {
	d.T.Helper()
	at := d.bring(file)
	d.count(at, fields...)
	goes(d.T, "start", d.start(at), at)
	d.work()
	return at
}

var (
	inputs  = regexp.MustCompile(`<input [^>]*>`)
	selects = regexp.MustCompile(`(?s)<select [^>]*name="([^"]*)".*?</select>`)
	chosen  = regexp.MustCompile(`<option value="([^"]*)" selected`)
	attr    = func(name string) *regexp.Regexp { return regexp.MustCompile(` ` + name + `="([^"]*)"`) }
)

// fieldsOf are what a browser would send of a page's forms.
func fieldsOf(a gatetest.Answer) url.Values {
	out := url.Values{}
	for _, in := range inputs.FindAllString(a.Body, -1) {
		name, value := attr("name").FindStringSubmatch(in), attr("value").FindStringSubmatch(in)
		if name == nil || value == nil || strings.Contains(in, `type="checkbox"`) && !strings.Contains(in, " checked") {
			continue
		}
		out.Add(name[1], html.UnescapeString(value[1]))
	}
	for _, s := range selects.FindAllStringSubmatch(a.Body, -1) {
		if v := chosen.FindStringSubmatch(s[0]); v != nil {
			out.Add(s[1], html.UnescapeString(v[1]))
		}
	}
	return out
}

var (
	mainPart = regexp.MustCompile(`(?s)<main.*</main>`)
	markup   = regexp.MustCompile(`(?s)<[^>]*>`)
	spaces   = regexp.MustCompile(`\s+`)
)

// said is what somebody reads on a page.
func said(a gatetest.Answer) string {
	return spaces.ReplaceAllString(html.UnescapeString(markup.ReplaceAllString(mainPart.FindString(a.Body), "")), " ")
}

func has(t testing.TB, what string, a gatetest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%s: status %d, want %d: %s", what, a.Status, status, said(a))
	}
	for _, text := range texts {
		if !strings.Contains(said(a), text) {
			t.Errorf("%s: %q is not on the page: %s", what, text, said(a))
		}
	}
}

func goes(t testing.TB, what string, a gatetest.Answer, to string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != to {
		t.Errorf("%s: %d to %q, want 303 to %q: %s", what, a.Status, a.Location, to, said(a))
	}
}

// person signs in as type User with the permission to browse and a scope.
func (d *desk) person(email string, s enrolld.Scope) *gatetest.Browser {
	d.T.Helper()
	s.AllAccounts = true
	login, _ := d.Person(email, d.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, Scope: s, Rights: map[enrolld.Permission]time.Time{enrolld.PermCustomersBrowse: {}},
	})
	return d.As(login)
}
