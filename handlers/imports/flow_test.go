package imports

import (
	"net/http"
	"strings"
	"testing"

	"enrolld"
)

const members = "Name;E-Mail;Rolle\n" +
	"Ann Lee;ann@example.org;admin\nBob Roe;bob@example.org;\n;nonsense;\nAnn;ANN@example.org;\n"

// TestFromUploadToUndo is one import from its file to the way back, page by page.
func TestFromUploadToUndo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(`INSERT INTO enrolld_mail_templates (account_id, kind, name, lang, revision, subject, body, button, saved_at)
		VALUES (?, 'welcome', 'Moved from Teachable', 'en', 1, 'We moved', '{set_password_link}', '', '2030-01-01'),
		(?, 'refunded', 'Sorry', 'en', 1, 'Sorry', 'Sorry', '', '2030-01-01')`, d.Account.ID, d.Account.ID)
	has(t, "no imports", d.Get(d.at("")), http.StatusOK, "No imports yet")
	has(t, "new", d.Get(d.at("/new")), http.StatusOK, "A file", "A list")

	at := d.bring(members)
	edit := d.Get(at)
	has(t, "draft", edit, http.StatusOK, "Ann Lee · Bob Roe", "ann@example.org", "Never read: an import gives no rights", "Painting", "Sculpture")
	if got := fieldsOf(edit); got.Get("role-0") != "name" || got.Get("role-1") != "email" || got.Has("role-2") || got.Get("delimiter") != "semicolon" {
		t.Errorf("proposed %v, want a name, an address and semicolons", got)
	}
	none := d.decide(at, "until", "2031-03-31", "role-0", "ignore")
	has(t, "no course", none, http.StatusUnprocessableEntity, "Choose at least one course")
	if got := fieldsOf(none); got.Get("until") != "2031-03-31" || got.Get("role-0") != "ignore" {
		t.Errorf("kept %v, want the day and the column as they were chosen", got)
	}
	has(t, "both are addresses", d.decide(at, "course", "page:12", "role-0", "email"), http.StatusUnprocessableEntity, "are both read as the email address")
	has(t, "unknown course", d.decide(at, "course", "page:99"), http.StatusUnprocessableEntity, "is not there any more")

	has(t, "unknown text", d.decide(at, "course", "page:12", "template", "Sorry"), http.StatusUnprocessableEntity, "This text is not there any more")

	goes(t, "decide", d.decide(at, "course", "page:12", "until", "2031-03-31", "notify", "1", "template", "Moved from Teachable"), at)
	has(t, "being counted", d.Get(at), http.StatusOK, "Being counted", "0% of the file is read", "Nothing is written to anybody")
	d.work()
	if n := d.Number("SELECT COUNT(*) FROM enrolld_customers"); n != 0 {
		t.Errorf("%d customers before it is started, want none", n)
	}
	has(t, "ready", d.Get(at), http.StatusOK, "2 people become customers and get Painting.", "1 row changes nothing", "1 row cannot be taken",
		"2 emails go out.", "in the text ‘Moved from Teachable’", "Import 2 people", "31 March 2031", "Column 3 “Rolle” is not read", "The same address came before in this file.")
	has(t, "what is wrong", d.Get(at+"?verdict=invalid"), http.StatusOK, "nonsense", "Column 2 “E-Mail”: ")
	if a := d.Get(at + "?verdict=invalid"); strings.Contains(said(a), "ann@example.org") {
		t.Error("the tab of rows that cannot be taken shows others")
	}

	seen := fieldsOf(d.Get(at))
	anew := fieldsOf(d.Get(at + "/edit"))
	anew.Set("course", "page:15")
	anew.Del("notify")
	goes(t, "somebody else decides anew", d.Post(at+"/edit", anew), at)
	goes(t, "start what is to be counted", d.Post(at+"/start", seen), at)
	d.work()
	goes(t, "start what was shown before", d.Post(at+"/start", seen), at)
	has(t, "not started", d.Get(at), http.StatusOK, "Ready to start", "Somebody decided anew", "get Sculpture.", "No emails go out.")
	anew.Set("course", "page:12")
	anew.Set("notify", "1")
	goes(t, "decide", d.Post(at+"/edit", anew), at)
	d.work()
	goes(t, "start", d.start(at), at)
	has(t, "running", d.Get(at), http.StatusOK, "Running", "Pause", "Cancel")
	if a := d.Post(at+"/start", nil); a.Status != http.StatusConflict {
		t.Errorf("start twice: %d, want 409", a.Status)
	}
	if a := d.Get(at + "/edit"); a.Status != http.StatusConflict {
		t.Errorf("change what runs: %d, want 409", a.Status)
	}
	d.work()
	if n := d.Number(`SELECT COUNT(*) FROM enrolld_messages WHERE kind = 'welcome' AND JSON_VALUE(data, '$.template') = 'Moved from Teachable'`); n != 2 {
		t.Errorf("%d welcomes in the text that was chosen, want 2", n)
	}
	done := d.Get(at)
	has(t, "done", done, http.StatusOK, "Done", "1 row was not taken", "Download the rows", "Undo", "See the customers")
	if !strings.Contains(done.Body, "/customers?import=") {
		t.Error("there is no link to the customers of the import")
	}
	has(t, "its rows", d.Get(at+"/rows?verdict=new"), http.StatusOK, "ann@example.org", "bob@example.org")

	rejected := d.Get(at + "/rejects.csv")
	if want := `attachment; filename="not-taken-list.csv"`; rejected.Header.Get("Content-Disposition") != want || !strings.Contains(rejected.Body, "nonsense") {
		t.Errorf("rejects: %q %q, want %q and the row", rejected.Header.Get("Content-Disposition"), rejected.Body, want)
	}
	mended := d.bring(strings.Replace(rejected.Body, "nonsense", "cleo@example.org", 1), "like", at[strings.LastIndex(at, "/")+1:])
	if got := fieldsOf(d.Get(mended)); got.Get("course") != "page:12" || got.Get("until") != "2031-03-31" || got.Get("notify") != "1" || got.Get("template") != "Moved from Teachable" || got.Get("role-2") != "email" {
		t.Errorf("the mended file: %v, want the terms and columns of before", got)
	}
	goes(t, "decide on it", d.decide(mended), mended)
	d.work()
	has(t, "the mended file", d.Get(mended), http.StatusOK, "1 person becomes a customer", "Import 1 person")

	d.Exec(`UPDATE enrolld_grants SET ends_at = '2030-01-01' WHERE customer_id = (SELECT id FROM enrolld_customers WHERE email_key = 'bob@example.org')`)
	has(t, "undo?", d.Get(at+"/undo"), http.StatusOK, "2 people lose what this import gave: Painting.", "No emails go out")
	goes(t, "undo", d.Post(at+"/undo", nil), at)
	has(t, "being undone", d.Get(at), http.StatusOK, "Being undone", "0 of 2 customers")
	d.work()
	has(t, "undone", d.Get(at), http.StatusOK, "Undone", "Ann Lee", "Nothing of the import is left.")
	has(t, "kept", d.Get(at+"?bucket=kept"), http.StatusOK, "Bob Roe", "Painting: it was changed since")
	has(t, "failed", d.Get(at+"?bucket=failed"), http.StatusOK, "Nobody.")
	has(t, "list", d.Get(d.at("")), http.StatusOK, "list.csv", "Undone", "Ready to start", "Maya")
}

