// Package lms opens and closes courses: it writes what an LMS itself reads when
// it decides who may enter. Each LMS is one file and one Writer.
//
// A Writer is called for a member's first ground of access and after the last
// has gone, never in between; which grounds there are is not its business.
package lms

import (
	"context"
	"time"

	"enrolld"
	"enrolld/store/wordpress"
)

// Place is where an account's courses are.
type Place struct {
	AccountID int64
	Site      wordpress.Site
	Now       time.Time
}

// Enrolment is a WordPress user in a course.
type Enrolment struct {
	UserID   int64
	CourseID int64
	Until    *time.Time // nil: no end; closing ignores it
}

// Course is a course as its LMS lists it.
type Course struct {
	Ref    enrolld.CourseRef
	Title  string
	URL    string
	Status string // WordPress's post status: publish, draft, private
}

// Writer opens and closes the courses of one LMS. Its methods take many
// enrolments at once and are idempotent.
type Writer interface {
	// Name is the LMS's name in course references, e.g. "page".
	Name() string
	// Open lets users in, or changes until when they are in.
	Open(ctx context.Context, conn wordpress.Conn, p Place, list []Enrolment) error
	// Close takes users out.
	Close(ctx context.Context, conn wordpress.Conn, p Place, list []Enrolment) error
	// Enrolments lists what users are in, by whomever they were let in.
	Enrolments(ctx context.Context, conn wordpress.Conn, p Place, users []int64) ([]Enrolment, error)
	// Courses lists what there is to open.
	Courses(ctx context.Context, conn wordpress.Conn, p Place) ([]Course, error)
	// Describe returns the courses of ids; unknown ids are left out.
	Describe(ctx context.Context, conn wordpress.Conn, p Place, ids []int64) (map[int64]Course, error)
}

// All lists the LMSs that we write.
func All() []Writer { return []Writer{Page{}} }

// ByName finds a Writer; NotFound when we do not write that LMS.
func ByName(name string) (Writer, error) {
	for _, w := range All() {
		if w.Name() == name {
			return w, nil
		}
	}
	return nil, enrolld.Errorf(enrolld.NotFound, "there is no LMS named %q", name)
}
