package wordpress

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVisitorSeesNotice(t *testing.T) {
	f := wp(t)
	chosen := f.eval(t, `echo get_stylesheet();`)
	t.Cleanup(func() { f.eval(t, `switch_theme( '`+chosen+`' );`) })
	for _, theme := range []string{chosen, "twentytwentyone", "plain"} {
		if _, err := os.Stat(filepath.Join(f.ContentDir, "themes", theme)); err != nil {
			continue
		}
		f.eval(t, `switch_theme( '`+theme+`' );`)
		for name, id := range map[string]int64{"course": f.course, "lesson": f.lesson, "nested": f.nested} {
			t.Run(theme+"/"+name, func(t *testing.T) {
				got := f.get(t, "", pageURL(id))
				wantClosed(t, got, http.StatusForbidden, secret)
				login := strings.ReplaceAll(f.loginURL(id), "&", "&#038;")
				for _, want := range []string{`role="region"`, "This page is part of a course", login} {
					if !strings.Contains(got.body, want) {
						t.Errorf("the page lacks %q", want)
					}
				}
				if strings.Contains(got.body, "responses to") {
					t.Error("the page has a comments part")
				}
			})
		}
		if got := f.get(t, "", pageURL(f.free)); got.status != http.StatusOK ||
			!strings.Contains(got.body, "PUBLIC about") || got.header.Get("Cache-Control") != "" {
			t.Errorf("%s: an ordinary page: got %d, Cache-Control %q; want 200 with its text and no header",
				theme, got.status, got.header.Get("Cache-Control"))
		}
	}
}

// wantClosed checks that an answer does not hold text and is not kept.
func wantClosed(t *testing.T, got page, status int, text string) {
	t.Helper()
	if got.status != status {
		t.Errorf("status = %d, want %d", got.status, status)
	}
	if i := strings.Index(got.body, text); i >= 0 {
		t.Errorf("the answer gives away %q", got.body[max(0, i-200):min(len(got.body), i+100)])
	}
	if cc := got.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
		t.Errorf("Cache-Control = %q, want no-store", cc)
	}
}

func TestAccess(t *testing.T) {
	f := wp(t)
	jane, admin := f.cookie(t, f.jane), f.cookie(t, 1)
	// The test's plugin shows all pages below each, and so what jane may read.
	texts := map[int64]string{f.course: "SECRET course", f.lesson: "SECRET lesson", f.nested: "SECRET nested"}
	const later, past = "UTC_TIMESTAMP(6) + INTERVAL 1 HOUR", "UTC_TIMESTAMP(6) - INTERVAL 1 SECOND"
	tests := []struct {
		name    string
		cookie  string
		account int64 // 0 for no grant
		course  int64
		ends    string
		view    int64
		open    bool
	}{
		{"no grant", jane, 0, 0, "", f.course, false},
		{"granted", jane, 7, f.course, "NULL", f.course, true},
		{"granted, page below", jane, 7, f.course, "NULL", f.lesson, true},
		{"granted by the other account", jane, 8, f.course, "NULL", f.lesson, true},
		{"granted by a strange account", jane, 9, f.course, "NULL", f.course, false},
		{"ends later", jane, 7, f.course, later, f.lesson, true},
		{"has ended", jane, 7, f.course, past, f.lesson, false},
		{"course around a nested one", jane, 7, f.course, "NULL", f.nested, false},
		{"nested course", jane, 7, f.nested, "NULL", f.nested, true},
		{"course in which it is nested", jane, 7, f.nested, "NULL", f.lesson, false},
		{"visitor", "", 7, f.course, "NULL", f.course, false},
		{"editor", admin, 0, 0, "", f.lesson, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.account != 0 {
				f.grant(t, tt.account, tt.course, tt.ends)
			}
			got := f.get(t, tt.cookie, pageURL(tt.view))
			if !tt.open {
				wantClosed(t, got, http.StatusForbidden, texts[tt.view])
				return
			}
			if got.status != http.StatusOK || !strings.Contains(got.body, texts[tt.view]) {
				t.Errorf("got %d, want 200 with the page's text", got.status)
			}
			if cc := got.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
				t.Errorf("Cache-Control = %q, want no-store", cc)
			}
		})
	}
}

func TestRevokedAtOnce(t *testing.T) {
	f := wp(t)
	jane := f.cookie(t, f.jane)
	f.grant(t, 7, f.course, "NULL")
	if got := f.get(t, jane, pageURL(f.lesson)); got.status != http.StatusOK {
		t.Fatalf("with a grant: got %d, want 200", got.status)
	}
	f.revokeAll(t)
	got := f.get(t, jane, pageURL(f.lesson))
	wantClosed(t, got, http.StatusForbidden, secret)
	for _, want := range []string{
		"does not include this course", "jane@example.com", "Sourdough", f.URL + "/\"",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the notice lacks %q", want)
		}
	}
}

func TestHasAccess(t *testing.T) {
	f := wp(t)
	f.grant(t, 7, f.course, "NULL")
	got := f.eval(t, fmt.Sprintf(`
	foreach ( array( array( %d, %d ), array( %[1]d, %[3]d ), array( 0, %[2]d ) ) as $a ) {
		echo wp_json_encode( enrolld_has_access( ...$a ) ), ' ';
	}`, f.jane, f.course, f.nested))
	if want := "true false false "; got != want {
		t.Errorf("enrolld_has_access = %q, want %q", got, want)
	}
}

