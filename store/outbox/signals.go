package outbox

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

const (
	signalLease = 2 * time.Minute
	signalBatch = 500 // what the companion plugin takes in one request
)

// Companion tells the companion plugin of one account's site. It returns the ids
// of the signals that are done: heard, or failed for good. The others are told
// again, as all are after an error of whatever code, until the schedule runs
// out: somebody may mend the site meanwhile.
type Companion interface {
	Tell(ctx context.Context, account enrolld.Account, siteURL string, key enrolld.Secret,
		signals []store.Signal) (done []int64, err error)
}

// SiteURLs answers where an account's WordPress is.
type SiteURLs func(ctx context.Context, accountID int64) (enrolld.Account, string, error)

// Signals tells companion plugins what changed.
type Signals struct {
	db        *store.DB
	companion Companion
	where     SiteURLs
	log       *slog.Logger
	chance    func() float64
}

// NewSignals makes the worker.
func NewSignals(db *store.DB, companion Companion, where SiteURLs, log *slog.Logger) *Signals {
	return &Signals{db: db, companion: companion, where: where, log: log, chance: rand.Float64}
}

// Step claims due signals and tells them, each account's together: first those that
// somebody waits for, in a request of their own. It returns how many it claimed.
func (s *Signals) Step(ctx context.Context) (int, error) {
	lease := store.NewLease()
	claimed, err := s.db.ClaimSignals(ctx, signalBatch, lease, signalLease)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, waited := range []bool{true, false} {
		byAccount := map[int64][]store.Signal{}
		for _, c := range claimed {
			if (c.Rank == enrolld.RankWaited) == waited {
				byAccount[c.AccountID] = append(byAccount[c.AccountID], c)
			}
		}
		for _, account := range slices.Sorted(maps.Keys(byAccount)) {
			errs = append(errs, s.tell(ctx, lease, account, byAccount[account]))
		}
	}
	return len(claimed), errors.Join(errs...)
}

func (s *Signals) tell(ctx context.Context, lease store.Lease, accountID int64, signals []store.Signal) error {
	var done []int64
	account, siteURL, err := s.where(ctx, accountID)
	if err == nil {
		var key enrolld.Secret
		if key, err = s.db.CompanionKey(ctx, accountID); err == nil {
			done, err = s.companion.Tell(ctx, account, siteURL, key, signals)
		}
	}
	if err != nil {
		done = nil
	}
	now, chance := s.db.Now(), s.chance()
	var later, never []int64
	var longest time.Duration // all wait for the same site: together
	attempts := 0
	for _, sig := range signals {
		if slices.Contains(done, sig.ID) { // at most signalBatch of them
			continue
		}
		attempts = max(attempts, sig.Attempts)
		wait, ok := enrolld.SignalRetry.Wait(sig.Attempts, now.Sub(sig.CreatedAt), chance)
		if !ok {
			never = append(never, sig.ID)
			continue
		}
		later, longest = append(later, sig.ID), max(longest, wait)
	}
	if left := len(later) + len(never); left > 0 {
		s.log.WarnContext(ctx, "companion plugin not told", "account", accountID, "signals", left,
			"attempt", attempts, "given_up", len(never), "error", err)
	}
	return errors.Join(s.db.DropSignals(ctx, lease, append(done, never...)), s.db.RetrySignals(ctx, lease, later, now.Add(longest)))
}
