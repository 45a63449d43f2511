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
	var needles [][]byte
	for _, s := range store.Spellings(addresses...) {
		needles = append(needles, []byte(s), wide(s, 0), wide(s, 1))
	}
	kept, err := store.Collect(ctx, x.db.Conn(), scanImport,
		`SELECT `+importColumns+` WHERE account_id = ? AND size > 0 ORDER BY id LIMIT 10000`, accountID)
	if err != nil {
		return nil, nil, store.Classify(fmt.Errorf("list the files of imports: %w", err))
	}
	for _, i := range kept {
		found, err := contains(x.open(ctx, i), needles)
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

// wide is a text as UTF-16 has it, but for letters beyond ASCII; odd says whether
// the zero comes first.
func wide(s string, odd int) []byte {
	out := make([]byte, 2*len(s))
	for i := range len(s) {
		out[2*i+odd] = s[i]
	}
	return out
}

// contains says whether one of some texts, in small letters, stands in a file.
func contains(r io.Reader, needles [][]byte) (bool, error) {
	longest := 0
	for _, n := range needles {
		longest = max(longest, len(n))
	}
	buf := make([]byte, 0, partSize+longest)
	for {
		tail := buf[max(0, len(buf)-longest):]
		n := copy(buf[:cap(buf)], tail)
		read, err := io.ReadFull(r, buf[n:n+partSize])
		buf = buf[:n+read]
		small(buf[n:])
		for _, needle := range needles {
			if bytes.Contains(buf, needle) {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("look through an uploaded file: %w", err)
		}
	}
}

// small makes ASCII letters small, in place.
func small(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}