func TestUnreadableTableCloses(t *testing.T) {
	f := wp(t)
	jane := f.cookie(t, f.jane)
	f.grant(t, 7, f.course, "NULL")
	f.sql(t, "RENAME TABLE enrolld_access TO elsewhere")
	t.Cleanup(func() { f.sql(t, "RENAME TABLE elsewhere TO enrolld_access") })

	got := f.get(t, jane, pageURL(f.lesson))
	wantClosed(t, got, http.StatusServiceUnavailable, secret)
	if !strings.Contains(got.body, "try again in a few minutes") || got.header.Get("Retry-After") == "" {
		t.Error("the answer does not say to try again")
	}
	wantClosed(t, f.get(t, "", pageURL(f.lesson)), http.StatusForbidden, secret)
	log, err := os.ReadFile(filepath.Join(f.ContentDir, "debug.log"))
	if err != nil || !strings.Contains(string(log), "enrolld-companion: cannot read the access table") {
		t.Errorf("the log does not tell why (%v)", err)
	}
	h, err := f.client().Health(t.Context())
	if err != nil || h.TableOK {
		t.Errorf("Health = %+v, %v; want TableOK false", h, err)
	}
}

func (f *fixture) sql(t *testing.T, query string) {
	t.Helper()
	if _, err := f.db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestLeaksNothing(t *testing.T) {
	f := wp(t)
	var paths []string
	for _, id := range []int64{f.course, f.lesson, f.nested} {
		paths = append(paths,
			fmt.Sprintf("/?page_id=%d&feed=rss2", id),
			fmt.Sprintf("/?page_id=%d&embed=true", id),
			fmt.Sprintf("/?page_id=%d&preview=true", id),
			fmt.Sprintf("/?rest_route=/wp/v2/pages/%d", id),
			fmt.Sprintf("/?rest_route=/wp/v2/pages/%d&_embed=1&context=embed", id),
			fmt.Sprintf("/?rest_route=/wp/v2/comments&post=%d", id),
			fmt.Sprintf("/?rest_route=/oembed/1.0/embed&url=%s/?page_id=%d", f.URL, id),
		)
	}
	paths = append(paths, "/", pageURL(f.free),
		"/?s=Lesson", "/?s=one&feed=rss2", "/?s=one&feed=atom", "/?s=one&feed=rdf",
		"/?post_type=page&feed=rss2", "/?feed=comments-rss2", "/?feed=comments-atom", "/?feed=rss2&withcomments=1",
		"/?rest_route=/wp/v2/pages&per_page=100", "/?rest_route=/wp/v2/pages&search=lesson&_embed=1",
		"/?rest_route=/wp/v2/comments&_embed=1", "/?rest_route=/wp/v2/search&search=lesson&type=post&_embed=1",
		fmt.Sprintf("/?rest_route=/wp/v2/media/%d", f.media), fmt.Sprintf("/?attachment_id=%d", f.media),
		"/?rest_route=/wp/v2/media", "/?rest_route=/wp/v2/comments/1", "/?rest_route=/wp/v2/comments/2")
	// Classic themes have a template that shows a picture on a page of its own.
	image := filepath.Join(f.ContentDir, "themes", f.eval(t, `echo get_stylesheet();`), "image.php")
	if err := os.WriteFile(image, []byte(`<?php echo wp_get_attachment_url();`), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(image) })
	jane := f.cookie(t, f.jane)
	for _, path := range paths {
		for who, cookie := range map[string]string{"visitor": "", "member without access": jane} {
			got := f.get(t, cookie, path)
			if i := strings.Index(got.body, secret); i >= 0 {
				t.Errorf("%s, %s: %d gives away %q", who, path, got.status,
					got.body[max(0, i-200):min(len(got.body), i+100)])
			}
		}
	}
	got := f.get(t, "", fmt.Sprintf("/?rest_route=/wp/v2/pages/%d", f.lesson))
	if got.status != http.StatusOK || !strings.Contains(got.body, `"protected":true`) ||
		strings.Contains(got.body, "builder") {
		t.Errorf("REST: got %d %s; want a protected page without other plugins' fields", got.status, got.body)
	}
	// What belongs to no course stays as it was.
	for _, path := range []string{"/?feed=comments-rss2", "/?rest_route=/wp/v2/comments", pageURL(f.free)} {
		if got := f.get(t, "", path); !strings.Contains(got.body, "PUBLIC comment") {
			t.Errorf("%s lacks the public comment", path)
		}
	}
}

func TestXMLRPCLeaksNothing(t *testing.T) {
	f := wp(t)
	value := func(v any) string { return fmt.Sprintf("<param><value>%v</value></param>", v) }
	for _, method := range []string{
		"wp.getPage", "wp.getPages", "wp.getPost", "wp.getComments", "metaWeblog.getPost",
		"metaWeblog.getRecentPosts", "mt.getRecentPostTitles", "blogger.getPost",
	} {
		params := value("1") + value("jane") + value("jane") + value(f.lesson)
		switch method {
		case "wp.getPage":
			params = value("1") + value(f.lesson) + value("jane") + value("jane")
		case "metaWeblog.getPost":
			params = value(f.lesson) + value("jane") + value("jane")
		}
		got := f.do(t, http.MethodPost, "", "/xmlrpc.php", `<?xml version="1.0"?><methodCall><methodName>`+method+
			"</methodName><params>"+params+"</params></methodCall>")
		if !strings.Contains(got.body, "methodResponse") || strings.Contains(got.body, secret) {
			t.Errorf("%s: got %s; want an answer without the text", method, got.body)
		}
	}
}

func TestCommentsAreClosed(t *testing.T) {
	f := wp(t)
	got := f.eval(t, fmt.Sprintf(`echo wp_json_encode( array( comments_open( %d ), comments_open( %d ),
		(int) get_comments_number( %[1]d ), (int) get_comments_number( %[2]d ) ) );`, f.lesson, f.free))
	if want := "[false,true,0,1]"; got != want {
		t.Errorf("open and number for lesson and free page = %s, want %s", got, want)
	}
}
