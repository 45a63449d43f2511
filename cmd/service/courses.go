package service

import (
	"context"

	"enrolld/handlers/catalogue"
	"enrolld/store/provision"
)

// courses lists the courses of an account's site for the admin.
func (s *Service) courses(ctx context.Context, accountID int64) ([]catalogue.Course, error) {
	account, err := s.cfg.DB.Account(ctx, accountID)
	if err != nil {
		return nil, err
	}
	list, err := provision.Courses(ctx, s.cfg.DB, account)
	out := make([]catalogue.Course, len(list))
	for i, c := range list {
		out[i] = catalogue.Course(c)
	}
	return out, err
}
