package stripe_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// mockVersion is pinned: a later one may answer otherwise.
const mockVersion = "v0.203.0"

// mockBinary builds Stripe's own stand-in for its API, once per machine.
var mockBinary = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "enrolld", "bin", mockVersion)
	binary := filepath.Join(dir, "stripe-mock")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "install", "github.com/stripe/stripe-mock@"+mockVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	cmd.Dir = os.TempDir()
	return binary, cmd.Run()
})

// startMock runs stripe-mock on a free port of the loopback and returns its URL.
// Where it cannot be built the test is skipped, but not in CI.
func startMock(t *testing.T) string {
	t.Helper()
	binary, err := mockBinary()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("build stripe-mock: %v", err)
		}
		t.Skipf("build stripe-mock: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-http-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	listens := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if addr := listens.FindString(lines.Text()); addr != "" {
			return "http://" + addr
		}
	}
	t.Fatal("stripe-mock did not say where it listens")
	return ""
}
