package service

import (
	"context"
	"log/slog"
	"time"

	"enrolld/handlers"
	"enrolld/store"
)

const (
	listenEvery = 5 * time.Minute
	sourcesPage = 500
)

// listener notices sources that go silent against their own rhythm: a webhook
// that a platform switched off, a secret or an address that was changed.
type listener struct {
	db      *store.DB
	log     *slog.Logger
	metrics *handlers.Metrics
	silent  map[int64]bool // as it was last said
}

// step looks at all sources. It counts as no work.
func (l *listener) step(ctx context.Context) (int, error) {
	was := l.silent
	l.silent = map[int64]bool{}
	l.metrics.ForgetSilent()
	for after := int64(0); ; {
		list, err := l.db.Sources(ctx, after, sourcesPage)
		if err != nil || len(list) == 0 {
			return 0, err
		}
		for _, i := range list {
			after = i.ID
			r, err := l.db.Rhythm(ctx, i.ID)
			if err != nil {
				return 0, err
			}
			l.metrics.Silent(i.Platform, i.ID, r.Silent)
			switch {
			case r.Silent && !was[i.ID]:
				l.log.ErrorContext(ctx, "source has gone silent: is its webhook still switched on?", "account", i.AccountID,
					"integration", i.ID, "platform", i.Platform, "last", r.Last, "usual_pause", r.Usual)
			case was[i.ID] && !r.Silent:
				l.log.InfoContext(ctx, "source sends again", "account", i.AccountID, "integration", i.ID, "platform", i.Platform)
			}
			l.silent[i.ID] = r.Silent
		}
	}
}
