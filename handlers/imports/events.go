package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"enrolld/handlers/gate"
)

// How many requests that take long there are at once, in this process.
const (
	mostUploads, uploadsEach = 16, 3
	mostStreams, streamsEach = 200, 10
)

// rhythm is how often a stream does what.
type rhythm struct {
	look  time.Duration // at the import
	beat  int           // looks between two signs of life
	proof int           // looks between two checks that the caller may still watch
	most  int           // looks of one stream; a browser that still watches begins another
	write time.Duration // that a write may take
}

var usual = rhythm{look: time.Second, beat: 15, proof: 5, most: 600, write: 10 * time.Second}

// events streams how far an import is, as server-sent events: "progress" whenever
// that changes, "over" when the page has something else to show. It ends with the
// import, the session, the service, and after some minutes in any case.
func (s *Screens) events(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil || r.Method == http.MethodHead {
		return err
	}
	leave, err := s.streams.Enter(r.Viewer.Login.ID, "pages watch imports")
	if err != nil {
		return err
	}
	defer leave()
	out := s.open(r)
	ticks := time.NewTicker(s.rhythm.look)
	defer ticks.Stop()
	for n := 1; ; n++ {
		now := progressOf(i)
		if err := out.tell(now, n%s.rhythm.beat == 0); err != nil || now.Over || n == s.rhythm.most {
			return nil //nolint:nilerr // nobody watches any more; what has left is no page to put an error on
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-s.frame.Draining():
			return nil
		case <-ticks.C:
		}
		if n%s.rhythm.proof == 0 && r.StillIn() != nil {
			return nil
		}
		if i, err = s.imports.Get(r.Context(), i.AccountID, i.ID); err != nil {
			return nil //nolint:nilerr // discarded meanwhile; the browser asks again, and is told
		}
	}
}

// stream is an answer that goes on.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	write   time.Duration
	last    string
}

func (s *Screens) open(r *gate.Request) *stream {
	h := r.Writer.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // of proxies in front of us
	out := &stream{w: r.Writer, control: http.NewResponseController(r.Writer), write: s.rhythm.write}
	// The server's limit for a request would end the stream: when it runs out, the
	// request counts as broken off.
	_ = out.control.SetReadDeadline(time.Time{})
	return out
}

// tell sends what has changed, or a sign of life.
func (o *stream) tell(p progress, beat bool) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	event := "progress"
	if p.Over {
		event = "over"
	}
	text := ": still here\n\n"
	if string(data) != o.last {
		text = fmt.Sprintf("event: %s\ndata: %s\n\n", event, data)
	} else if !beat {
		return nil
	}
	o.last = string(data)
	if err := o.control.SetWriteDeadline(time.Now().Add(o.write)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.control.Flush()
}
