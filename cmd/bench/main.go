// Command bench measures Enrolld beside a reference, in one run on one machine,
// and prints the ratios: absolute figures move with the machine, ratios less.
//
//	go run ./cmd/bench [-only start,accept,provision,platforms,import,customers,bulk,erase] [-duration 5s] [-purchases 20000] [-rows 100000] [-profile DIR]
//
// What grows with an account is measured with -rows customers beside ten thousand:
//
//	import     a list taken in, beside LOAD DATA of the same rows
//	customers  the list by each filter and search. What is rare is as rare in both
//	           accounts, so that lists of few have the same answer, which is printed
//	           with the time: "of 300"; "of 600+" where counting ends before the list
//	bulk       a course given to everybody in a filter, and taken back, beside
//	           multi-row INSERTs of the same grants and access rows
//	erase      one customer erased, from looking where the address stands to the
//	           commit. As many deliveries that led to nothing are in both accounts:
//	           what those say is read, and of the others nothing
//
// Figures that count are of -rows 1000000 on a machine that does nothing else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"text/tabwriter"
	"time"

	"enrolld/cmd/academy"
	"enrolld/cmd/service"
	"enrolld/store/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options of a run.
type options struct {
	only      string
	duration  time.Duration
	purchases int
	rows      int
	profile   string
}

// bench is one run.
type bench struct {
	options
	dir     string
	academy *academy.Academy
	rows    []row
	crowds  int // that were made
}

// row is a line of the result: ours beside the reference.
type row struct {
	what, ours, reference, ratio, target string
}

// serverSize is a database server of a small production machine, for Enrolld and
// for the references alike: Debian's default buffer of 128 MiB is smaller than
// what one run writes. Every commit is flushed, as by default.
var serverSize = []string{"--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M"}

// benchmarks by name, in the order in which they run.
var benchmarks = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"start", (*bench).start},
	{"accept", (*bench).accept},
	{"provision", (*bench).provision},
	{"platforms", (*bench).platforms},
	{"import", (*bench).importing},
	{"customers", (*bench).customers},
	{"bulk", (*bench).bulk},
	{"erase", (*bench).erase},
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.only, "only", "", "run only these, separated by commas")
	flags.DurationVar(&o.duration, "duration", 5*time.Second, "how long each load lasts")
	flags.IntVar(&o.purchases, "purchases", 20000, "how many purchases are provisioned")
	flags.IntVar(&o.rows, "rows", 100_000, "how many customers are imported, listed, given a course, or in the account of who is erased")
	flags.StringVar(&o.profile, "profile", "", "write a CPU profile of each benchmark into this folder")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "enrolld-bench")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{options: o, dir: dir}
	b.academy, err = academy.Start(ctx, academy.Options{
		Dir: dir, Service: func(c *service.Config) { c.Workers = 0 },
		Database: sandbox.Options{ExtraArgs: serverSize},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.academy.Stop()) }()
	for _, x := range benchmarks {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+x.name+",") {
			continue
		}
		if err := b.profiled(ctx, x.name, x.run); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
	}
	return b.print(out)
}

func (b *bench) profiled(ctx context.Context, name string, f func(*bench, context.Context) error) error {
	if b.profile == "" {
		return f(b, ctx)
	}
	file, err := os.Create(filepath.Join(b.profile, name+".pprof"))
	if err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	err = f(b, ctx)
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}

func (b *bench) add(r row) { b.rows = append(b.rows, r) }

func (b *bench) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "what\tEnrolld\treference\tratio\ttarget")
	for _, r := range b.rows {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.reference, r.ratio, r.target)
	}
	return w.Flush()
}

func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

func rate(perSecond float64) string { return fmt.Sprintf("%.0f/s", perSecond) }

func times(ratio float64) string { return fmt.Sprintf("%.2f×", ratio) }
