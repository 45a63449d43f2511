package course_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/page"
)

func TestList(t *testing.T) {
	t.Parallel()
	ink, untitled, gone := enrolld.CourseRef{LMS: "page", ID: 12}, enrolld.CourseRef{LMS: "page", ID: 15}, enrolld.CourseRef{LMS: "page", ID: 99}
	list := course.List{Courses: []course.Course{{Ref: ink, Title: "Ink & Wash"}, {Ref: untitled}}}
	for ref, want := range map[enrolld.CourseRef]string{ink: "Ink & Wash", untitled: "page:15", gone: "page:99"} {
		if got := list.Title(ref); got != want {
			t.Errorf("Title(%s): got %q, want %q", ref, got, want)
		}
	}
	if c, ok := list.Find(gone); ok {
		t.Errorf("Find(%s): got %+v, want none", gone, c)
	}
	want := []page.Option{{Value: "page:12", Label: "Ink & Wash"}, {Value: "page:15", Label: "page:15"}}
	if diff := cmp.Diff(want, list.Options()); diff != "" {
		t.Errorf("Options (-want +got):\n%s", diff)
	}
	if list.Away() || !(course.List{Problem: "the site is away"}).Away() {
		t.Error("Away: want it of a list that could not be read, and of no other")
	}
}
