package enrolld

import "time"

// This file answers how far a subscription reaches: from its payments first and
// the platform's statements second.

// paidTerm is how far a line reaches.
type paidTerm struct {
	until   *time.Time // access ends; nil: open
	covered time.Time  // paid up to here; what follows is grace. Zero: not known
	over    Reason     // why it is over once it is
	trial   bool
	never   bool // it was never paid: there is no access, not even until then
	renews  bool // a payment is awaited, and the term goes on with it
	// failed is when payments began to fail, or the platform said so; zero: they do not.
	failed time.Time
}

// money is what of a subscription line's payments stands.
type money struct {
	good []Latest[Payment] // oldest first
	last time.Time         // when the last one came, good or undone
	// fell is why the newest payment does not stand, and fellFrom when the newest
	// that does was followed by one that does not: no payment is awaited then, and
	// the platform's word on how far the subscription is paid no longer counts.
	fell     Reason
	fellFrom time.Time
}

func (o Order) money(key string, rule Rule) money {
	payments := o.paymentsFor(key)
	var gone map[string]undone
	if rule.OnRefund != Keep {
		gone = o.undonePayments(key, payments)
	}
	var m money
	for _, id := range payments {
		p := o.Payments[id]
		m.last = laterTime(m.last, p.At)
		if u, ok := gone[id]; !ok {
			m.good, m.fell, m.fellFrom = append(m.good, p), "", time.Time{}
		} else if m.fell = u.reason; m.fellFrom.IsZero() {
			m.fellFrom = p.At
		}
	}
	return m
}

// subscriptionTerm says how far the subscription of a line reaches.
func (o Order) subscriptionTerm(key string, rule Rule) paidTerm {
	sub := o.Lines[key].Subscription.Value
	m := o.money(key, rule)
	status := o.Subscriptions[sub]
	if reactivated(status, m.good) {
		status.Value = SubscriptionStatus{State: SubscriptionActive, PaidUntil: status.Value.PaidUntil}
	}
	st := status.Value
	if st.State == SubscriptionCompleted {
		return paidTerm{}
	}
	if st.State == SubscriptionIncomplete && len(m.good) == 0 {
		return paidTerm{until: &status.At, over: ReasonUnpaid, never: true}
	}
	failed := o.failedSince(sub, failuresCountFrom(status, m.last))
	paid := paidUntil(status, m, failed)
	run := runningTerm(status, paid, failed, rule.grace())
	if m.fell != "" {
		run = paidTerm{until: &paid, over: m.fell}
	}
	switch st.State {
	case SubscriptionEnded, SubscriptionCancelled, SubscriptionCancelling:
		return sooner(cancelledTerm(status, paid, rule.OnCancel), run, status.At)
	case SubscriptionPaused:
		end := laterTime(paid, status.At)
		return sooner(paidTerm{until: &end, over: ReasonPaused}, run, status.At)
	}
	return run
}

// sooner returns the stop of a subscription, or what there was without it where
// that ended before: who stops a subscription does not pay for it by that. A
// stop that keeps access keeps only what there still was.
func sooner(stop, run paidTerm, stoppedAt time.Time) paidTerm {
	switch {
	case run.until == nil:
		return stop
	case stop.until == nil && run.until.After(stoppedAt):
		return stop
	case stop.until != nil && !run.until.Before(*stop.until):
		if stop.over == ReasonCancelled && run.covered.Before(*stop.until) {
			stop.covered = run.covered
		}
		return stop
	}
	return run
}

