package service

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/store"
	"enrolld/store/provision"
)

// Reconciliation compares what an account's checkout tools say with what is
// granted.
type Reconciliation struct {
	DB        *store.DB
	Log       *slog.Logger
	Platforms integrations.Registry
	Account   enrolld.Account
	Since     time.Time // how far back platforms are asked
	Offline   bool      // ask nobody: compare only what is stored
	Mend      bool      // put right what can be
	AskOnly   bool      // do not compare what is stored with the site
}

// SourceReport is what became of asking one source.
type SourceReport struct {
	Integration int64
	Platform    string
	Name        string
	Asked       bool
	Told        int    // deliveries that its API told
	Problem     string // why it was not asked, or what went wrong
	Rhythm      enrolld.Rhythm
}

// Reconciled is what a reconciliation found.
type Reconciled struct {
	Sources     []SourceReport
	Differences []provision.Difference
	TakenIn     int // deliveries that were stored to mend
}

// fact is a delivery that a platform's API told, understood.
type fact struct {
	source  store.Integration
	request integrations.Request
	reading provision.Reading
}

// Run asks the platforms, compares, and mends when it is to.
func (r Reconciliation) Run(ctx context.Context) (Reconciled, error) {
	var out Reconciled
	sources, err := r.DB.Integrations(ctx, r.Account.ID)
	if err != nil {
		return out, err
	}
	processor := provision.New(r.DB, NewReader(r.Platforms), provision.Options{Log: r.Log})
	for _, i := range sources {
		if i.DisabledAt != nil {
			continue
		}
		report, facts := r.ask(ctx, i)
		if report.Rhythm, err = r.DB.Rhythm(ctx, i.ID); err != nil {
			return out, err
		}
		out.Sources = append(out.Sources, report)
		if !report.Asked {
			continue // half an answer may have the sale and not its refund
		}
		for _, group := range groups(facts, previewSize) {
			found, err := processor.Preview(ctx, r.Account.ID, told(group))
			if err != nil {
				return out, err
			}
			out.Differences = append(out.Differences, found...)
			if len(found) == 0 || !r.Mend {
				continue
			}
			if err := r.DB.TakeIn(ctx, r.deliveries(group)); err != nil {
				return out, err
			}
			out.TakenIn += len(group)
		}
	}
	if out.TakenIn > 0 {
		if err := drain(ctx, processor); err != nil {
			return out, err
		}
	}
	if r.AskOnly {
		return out, nil
	}
	err = processor.Check(ctx, r.Account.ID, r.Mend, func(found []provision.Difference) {
		out.Differences = append(out.Differences, found...)
	})
	out.Differences = distinct(out.Differences)
	return out, err
}

// distinct leaves out what was found twice: by asking, and by looking at what
// was stored of the answer since.
func distinct(list []provision.Difference) []provision.Difference {
	seen := map[provision.Difference]bool{}
	return slices.DeleteFunc(list, func(d provision.Difference) bool {
		d.CustomerID = 0
		was := seen[d]
		seen[d] = true
		return was
	})
}

// drain works until no delivery is due. Running services do the same work.
func drain(ctx context.Context, p *provision.Processor) error {
	for {
		if n, err := p.Step(ctx); err != nil || n == 0 {
			return err
		}
	}
}

// ask asks one source's API what happened.
func (r Reconciliation) ask(ctx context.Context, i store.Integration) (SourceReport, []fact) {
	report := SourceReport{Integration: i.ID, Platform: i.Platform, Name: i.Name}
	if r.Offline {
		report.Problem = "not asked"
		return report, nil
	}
	pull, err := r.puller(ctx, i)
	if err != nil {
		report.Problem = enrolld.MessageOf(err)
		return report, nil
	}
	reader := reader{r.Platforms}
	config := integrations.Config{Secrets: i.Secrets, APIKey: i.APIKey, Settings: i.Settings}
	var facts []fact
	err = pull(ctx, config, r.Since, func(req integrations.Request) error {
		report.Told++
		reading, err := reader.Read(ctx, provision.Source{
			Platform: i.Platform, Secrets: i.Secrets, APIKey: i.APIKey, Settings: i.Settings,
			Header: req.Header, Body: req.Body, ReceivedAt: req.ReceivedAt,
		})
		switch enrolld.OutcomeOf(err) {
		case enrolld.OutcomeDone:
			facts = append(facts, fact{i, req, reading})
		case enrolld.OutcomeRetry:
			return err
		default: // one that cannot be understood is no reason to know nothing of the others
			report.Problem = "some of what it told cannot be used: " + enrolld.MessageOf(err)
		}
		return nil
	})
	report.Asked = err == nil
	if err != nil {
		report.Problem = enrolld.MessageOf(err)
	}
	return report, facts
}

// previewSize is about how many facts are compared in one transaction.
const previewSize = 100

// groups puts facts about one order together, and the groups into batches.
func groups(facts []fact, size int) [][]fact {
	parent := make([]int, len(facts))
	byRef := map[string]int{}
	var root func(int) int
	root = func(i int) int {
		if parent[i] != i {
			parent[i] = root(parent[i])
		}
		return parent[i]
	}
	for i, f := range facts {
		parent[i] = i
		for _, e := range f.reading.Events {
			for _, ref := range e.OrderRefs() {
				if j, ok := byRef[ref]; ok {
					parent[root(j)] = root(i)
				}
				byRef[ref] = i
			}
		}
	}
	orders := map[int][]fact{}
	for i, f := range facts {
		if len(f.reading.Events) > 0 {
			orders[root(i)] = append(orders[root(i)], f)
		}
	}
	var out [][]fact
	var batch []fact
	for _, i := range slices.Sorted(maps.Keys(orders)) {
		if batch = append(batch, orders[i]...); len(batch) >= size {
			out, batch = append(out, batch), nil
		}
	}
	if len(batch) > 0 {
		out = append(out, batch)
	}
	return out
}

func told(facts []fact) []provision.Told {
	out := make([]provision.Told, len(facts))
	for i, f := range facts {
		out[i] = provision.Told{Source: f.source, Reading: f.reading}
	}
	return out
}

// deliveries are facts as they are stored: as if they had come by themselves.
func (r Reconciliation) deliveries(facts []fact) []store.Delivery {
	out := make([]store.Delivery, len(facts))
	for i, f := range facts {
		platform := r.Platforms[f.source.Platform]
		config := integrations.Config{Secrets: f.source.Secrets, APIKey: f.source.APIKey, Settings: f.source.Settings}
		id := platform.Identify(config, f.request)
		kept := platform.Redact(config, f.request)
		out[i] = store.Delivery{
			AccountID: r.Account.ID, IntegrationID: f.source.ID, Key: id.Key, Event: id.Event,
			ReceivedAt: f.request.ReceivedAt.UTC().Truncate(time.Microsecond), RequestID: store.TakenIn,
			Header: kept.Header, Body: kept.Body,
		}
	}
	return out
}
