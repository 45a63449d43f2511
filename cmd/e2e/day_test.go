package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"enrolld"
	"enrolld/cmd/academy"
	"enrolld/handlers/gate"
	"enrolld/importer/importertest"
	"enrolld/store/team"
)

// day is a day of somebody who looks after the academy's customers.
type day struct {
	*world
	*person
}

// TestDay is that day: somebody asks for a course, somebody sees nothing of it,
// somebody is to be let in, a list comes from another system, one was pasted by
// mistake.
func TestDay(t *testing.T) {
	t.Parallel()
	w := Start(t)
	chrome := browser(t)
	olga, err := w.AddByHand(t.Context(), w.Owner, w.Account.ID, team.ByHand{
		Name: "Olga Day", Username: "olga", Email: "olga@inkandwash.example", Terms: enrolld.Terms{
			Type: enrolld.TypeUser, Scope: enrolld.Scope{AllAccounts: true, AllProducts: true},
			Rights: map[enrolld.Permission]time.Time{enrolld.PermCustomersBrowse: {}, enrolld.PermCustomersSearch: {}, enrolld.PermLogInAs: {}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := day{w, newPerson(chrome, t)}
	d.signIn(w, olga)

	dana := academy.Person{Email: "dana.day@example.org", First: "Dana", Last: "Daylight"}
	w.sell(t, academy.ThriveCart(number(), dana, false, time.Now()))
	w.mail(t, dana.Email, 1)
	member := newPerson(chrome, t)
	w.enter(t, member, dana.Email)
	w.mustBeClosed(t, member, w.Courses[2], noticeMember)

	d.givesACourse()
	w.mustBeOpen(t, member, w.Courses[2])
	d.looksAsTheMember()
	w.mustBeOpen(t, member, w.Courses[2]) // their own session goes on
	d.addsByHand(newPerson(chrome, t))
	d.importsAFile()
	d.pastesAListAndUndoesIt()
}

// address is one of the admin's, below the academy's account.
func (d day) address(below string) string { return d.admin(gate.AccountPath(d.Account.ID) + below) }

// course is how a form calls a course of the academy.
func (d day) course(n int) string { return fmt.Sprintf("page:%d", d.Courses[n].ID) }

// givesACourse finds a member by a part of the name, as it is typed, and gives a
// course more.
func (d day) givesACourse() {
	d.t.Helper()
	d.visit(d.address("/customers"))
	d.fill("q", "dayli")
	d.do(chromedp.WaitVisible(named("Dana Daylight")))
	d.click("Dana Daylight")
	d.mustSay("Order #", d.Courses[0].Title)
	d.click("Edit access")
	d.choose("give", d.course(2))
	d.click("Save access")
	d.mustSay("The access of Dana Daylight was changed.", "Given by Olga Day")
}

// looksAsTheMember logs in as the member whose page is open, and comes back.
func (d day) looksAsTheMember() {
	d.t.Helper()
	page := d.at()
	d.click("Log in as this customer")
	d.fill("reason", "Cannot see the video of lesson 1")
	d.do(chromedp.SetValue(field("course"), d.course(2)))
	d.do(chromedp.Click(named("Log in"), chromedp.NodeVisible))
	d.reach(d.Courses[2].URL)
	content := d.eval(d.t, `echo wp_strip_all_tags( explode( '</p>', get_post( %d )->post_content )[0] );`, d.Courses[2].ID)
	d.mustSay(content, "Dana Daylight", "Olga Day")
	d.do(chromedp.Click(named("End now"), chromedp.NodeVisible))
	d.reach(page)
	d.mustSay("Cannot see the video of lesson 1")
	d.mustBeClosed(d.t, d.person, d.Courses[2], noticeStranger)
}

// addsByHand adds somebody, who gets a mail, sets a password and is in.
func (d day) addsByHand(newcomer *person) {
	d.t.Helper()
	d.visit(d.address("/customers/new"))
	d.fill("email", "nora.new@example.org")
	d.fill("first", "Nora")
	d.fill("last", "New")
	d.choose("course", d.course(1))
	d.click("Add customer")
	d.mustSay("nora.new@example.org was added, and an email is on its way.")
	d.mail(d.t, "nora.new@example.org", 1)
	d.world.enter(d.t, newcomer, "nora.new@example.org")
	d.mustBeOpen(d.t, newcomer, d.Courses[1])
}

// importsAFile brings ten thousand rows as the world makes them, mends what was
// not taken and brings it again.
func (d day) importsAFile() {
	d.t.Helper()
	file := importertest.Messy(7, 10_000)
	ready := 0 // WordPress takes no letters but ASCII's in an address
	for _, p := range file.Ready {
		if isASCII(p.Email) {
			ready++
		}
	}
	d.brings("New import", "file", file.Bytes)
	d.choose("course", d.course(1))
	d.quietly()
	d.checks()
	d.mustSay(grouped(ready)+" people become customers", "Import "+grouped(ready)+" people")
	d.starts()
	if got := d.given(); got != ready {
		d.t.Fatalf("the import gave something to %d people, want %d", got, ready)
	}
	rejected := run1(d.person, chromedp.Evaluate[string](fetchRejects, chromedp.EvalAwaitPromise))
	mended, n := d.mended(rejected)
	if n < file.Invalid {
		d.t.Fatalf("%d rows to mend, want the %d that cannot be read at least", n, file.Invalid)
	}
	d.brings("", "file", mended)
	d.checks()
	d.mustSay("Import " + grouped(n) + " people")
	d.starts()
	if got := d.given(); got != n {
		d.t.Fatalf("the mended rows gave something to %d people, want %d", got, n)
	}
}

const fetchRejects = `fetch([...document.querySelectorAll('a[download]')][0].href).then((r) => r.text())`

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 }) }

// mended gives every rejected row an address and a name that can be taken; n is
// how many there are.
func (d day) mended(rejected string) (file []byte, n int) {
	d.t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(rejected, "\ufeff")))
	r.Comma, r.FieldsPerRecord = ';', -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		d.t.Fatalf("the rejected rows: %d, %v:\n%.500s", len(rows), err, rejected)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = ';'
	for i := range rows {
		row := slices.Clone(rows[0])
		for n, name := range row {
			switch {
			case i == 0:
			case strings.Contains(name, "Correo"):
				row[n] = fmt.Sprintf("mended%d@example.org", i)
			case name == "Nombre":
				row[n] = "Mended"
			default:
				row[n] = ""
			}
		}
		if err := w.Write(row); err != nil {
			d.t.Fatal(err)
		}
	}
	w.Flush()
	return out.Bytes(), len(rows) - 1
}

