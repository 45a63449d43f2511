package imports

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"enrolld/handlers/gate"
)

// watcher is a browser's end of a stream; seen is called with all that has come
// whenever something does.
type watcher struct {
	deadlines
	flushed int
	seen    func(text string)
}

func (w *watcher) Flush() {
	w.flushed++
	if w.seen != nil {
		w.seen(w.Body.String())
	}
}

func (w *watcher) FlushError() error { w.Flush(); return nil }

// watch streams an import's events to the end.
func (d *desk) watch(at string, seen func(text string)) *watcher {
	w := &watcher{deadlines: deadlines{ResponseRecorder: httptest.NewRecorder()}, seen: seen}
	d.Watch(w, at+"/events")
	return w
}

// begun starts an import that nobody works on.
func (d *desk) begun() string {
	d.T.Helper()
	at := d.bring(members)
	d.count(at)
	goes(d.T, "start", d.start(at), at)
	return at
}

func once(do func()) func(string) {
	done := false
	return func(string) {
		if !done {
			done = true
			do()
		}
	}
}

// TestEvents streams how far an import is until it has ended.
func TestEvents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.screens.rhythm = rhythm{look: time.Millisecond, beat: 2, proof: 1, most: 100_000, write: time.Minute}
	at := d.begun()
	w := d.watch(at, once(d.work))
	got := w.Body.String()
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
		t.Errorf("%d %s, want a stream", w.Code, w.Header().Get("Content-Type"))
	}
	if !strings.HasPrefix(got, "event: progress\ndata: {\"percent\":0,") || !strings.HasSuffix(got, ",\"over\":true}\n\n") || strings.Count(got, "event: over") != 1 {
		t.Errorf("got %q, want progress, and then that it is over", got)
	}
	if len(w.read) != 1 || !w.read[0].IsZero() || len(w.write) != w.flushed {
		t.Errorf("deadlines %v and %d, %d flushed: want none to read, and one for each write", w.read, len(w.write), w.flushed)
	}
	over := d.watch(at, nil)
	if got := over.Body.String(); !strings.HasPrefix(got, "event: over\n") || over.flushed != 1 {
		t.Errorf("of what has ended: %q, want that it is over", got)
	}
}

// TestEventsEnd with the session, with the rights, with the service, with the import,
// and by themselves.
func TestEventsEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.screens.streams = gate.NewCrowd(1, 1) // who has not left leaves no room for the next
	for _, tt := range []struct {
		name string
		do   func(at string)
		most int
		text string // within what came
	}{
		{"by itself", func(string) {}, 7, ": still here\n\n: still here\n\n"},
		{"discarded", func(string) { d.Exec("DELETE FROM enrolld_imports") }, 1e6, "event: progress"},
		{"rights", func(string) { d.Exec("UPDATE enrolld_members SET deactivated_at = NOW()") }, 1e6, "event: progress"},
		{"signed out", func(string) { d.Exec("UPDATE enrolld_sessions SET ended_at = NOW()") }, 1e6, "event: progress"},
	} {
		d.Exec("UPDATE enrolld_members SET deactivated_at = NULL")
		d.Exec("DELETE FROM enrolld_imports") // or their people would be known
		at := d.begun()
		d.screens.rhythm = rhythm{look: time.Millisecond, beat: 2, proof: 1, most: tt.most, write: time.Minute}
		w := d.watch(at, once(func() { tt.do(at) })) // or the test has no end
		if got := w.Body.String(); !strings.Contains(got, tt.text) || strings.Contains(got, "<html") || strings.Contains(got, "event: over") {
			t.Errorf("%s: got %q, want %q, no page and nothing that is over", tt.name, got, tt.text)
		}
	}
}

// TestEventsDrain: a service that stops does not wait for them.
func TestEventsDrain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.screens.rhythm = rhythm{look: time.Hour, beat: 2, proof: 1, most: 10, write: time.Minute}
	at := d.begun()
	d.watch(at, once(d.Frame.Drain))
	d.screens.streams = gate.NewCrowd(0, 0)
	if a := d.Get(at + "/events"); a.Status != http.StatusServiceUnavailable {
		t.Errorf("too many: %d, want 503", a.Status)
	}
}
