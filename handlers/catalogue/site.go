package catalogue

import (
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
)

// site is what is known of the courses of an account's site.
type site struct {
	list []Course
	// problem says why the courses could not be read; "" when they could.
	problem string
}

// site reads the courses when somebody needs them. That they cannot be read stops
// nobody from working with products.
func (s *Screens) site(r *gate.Request, needed bool) site {
	if !needed {
		return site{}
	}
	list, err := s.courses(r.Context(), r.Account.ID)
	if err != nil {
		s.frame.Log.WarnContext(r.Context(), "courses of a site cannot be read", "request", s.frame.RequestID(r.Context()), "error", err)
		return site{problem: enrolld.MessageOf(err)}
	}
	return site{list: list}
}

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

// give says in a few words what a product gives; "" while nobody has said.
func (s site) give(p enrolld.Product) string {
	if p.MappedAt == nil {
		return ""
	}
	if len(p.Rule.Courses) == 0 {
		return "No course"
	}
	names := make([]string, len(p.Rule.Courses))
	for i, ref := range p.Rule.Courses {
		names[i] = s.title(ref)
	}
	return strings.Join(names, ", ")
}
