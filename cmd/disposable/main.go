// Command disposable writes the list of domains of disposable mailboxes that
// package enrolld embeds. It reads domains, one a line, from a file, from
// standard input (-) or, when nothing is named, from the list that is there;
// writes them in lower case and in ASCII, sorted, each once and none whose parent
// is in the list.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

func main() {
	source := flag.String("source", "", "where the list is from: project, version or date, licence; empty: what the list says itself")
	out := flag.String("out", "disposable.txt", "the file to write")
	flag.Parse()
	in := flag.Arg(0)
	if in == "" {
		in = *out
	}
	if err := run(in, *out, *source, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "disposable:", err)
		os.Exit(1)
	}
}

func run(in, out, source string, stdin io.Reader) error {
	text, err := read(in, stdin)
	if err != nil {
		return fmt.Errorf("read the domains: %w", err)
	}
	if source == "" {
		source = sourceOf(text)
	}
	if source == "" {
		return fmt.Errorf("%s does not say where it is from: use -source", in)
	}
	domains, err := clean(text)
	if err != nil {
		return err
	}
	return os.WriteFile(out, []byte(render(source, domains)), 0o644)
}

func read(in string, stdin io.Reader) (string, error) {
	if in == "-" {
		b, err := io.ReadAll(stdin)
		return string(b), err
	}
	b, err := os.ReadFile(in)
	return string(b), err
}

const sourceMark = "# Source: "

func sourceOf(text string) string {
	for line := range strings.Lines(text) {
		if source, ok := strings.CutPrefix(line, sourceMark); ok {
			return strings.TrimSpace(source)
		}
	}
	return ""
}

// clean returns the domains of a text. A line that is no domain is an error: the
// file is not what it was taken for.
func clean(text string) ([]string, error) {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		domain, err := idna.Lookup.ToASCII(strings.ToLower(line))
		if err != nil || !strings.Contains(strings.Trim(domain, "."), ".") {
			return nil, fmt.Errorf("%q is no domain", line)
		}
		seen[domain] = true
	}
	var out []string
	for domain := range seen {
		if !below(domain, seen) {
			out = append(out, domain)
		}
	}
	slices.Sort(out)
	return out, nil
}

// below says whether a domain's parent, or one above it, is listed.
func below(domain string, listed map[string]bool) bool {
	for _, parent, ok := strings.Cut(domain, "."); ok; _, parent, ok = strings.Cut(parent, ".") {
		if listed[parent] {
			return true
		}
	}
	return false
}

func render(source string, domains []string) string {
	return "# Domains of mailboxes that are given out for minutes, one a line, sorted; their subdomains are meant too.\n" +
		sourceMark + source + "\n\n" + strings.Join(domains, "\n") + "\n"
}
