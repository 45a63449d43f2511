package importer_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"enrolld/importer"
)

// TestReader_memoryIsBounded reads 16 MB that are as unkind as they can be, and
// looks at what is held on the way. Not parallel: what others hold would count.
func TestReader_memoryIsBounded(t *testing.T) {
	const limit = 8 << 20
	plan := importer.Plan{
		Format: importer.CSV, Encoding: importer.UTF8, Delimiter: ",",
		Header: []string{"Email", "Name"}, Roles: []importer.Role{importer.Email, importer.Name},
	}
	for name, pattern := range map[string]string{
		"one line":       strings.Repeat("x", 1<<20),
		"commas":         strings.Repeat(",", 100_000) + "x\n",
		"quoted lines":   "ann@x.org,\"" + strings.Repeat("\n", 100_000) + "\"\n",
		"unclosed quote": "ann@x.org,\"Lee\n" + strings.Repeat("bob@x.org,"+strings.Repeat("Bob ", 250)+"\n", 150),
		"bytes":          strings.Repeat("\xff\x00\"", 30_000) + "\n",
		"long rows":      "ann@x.org," + strings.Repeat("Ann ", 30_000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			src := io.LimitReader(&endless{pattern: pattern}, 16<<20)
			r, err := importer.Open(seeker{src}, plan, importer.At{})
			if err != nil {
				t.Fatal(err)
			}
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			next := int64(4 << 20)
			for {
				if _, err := r.Next(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if r.Offset() < next {
					continue
				}
				next += 4 << 20
				runtime.GC()
				runtime.ReadMemStats(&now)
				if held := int64(now.HeapAlloc) - int64(before.HeapAlloc); held > limit {
					t.Fatalf("%d MB are held behind %d MB of the file, want at most %d", held>>20, r.Offset()>>20, limit>>20)
				}
			}
			if got := r.Offset(); got < 15<<20 {
				t.Errorf("reading ended at byte %d", got)
			}
		})
	}
}

// endless gives a text again and again.
type endless struct {
	pattern string
	at      int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.pattern[e.at:])
	e.at = (e.at + n) % len(e.pattern)
	return n, nil
}