// TestSameListAgain says that a list was imported before, which may be done again: it
// is one more reason, that stays when the first import is undone.
func TestSameListAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.take(members)
	again := d.bring(members)
	ready := d.count(again)
	has(t, "ready", ready, http.StatusOK, "This is the same list as import 1 of 4 March 2026", "See that import",
		"2 known customers have all of it already and notice nothing.", "1 row changes nothing: the person came before in this file.",
		"Import 2 people", "Has it already: this list is one more reason.")
	if !strings.Contains(ready.Body, `href="`+first+`"`) {
		t.Error("there is no link to the import of the same list")
	}
	goes(t, "start", d.start(again), again)
	d.work()
	has(t, "done", d.Get(again), http.StatusOK, "2 customers have it for one more reason", "See the customers")
	has(t, "undo?", d.Get(again+"/undo"), http.StatusOK, "2 people lose what this import gave")
	goes(t, "undo the first", d.Post(first+"/undo", nil), first)
	d.work()
	has(t, "kept", d.Get(first+"?bucket=kept"), http.StatusOK, "Ann Lee", "Bob Roe", "Painting: another import gives it too")
	if a := d.count(d.bring("Email\nmia@example.org\n")); strings.Contains(said(a), "This is the same list") {
		t.Error("another list is said to be the same")
	}
}

