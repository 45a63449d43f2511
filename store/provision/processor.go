package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/wordpress"
)

// Source is a stored delivery with the integration that it came through.
type Source struct {
	Platform   string
	Secrets    []enrolld.Secret
	APIKey     enrolld.Secret
	Settings   json.RawMessage
	Header     http.Header
	Body       []byte
	ReceivedAt time.Time
}

// Reading is what a delivery says.
type Reading struct {
	Events  []enrolld.Event
	Ignored string // why there is nothing to do
}

// Reader understands deliveries. It may ask the platform's API; its context has
// a deadline. Errors end the delivery by enrolld.OutcomeOf.
type Reader interface {
	Read(ctx context.Context, s Source) (Reading, error)
}

// Options of a Processor. The zero values are for production.
type Options struct {
	Log *slog.Logger
	// Batch is how many deliveries are claimed at once.
	Batch int
	// Lease is how long a claim holds: longer than the slowest batch.
	Lease time.Duration
	// Chance spreads retries; math/rand/v2.Float64 when nil.
	Chance func() float64
	// Observe is told how each delivery ended, for metrics.
	Observe func(platform string, outcome enrolld.Outcome)
	// Queued is told when a transaction left mail or signals in their queues.
	Queued func()
}

// Defaults of Options.
const (
	DefaultBatch = 200
	DefaultLease = 90 * time.Second
	readTimeout  = 20 * time.Second // with half the lease it leaves time to commit
	readAtOnce   = 8                // deliveries whose platforms are being asked
	placeTTL     = 5 * time.Second
	holdFor      = 10 * time.Minute
)

// Processor works on deliveries and on customers who are due. Several may run
// at once, in one process and in many.
type Processor struct {
	db     *store.DB
	reader Reader
	opt    Options

	mu      sync.Mutex // guards what follows
	places  map[int64]cached[Place]
	sources map[int64]cached[store.Integration]
	hours   map[int64]time.Time // the last hour noted of each source
	owed    []owed
}

// owed is a release that the database was not there to take.
type owed struct {
	lease    store.Lease
	verdicts []store.Verdict
}

type cached[T any] struct {
	value T
	until time.Time
}

// New makes a Processor.
func New(db *store.DB, reader Reader, opt Options) *Processor {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Batch == 0 {
		opt.Batch = DefaultBatch
	}
	if opt.Lease == 0 {
		opt.Lease = DefaultLease
	}
	if opt.Chance == nil {
		opt.Chance = rand.Float64
	}
	if opt.Observe == nil {
		opt.Observe = func(string, enrolld.Outcome) {}
	}
	if opt.Queued == nil {
		opt.Queued = func() {}
	}
	return &Processor{
		db: db, reader: reader, opt: opt,
		places: map[int64]cached[Place]{}, sources: map[int64]cached[store.Integration]{},
		hours: map[int64]time.Time{},
	}
}

// Place is an account with its WordPress blog.
type Place struct {
	Account enrolld.Account
	Mail    enrolld.MailSettings
	Site    wordpress.Site
	Info    wordpress.Info
}

// loginURL is where members log in.
func (p Place) loginURL() string { return p.SiteURL() + "/wp-login.php" }

// Language is what members are written to in who chose none: the account's choice, or
// else the site's; empty when neither is known.
func (p Place) Language() string {
	return cmp.Or(p.Mail.Language, enrolld.LanguageOf(p.Info.Locale))
}

// SiteURL is where WordPress itself is, log-in screens included.
func (p Place) SiteURL() string {
	if p.Account.SiteURL != "" {
		return p.Account.SiteURL
	}
	return p.Info.SiteURL
}

// place returns an account's place, at most placeTTL old.
func (p *Processor) place(ctx context.Context, accountID int64) (Place, error) {
	now := p.db.Now()
	p.mu.Lock()
	c, ok := p.places[accountID]
	p.mu.Unlock()
	if ok && now.Before(c.until) {
		return c.value, nil
	}
	v, err := LoadPlace(ctx, p.db, accountID)
	if err != nil {
		return v, err
	}
	p.mu.Lock()
	p.places[accountID] = cached[Place]{v, now.Add(placeTTL)}
	p.mu.Unlock()
	return v, nil
}

// LoadPlace reads an account with its WordPress blog.
func LoadPlace(ctx context.Context, db *store.DB, accountID int64) (Place, error) {
	account, err := db.Account(ctx, accountID)
	if err != nil {
		return Place{}, err
	}
	site, err := db.Site(ctx, account.SiteID)
	if err != nil {
		return Place{}, err
	}
	mail, err := db.MailSettings(ctx, accountID)
	if err != nil {
		return Place{}, err
	}
	p := Place{Account: account, Mail: mail, Site: WordPressSite(site, account.BlogID)}
	if err := wordpress.CheckEngines(ctx, db.Conn(), p.Site); err != nil {
		return p, err
	}
	if p.Info, err = wordpress.Inspect(ctx, db.Conn(), p.Site); err != nil {
		return p, fmt.Errorf("read the WordPress site of account %d: %w", accountID, err)
	}
	if site.ContentDir != "" {
		// Without the files, the database's own version number has to do.
		p.Info.Version, _ = wordpress.ReadVersion(filepath.Dir(site.ContentDir))
	}
	return p, nil
}

// WordPressSite names a blog of a stored site.
func WordPressSite(s store.Site, blogID int64) wordpress.Site {
	return wordpress.Site{
		ID: s.ID, Schema: s.Schema, BasePrefix: s.BasePrefix, BlogID: blogID, Multisite: s.Multisite,
		UsersTable: s.UsersTable, UserMetaTable: s.UserMetaTable,
	}
}

// integration returns an integration, at most placeTTL old.
func (p *Processor) integration(ctx context.Context, id int64) (store.Integration, error) {
	now := p.db.Now()
	p.mu.Lock()
	c, ok := p.sources[id]
	p.mu.Unlock()
	if ok && now.Before(c.until) {
		return c.value, nil
	}
	v, err := p.db.Integration(ctx, id)
	if err != nil {
		return v, err
	}
	p.mu.Lock()
	p.sources[id] = cached[store.Integration]{v, now.Add(placeTTL)}
	p.mu.Unlock()
	return v, nil
}
