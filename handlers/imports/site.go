package imports

import (
	"slices"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

// site is what is known of the courses of an account's site.
type site struct {
	list []Course
	away bool // they could not be read
}

// site reads the courses. That they cannot be read stops nobody from looking at an
// import.
func (s *Screens) site(r *gate.Request) site {
	list, err := s.courses(r.Context(), r.Account.ID)
	if err != nil {
		s.frame.Log.WarnContext(r.Context(), "courses of a site cannot be read", "request", s.frame.RequestID(r.Context()), "error", err)
		return site{away: true}
	}
	return site{list: list}
}

func (s site) has(ref enrolld.CourseRef) bool {
	return slices.ContainsFunc(s.list, func(c Course) bool { return c.Ref == ref })
}

// title names a course, by its reference when the site does not list it.
func (s site) title(ref enrolld.CourseRef) string {
	i := slices.IndexFunc(s.list, func(c Course) bool { return c.Ref == ref })
	if i < 0 || s.list[i].Title == "" {
		return ref.String()
	}
	return s.list[i].Title
}

// titles names courses in a sentence.
func (s site) titles(refs []enrolld.CourseRef) string {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = s.title(ref)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// named puts the names of courses where a text has their references.
func (s site) named(text string) string {
	for _, c := range s.list {
		text = strings.ReplaceAll(text, c.Ref.String()+":", s.title(c.Ref)+":")
	}
	return text
}

func (s site) options() []page.Option {
	out := make([]page.Option, len(s.list))
	for i, c := range s.list {
		out[i] = page.Option{Value: c.Ref.String(), Label: s.title(c.Ref)}
	}
	return out
}

// unknown says that a course is not one of them.
func (s site) unknown() string {
	if s.away {
		return "The site's courses cannot be read at the moment. Nothing is lost: try again in a minute."
	}
	return "One of the courses is not there any more: choose again."
}
