package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"enrolld"
)

// SavedWording is a text of an account, with who saved it.
type SavedWording struct {
	enrolld.Wording
	SavedBy int64 // a login; 0: nobody who signed in
	SavedAt time.Time
}

const wordingColumns = `id, kind, name, lang, revision, subject, body, button, COALESCE(saved_by, 0), saved_at FROM enrolld_mail_templates`

func scanWording(rows *sql.Rows, w *SavedWording) error {
	return rows.Scan(&w.ID, &w.Kind, &w.Name, &w.Lang, &w.Revision, &w.Subject, &w.Body, &w.Button, &w.SavedBy, &w.SavedAt)
}

// Wordings lists an account's current texts.
func (db *DB) Wordings(ctx context.Context, accountID int64) ([]SavedWording, error) {
	list, err := wordings(ctx, db.sql, accountID)
	return list, Classify(err)
}

// Wordings lists an account's current texts.
func (tx *Tx) Wordings(ctx context.Context, accountID int64) ([]enrolld.Wording, error) {
	list, err := wordings(ctx, tx, accountID)
	if err != nil {
		return nil, fmt.Errorf("read mail templates: %w", err)
	}
	out := make([]enrolld.Wording, len(list))
	for i, w := range list {
		out[i] = w.Wording
	}
	return out, nil
}

func wordings(ctx context.Context, conn queryer, accountID int64) ([]SavedWording, error) {
	return Collect(ctx, conn, scanWording, `SELECT `+wordingColumns+` WHERE account_id = ? AND current = 1
		ORDER BY kind, name, lang LIMIT ?`, accountID, enrolld.MaxWordings)
}

// AccessTexts are the names of an account's variants of the texts that tell of new
// courses: what somebody who gives them may choose from.
func (db *DB) AccessTexts(ctx context.Context, accountID int64) ([]string, error) {
	names, err := Collect(ctx, db.sql, func(rows *sql.Rows, s *string) error { return rows.Scan(s) },
		`SELECT DISTINCT name FROM enrolld_mail_templates WHERE account_id = ? AND current = 1 AND name <> '' AND kind IN (?, ?)
		ORDER BY name LIMIT ?`, accountID, string(enrolld.MessageWelcome), string(enrolld.MessageAccess), enrolld.MaxWordings)
	return names, Classify(err)
}

// WordingByID is a text as it was saved, current or not; NotFound when the account
// has none.
func (db *DB) WordingByID(ctx context.Context, accountID, id int64) (SavedWording, error) {
	list, err := Collect(ctx, db.sql, scanWording, `SELECT `+wordingColumns+` WHERE id = ? AND account_id = ?`, id, accountID)
	return One(list, err, "there is no such text")
}

// SaveWording adds the next revision of a text. w.Revision is the one that was
// shown, 0 for none; Conflict when it is not the current one any more. The
// caller has checked the text.
func (tx *Tx) SaveWording(ctx context.Context, accountID, loginID int64, w enrolld.Wording) (enrolld.Wording, error) {
	if w.Revision > 0 {
		if err := tx.RetireWording(ctx, accountID, w); err != nil {
			return w, err
		}
	}
	err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(revision), 0) + 1 FROM enrolld_mail_templates
		WHERE account_id = ? AND kind = ? AND name = ? AND lang = ?`, accountID, string(w.Kind), w.Name, w.Lang).Scan(&w.Revision)
	if err != nil {
		return w, fmt.Errorf("count the revisions of a mail template: %w", err)
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_mail_templates
		(account_id, kind, name, lang, revision, subject, body, button, saved_by, saved_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		accountID, string(w.Kind), w.Name, w.Lang, w.Revision, w.Subject, w.Body, w.Button, orNull(loginID), tx.now)
	if IsDuplicate(err) {
		return w, tx.wordingTaken(ctx, accountID, w)
	}
	if err != nil {
		return w, fmt.Errorf("save a mail template: %w", err)
	}
	w.ID, err = res.LastInsertId()
	return w, err
}

// wordingTaken says why a text cannot be added: somebody was quicker, or there is one
// whose name is the same to the database, but for capitals or accents.
func (tx *Tx) wordingTaken(ctx context.Context, accountID int64, w enrolld.Wording) error {
	list, err := Collect(ctx, tx, scanWording, `SELECT `+wordingColumns+`
		WHERE account_id = ? AND kind = ? AND name = ? AND lang = ? AND current = 1`, accountID, string(w.Kind), w.Name, w.Lang)
	if err != nil {
		return fmt.Errorf("read a mail template: %w", err)
	}
	if len(list) == 1 && list[0].Name != w.Name {
		return enrolld.Errorf(enrolld.Invalid, "there is a variant “%s” already: open that one, or give this one another name", list[0].Name)
	}
	return errWordingChanged
}

var errWordingChanged = enrolld.Errorf(enrolld.Conflict, "somebody else changed this text meanwhile")

// RetireWording ends a text as it was shown: ours counts again. Conflict when
// w.Revision is not the current one any more.
func (tx *Tx) RetireWording(ctx context.Context, accountID int64, w enrolld.Wording) error {
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_mail_templates SET current = NULL
		WHERE account_id = ? AND kind = ? AND name = ? AND lang = ? AND current = 1 AND revision = ?`,
		accountID, string(w.Kind), w.Name, w.Lang, w.Revision)
	if err != nil {
		return fmt.Errorf("retire a mail template: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errWordingChanged
	}
	return nil
}

