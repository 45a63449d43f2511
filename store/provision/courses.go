package provision

import (
	"context"

	"enrolld"
	"enrolld/store"
	"enrolld/store/lms"
)

// Courses lists what there is to give on an account's site, of every LMS.
func Courses(ctx context.Context, db *store.DB, account enrolld.Account) ([]lms.Course, error) {
	site, err := db.Site(ctx, account.SiteID)
	if err != nil {
		return nil, err
	}
	var out []lms.Course
	for _, w := range lms.All() {
		list, err := w.Courses(ctx, db.Conn(), lms.Place{
			AccountID: account.ID, Site: WordPressSite(site, account.BlogID), Now: db.Now(),
		})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}
