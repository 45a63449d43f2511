package service

import (
	"context"

	"enrolld/handlers/course"
	"enrolld/store/provision"
)

// courses lists the courses of an account's site for the admin.
func (s *Service) courses(ctx context.Context, accountID int64) ([]course.Course, error) {
	account, err := s.cfg.DB.Account(ctx, accountID)
	if err != nil {
		return nil, err
	}
	list, err := provision.Courses(ctx, s.cfg.DB, account)
	out := make([]course.Course, len(list))
	for i, c := range list {
		out[i] = course.Course(c)
	}
	return out, err
}
