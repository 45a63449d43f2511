package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"enrolld/cmd/academy"
)

// connection is one kept-alive HTTP connection to an address. It spends as
// little as it can: the two cores are shared with what is measured.
type connection struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(ctx context.Context, hook string) (*connection, error) {
	u, err := url.Parse(hook)
	if err != nil {
		return nil, fmt.Errorf("read the address: %w", err)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &connection{conn, bufio.NewReaderSize(conn, 4096)}, nil
}

// render writes a request out once, to be sent as it is.
func render(hook string, s academy.Sale) ([]byte, error) {
	u, err := url.Parse(hook)
	if err != nil {
		return nil, fmt.Errorf("read the address: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", u.RequestURI(), u.Host, len(s.Body))
	if err := s.Header.Write(&b); err != nil {
		return nil, fmt.Errorf("render a request: %w", err)
	}
	b.WriteString("\r\n")
	b.Write(s.Body)
	return b.Bytes(), nil
}

// post sends a rendered request and reads the answer.
func (c *connection) post(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return c.answer()
}

// answer reads an answer that states its length, as all of ours do.
func (c *connection) answer() error {
	status, err := c.in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return fmt.Errorf("read the answer: %w", err)
			}
		}
	}
	if _, err := c.in.Discard(length); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return fmt.Errorf("answered %s", strings.TrimSpace(status))
	}
	return nil
}

// measured is what a load did.
type measured struct {
	n         int
	took      time.Duration
	latencies []time.Duration // sorted
}

func (m measured) rate() float64 { return perSecond(m.n, m.took) }

func (m measured) quantile(q float64) time.Duration {
	if len(m.latencies) == 0 {
		return 0
	}
	return m.latencies[min(len(m.latencies)-1, int(q*float64(len(m.latencies))))]
}

// drive runs work on several connections at once for a while. With a pace, each
// piece of work has a time at which it is due, and its latency counts from then:
// a stall delays what comes after it, as it would in the world.
func drive(
	ctx context.Context, workers int, d time.Duration, pace float64,
	connect func(ctx context.Context, worker int) (work func() error, done func() error, err error),
) (measured, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var (
		mu    sync.Mutex
		all   []time.Duration
		errs  []error
		next  atomic.Int64
		group sync.WaitGroup
	)
	begin := time.Now()
	for w := range workers {
		group.Go(func() {
			latencies, err := driveOne(ctx, w, begin, pace, &next, connect)
			mu.Lock()
			defer mu.Unlock()
			all, errs = append(all, latencies...), append(errs, err)
		})
	}
	group.Wait()
	took := time.Since(begin)
	slices.Sort(all)
	return measured{len(all), took, all}, errors.Join(errs...)
}

func driveOne(
	ctx context.Context, worker int, begin time.Time, pace float64, next *atomic.Int64,
	connect func(ctx context.Context, worker int) (func() error, func() error, error),
) ([]time.Duration, error) {
	work, done, err := connect(ctx, worker)
	if err != nil {
		return nil, err
	}
	var latencies []time.Duration
	for ctx.Err() == nil {
		due := time.Now()
		if pace > 0 {
			due = begin.Add(time.Duration(float64(next.Add(1)) / pace * float64(time.Second)))
			select {
			case <-time.After(time.Until(due)):
			case <-ctx.Done():
				return latencies, done()
			}
		}
		if err := work(); err != nil {
			return latencies, errors.Join(err, done())
		}
		latencies = append(latencies, time.Since(due))
	}
	return latencies, done()
}
