package page_test

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"enrolld/handlers/page"
	"enrolld/handlers/page/pagetest"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, listView, objectView, formView, emptyView, signinView, page.Confirmation, page.Failure)
}

// galleryText returns the gallery's pages, with names in a fixed order.
func galleryText(t *testing.T) (names []string, pages map[string]string) {
	t.Helper()
	pages = map[string]string{}
	for name, w := range gallery(t) {
		names = append(names, name)
		pages[name] = w.Body.String()
	}
	slices.Sort(names)
	return names, pages
}

func TestRender_answer(t *testing.T) {
	t.Parallel()
	w := gallery(t)["form"]
	if w.Code != 422 {
		t.Errorf("status = %d, want 422", w.Code)
	}
	for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

var (
	inlineCode = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+="|javascript:|<script>|<no value>|ZgotmplZ`)
	ids        = regexp.MustCompile(`\sid="([^"]+)"`)
	refs       = regexp.MustCompile(`\s(?:for|aria-describedby|aria-labelledby|data-reveal)="([^"]+)"|href="#([^"]+)"`)
	svgs       = regexp.MustCompile(`<svg [^>]*>`)
)

func TestRender_noInlineCode(t *testing.T) {
	t.Parallel()
	names, pages := galleryText(t)
	for _, name := range names {
		if got := inlineCode.FindString(pages[name]); got != "" {
			t.Errorf("%s has %q, which the policy forbids or a template missed", name, got)
		}
	}
}

// TestRender_ids: every id is there once, and whatever names one finds it.
func TestRender_ids(t *testing.T) {
	t.Parallel()
	names, pages := galleryText(t)
	found := 0
	for _, name := range names {
		known := map[string]int{}
		for _, m := range ids.FindAllStringSubmatch(pages[name], -1) {
			known[m[1]]++
		}
		for id, n := range known {
			if n > 1 {
				t.Errorf("%s: id %q is there %d times, want once", name, id, n)
			}
		}
		for _, m := range refs.FindAllStringSubmatch(pages[name], -1) {
			for id := range strings.FieldsSeq(m[1] + m[2]) {
				found++
				if known[id] == 0 {
					t.Errorf("%s: %s names nothing", name, m[0])
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("%d references were looked at, want at least 50", found)
	}
}

func TestRender_iconsAreNamedOrHidden(t *testing.T) {
	t.Parallel()
	names, pages := galleryText(t)
	for _, name := range names {
		for _, svg := range svgs.FindAllString(pages[name], -1) {
			hidden := strings.Contains(svg, `aria-hidden="true"`)
			named := regexp.MustCompile(`role="img" aria-label="[^"]+"`).MatchString(svg)
			if hidden == named {
				t.Errorf("%s: %s is neither hidden nor named, or both", name, svg)
			}
		}
	}
}

func TestRender_escapes(t *testing.T) {
	t.Parallel()
	_, pages := galleryText(t)
	for _, tt := range []struct{ page, has, hasNot string }{
		{"list", "Eve &lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert"},
		{"list", `value="ann &#34;q&#34; &lt;b&gt;"`, "<b>"},
		{"form", "&lt;b&gt;dmitri&lt;/b&gt;@example.org", "<b>dmitri"},
		{"form", `value="Ann &#34;Inky&#34; O&#39;Neil"`, `"Inky"`},
		{"list", `<title>Users · Ink &amp; Wash Academy · Enrolld</title>`, "Ink & Wash"},
	} {
		if !strings.Contains(pages[tt.page], tt.has) {
			t.Errorf("%s lacks %s", tt.page, tt.has)
		}
		if strings.Contains(pages[tt.page], tt.hasNot) {
			t.Errorf("%s has %s", tt.page, tt.hasNot)
		}
	}
}

func TestRender_formKeepsValuesButNoPassword(t *testing.T) {
	t.Parallel()
	_, pages := galleryText(t)
	form := pages["form"]
	for _, secret := range []string{"correct horse", "battery staple"} {
		if strings.Contains(form, secret) {
			t.Errorf("the form shows the password %q", secret)
		}
	}
	for _, want := range []string{
		`<option value="DE" selected>`, `value="user" checked`, `value="customers.browse" checked`, `value="coupons.view" checked`,
		`name="notify" value="1" checked`, `value="25"`,
	} {
		if !strings.Contains(form, want) {
			t.Errorf("the form lost %s", want)
		}
	}
	if got := strings.Count(form, " checked"); got != 4 {
		t.Errorf("%d are checked, want 4", got)
	}
}

func TestRender_errorsAreSummedUpAndBesideTheField(t *testing.T) {
	t.Parallel()
	_, pages := galleryText(t)
	for _, want := range []string{
		"4 things need to be mended",
		`<li><a href="#field-email">Enter an email address.</a></li>`,
		`autocomplete="email" inputmode="email" spellcheck="false" required aria-describedby="field-email-hint field-email-error" aria-invalid="true">`,
		`<p class="error" id="field-email-error">`,
		`<li><a href="#field-permission">`,
	} {
		if !strings.Contains(pages["form"], want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if strings.Contains(pages["signin"], "data-errors") {
		t.Error("a form without errors has a summary")
	}
	if want := `<p id="errors-title">The email or the password`; !strings.Contains(pages["signin-fail"], want) {
		t.Errorf("one error about the whole form lacks %s", want)
	}
}

func TestRender_layoutFollowsPerson(t *testing.T) {
	t.Parallel()
	_, pages := galleryText(t)
	for _, tt := range []struct {
		page   string
		framed bool
	}{{"list", true}, {"error", true}, {"signin", false}, {"error-out", false}} {
		if got := strings.Contains(pages[tt.page], `id="nav"`); got != tt.framed {
			t.Errorf("%s: navigation = %t, want %t", tt.page, got, tt.framed)
		}
		if got := strings.Contains(pages[tt.page], `action="/sign-out"`); got != tt.framed {
			t.Errorf("%s: sign out = %t, want %t", tt.page, got, tt.framed)
		}
		if got := strings.Count(pages[tt.page], "<h1"); got != 1 {
			t.Errorf("%s has %d h1, want 1", tt.page, got)
		}
	}
}

type brokenPage struct {
	page.Base
	Form *page.Form
}

func broken(content string) fstest.MapFS {
	return fstest.MapFS{"templates/broken.tmpl": {Data: []byte(content)}}
}

// TestRender_failureWritesNothing: the page's first half is not sent.
func TestRender_failureWritesNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, content, err string }{
		{"nil in the middle", `{{define "content"}}much text{{.Form.Get "x"}}{{end}}`, "render broken"},
		{"unknown parameter", `{{define "content"}}{{template "back" (dict "url" "/" "lable" "x" "label" "y")}}{{end}}`, `no parameter "lable"`},
		{"missing parameter", `{{define "content"}}{{template "back" (dict "url" "/")}}{{end}}`, `"label" is missing`},
		{"unknown icon", `{{define "content"}}{{icon "nonsense"}}{{end}}`, `no icon "nonsense"`},
		{"unknown kind", `{{define "content"}}{{template "badge" (dict "kind" "fine" "text" "x")}}{{end}}`, `no kind "fine"`},
		{"unknown file", `{{define "content"}}{{asset "no.css"}}{{end}}`, `no static file "no.css"`},
		{"odd dict", `{{define "content"}}{{dict "a"}}{{end}}`, "in turn"},
		{"dict twice", `{{define "content"}}{{dict "a" 1 "a" 2}}{{end}}`, "twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			err := page.New[brokenPage](broken(tt.content), "broken").Render(w, 200, &brokenPage{})
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error = %v, want one with %q", err, tt.err)
			}
			if w.Body.Len() != 0 || len(w.Header()) != 0 {
				t.Errorf("wrote %q under %v, want nothing", w.Body, w.Header())
			}
		})
	}
}

// TestNew_ownScriptsAndSharedParts: what a screen's folder adds to the library.
func TestNew_ownScriptsAndSharedParts(t *testing.T) {
	t.Parallel()
	files := broken(`{{define "scripts"}}<script src="/own.js" defer></script>{{end}}{{define "content"}}{{template "ours" .Title}}{{end}}`)
	files["templates/_shared.tmpl"] = &fstest.MapFile{Data: []byte(`{{define "ours"}}<h1>{{.}}, shared</h1>{{end}}`)}
	w := httptest.NewRecorder()
	if err := page.New[brokenPage](files, "broken").Render(w, 200, &brokenPage{Base: page.Base{Title: "Passkeys"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<script src="/own.js" defer></script>`, "<h1>Passkeys, shared</h1>"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// TestNew_whatCannotRender: the check that every package runs finds it, and so
// does who shows the page, before anything is written.
func TestNew_whatCannotRender(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"no file":      {},
		"no content":   broken(`{{define "other"}}{{end}}`),
		"syntax":       broken(`{{define "content"}}{{if}}{{end}}`),
		"no such part": broken(`{{define "content"}}{{template "bagde" .}}{{end}}`),
		"escaping":     broken(`{{define "content"}}<a href="{{if .Form}}"{{end}}>{{end}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := page.New[brokenPage](files, "broken")
			if got := pagetest.Problems(v); len(got) == 0 {
				t.Error("the check finds nothing")
			}
			w := httptest.NewRecorder()
			if err := v.Render(w, 200, &brokenPage{}); err == nil || w.Body.Len() != 0 {
				t.Errorf("rendered with error %v: %q", err, w.Body)
			}
		})
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	posted := url.Values{"tag": {"a", "b"}}
	f := page.FormOf(posted).Set("name", "Ann")
	posted.Set("tag", "changed")
	if got := f.All("tag"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("All = %q, want a and b", got)
	}
	for _, tt := range []struct {
		name, value string
		want        bool
	}{{"tag", "b", true}, {"tag", "c", false}, {"none", "", false}, {"name", "Ann", true}} {
		if got := f.Has(tt.name, tt.value); got != tt.want {
			t.Errorf("Has(%q, %q) = %t, want %t", tt.name, tt.value, got, tt.want)
		}
	}
	if f.Failed() {
		t.Error("Failed before anything did")
	}
	f.Prefix = "invite-"
	f.Fail("name", "Enter a name.")
	f.Fail("name", "Second.")
	f.Fail("", "Everything is wrong.")
	want := []page.FieldError{{Field: "name", ID: "field-invite-name", Message: "Enter a name."}, {Message: "Everything is wrong."}}
	if got := f.Errors(); !slices.Equal(got, want) || !f.Failed() || f.Single() {
		t.Errorf("Errors = %+v, Failed %t, Single %t; want %+v, true, false", got, f.Failed(), f.Single(), want)
	}
}
