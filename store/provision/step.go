package provision

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"enrolld"
	"enrolld/store"
)

// item is a delivery on its way through a batch.
type item struct {
	delivery store.Delivery
	source   store.Integration
	reading  Reading
	verdict  store.Verdict
}

// Step claims a batch of deliveries and works on it. It returns how many it
// claimed; 0 means that nothing is due. A delivery's own failure is recorded on
// it, not returned.
func (p *Processor) Step(ctx context.Context) (int, error) {
	if err := p.payOwed(ctx); err != nil {
		return 0, err
	}
	lease, began := store.NewLease(), p.db.Now()
	claimed, err := p.db.Claim(ctx, p.opt.Batch, lease, p.opt.Lease)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	p.noteArrivals(ctx, claimed)
	byAccount := map[int64][]store.Delivery{}
	for _, d := range claimed {
		byAccount[d.AccountID] = append(byAccount[d.AccountID], d)
	}
	var errs []error
	for _, account := range slices.Sorted(maps.Keys(byAccount)) {
		errs = append(errs, p.account(ctx, lease, began, account, byAccount[account]))
	}
	return len(claimed), errors.Join(errs...)
}

// noteArrivals records the hours in which sources sent something: one statement
// an hour and source, for an alarm when a source goes silent. Not to have it is
// no reason to let deliveries wait.
func (p *Processor) noteArrivals(ctx context.Context, claimed []store.Delivery) {
	var list []store.Arrival
	p.mu.Lock()
	for _, d := range claimed {
		if d.RequestID == store.TakenIn {
			continue // we asked for it; the source is as silent as before
		}
		hour := d.ReceivedAt.UTC().Truncate(time.Hour)
		if hour.After(p.hours[d.IntegrationID]) {
			p.hours[d.IntegrationID] = hour
			list = append(list, store.Arrival{IntegrationID: d.IntegrationID, Hour: hour})
		}
	}
	p.mu.Unlock()
	if err := p.db.NoteArrivals(ctx, list); err != nil {
		p.opt.Log.WarnContext(ctx, "arrivals not noted", "error", err)
		p.mu.Lock()
		for _, a := range list {
			delete(p.hours, a.IntegrationID)
		}
		p.mu.Unlock()
	}
}

// account works on the claimed deliveries of one account.
func (p *Processor) account(
	ctx context.Context, lease store.Lease, began time.Time, accountID int64, claimed []store.Delivery,
) error {
	at, err := p.place(ctx, accountID)
	if err != nil {
		return p.release(ctx, lease, p.failAll(claimed, notTheirs(err)))
	}
	if at.Account.PausedAt != nil {
		// The place may be some seconds old, and holding lasts minutes.
		account, err := p.db.Account(ctx, accountID)
		if err != nil {
			return p.release(ctx, lease, p.failAll(claimed, notTheirs(err)))
		}
		at.Account = account
	}
	if at.Account.PausedAt != nil {
		return p.db.Hold(ctx, lease, idsOf(claimed), p.db.Now().Add(holdFor))
	}
	read, errs := p.readAll(ctx, began, claimed)
	if rest := claimed[len(read):]; len(rest) > 0 {
		if err := p.db.Hold(ctx, lease, idsOf(rest), p.db.Now()); err != nil {
			return err
		}
	}
	var ready, failed []*item
	for i, it := range read {
		if errs[i] == nil {
			ready = append(ready, it)
			continue
		}
		p.fail(it, errs[i])
		failed = append(failed, it)
	}
	if err := p.release(ctx, lease, failed); err != nil {
		return err
	}
	return p.commitAll(ctx, lease, at, ready)
}

