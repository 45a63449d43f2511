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
)

//go:embed templates/*.tmpl
var ownFiles embed.FS

// library is the layout and every part; views are clones of it.
var library = template.Must(template.New("page").Funcs(funcs).ParseFS(ownFiles, "templates/_*.tmpl"))

// View is one page's template. T is the struct that it shows, which embeds Base.
type View[T any] struct {
	name   string
	source *template.Template // as parsed, never executed
	ready  *template.Template // escaped
}

// New parses templates/<name>.tmpl of files, which defines "content", together
// with the layout and all parts. It panics when that cannot be: views are made
// while the program starts.
func New[T any](files fs.FS, name string) View[T] {
	v, err := parse[T](files, name)
	if err != nil {
		panic(fmt.Errorf("page: view %s: %w", name, err))
	}
	return v
}

func parse[T any](files fs.FS, name string) (View[T], error) {
	source, err := library.Clone()
	if err != nil {
		return View[T]{}, err
	}
	shared, err := fs.Glob(files, "templates/_*.tmpl")
	if err != nil {
		return View[T]{}, err
	}
	if source, err = source.ParseFS(files, append(shared, "templates/"+name+".tmpl")...); err != nil {
		return View[T]{}, err
	}
	if source.Lookup("content") == nil {
		return View[T]{}, errors.New(`the template defines no "content"`)
	}
	ready, err := source.Clone()
	if err != nil {
		return View[T]{}, err
	}
	// The first execution escapes. What fails then is the template; what fails
	// later is the data, and there is none yet.
	err = ready.ExecuteTemplate(io.Discard, "layout", new(T))
	if wrong, ok := errors.AsType[*template.Error](err); ok {
		return View[T]{}, wrong
	}
	return View[T]{name, source, ready}, nil
}

// Render writes the page with that status. When the template fails it returns
// the error and has written nothing, not even a header.
func (v View[T]) Render(w http.ResponseWriter, status int, data *T) error {
	var b bytes.Buffer
	if err := v.ready.ExecuteTemplate(&b, "layout", data); err != nil {
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
func (v View[T]) Source() *template.Template { return v.source }

// Data returns an empty struct of the view's, for checks.
func (v View[T]) Data() any { return new(T) }
