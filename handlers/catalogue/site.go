package catalogue

import (
	"strings"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
)

// site is what is known of the courses of an account's site.
type site struct{ course.List }

// site reads the courses when somebody needs them. That they cannot be read stops
// nobody from working with products.
func (s *Screens) site(r *gate.Request, needed bool) site {
	if !needed {
		return site{}
	}
	return site{s.courses.List(r)}
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
		names[i] = s.Title(ref)
	}
	return strings.Join(names, ", ")
}
