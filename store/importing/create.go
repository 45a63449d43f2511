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
	"enrolld/store/jobs"
)

// MaxSize is how large a file may be, in bytes.
const MaxSize = 1 << 30

const maxFileName = 200

// Upload is a file on its way in.
type Upload struct {
	AccountID int64
	FileName  string // as people know it; folders are taken off
	Choice    importer.Choice
	Like      int64 // an import of the account whose terms it has; 0: none yet
}

// Create stores a file and proposes how to read it. The columns of a header that
// was imported before are read as they were then. Errors of code Invalid say what
// the file is instead, or that it is larger than MaxSize, or that too much waits to be
// started; nothing of it is kept.
func (x *Imports) Create(ctx context.Context, actor enrolld.Actor, up Upload, from io.Reader) (Import, error) {
	src := &source{from: from}
	part := make([]byte, partSize)
	n, _ := io.ReadFull(src, part)
	if src.broken != nil {
		return Import{}, fmt.Errorf("read the beginning of the file: %w", src.broken)
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
	terms := Terms{Courses: []enrolld.CourseRef{}}
	if up.Like != 0 {
		like, err := x.Get(ctx, up.AccountID, up.Like)
		if err != nil {
			return Import{}, err
		}
		terms = like.Terms
	}
	id, err := x.begin(ctx, actor, up, plan, terms)
	if err != nil {
		return Import{}, err
	}
	sum := x.db.Keys().ListHash(up.AccountID)
	size, err := x.storeParts(ctx, up.AccountID, id, io.TeeReader(io.MultiReader(bytes.NewReader(part[:n]), src), sum), src)
	if err == nil {
		err = x.uploaded(ctx, actor, up, id, size, sum.Sum(nil))
	}
	if err != nil {
		// What is left behind when this fails too, Sweep removes.
		return Import{}, errors.Join(err, x.drop(context.WithoutCancel(ctx), id, nil))
	}
	return x.Get(ctx, up.AccountID, id)
}

// source is a file that comes in. That it broke off must not look like its end:
// both may be io.ErrUnexpectedEOF.
type source struct {
	from   io.Reader
	broken error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.broken = err
	}
	return n, err
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
	if len(list) == 1 {
		if roles := list[0].Plan.Mapping(); len(roles) == len(plan.Mapping()) { // of a reject file too
			return plan.WithRoles(roles), nil
		}
	}
	return plan, nil
}

func (x *Imports) begin(ctx context.Context, actor enrolld.Actor, up Upload, plan importer.Plan, terms Terms) (id int64, err error) {
	err = x.db.InTx(ctx, func(tx *store.Tx) error {
		if err := lockAccount(ctx, tx, up.AccountID); err != nil {
			return err
		}
		if err := x.room(ctx, tx, up.AccountID, 0, 0); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_imports
			(account_id, file_name, state, plan, header, courses, ends_at, notify, template, preview, counts, undo_counts, login_id, actor, created_at)
			VALUES (?, ?, 'uploading', ?, ?, ?, ?, ?, ?, '', '{}', '{}', ?, ?, ?)`,
			up.AccountID, cleanFileName(up.FileName), encode(plan), plan.MappingKey(), encode(terms.Courses), terms.EndsAt, terms.Notify, terms.Template,
			loginOrNull(actor), cut(actor.Name, 100), tx.Now())
		if err != nil {
			return fmt.Errorf("begin an import: %w", err)
		}
		id, err = res.LastInsertId()
		return err
	})
	return id, err
}

// storeParts writes the file, which comes from src, each part by itself: a transaction
// of a gigabyte would be a burden to the server.
func (x *Imports) storeParts(ctx context.Context, accountID, id int64, all io.Reader, src *source) (size int64, err error) {
	buffer := make([]byte, partSize)
	for part := 0; ; part++ {
		n, err := io.ReadFull(all, buffer)
		if src.broken != nil {
			return 0, fmt.Errorf("read the file: %w", src.broken)
		}
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
		if part%roomEvery == roomEvery-1 {
			if err := x.grown(ctx, accountID, id, size); err != nil {
				return 0, err
			}
		}
		if err != nil { // the end
			return size, nil //nolint:nilerr // io.EOF or, of a part that is not full, io.ErrUnexpectedEOF
		}
	}
}

func (x *Imports) uploaded(ctx context.Context, actor enrolld.Actor, up Upload, id, size int64, digest []byte) error {
	return x.db.InTx(ctx, func(tx *store.Tx) error {
		if err := lockAccount(ctx, tx, up.AccountID); err != nil {
			return err
		}
		if err := x.room(ctx, tx, up.AccountID, id, size); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET state = 'draft', size = ?, digest = ? WHERE id = ? AND state = 'uploading'`,
			size, digest, id)
		if err != nil {
			return fmt.Errorf("note that a file is there: %w", err)
		}
		if err := jobs.WantOne(res); err != nil {
			return err
		}
		return audit(ctx, tx, actor, Import{ID: id, AccountID: up.AccountID, FileName: cleanFileName(up.FileName)}, "import.uploaded")
	})
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
