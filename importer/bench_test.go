package importer_test

import (
	"bytes"
	"fmt"
	"testing"

	"enrolld/importer"
)

// BenchmarkRead is a plain file: UTF-8, commas, three columns; an operation is a row.
func BenchmarkRead(b *testing.B) {
	var file bytes.Buffer
	file.WriteString("Email,First name,Last name,Course\n")
	for i := range 100_000 {
		fmt.Fprintf(&file, "customer%d@example.org,Ann%d,Lee,Cooking\n", i, i)
	}
	plan := propose(b, file.Bytes(), importer.Choice{})
	b.SetBytes(int64(file.Len() / 100_000))
	b.ReportAllocs()
	var r *importer.Reader
	for b.Loop() {
		if r != nil {
			if _, err := r.Next(); err == nil {
				continue
			}
		}
		var err error
		if r, err = importer.Open(bytes.NewReader(file.Bytes()), plan, importer.At{}); err != nil {
			b.Fatal(err)
		}
	}
}
