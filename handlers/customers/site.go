package customers

import (
	"slices"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

// site is what is known of the courses of an account's site, as far as the
// caller's products reach.
type site struct {
	list []Course
	// reach are the courses that the caller's products give; all: every course.
	reach []enrolld.CourseRef
	all   bool
	// problem says why the courses could not be read; "" when they could.
	problem string
}

// site reads the courses. That they cannot be read stops nobody from working with
// customers.
func (s *Screens) site(r *gate.Request) (site, error) {
	var out site
	var err error
	if out.reach, out.all, err = s.frame.DB.CoursesInScope(r.Context(), r.Account.ID, r.Scope()); err != nil {
		return out, err
	}
	list, err := s.courses(r.Context(), r.Account.ID)
	if err != nil {
		s.frame.Log.WarnContext(r.Context(), "courses of a site cannot be read", "request", s.frame.RequestID(r.Context()), "error", err)
		out.problem = enrolld.MessageOf(err)
		return out, nil
	}
	for _, c := range list {
		if out.covers(c.Ref) {
			out.list = append(out.list, c)
		}
	}
	return out, nil
}

func (s site) covers(ref enrolld.CourseRef) bool { return s.all || slices.Contains(s.reach, ref) }

func (s site) find(ref enrolld.CourseRef) (Course, bool) {
	for _, c := range s.list {
		if c.Ref == ref {
			return c, true
		}
	}
	return Course{}, false
}

// title names a course, by its reference when the site does not list it.
func (s site) title(ref enrolld.CourseRef) string {
	if c, ok := s.find(ref); ok && c.Title != "" {
		return c.Title
	}
	return ref.String()
}

func (s site) options() []page.Option {
	out := make([]page.Option, len(s.list))
	for i, c := range s.list {
		out[i] = page.Option{Value: c.Ref.String(), Label: s.title(c.Ref)}
	}
	return out
}
