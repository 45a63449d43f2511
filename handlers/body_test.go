package handlers

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestBodies sends bodies of all sizes over a real connection.
func TestBodies(t *testing.T) {
	r := newRig(t)
	web := r.listen()
	text := strings.Repeat("x", maxBody-len(`{"order_id":""}`))
	full := standard(sourceSecret, r.clock.Now(), "full", `{"order_id":"`+text+`"}`)
	over := standard(sourceSecret, r.clock.Now(), "over", string(full.body)+" ")
	for _, tt := range []struct {
		name    string
		parcel  parcel
		chunked bool
		status  int
		stored  int
	}{
		{"exactly the limit", full, false, 200, 1},
		{"exactly the limit, chunked", full, true, 200, 1},
		{"a byte more", over, false, 413, 0},
		{"a byte more, chunked", over, true, 413, 0},
		{"much more, chunked", over.carrying(strings.Repeat("y", 3*maxBody)), true, 413, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.clear()
			body := io.Reader(bytes.NewReader(tt.parcel.body))
			if tt.chunked {
				body = io.MultiReader(body) // of a length that nobody knows
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+r.hook("generic"), body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = tt.parcel.header
			if got := client(t, req); got.status != tt.status {
				t.Errorf("status = %d, want %d; %s", got.status, tt.status, got.body)
			}
			if n := len(r.rows()); n != tt.stored {
				t.Errorf("%d are stored, want %d", n, tt.stored)
			}
		})
	}
	r.wantMetric(`enrolld_webhooks_total{platform="generic",result="too_large"} 3`)
}

// TestBrokenOff: a sender that hangs up in the middle of the body.
func TestBrokenOff(t *testing.T) {
	r := newRig(t)
	web := r.listen()
	p := cart(cartSecret, "1")
	for _, head := range []string{
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(p.body)+10, p.body),
		fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(p.body), p.body),
		"Transfer-Encoding: chunked\r\n\r\nzz\r\nno chunk\r\n0\r\n\r\n",
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(web.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n%s",
			r.hook("thrivecart"), head)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("status = %d, want 400", res.StatusCode)
		}
	}
	if n := len(r.rows()); n != 0 {
		t.Errorf("%d are stored, want none", n)
	}
	r.wantMetric(`enrolld_webhooks_total{platform="thrivecart",result="broken_off"} 3`)
}

// TestFlights: so many bodies at once and no more; then all is as before.
func TestFlights(t *testing.T) {
	r := newRig(t)
	r.flights = make(chan struct{}, 2)
	web := r.listen()
	p := cart(cartSecret, "1")
	type slow struct {
		rest  *io.PipeWriter
		ended chan int
	}
	var open []slow
	for range 2 {
		body, rest := io.Pipe()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+r.hook("thrivecart"), body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = p.header
		s := slow{rest, make(chan int, 1)}
		go func() {
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				s.ended <- 0
				return
			}
			_ = res.Body.Close()
			s.ended <- res.StatusCode
		}()
		if _, err := rest.Write(p.body[:10]); err != nil {
			t.Fatal(err)
		}
		open = append(open, s)
	}
	eventually(t, "two bodies in flight", func() bool { return len(r.flights) == 2 })
	got := r.post("thrivecart", cart(cartSecret, "2"))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("a third: %d, Retry-After %q; want 503 with one", got.status, got.header.Get("Retry-After"))
	}
	if got := r.get(r.hook("thrivecart")); got.status != http.StatusOK {
		t.Errorf("a probe meanwhile: %d, want 200", got.status)
	}
	for i, s := range open {
		if i == 0 {
			_, _ = s.rest.Write(p.body[10:])
			_ = s.rest.Close()
		} else {
			_ = s.rest.CloseWithError(io.ErrUnexpectedEOF) // the other breaks off, and gives its place back too
		}
		want := map[int]int{0: http.StatusOK, 1: 0}[i]
		if status := <-s.ended; status != want {
			t.Errorf("slow body %d: %d, want %d", i, status, want)
		}
	}
	eventually(t, "no body in flight", func() bool { return len(r.flights) == 0 })
	if got := r.post("thrivecart", cart(cartSecret, "2")); got.status != http.StatusOK {
		t.Errorf("afterwards: %d, want 200", got.status)
	}
}
