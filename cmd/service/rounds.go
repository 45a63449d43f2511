package service

import (
	"context"
	"fmt"
	"time"
)

const (
	roundsEvery = 10 * time.Minute // how often it is asked whose turn it is
	roundsReach = 3                // each round looks back over so many
	leastReach  = 72 * time.Hour
)

// rounds asks the checkout tools of all accounts, every so often, what never came,
// and takes it in. What somebody changed on the site is theirs, and left alone.
func (s *Service) rounds(ctx context.Context) (int, error) {
	accounts, err := s.cfg.DB.Accounts(ctx)
	if err != nil {
		return 0, err
	}
	for _, a := range accounts {
		mine, err := s.cfg.DB.TakeTurn(ctx, fmt.Sprintf("reconcile:%d", a.ID), s.cfg.ReconcileEvery)
		if err != nil {
			return 0, err
		}
		if !mine || a.PausedAt != nil {
			continue
		}
		found, err := Reconciliation{
			DB: s.cfg.DB, Log: s.cfg.Log, Platforms: s.platforms, Account: a, Mend: true, AskOnly: true,
			Since: s.cfg.DB.Now().Add(-max(leastReach, roundsReach*s.cfg.ReconcileEvery)),
		}.Run(ctx)
		if err != nil {
			s.cfg.Log.WarnContext(ctx, "account not reconciled", "account", a.ID, "error", err)
			continue
		}
		for _, r := range found.Sources {
			if r.Asked {
				s.cfg.Log.InfoContext(ctx, "source reconciled", "account", a.ID, "integration", r.Integration,
					"platform", r.Platform, "told", r.Told)
			}
		}
		s.cfg.Log.InfoContext(ctx, "account reconciled", "account", a.ID, "differences", len(found.Differences), "taken_in", found.TakenIn)
	}
	return 0, nil
}
