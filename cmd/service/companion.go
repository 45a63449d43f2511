package service

import (
	"context"
	"strconv"

	"enrolld"
	companion "enrolld/integrations/wordpress"
	"enrolld/store"
)

// teller tells companion plugins over HTTP.
type teller struct{}

func (teller) Tell(ctx context.Context, _ enrolld.Account, siteURL string, key enrolld.Secret, signals []store.Signal) error {
	list := make([]companion.Signal, len(signals))
	for i, s := range signals {
		list[i] = companion.Signal{
			ID: strconv.FormatInt(s.ID, 10), Kind: companion.Kind(s.Kind), UserID: s.UserID, CourseID: s.CourseID, Cause: s.Cause,
		}
	}
	// A plugin of the site that stumbles over one signal would stumble again:
	// the caches are purged all the same, so failures are not sent twice.
	client := &companion.Client{BaseURL: siteURL, Key: key}
	_, err := client.Signal(ctx, list)
	return err
}
