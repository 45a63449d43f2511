package provision_test

import (
	"io"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld/store"
	pt "enrolld/store/provision/provisiontest"
)

// wantSame fails when a table has more or fewer rows than before.
func wantSame(t *testing.T, w *pt.World, before map[string]string) {
	t.Helper()
	if diff := cmp.Diff(before, w.Counts()); diff != "" {
		t.Errorf("rows by table (-before +after):\n%s", diff)
	}
}

func equal(a, b []string) bool { return cmp.Equal(a, b) }

// delivered picks every delivery.
var delivered = store.DeliveryFilter{Limit: 1000}

// newLog makes a logger that a test can read.
func newLog(to io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
