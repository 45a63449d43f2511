package service

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// TestTell: what the site handled and what failed for good is done; what it had
// no time for, or does not mention, is not.
func TestTell(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"ok":false,"handled":["1","99"],"failed":[{"id":"2","error":"TypeError: bad luck","retry":false},
			{"id":"3","error":"out of time, send it again","retry":true}],"version":"1.0.0"}`))
	}))
	signals := []store.Signal{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}}
	done, err := teller{}.Tell(t.Context(), enrolld.Account{}, site.URL, "key", signals)
	if diff := cmp.Diff([]int64{1, 2}, done); diff != "" || err != nil {
		t.Errorf("%v; done (-want +got):\n%s", err, diff)
	}
	site.Close()
	done, err = teller{}.Tell(t.Context(), enrolld.Account{}, site.URL, "key", signals)
	if len(done) != 0 || enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("a site that is away: %v done, %v, want Unavailable", done, err)
	}
}