// pastesAListAndUndoesIt pastes three people, and takes it back.
func (d day) pastesAListAndUndoesIt() {
	d.t.Helper()
	d.visit(d.address("/imports/new"))
	d.do(chromedp.SetValue(field("list"), "Pia Paste <pia.paste@example.org>\npaul.paste@example.org, Paul Paste\npim.paste@example.org"))
	d.click("Use this list")
	d.choose("course", d.course(0))
	d.quietly()
	d.checks()
	d.mustSay("Import 3 people")
	d.starts()
	if got := d.given(); got != 3 {
		d.t.Fatalf("the list gave something to %d people, want 3", got)
	}
	if !d.hasAccess(d.t, "pia.paste@example.org", 0) {
		d.t.Error("who was pasted has no access")
	}
	d.do(chromedp.Click(named("Undo"), chromedp.NodeVisible))
	undo := chromedp.Search(`//form//button[starts-with(normalize-space(.), "Undo")]`)
	d.load(chromedp.Click(undo, chromedp.NodeVisible))
	d.comesTo("Who it was undone for")
	if d.hasAccess(d.t, "pia.paste@example.org", 0) {
		d.t.Error("after the undo who was pasted has access still")
	}
}

// brings uploads a file by the form of a new import, or by the one that is open.
func (d day) brings(fresh, name string, content []byte) {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), "clientes.csv")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		d.t.Fatal(err)
	}
	if fresh != "" {
		d.visit(d.address("/imports/new"))
	}
	d.do(chromedp.SetUploadFiles(field(name), []string{path}))
	d.click("Upload the file")
}

// quietly unticks the box that has everybody told.
func (d day) quietly() {
	d.t.Helper()
	run1(d.person, chromedp.Evaluate[bool](`document.querySelector('[name=notify]').checked = false, true`))
}

// checks has every row looked at, and waits until it is done.
func (d day) checks() {
	d.t.Helper()
	d.click("Check every row")
	d.comesTo("Ready to start")
}

// starts begins what was checked, and waits until it has ended.
func (d day) starts() {
	d.t.Helper()
	d.load(chromedp.Click(chromedp.CSS(`form[action$="/start"] button`), chromedp.NodeVisible))
	d.comesTo("It has ended")
}

// given counts whom the import whose page is open gave something.
func (d day) given() int {
	d.t.Helper()
	return d.count(d.t, `SELECT COUNT(DISTINCT customer_id) FROM enrolld_grants WHERE cause_kind = 'import' AND state = 'live' AND cause_id = ?`,
		filepath.Base(d.at()))
}

// reach waits until an address is open: pages on the way lead on by themselves.
func (d day) reach(address string) {
	d.t.Helper()
	d.becomes(address, fmt.Sprintf(`location.href.endsWith(%q)`, address))
}

// comesTo waits for words: a page that shows progress leads on by itself.
func (d day) comesTo(words string) {
	d.t.Helper()
	d.becomes(words, fmt.Sprintf(`document.body.innerText.includes(%q)`, words))
}

// becomes waits for something to be true of the page, whichever it is by then.
func (d day) becomes(what, expression string) {
	d.t.Helper()
	eventually(d.t, what, func() bool {
		is, err := chromedp.Run(d.ctx, chromedp.Evaluate[bool](`document.readyState === 'complete' && `+expression))
		return err == nil && is
	})
}

// mustSay says what the page that is open is to say.
func (d day) mustSay(words ...string) {
	d.t.Helper()
	text := run1(d.person, chromedp.Evaluate[string](pageText))
	for _, w := range words {
		if !strings.Contains(text, w) {
			d.t.Fatalf("the page does not say %q:\n%s", w, d.where())
		}
	}
}

// grouped writes a number as pages do.
func grouped(n int) string {
	s := fmt.Sprint(n)
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}
