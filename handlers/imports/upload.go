package imports

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/importer"
	"enrolld/store/importing"
)

const (
	// maxUpload is what may be posted: a file, and what a form puts around it.
	maxUpload = importing.MaxSize + 1<<20
	// maxPaste is how much may be pasted, in bytes: it is kept in memory, to be shown
	// again when something is wrong with it.
	maxPaste = 1 << 20
	// maxField is how long any other field may be.
	maxField = 64
)

type newPage struct {
	page.Base
	Back, URL string
	Form      *page.Form
	MaxSize   int64 // for the script
	Like      *importing.Import
}

var newView = page.New[newPage](files, "new")

func (s *Screens) askNew(r *gate.Request) error {
	return gate.Show(r, newView, newForm(r, page.NewForm()))
}

func newForm(r *gate.Request, form *page.Form) *newPage {
	return &newPage{Base: r.Base("New import"), Back: r.Path(below), URL: r.Path(below + "/new"), Form: form, MaxSize: importing.MaxSize}
}

// upload takes a file or a pasted list in. A file goes from the network into the
// database in pieces: nothing is on disk, and little in memory.
func (s *Screens) upload(r *gate.Request) error {
	leave, err := s.uploads.Enter(r.Viewer.Login.ID, "files are coming in")
	if err != nil {
		return err
	}
	defer leave()
	r.Body = patiently(r)
	form := page.NewForm()
	i, err := s.receive(r, form)
	if err == nil {
		return r.Redirect(pathOf(r, i.ID, ""))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errBroken) {
		err = enrolld.Wrap(enrolld.Invalid, err, "the file did not arrive whole, and nothing of it was kept: choose it again")
	}
	field := "file"
	if form.Get("list") != "" {
		field = "list"
	}
	if err := gate.Mend(form, field, err); err != nil {
		return err
	}
	_, _ = io.CopyN(io.Discard, r.Body, maxUpload) // a browser reads no answer while it sends
	return gate.ShowAgain(r, newView, newForm(r, form))
}

// errNothing says that there was neither a file nor a list.
var errNothing = enrolld.Errorf(enrolld.Invalid, "choose a file, or paste a list")

// receive reads the parts of the form in their order. What was pasted is kept in form.
func (s *Screens) receive(r *gate.Request, form *page.Form) (importing.Import, error) {
	none := importing.Import{}
	parts, err := r.MultipartReader()
	if err != nil {
		return none, enrolld.Wrap(enrolld.Invalid, err, "the form could not be read: load the page again")
	}
	up := importing.Upload{AccountID: r.Account.ID}
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return none, errNothing
		}
		if err != nil {
			return none, tooLarge(enrolld.Wrap(enrolld.Invalid, err, "the form could not be read: load the page again"))
		}
		switch part.FormName() {
		case "like":
			if up.Like, err = readID(part); err != nil {
				return none, err
			}
		case "file":
			if part.FileName() == "" { // none was chosen
				continue
			}
			up.FileName = part.FileName()
			i, err := s.imports.Create(r.Context(), r.Actor(), up, part)
			return i, tooLarge(err)
		case "list":
			text, err := readPaste(part)
			if err != nil || strings.TrimSpace(text) == "" {
				return none, errOr(err, "paste a list first: one person a line")
			}
			form.Set("list", text)
			up.FileName, up.Choice = "Pasted list", importer.Choice{Pasted: true}
			return s.imports.Create(r.Context(), r.Actor(), up, strings.NewReader(text))
		}
	}
}

func errOr(err error, message string) error {
	if err != nil {
		return tooLarge(err)
	}
	return enrolld.Errorf(enrolld.Invalid, "%s", message)
}

// tooLarge says in words that more was sent than anybody may.
func tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return enrolld.Wrap(enrolld.TooLarge, err, "this file is larger than 1 GB: divide it and import the parts one after the other")
	}
	return err
}

func readID(part *multipart.Part) (int64, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxField))
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || id <= 0 {
		return 0, enrolld.Errorf(enrolld.NotFound, "there is no such import")
	}
	return id, nil
}

func readPaste(part *multipart.Part) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxPaste+1))
	if err == nil && len(text) > maxPaste {
		err = enrolld.Errorf(enrolld.TooLarge, "this is more than can be pasted: save it as a file, and choose that")
	}
	return string(text), err
}
