package wordpress

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestEntrySaysNothing: nobody speaks, or completes a lesson, in the customer's
// name; the customer does.
func TestEntrySaysNothing(t *testing.T) {
	f := wp(t)
	const sentence = "or said in their name"
	token, _ := f.ask(t, asked{user: f.jane})
	ours, jane := f.browser(t), f.browser(t)
	ours.enter(token)
	jane.logIn("jane")
	form := url.Values{"comment": {"WORDS of the form"}, "comment_post_ID": {fmt.Sprint(f.free)}, "comment_parent": {"0"}}
	t.Cleanup(func() {
		f.eval(t, fmt.Sprintf(`foreach ( get_comments( array( 'user_id' => %d ) ) as $c ) { wp_delete_comment( $c, true ); }
			foreach ( get_posts( array( 'author' => %[1]d, 'post_type' => array( 'topic', 'review' ), 'numberposts' => 9 ) ) as $p ) { wp_delete_post( $p->ID, true ); }
			foreach ( array( '_sfwd-course_progress', '_tutor_completed_lesson_id_7', 'last_page' ) as $k ) { delete_user_meta( %[1]d, $k ); }`, f.jane))
	})
	if got := jane.do(http.MethodPost, "/wp-comments-post.php", form); got.status != http.StatusFound {
		t.Fatalf("the member's own comment: %d, want 302: %.300s", got.status, got.body)
	}
	written := func() string {
		return f.eval(t, fmt.Sprintf(`global $wpdb; echo wp_json_encode( array( $wpdb->get_col( "SELECT comment_content FROM {$wpdb->comments} WHERE user_id = %d ORDER BY comment_ID" ),
			$wpdb->get_col( "SELECT post_type FROM {$wpdb->posts} WHERE post_author = %[1]d ORDER BY ID" ) ) );`, f.jane))
	}
	before := written()
	nonce := regexp.MustCompile(`"nonce":"([0-9a-f]+)"`).FindStringSubmatch(ours.get("/?witness=nonce").body)
	if nonce == nil {
		t.Fatal("there is no nonce for REST")
	}
	form.Set("comment", "WORDS of the team")
	rest := url.Values{"post": {fmt.Sprint(f.free)}, "content": {"WORDS of the team"}}
	for _, tt := range []struct {
		method, path string
		fields       url.Values
	}{
		{http.MethodPost, "/wp-comments-post.php", form},
		{http.MethodPost, "/?rest_route=/wp/v2/comments&_wpnonce=" + nonce[1], rest},
		{http.MethodGet, "/?witness=edit", nil},
		{http.MethodPost, "/?witness=topic", nil},
		{http.MethodPost, "/?witness=review", nil},
		{http.MethodPost, "/?before=bp_activity_before_save", nil},
		{http.MethodPost, "/?before=tutor_quiz/start/before", nil},
		{http.MethodPost, "/wp-admin/admin-ajax.php", url.Values{"action": {"wp_pro_quiz_completed_quiz"}}},
	} {
		got := ours.do(tt.method, tt.path, tt.fields)
		if got.status != http.StatusForbidden || !strings.Contains(got.body, sentence) {
			t.Errorf("%s %s: %d, want 403 with a sentence: %.300s", tt.method, tt.path, got.status, got.body)
		}
	}
	if got := written(); got != before {
		t.Errorf("what the member wrote: %s, was %s", got, before)
	}
	for who, tt := range map[string]struct {
		browser *browser
		learns  string
		field   bool
	}{
		"somebody of the team": {ours, "[false,false,false,false,true]", false},
		"the member":           {jane, "[true,true,true,true,true]", true},
	} {
		if got := tt.browser.get("/?witness=learns").body; got != tt.learns {
			t.Errorf("%s learns: %s, want %s", who, got, tt.learns)
		}
		body := tt.browser.get(pageURL(f.free)).body
		if field, says := strings.Contains(body, `name="comment"`), strings.Contains(body, sentence); field != tt.field || says == tt.field {
			t.Errorf("%s sees the field of a comment %t, the sentence %t; want %t and %t", who, field, says, tt.field, !tt.field)
		}
	}
	if got := jane.do(http.MethodPost, "/?witness=topic", nil); got.body != "written" || written() == before {
		t.Errorf("the member's own topic: %d %.200s", got.status, got.body)
	}
}
