// Command platforms runs the conformance tests of every checkout tool and prints
// what they showed: platform by platform, which facts of a sale's life and which
// duties of an adapter a test has proven. A cell without a proof is explained by
// a limit of the platform's own, or the command fails.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"

	"enrolld/cmd/service"
)

func main() {
	packages := flag.String("packages", "./integrations/...", "the packages to test")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *packages, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "platforms:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func run(ctx context.Context, packages string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-json", "-run", "Conformance|Recipe", packages)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	results, readErr := read(pipe)
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		results.failures(out)
		return fmt.Errorf("the tests failed: %w", err)
	}
	return results.write(out, titles())
}

// titles are the platforms that must have a row.
func titles() []string {
	var out []string
	for _, p := range service.Platforms(nil) {
		out = append(out, p.Title())
	}
	return out
}

// event is a line of `go test -json` (cmd/test2json).
type event struct {
	Action, Package, Test, Key, Value, Output string
}

// read collects what became of each test.
func read(r io.Reader) (*results, error) {
	out := &results{outcome: map[test]string{}, reason: map[test]string{}, title: map[test]string{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" {
			continue
		}
		t := test{e.Package, e.Test}
		switch {
		case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
			out.outcome[t] = e.Action
		case e.Action == "attr" && e.Key == "platform":
			out.title[t] = e.Value
		case e.Action == "attr" && e.Key == "lacks":
			out.reason[t] = e.Value
		}
	}
	return out, lines.Err()
}
