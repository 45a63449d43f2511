package wordpress

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// witnessed returns what the actions of a test were told, and forgets it.
func (f *fixture) witnessed(t *testing.T) string {
	t.Helper()
	path := filepath.Join(f.ContentDir, "witness.log")
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	_ = os.Remove(path)
	return string(b)
}

func TestSignals(t *testing.T) {
	f := wp(t)
	got, err := f.client().Signal(t.Context(), []Signal{
		{ID: "a", Kind: Granted, UserID: f.jane, CourseID: 12, Cause: "order Ünï"},
		{ID: "b", Kind: Revoked, UserID: f.jane, CourseID: 13},
		{ID: "c", Kind: Purge, UserID: f.jane},
		{ID: "d", Kind: "nonsense", UserID: f.jane},
		{ID: "e", Kind: Revoked, UserID: f.jane, CourseID: 12, Cause: "refund"},
		{ID: "f", Kind: Purge, UserID: 999999},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Answer{
		Handled: []string{"a", "c", "e", "f"},
		Failed: []Failure{
			{ID: "d", Error: "not a signal"},
			{ID: "b", Error: "TypeError: course 13 brings bad luck"},
		},
		Version: Version,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	wantLog := fmt.Sprintf("granted %d 12 a order Ünï Jane\nrevoked %[1]d 12 e refund Jane\n", f.jane)
	if diff := cmp.Diff(wantLog, f.witnessed(t)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

// TestSignalsOutOfTime: what the site had no time for it wants to be sent again,
// and says so in a way that a program can read.
func TestSignalsOutOfTime(t *testing.T) {
	f := wp(t)
	f.witnessed(t)
	said := f.eval(t, fmt.Sprintf(`
		Closure::bind( function () { self::$time_budget = -1; }, null, 'Enrolld_Companion' )();
		$request = new WP_REST_Request( 'POST', '/enrolld/v1/signals' );
		$request->set_body( '{"signals":[{"id":"a","kind":"granted","user_id":%d,"course_id":12},{"id":"b","kind":"odd","user_id":1}]}' );
		echo wp_json_encode( Enrolld_Companion::take_signals( $request )->get_data() );`, f.jane))
	var got Answer
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatal(err)
	}
	want := Answer{Handled: []string{}, Version: Version, Failed: []Failure{
		{ID: "b", Error: "not a signal"}, {ID: "a", Error: "out of time, send it again", Retry: true},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if acted := f.witnessed(t); acted != "" {
		t.Errorf("acted all the same: %s", acted)
	}
}

func TestSignalsOfNoneAndTooMany(t *testing.T) {
	c := &Client{BaseURL: "http://127.0.0.1:1"}
	if got, err := c.Signal(t.Context(), nil); err != nil || !got.OK {
		t.Errorf("no signals: got %+v, %v; want OK", got, err)
	}
	_, err := c.Signal(t.Context(), make([]Signal, MaxSignals+1))
	if got := enrolld.CodeOf(err); got != enrolld.TooLarge {
		t.Errorf("too many signals: code = %q, want %q", got, enrolld.TooLarge)
	}
}

func TestForgedSignals(t *testing.T) {
	f := wp(t)
	now := time.Now()
	body := fmt.Sprintf(`{"signals":[{"id":"x","kind":"granted","user_id":%d,"course_id":12}]}`, f.jane)
	good := func(at time.Time) (string, string) {
		ts := fmt.Sprint(at.Unix())
		return ts, sign(testKey, ts, []byte(body))
	}
	ts, sig := good(now)
	oldTS, oldSig := good(now.Add(-6 * time.Minute))
	earlyTS, earlySig := good(now.Add(6 * time.Minute))
	tests := []struct {
		name, ts, sig, body string
		want                int
	}{
		{"good", ts, sig, body, 200},
		{"no headers", "", "", body, 401},
		{"no signature", ts, "", body, 401},
		{"other key", ts, sign(enrolld.Secret(strings.Repeat("0", 64)), ts, []byte(body)), body, 401},
		{"empty key", ts, sign("", ts, []byte(body)), body, 401},
		{"other body", ts, sig, strings.Replace(body, "granted", "revoked", 1), 401},
		{"other time", oldTS, sig, body, 401},
		{"without version", ts, strings.TrimPrefix(sig, "v1="), body, 401},
		{"stale", oldTS, oldSig, body, 401},
		{"from the future", earlyTS, earlySig, body, 401},
		{"time is no number", "1e9", sign(testKey, "1e9", []byte(body)), body, 401},
		{"signed nonsense", ts, sign(testKey, ts, []byte(`[]`)), `[]`, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.witnessed(t)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
				f.URL+"/index.php?rest_route=/enrolld/v1/signals", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Enrolld-Timestamp", tt.ts)
			req.Header.Set("X-Enrolld-Signature", tt.sig)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			acted := f.witnessed(t) != ""
			if resp.StatusCode != tt.want || acted != (tt.want == 200) {
				t.Errorf("got %d, acted %t; want %d", resp.StatusCode, acted, tt.want)
			}
		})
	}
}

func TestClientErrorsOfRealSite(t *testing.T) {
	f := wp(t)
	wrongKey, slow, elsewhere := f.client(), f.client(), f.client()
	wrongKey.Key = enrolld.Secret(strings.Repeat("0", 64))
	slow.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	elsewhere.BaseURL = f.URL + "/wp-admin/"
	tests := []struct {
		name    string
		client  *Client
		code    enrolld.Code
		message string
	}{
		{"wrong key", wrongKey, enrolld.Unauthorized, "does not accept our key"},
		{"clock", slow, enrolld.Unauthorized, "ahead)"},
		{"redirect", elsewhere, enrolld.Invalid, "redirects to"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.client.Health(t.Context())
			if enrolld.CodeOf(err) != tt.code || !strings.Contains(enrolld.MessageOf(err), tt.message) {
				t.Errorf("got %v (%s), want %s with %q", err, enrolld.CodeOf(err), tt.code, tt.message)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	f := wp(t)
	f.eval(t, `update_option( 'active_plugins', array( 'tutor/tutor.php', 'akismet/akismet.php' ) );`)
	t.Cleanup(func() { f.eval(t, `update_option( 'active_plugins', array() );`) })
	got, err := f.client().Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	versions := strings.Fields(f.eval(t, `echo get_bloginfo( 'version' ), ' ', PHP_VERSION;`))
	want := Health{
		Version: Version, WordPress: versions[0], PHP: versions[1], BlogID: 1, SiteURL: f.URL,
		TableOK: true, EntriesOK: true, Plugins: []string{"tutor"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
}

func TestPassesClosedREST(t *testing.T) {
	f := wp(t)
	shut := filepath.Join(f.ContentDir, "rest-closed")
	if err := os.WriteFile(shut, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(shut) })
	if got := f.get(t, "", "/?rest_route=/wp/v2/pages"); got.status != http.StatusUnauthorized {
		t.Fatalf("the test's plugin leaves REST open: %d", got.status)
	}
	if _, err := f.client().Health(t.Context()); err != nil {
		t.Errorf("a signed call: %v", err)
	}
	wrong := f.client()
	wrong.Key = enrolld.Secret(strings.Repeat("0", 64))
	if _, err := wrong.Health(t.Context()); err == nil {
		t.Error("a forged call passes")
	}
}

func TestSignalPurgesPersistentCache(t *testing.T) {
	f := wp(t)
	dropIn, err := os.ReadFile("testdata/object-cache.php")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.ContentDir, "object-cache.php")
	if err := os.WriteFile(path, dropIn, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Remove(path)
		_ = os.Remove(filepath.Join(f.ContentDir, "object-cache.data"))
	})
	read := fmt.Sprintf(`echo get_userdata( %d )->display_name, ' ',
		get_user_meta( %[1]d, 'first_name', true );`, f.jane)
	f.eval(t, read) // fills the cache
	site := f.schemas[0]
	f.sql(t, fmt.Sprintf("UPDATE `%s`.wp_users SET display_name = 'Janet' WHERE ID = %d", site, f.jane))
	f.sql(t, fmt.Sprintf("UPDATE `%s`.wp_usermeta SET meta_value = 'Janet'"+
		" WHERE user_id = %d AND meta_key = 'first_name'", site, f.jane))
	t.Cleanup(func() {
		f.eval(t, fmt.Sprintf(`update_user_meta( %d, 'first_name', 'Jane' ); wp_update_user( array( 'ID' => %[1]d, 'display_name' => 'Jane' ) );`, f.jane))
	})
	if got, want := f.eval(t, read), "Jane Jane"; got != want {
		t.Fatalf("before the signal: %q, want the stale %q", got, want)
	}
	a, err := f.client().Signal(t.Context(), []Signal{{ID: "p", Kind: Purge, UserID: f.jane}})
	if err != nil || !a.OK {
		t.Fatalf("Signal = %+v, %v; want OK", a, err)
	}
	if got, want := f.eval(t, read), "Janet Janet"; got != want {
		t.Errorf("after the signal: %q, want %q", got, want)
	}
	if h, err := f.client().Health(t.Context()); err != nil || !h.ObjectCache {
		t.Errorf("Health = %+v, %v; want ObjectCache", h, err)
	}
	// A closed page must not leave its emptied copy in the cache.
	f.get(t, "", pageURL(f.lesson))
	f.get(t, "", "/?s=Lesson")
	f.grant(t, 7, f.course, "NULL")
	if got := f.get(t, f.cookie(t, f.jane), pageURL(f.lesson)); !strings.Contains(got.body, secret) {
		t.Error("the page is empty for a member after a visitor looked at it")
	}
}
