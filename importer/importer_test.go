package importer_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"enrolld/importer"
)

// readAll reads a file from at on.
func readAll(tb testing.TB, file []byte, plan importer.Plan, at importer.At) []importer.Row {
	tb.Helper()
	r, err := importer.Open(bytes.NewReader(file), plan, at)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	return drain(tb, r)
}

func drain(tb testing.TB, r *importer.Reader) (rows []importer.Row) {
	tb.Helper()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			tb.Fatalf("Next: %v", err)
		}
		rows = append(rows, row)
	}
}

func propose(tb testing.TB, file []byte, choice importer.Choice) importer.Plan {
	tb.Helper()
	plan, err := importer.Propose(bytes.NewReader(file), choice)
	if err == nil {
		err = plan.Check()
	}
	if err != nil {
		tb.Fatalf("Propose: %v", err)
	}
	return plan
}
