package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"sync"
)

//go:embed templates/*.tmpl
var ownFiles embed.FS

// library is the layout and every part; views are clones of it.
var library = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(funcs).ParseFS(ownFiles, "templates/_*.tmpl"))
})

// View is one page's template. T is the struct that it shows, which embeds Base.
// It is parsed when it is first shown: a command line that shows none pays nothing.
type View[T any] struct {
	name string
	load func() (templates, error)
}

// templates are a view's, parsed.
type templates struct {
	source *template.Template // as parsed, never executed
	ready  *template.Template // escaped
}

// New makes the view of templates/<name>.tmpl of files, which defines "content",
// together with the layout and all parts. A template that cannot be parsed fails
// when the view is shown, and in the package's test that checks all of its views.
func New[T any](files fs.FS, name string) View[T] {
	return View[T]{name, sync.OnceValues(func() (templates, error) {
		t, err := parse[T](files, name)
		if err != nil {
			return t, fmt.Errorf("parse view %s: %w", name, err)
		}
		return t, nil
	})}
}

func parse[T any](files fs.FS, name string) (templates, error) {
	source, err := library().Clone()
	if err != nil {
		return templates{}, err
	}
	shared, err := fs.Glob(files, "templates/_*.tmpl")
	if err != nil {
		return templates{}, err
	}
	if source, err = source.ParseFS(files, append(shared, "templates/"+name+".tmpl")...); err != nil {
		return templates{}, err
	}
	if source.Lookup("content") == nil {
		return templates{}, errors.New(`the template defines no "content"`)
	}
	ready, err := source.Clone()
	if err != nil {
		return templates{}, err
	}
	// The first execution escapes. What fails then is the template; what fails
	// later is the data, and there is none yet.
	err = ready.ExecuteTemplate(io.Discard, "layout", new(T))
	if wrong, ok := errors.AsType[*template.Error](err); ok {
		return templates{}, wrong
	}
	return templates{source, ready}, nil
}

// Render writes the page with that status. When the template fails it returns
// the error and has written nothing, not even a header.
func (v View[T]) Render(w http.ResponseWriter, status int, data *T) error {
	t, err := v.load()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ready.ExecuteTemplate(&b, "layout", data); err != nil {
		return fmt.Errorf("render %s: %w", v.name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("send %s: %w", v.name, err)
	}
	return nil
}

// Name is the view's name: that of its template file, without the ending.
func (v View[T]) Name() string { return v.name }

// Source returns the template as it was parsed, for checks; it must not be executed.
func (v View[T]) Source() (*template.Template, error) {
	t, err := v.load()
	return t.source, err
}

// Data returns an empty struct of the view's, for checks.
func (v View[T]) Data() any { return new(T) }
