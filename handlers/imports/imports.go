package imports

import (
	"embed"
	"fmt"
	"net/http"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/importing"
)

//go:embed templates/*.tmpl
var files embed.FS

// Screens are the pages of this package.
type Screens struct {
	frame   *gate.Frame
	courses course.Source
	imports *importing.Imports
	uploads *gate.Crowd // files that come in
	streams *gate.Crowd // pages that watch
	rhythm  rhythm
}

// New makes the screens.
func New(f *gate.Frame, courses course.Source) *Screens {
	return &Screens{
		frame: f, courses: courses, imports: importing.On(f.DB), uploads: gate.NewCrowd(mostUploads, uploadsEach),
		streams: gate.NewCrowd(mostStreams, streamsEach), rhythm: usual,
	}
}

const below = "/imports"

// Routes lists the screens.
func (s *Screens) Routes() []gate.Route {
	const one = "/{import:[0-9]+}"
	get := func(name, path string, handle func(*gate.Request) error) gate.Route {
		return gate.Route{
			Name: name, Method: http.MethodGet, Path: "/a/{account}/imports" + path, Access: gate.Member,
			Permission: enrolld.PermCustomersBrowse, EveryProduct: true, Handle: handle,
		}
	}
	post := func(name, path string, handle func(*gate.Request) error) gate.Route {
		r := get(name, path, handle)
		r.Method = http.MethodPost
		return r
	}
	upload := post("import-upload", "/new", s.upload)
	upload.Body = maxUpload
	rejects := get("import-rejects", one+"/rejects.csv", s.rejects)
	rejects.Download = true
	return []gate.Route{
		get("imports", "", s.list), get("import-new", "/new", s.askNew), upload,
		get("import", one, s.show), get("import-edit", one+"/edit", s.edit), post("import-save", one+"/edit", s.save),
		get("import-rows", one+"/rows", s.rows), rejects,
		get("import-events", one+"/events", s.events),
		post("import-check", one+"/check", s.check), post("import-start", one+"/start", s.start),
		post("import-pause", one+"/pause", s.pause), post("import-resume", one+"/resume", s.resume),
		get("import-cancel", one+"/cancel", s.askCancel), post("import-cancelled", one+"/cancel", s.cancel),
		get("import-undo", one+"/undo", s.askUndo), post("import-undone", one+"/undo", s.undo),
	}
}

// Nav is what the package adds to the side navigation.
var Nav = []gate.NavEntry{
	{Title: "Imports", Icon: "imports", Path: below, Needs: enrolld.PermCustomersBrowse, EveryProduct: true},
}

// find is the import that the address names.
func (s *Screens) find(r *gate.Request) (importing.Import, error) {
	id, err := r.ID("import")
	if err != nil {
		return importing.Import{}, err
	}
	return s.imports.Get(r.Context(), r.Account.ID, id)
}

func pathOf(r *gate.Request, id int64, more string) string {
	return r.Path(fmt.Sprintf("%s/%d%s", below, id, more))
}

// show is the page of an import, which depends on where it stands.
func (s *Screens) show(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	switch i.State {
	case importing.Draft:
		return s.showEdit(r, i)
	case importing.Ready:
		return s.showReady(r, i)
	case importing.Done, importing.Cancelled, importing.Undone:
		return s.showResult(r, i)
	}
	return s.showRun(r, i)
}

// base is the frame of a page about one import.
func base(r *gate.Request, i importing.Import) page.Base { return r.Base("Import of " + i.FileName) }
