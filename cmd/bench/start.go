package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 20 * time.Second
	idleAfter    = 3 * time.Second
)

// start measures how long the service takes from exec to ready on an existing
// database, and what memory it holds when nothing happens.
func (b *bench) start(ctx context.Context) error {
	binary := filepath.Join(b.dir, "enrolld")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "enrolld/cmd/enrolld")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	serve := exec.CommandContext(ctx, binary, "serve", "--listen", addr, "--metrics-listen=",
		"--dsn", b.academy.MariaDB.DSN(b.academy.Database), "--secret-key-file", b.academy.KeyFile)
	var log bytes.Buffer
	serve.Stderr = &log
	begin := time.Now()
	if err := serve.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	ready, err := untilReady(ctx, "http://"+addr+"/readyz", begin)
	if err != nil {
		return errors.Join(err, serve.Process.Kill(), fmt.Errorf("its log: %s", log.String()))
	}
	time.Sleep(idleAfter) //nolint:forbidigo // idling is what is measured
	memory, err := residentMiB(serve.Process.Pid)
	err = errors.Join(err, serve.Process.Signal(syscall.SIGTERM), serve.Wait())
	b.add(row{"start: exec to ready", ready.Round(time.Millisecond).String(), "", "", "< 1 s"})
	b.add(row{"start: memory when idle", fmt.Sprintf("%.0f MiB", memory), "", "", "< 40 MiB"})
	return err
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func untilReady(ctx context.Context, url string, begin time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0, err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(begin), nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("not ready in time: %w", ctx.Err())
		}
	}
}

// residentMiB reads the resident memory of a process (Linux).
func residentMiB(pid int) (float64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, fmt.Errorf("read the memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("read the memory: no VmRSS")
}
