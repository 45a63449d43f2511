package customers

import (
	"slices"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
)

// site is what is known of the courses of an account's site, as far as the
// caller's products reach.
type site struct {
	course.List
	// reach are the courses that the caller's products give; all: every course.
	reach []enrolld.CourseRef
	all   bool
}

// site reads the courses. That they cannot be read stops nobody from working with
// customers.
func (s *Screens) site(r *gate.Request) (site, error) {
	var out site
	var err error
	if out.reach, out.all, err = s.frame.DB.CoursesInScope(r.Context(), r.Account.ID, r.Scope()); err != nil {
		return out, err
	}
	out.List = s.courses.List(r)
	listed := out.Courses
	out.Courses = nil
	for _, c := range listed {
		if out.covers(c.Ref) {
			out.Courses = append(out.Courses, c)
		}
	}
	return out, nil
}

func (s site) covers(ref enrolld.CourseRef) bool { return s.all || slices.Contains(s.reach, ref) }
