//go:build unix

package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestServersDieWithParent starts this test program again as a parent of
// servers, kills it, and waits until nobody listens any more.
func TestServersDieWithParent(t *testing.T) {
	if dir := os.Getenv("SANDBOX_PARENT_DIR"); dir != "" {
		beParent(t, dir)
		return
	}
	need(t, SiteParts...)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServersDieWithParent$")
	cmd.Env = append(os.Environ(), "SANDBOX_PARENT_DIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var socket, addr string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			socket, addr, _ = strings.Cut(rest, " ")
			break
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if socket == "" {
		t.Fatal("the parent did not get ready")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for network, address := range map[string]string{"unix": socket, "tcp": addr} {
		err := poll(ctx, nil, func() error {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
			if err != nil {
				return nil
			}
			conn.Close()
			return fmt.Errorf("%s still answers", address)
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// beParent starts the servers, says where they are, and waits to be killed.
func beParent(t *testing.T, dir string) {
	m, err := StartMariaDB(t.Context(), Options{Dir: filepath.Join(dir, "db")})
	if err != nil {
		t.Fatal(err)
	}
	w, err := InstallWordPress(t.Context(), SiteOptions{Dir: filepath.Join(dir, "site"), DB: m, Database: "wp"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("ready %s %s\n", m.Socket(), w.addr)
	select {}
}