// paidUntil says how far a subscription is paid; zero when nobody knows.
func paidUntil(status Latest[SubscriptionStatus], m money, failed time.Time) time.Time {
	var stated, statedAt, silentAt, newest time.Time
	for _, p := range m.good {
		newest = p.At
		if p.Value.PaidUntil.IsZero() {
			silentAt = p.At
			continue
		}
		stated, statedAt = laterTime(stated, p.Value.PaidUntil), p.At
	}
	st := status.Value
	if st.State == SubscriptionCancelling {
		st.PaidUntil = laterTime(st.PaidUntil, st.EndsAt)
	}
	believed := st.State != SubscriptionPastDue && failed.IsZero() && m.fell == "" &&
		(len(m.good) == 0 || !status.At.Before(newest) || silentAt.After(statedAt) && st.PaidUntil.After(silentAt))
	if believed && st.PaidUntil.After(stated) {
		return st.PaidUntil
	}
	if silentAt.After(statedAt) && !stated.After(silentAt) {
		// The newest payment does not say how far it reaches, and it came when
		// the last stated period was over: it surely paid for something. Where the
		// next one was undone, up to there.
		return m.fellFrom
	}
	return stated
}

// failuresCountFrom is the moment after which failed payments matter: the last
// payment that came, or the platform's word that all is well again.
func failuresCountFrom(status Latest[SubscriptionStatus], last time.Time) time.Time {
	if status.Value.State == SubscriptionActive {
		return laterTime(last, status.At)
	}
	return last
}

// runningTerm is the term of a subscription that goes on: as far as it is paid,
// and a grace beyond. The grace counts from the first failed payment, which
// comes somewhat after the period's end; but one that fails when access is over
// already does not open it again.
func runningTerm(status Latest[SubscriptionStatus], paid, failed time.Time, grace time.Duration) paidTerm {
	st := status.Value
	t := paidTerm{covered: paid, over: ReasonExpired, renews: true}
	t.trial = st.State == SubscriptionTrialing && !paid.After(st.PaidUntil)
	if st.State == SubscriptionPastDue && failed.IsZero() {
		t.over, t.failed = ReasonPaymentFailed, status.At
		if paid.IsZero() {
			failed = status.At
		}
	}
	if !failed.IsZero() {
		t.over, t.failed = ReasonPaymentFailed, failed
		if paid.IsZero() {
			t.covered = failed
		}
	}
	end := paid
	if paid.IsZero() || !failed.After(paid.Add(grace)) {
		end = laterTime(paid, failed)
	}
	if !end.IsZero() {
		end = end.Add(grace)
		t.until = &end
	}
	return t
}

// cancelledTerm is the term of a subscription that was cancelled or is over.
func cancelledTerm(status Latest[SubscriptionStatus], paid time.Time, on OnEnd) paidTerm {
	st, end := status.Value, status.At
	switch {
	case on == Keep:
		return paidTerm{}
	case st.State == SubscriptionEnded:
		if !st.EndsAt.IsZero() {
			end = st.EndsAt
		}
	case on == Revoke:
	case st.State == SubscriptionCancelling && !st.EndsAt.IsZero():
		end = st.EndsAt
	default:
		end = laterTime(end, paid)
	}
	return paidTerm{until: &end, over: ReasonCancelled}
}

// reactivated says whether money came after a subscription was said to be
// stopping, for a time after that: then it goes on.
func reactivated(s Latest[SubscriptionStatus], good []Latest[Payment]) bool {
	stop := s.At
	switch s.Value.State {
	case SubscriptionCancelling, SubscriptionEnded:
		stop = laterTime(stop, s.Value.EndsAt)
	case SubscriptionCancelled:
		stop = laterTime(stop, s.Value.PaidUntil)
		for _, p := range good {
			if !p.At.After(s.At) {
				stop = laterTime(stop, p.Value.PaidUntil)
			}
		}
	case SubscriptionPastDue, SubscriptionPaused, SubscriptionIncomplete:
	default:
		return false
	}
	for _, p := range good {
		reach := p.Value.PaidUntil
		if reach.IsZero() {
			reach = p.At
		}
		if p.At.After(s.At) && reach.After(stop) {
			return true
		}
	}
	return false
}

// failedSince returns when payments began to fail after a moment.
func (o Order) failedSince(sub string, after time.Time) time.Time {
	var first time.Time
	for _, f := range o.Failures {
		if f.Value.Subscription == sub && f.At.After(after) && (first.IsZero() || f.At.Before(first)) {
			first = f.At
		}
	}
	return first
}
