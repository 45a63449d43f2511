package importing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"enrolld/store"
)

// Naming lists the imports of an account in whose kept files one of some addresses
// stands: those that have ended, and those that have not. It reads the files.
func (x *Imports) Naming(ctx context.Context, accountID int64, addresses ...string) (ended, open []Import, err error) {
	kept, err := store.Collect(ctx, x.db.Conn(), scanImport,
		`SELECT `+importColumns+` WHERE account_id = ? AND size > 0 ORDER BY id LIMIT 10000`, accountID)
	if err != nil {
		return nil, nil, store.Classify(fmt.Errorf("list the files of imports: %w", err))
	}
	for _, i := range kept {
		found, err := contains(x.open(ctx, i), addresses)
		switch {
		case err != nil:
			return nil, nil, err
		case !found:
		case i.among(Done, Cancelled, Undone) == nil:
			ended = append(ended, i)
		default:
			open = append(open, i)
		}
	}
	return ended, open, nil
}

// Forget removes the files of imports that have ended, which stay by their counts.
func Forget(ctx context.Context, tx *store.Tx, imports []Import) error {
	for _, i := range imports {
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET size = 0 WHERE id = ?`, i.ID); err != nil {
			return fmt.Errorf("forget an import's file: %w", err)
		}
		if err := dropFile(ctx, tx, i.ID); err != nil {
			return err
		}
	}
	return nil
}

// contains says whether one of some addresses stands in a file, in any encoding
// whose letters are ASCII's but for zeros between them.
func contains(r io.Reader, addresses []string) (bool, error) {
	const around = 16 // what is looked at before and behind an address
	keep := 2*store.LongestSpelling(addresses...) + around
	buf := make([]byte, 0, partSize+keep)
	for {
		n := copy(buf[:cap(buf)], buf[max(0, len(buf)-keep):])
		read, err := io.ReadFull(r, buf[n:n+partSize])
		whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !whole {
			return false, fmt.Errorf("look through an uploaded file: %w", err)
		}
		buf = buf[:n+read]
		if text := bytes.ReplaceAll(buf, []byte{0}, nil); store.Names(text, whole, addresses...) {
			return true, nil
		}
		if whole {
			return false, nil
		}
	}
}
