package imports

import (
	"strings"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
)

// site is what is known of the courses of an account's site.
type site struct{ course.List }

// site reads the courses. That they cannot be read stops nobody from looking at an
// import.
func (s *Screens) site(r *gate.Request) site { return site{s.courses.List(r)} }

// titles names courses in a sentence.
func (s site) titles(refs []enrolld.CourseRef) string {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = s.Title(ref)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// named puts the names of courses where a text has their references.
func (s site) named(text string) string {
	for _, c := range s.Courses {
		text = strings.ReplaceAll(text, c.Ref.String()+":", s.Title(c.Ref)+":")
	}
	return text
}

// unknown says that a course is not one of them.
func (s site) unknown() string {
	if s.Away() {
		return "The site's courses cannot be read at the moment. Nothing is lost: try again in a minute."
	}
	return "One of the courses is not there any more: choose again."
}