// TestPaste takes a list as people have it; what is wrong with it is kept to be mended.
func TestPaste(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const typed = "Ann Lee, no address\n<script>"
	a := d.PostParts(d.at("/new"), "list", typed)
	has(t, "no address", a, http.StatusUnprocessableEntity, "There is no email address in the first rows", "Ann Lee, no address <script>")
	a = d.PostParts(d.at("/new"), "list", "Ann Lee <ann@example.org>\r\nbob@example.org\tBob\tRoe\r\nnobody\r\n")
	at := a.Location
	goes(t, "a list", a, at)
	has(t, "draft", d.Get(at), http.StatusOK, "Pasted list", "ann@example.org", "Ann Lee", "Bob Roe", "nobodyNot taken there is no email address here")
	has(t, "ready", d.count(at), http.StatusOK, "2 people become customers", "1 row cannot be taken", "No emails go out.")
}

// TestReadAnew reads a file in another way, by the form.
func TestReadAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	at := d.bring("mail,name\nann@example.org,\xa3ukasz\n")
	has(t, "as windows-1252", d.Get(at), http.StatusOK, "£ukasz")
	goes(t, "as iso-8859-2", d.decide(at, "encoding", "iso-8859-2", "course", "page:15"), at+"/edit")
	a := d.Get(at + "/edit")
	has(t, "as iso-8859-2", a, http.StatusOK, "Łukasz", "The file is read anew")
	if got := fieldsOf(a).Get("course"); got != "page:15" {
		t.Errorf("the course is %q, want it kept", got)
	}
	goes(t, "as a list", d.decide(at, "format", "list"), at+"/edit")
	has(t, "as a list", d.Get(at), http.StatusOK, "The first lines, as they are read.")
	d.decide(at, "format", "csv")
	goes(t, "without header", d.decide(at, "header", ""), at+"/edit")
	has(t, "without header", d.Get(at), http.StatusOK, "Column 1", "mail · ann@example.org")
}

// TestCancelAndDiscard has an import stop, and a draft go with its file.
func TestCancelAndDiscard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	at := d.bring(members)
	has(t, "discard?", d.Get(at+"/cancel"), http.StatusOK, "Nobody was imported")
	goes(t, "discard", d.Post(at+"/cancel", nil), d.at(""))
	if a := d.Get(at); a.Status != http.StatusNotFound {
		t.Errorf("a discarded import: %d, want 404", a.Status)
	}
	at = d.bring(members)
	d.count(at)
	discard := fieldsOf(d.Get(at + "/cancel"))
	d.start(at)
	if a := d.Post(at+"/cancel", discard); a.Status != http.StatusConflict {
		t.Errorf("discard what has begun meanwhile: %d, want 409", a.Status)
	}
	goes(t, "pause", d.Post(at+"/pause", nil), at)
	has(t, "paused", d.Get(at), http.StatusOK, "Paused", "Resume", "0% of the file, 0 rows")
	goes(t, "resume", d.Post(at+"/resume", nil), at)
	has(t, "cancel?", d.Get(at+"/cancel"), http.StatusOK, "0 people have something by it already", "undo the import afterwards")
	goes(t, "cancel", d.Post(at+"/cancel", nil), at)
	has(t, "cancelled", d.Get(at), http.StatusOK, "Cancelled", "The import was cancelled.")
	if a := d.Get(at + "/cancel"); a.Status != http.StatusConflict {
		t.Errorf("cancel twice: %d, want 409", a.Status)
	}
	if n := d.Number("SELECT COUNT(*) FROM enrolld_audit WHERE action LIKE 'import.%'"); n != 7 {
		t.Errorf("%d entries about imports, want 7: two came, one went, started, paused, resumed, cancelled", n)
	}
}

// TestSiteAway says so, and loses nothing.
func TestSiteAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	at := d.bring(members)
	d.away = true
	has(t, "draft", d.Get(at), http.StatusOK, "The site's courses cannot be read")
	has(t, "save", d.decide(at, "course", "page:12", "role-0", "first"), http.StatusUnprocessableEntity, "Nothing is lost: try again in a minute")
}

// TestScope: who was given some products learns nothing of imports.
func TestScope(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	at := d.take(members)
	b := d.person("narrow@example.org", enrolld.Scope{Products: []int64{1}})
	for _, path := range []string{d.at(""), d.at("/new"), at, at + "/rows", at + "/rejects.csv", at + "/events", at + "/undo"} {
		if a := b.Get(path); a.Status != http.StatusForbidden {
			t.Errorf("GET %s: %d, want 403", path, a.Status)
		}
	}
	if a := b.PostParts(d.at("/new"), "list", "ann@example.org"); a.Status != http.StatusForbidden {
		t.Errorf("upload: %d, want 403", a.Status)
	}
	wide := d.person("wide@example.org", enrolld.Scope{AllProducts: true})
	has(t, "with every product", wide.Get(at), http.StatusOK, "Done")
}
