package importing

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"enrolld/store"
)

// partSize is how much of a file is one row of its table: far below every
// server's max_allowed_packet, escaped or not.
const partSize = 1 << 20

// file reads the parts of an upload, one at a time. It belongs to one goroutine.
type file struct {
	ctx  context.Context //nolint:containedctx // io.ReaderAt has none; a file lives as long as what reads it
	db   *store.DB
	id   int64
	part int64
	have []byte // part's bytes; nil: none
}

// open is the file of an import from its beginning.
func (x *Imports) open(ctx context.Context, i Import) io.ReadSeeker {
	return io.NewSectionReader(&file{ctx: ctx, db: x.db, id: i.ID}, 0, i.Size)
}

// ReadAt reads from one part, and on into the next.
func (f *file) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		if err := f.load((at + int64(n)) / partSize); err != nil {
			return n, err
		}
		from := (at + int64(n)) % partSize
		if from >= int64(len(f.have)) {
			return n, io.EOF
		}
		n += copy(p[n:], f.have[from:])
	}
	return n, nil
}

func (f *file) load(part int64) error {
	if f.have != nil && f.part == part {
		return nil
	}
	f.have = nil
	list, err := store.Collect(f.ctx, f.db.Conn(), func(rows *sql.Rows, b *[]byte) error { return rows.Scan(b) },
		`SELECT bytes FROM enrolld_import_files WHERE import_id = ? AND part = ?`, f.id, part)
	if err != nil {
		return store.Classify(fmt.Errorf("read an uploaded file: %w", err))
	}
	if len(list) == 0 {
		return io.EOF
	}
	f.part, f.have = part, list[0]
	return nil
}