// MailSettings are an account's choices for mail to members.
func (db *DB) MailSettings(ctx context.Context, accountID int64) (enrolld.MailSettings, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, s *enrolld.MailSettings) error {
		var off string
		if err := rows.Scan(&s.Language, &s.RemindDays, &off, &s.Revision); err != nil {
			return err
		}
		for k := range strings.FieldsSeq(off) {
			s.Off = append(s.Off, enrolld.MessageKind(k))
		}
		return nil
	}, `SELECT lang, remind_days, off, revision FROM enrolld_mail_settings WHERE account_id = ?`, accountID)
	if err != nil || len(list) == 0 {
		return enrolld.DefaultMailSettings(), Classify(err)
	}
	return list[0], nil
}

// SaveMailSettings writes an account's choices. s.Revision is the one that was
// shown; Conflict when it is not the current one any more.
func (tx *Tx) SaveMailSettings(ctx context.Context, accountID int64, s enrolld.MailSettings) error {
	off := make([]string, len(s.Off))
	for i, k := range s.Off {
		off[i] = string(k)
	}
	if s.Revision == 0 {
		_, err := tx.ExecContext(ctx, `INSERT INTO enrolld_mail_settings (account_id, lang, remind_days, off, updated_at) VALUES (?,?,?,?,?)`,
			accountID, s.Language, s.RemindDays, strings.Join(off, " "), tx.now)
		if IsDuplicate(err) {
			return errSettingsChanged
		}
		return Classify(err)
	}
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_mail_settings SET lang = ?, remind_days = ?, off = ?, updated_at = ?,
		revision = revision + 1 WHERE account_id = ? AND revision = ?`,
		s.Language, s.RemindDays, strings.Join(off, " "), tx.now, accountID, s.Revision)
	if err != nil {
		return fmt.Errorf("save mail settings: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errSettingsChanged
	}
	return nil
}

var errSettingsChanged = enrolld.Errorf(enrolld.Conflict, "somebody else changed the choices for emails meanwhile: look at them and save again")

// NoteWordings records which texts messages go out with, as their Wording says.
func (tx *Tx) NoteWordings(ctx context.Context, messages []*enrolld.Message) error {
	type choice struct {
		id   int64
		lang string
	}
	by := map[choice][]int64{}
	for _, m := range messages {
		c := choice{m.Wording.ID, m.Wording.Lang}
		by[c] = append(by[c], m.ID)
	}
	for c, ids := range by {
		list, args := In(ids, orNull(c.id), c.lang)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET template_id = ?, template_lang = ? WHERE id IN `+list, args...); err != nil {
			return fmt.Errorf("note the templates of messages: %w", err)
		}
	}
	return nil
}

// WordingsByID reads texts as they were saved, current or not.
func (tx *Tx) WordingsByID(ctx context.Context, accountID int64, ids []int64) (map[int64]enrolld.Wording, error) {
	out := make(map[int64]enrolld.Wording, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	list, args := In(ids)
	found, err := Collect(ctx, tx, scanWording, `SELECT `+wordingColumns+` WHERE id IN `+list+` AND account_id = ?`, append(args, accountID)...)
	if err != nil {
		return nil, fmt.Errorf("read mail templates: %w", err)
	}
	for _, w := range found {
		out[w.ID] = w.Wording
	}
	return out, nil
}