// readAll reads deliveries, several at a time since platforms may have to be
// asked, until the lease gets short: what it did not come to is missing at the
// end of its answer.
func (p *Processor) readAll(ctx context.Context, began time.Time, claimed []store.Delivery) ([]*item, []error) {
	items, errs := make([]*item, len(claimed)), make([]error, len(claimed))
	var group errgroup.Group
	group.SetLimit(readAtOnce)
	begun := 0
	for i, d := range claimed {
		if p.late(began) {
			break
		}
		begun++
		items[i] = &item{delivery: d}
		group.Go(func() error {
			errs[i] = p.read(ctx, items[i])
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	return items[:begun], errs[:begun]
}

// late says whether so much of the lease is used up, by a platform's slow API,
// that what was not read yet must be given back: a batch that outlives its lease
// is lost as a whole.
func (p *Processor) late(began time.Time) bool { return p.db.Now().Sub(began) > p.opt.Lease/2 }

func idsOf(list []store.Delivery) []int64 {
	ids := make([]int64, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	return ids
}

// read fills in what a delivery says.
func (p *Processor) read(ctx context.Context, it *item) (err error) {
	if it.source, err = p.integration(ctx, it.delivery.IntegrationID); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return survive(func() error {
		it.reading, err = p.reader.Read(ctx, Source{
			Platform: it.source.Platform, Secrets: it.source.Secrets, APIKey: it.source.APIKey, Settings: it.source.Settings,
			Header: it.delivery.Header, Body: it.delivery.Body, ReceivedAt: it.delivery.ReceivedAt,
		})
		if err != nil {
			return err
		}
		for _, e := range it.reading.Events {
			if err := e.Check(); err != nil {
				return err
			}
		}
		return nil
	})
}

// commitAll commits a batch in one transaction or, when that fails through the
// fault of one of them, each in its own.
func (p *Processor) commitAll(ctx context.Context, lease store.Lease, at Place, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	err := p.commit(ctx, lease, at, items)
	if err == nil {
		return nil
	}
	if len(items) == 1 || enrolld.CodeOf(err) == enrolld.Unavailable {
		for _, it := range items {
			p.fail(it, err)
		}
		return p.release(ctx, lease, items)
	}
	p.opt.Log.WarnContext(ctx, "batch failed, trying each delivery by itself",
		"account", at.Account.ID, "deliveries", len(items), "error", err)
	for _, it := range items {
		if err := p.commitAll(ctx, lease, at, []*item{it}); err != nil {
			return err
		}
	}
	return nil
}

func (p *Processor) commit(ctx context.Context, lease store.Lease, at Place, items []*item) error {
	err := survive(func() error {
		return p.db.InTx(ctx, func(tx *store.Tx) error {
			if err := newBatch(tx, at, items).run(ctx); err != nil {
				return err
			}
			verdicts := make([]store.Verdict, len(items))
			for i, it := range items {
				verdicts[i] = it.verdict
			}
			return tx.Finish(ctx, lease, verdicts)
		})
	})
	if err != nil {
		return err
	}
	for _, it := range items {
		p.report(ctx, it)
	}
	p.opt.Queued()
	return nil
}

// report counts and logs a delivery that reached its end.
func (p *Processor) report(ctx context.Context, it *item) {
	outcome := enrolld.OutcomeDone
	if it.verdict.State == enrolld.DeliveryParked {
		outcome = enrolld.OutcomePark
	}
	p.opt.Observe(it.source.Platform, outcome)
	p.opt.Log.DebugContext(ctx, "delivery processed", "delivery", it.delivery.ID, "request", it.delivery.RequestID,
		"account", it.delivery.AccountID, "platform", it.source.Platform, "state", string(it.verdict.State))
}

func (p *Processor) failAll(claimed []store.Delivery, err error) []*item {
	items := make([]*item, len(claimed))
	for i, d := range claimed {
		items[i] = &item{delivery: d}
		p.fail(items[i], err)
	}
	return items
}

// fail decides what becomes of a delivery that could not be processed.
func (p *Processor) fail(it *item, err error) {
	now := p.db.Now()
	v := store.Verdict{DeliveryID: it.delivery.ID, RetryAt: now, Note: note(err)}
	outcome := enrolld.OutcomeOf(err)
	switch outcome {
	case enrolld.OutcomePark:
		v.State = enrolld.DeliveryParked
	case enrolld.OutcomeDead:
		v.State = enrolld.DeliveryDead
	default:
		var age time.Duration
		if it.delivery.FirstAttempt != nil {
			age = now.Sub(*it.delivery.FirstAttempt)
		}
		wait, ok := enrolld.DeliveryRetry.Wait(it.delivery.Attempts, age, p.opt.Chance())
		v.State, v.RetryAt = enrolld.DeliveryQueued, now.Add(wait)
		if !ok {
			v.State, outcome = enrolld.DeliveryDead, enrolld.OutcomeDead
			v.Note = "given up after " + strconv.Itoa(it.delivery.Attempts) + " attempts: " + v.Note
		}
	}
	it.verdict = v
	platform := it.source.Platform
	if platform == "" {
		platform = "unknown" // it failed before its integration was read
	}
	p.opt.Observe(platform, outcome)
	p.opt.Log.Warn("delivery not processed", "delivery", it.delivery.ID, "request", it.delivery.RequestID,
		"account", it.delivery.AccountID, "platform", it.source.Platform, "outcome", string(outcome),
		"attempt", it.delivery.Attempts, "retry_at", v.RetryAt, "error", err)
}

// note is what people read on a delivery. Causes stay in the log: they may
// quote what a statement was given.
func note(err error) string {
	if park, ok := errors.AsType[*enrolld.ParkError](err); ok {
		return park.Reason
	}
	return enrolld.MessageOf(err)
}

func (p *Processor) release(ctx context.Context, lease store.Lease, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	verdicts := make([]store.Verdict, len(items))
	for i, it := range items {
		verdicts[i] = it.verdict
	}
	err := p.db.Release(ctx, lease, verdicts)
	if enrolld.CodeOf(err) == enrolld.Unavailable {
		p.mu.Lock()
		p.owed = append(p.owed, owed{lease, verdicts})
		p.mu.Unlock()
	}
	return err
}

// payOwed releases what could not be released before: without it a database that
// was away for a moment would keep deliveries until their lease runs out.
func (p *Processor) payOwed(ctx context.Context) error {
	p.mu.Lock()
	list := p.owed
	p.owed = nil
	p.mu.Unlock()
	for i, o := range list {
		if err := p.db.Release(ctx, o.lease, o.verdicts); err != nil {
			p.mu.Lock()
			p.owed = append(p.owed, list[i:]...)
			p.mu.Unlock()
			return err
		}
	}
	return nil
}
