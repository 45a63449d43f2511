package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"

	"enrolld/cmd/service"
)

// mostCPU is what understanding a delivery may cost beside its cryptography.
const mostCPU = 20_000 // ns

// cost is what one sample delivery of a platform costs, in nanoseconds.
type cost struct {
	sample        string
	total, crypto float64
}

func (c cost) beside() float64 { return max(0, c.total-c.crypto) }

// platforms measures Verify and Parse of every sample of every platform, by the
// benchmarks that stand beside their conformance tests, and shows the dearest.
func (b *bench) platforms(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkDelivery$", "-benchtime", "3000x", "-p", "1",
		"./integrations/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("run the platforms' benchmarks: %w", err)
	}
	costs, err := readCosts(out)
	if err != nil {
		return err
	}
	for name := range service.Platforms(nil) {
		if pkg := strings.ReplaceAll(name, "-", ""); len(costs[pkg]) == 0 {
			return fmt.Errorf("the platform %s has no benchmark", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(costs)) {
		list := costs[name]
		slices.SortFunc(list, func(x, y cost) int { return int(y.beside() - x.beside()) })
		worst, middle := list[0], list[len(list)/2]
		target := "≤ 20 µs"
		if worst.beside() > mostCPU {
			over := slices.IndexFunc(list, func(c cost) bool { return c.beside() <= mostCPU })
			target += fmt.Sprintf(", missed by %d of %d samples", max(over, 0), len(list))
		}
		b.add(row{
			what:      "parse: " + name + ", dearest sample (" + worst.sample + ")",
			ours:      fmt.Sprintf("%.1f µs", worst.beside()/1000),
			reference: fmt.Sprintf("+ %.1f µs crypto; median %.1f µs", worst.crypto/1000, middle.beside()/1000),
			ratio:     times(worst.beside() / mostCPU),
			target:    target,
		})
	}
	return nil
}

// readCosts reads the output of `go test -bench`, by package.
func readCosts(out []byte) (map[string][]cost, error) {
	costs := map[string][]cost{}
	pkg := ""
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && fields[0] == "pkg:" {
			pkg = path.Base(fields[1])
		}
		sample, ok := strings.CutPrefix(first(fields), "BenchmarkDelivery/")
		if !ok {
			continue
		}
		c := cost{sample: sample}
		if i := strings.LastIndexByte(sample, '-'); i > 0 {
			c.sample = sample[:i] // without the number of processors
		}
		for i := 1; i < len(fields); i++ {
			n, err := strconv.ParseFloat(fields[i-1], 64)
			if err != nil {
				continue
			}
			switch fields[i] {
			case "cpu-ns/op":
				c.total = n
			case "crypto-ns/op":
				c.crypto = n
			}
		}
		costs[pkg] = append(costs[pkg], c)
	}
	if len(costs) == 0 {
		return nil, errors.New("no platform has a benchmark")
	}
	return costs, nil
}

func first(fields []string) string {
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}
