// Package course is the courses of an account's site as screens show them: by
// title where they can be read, by reference where they cannot. A site that is away
// stops nobody from looking at a page; only what needs the list waits.
package course

import (
	"context"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

// Course is a course of an account's site.
type Course struct {
	Ref    enrolld.CourseRef
	Title  string
	URL    string
	Status string // WordPress's post status: publish, draft, private
}

// Source lists the courses of an account's site, of every LMS.
type Source func(ctx context.Context, accountID int64) ([]Course, error)

// List is what a page knows of the courses; the zero List knows none.
type List struct {
	Courses []Course
	// Problem says, for people, why they could not be read; "" when they could.
	Problem string
}

// List reads the courses of the request's account. That they cannot be read is
// logged and noted in the List.
func (s Source) List(r *gate.Request) List {
	list, err := s(r.Context(), r.Account.ID)
	if err != nil {
		f := r.Frame()
		f.Log.WarnContext(r.Context(), "courses of a site cannot be read", "request", f.RequestID(r.Context()), "error", err)
		return List{Problem: enrolld.MessageOf(err)}
	}
	return List{Courses: list}
}

// Away says whether the courses could not be read.
func (l List) Away() bool { return l.Problem != "" }

// Find returns a course that the site lists.
func (l List) Find(ref enrolld.CourseRef) (Course, bool) {
	for _, c := range l.Courses {
		if c.Ref == ref {
			return c, true
		}
	}
	return Course{}, false
}

// Title names a course, by its reference when the site does not list it.
func (l List) Title(ref enrolld.CourseRef) string {
	if c, ok := l.Find(ref); ok && c.Title != "" {
		return c.Title
	}
	return ref.String()
}

// Options are the courses as choices of a form, in the site's order.
func (l List) Options() []page.Option {
	out := make([]page.Option, len(l.Courses))
	for i, c := range l.Courses {
		out[i] = page.Option{Value: c.Ref.String(), Label: l.Title(c.Ref)}
	}
	return out
}
