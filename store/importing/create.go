package importing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
)

// MaxSize is how large a file may be, in bytes.
const MaxSize = 1 << 30

const maxFileName = 200

// Upload is a file on its way in.
type Upload struct {
	AccountID int64
	FileName  string // as people know it; folders are taken off
	Choice    importer.Choice
}

// Create stores a file and proposes how to read it. The columns of a header that
// was imported before are read as they were then. Errors of code Invalid say what
// the file is instead, or that it is larger than MaxSize; nothing of it is kept.
func (x *Imports) Create(ctx context.Context, actor enrolld.Actor, up Upload, src io.Reader) (Import, error) {
	part := make([]byte, partSize)
	n, err := io.ReadFull(src, part)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Import{}, fmt.Errorf("read the beginning of the file: %w", err)
	}
	plan, err := importer.Propose(bytes.NewReader(part[:n]), up.Choice)
	if err != nil {
		return Import{}, err
	}
	if up.Choice.Roles == nil {
		if plan, err = x.remembered(ctx, up.AccountID, plan); err != nil {
			return Import{}, err
		}
	}
	id, err := x.begin(ctx, actor, up, plan)
	if err != nil {
		return Import{}, err
	}
	size, err := x.storeParts(ctx, id, io.MultiReader(bytes.NewReader(part[:n]), src), make([]byte, partSize))
	if err == nil {
		err = x.uploaded(ctx, id, size)
	}
	if err != nil {
		// What is left behind when this fails too, Sweep removes.
		return Import{}, errors.Join(err, x.drop(context.WithoutCancel(ctx), id))
	}
	return x.Get(ctx, up.AccountID, id)
}

// remembered is the plan with the roles that somebody decided on for such a header.
func (x *Imports) remembered(ctx context.Context, accountID int64, plan importer.Plan) (importer.Plan, error) {
	key := plan.MappingKey()
	if key == "" {
		return plan, nil
	}
	list, err := store.Collect(ctx, x.db.Conn(), scanImport, `SELECT `+importColumns+`
		WHERE account_id = ? AND header = ? AND started_at IS NOT NULL ORDER BY id DESC LIMIT 1`, accountID, key)
	if err != nil {
		return plan, store.Classify(fmt.Errorf("look for an earlier import: %w", err))
	}
	if len(list) == 1 && len(list[0].Plan.Roles) == len(plan.Roles) {
		return plan.WithRoles(list[0].Plan.Roles), nil
	}
	return plan, nil
}

func (x *Imports) begin(ctx context.Context, actor enrolld.Actor, up Upload, plan importer.Plan) (id int64, err error) {
	res, err := x.db.Conn().ExecContext(ctx, `INSERT INTO enrolld_imports
		(account_id, file_name, state, plan, header, courses, preview, counts, undo_counts, login_id, actor, created_at)
		VALUES (?, ?, 'uploading', ?, ?, '[]', '', '{}', '{}', ?, ?, ?)`,
		up.AccountID, cleanFileName(up.FileName), encode(plan), plan.MappingKey(), loginOrNull(actor), cut(actor.Name, 100), x.db.Now())
	if err != nil {
		return 0, store.Classify(fmt.Errorf("begin an import: %w", err))
	}
	return res.LastInsertId()
}

// storeParts writes the file, each part by itself: a transaction of a gigabyte
// would be a burden to the server.
func (x *Imports) storeParts(ctx context.Context, id int64, src io.Reader, buffer []byte) (size int64, err error) {
	for part := 0; ; part++ {
		n, err := io.ReadFull(src, buffer)
		if size += int64(n); size > x.maxSize {
			return 0, enrolld.Errorf(enrolld.Invalid, "this file is larger than 1 GB: divide it and import the parts one after the other")
		}
		if n > 0 {
			_, err := x.db.Conn().ExecContext(ctx, `INSERT INTO enrolld_import_files (import_id, part, bytes) VALUES (?, ?, ?)`,
				id, part, buffer[:n])
			if err != nil {
				return 0, store.Classify(fmt.Errorf("store an uploaded file: %w", err))
			}
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return size, nil
		case err != nil:
			return 0, fmt.Errorf("read the file: %w", err)
		}
	}
}

func (x *Imports) uploaded(ctx context.Context, id, size int64) error {
	_, err := x.db.Conn().ExecContext(ctx, `UPDATE enrolld_imports SET state = 'draft', size = ? WHERE id = ? AND state = 'uploading'`, size, id)
	return store.Classify(err)
}

// cleanFileName is what people see of a name that a browser sent.
func cleanFileName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	if name = strings.TrimSpace(name); name == "" || name == "." || name == "/" {
		return "list"
	}
	return cut(name, maxFileName)
}

// cut shortens text to n characters.
func cut(s string, n int) string {
	runes := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	return string(runes[:min(n, len(runes))])
}
