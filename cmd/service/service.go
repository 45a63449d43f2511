package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"enrolld"
	"enrolld/handlers"
	"enrolld/integrations"
	"enrolld/mailer"
	"enrolld/store"
	"enrolld/store/outbox"
	"enrolld/store/provision"
	"enrolld/store/team"
	"enrolld/store/wordpress"
)

// Config is what a running service is made of.
type Config struct {
	DB  *store.DB
	Log *slog.Logger
	// Listen is the public address, MetricsListen the operator's; an empty
	// MetricsListen serves no metrics.
	Listen, MetricsListen string
	// BaseURL is how the outside reaches Listen; its host names our messages, and
	// links in mail to the team lead there. Default: Listen's port on localhost.
	BaseURL string
	// MailFrom is the sender of mail to the team, a bare address; enrolld@ the host of
	// BaseURL when empty.
	MailFrom string

	Relays []mailer.Config // the first is used, the others when it is away; none: mail waits
	// MailLimits are how much mail may go to each provider; nil: as much as there is.
	MailLimits mailer.Limits
	DKIM       *mailer.DKIM // signs mail; nil: nobody does, or the relay
	Proxies    []netip.Prefix
	// APIs take the place of the platforms' own, for tests.
	APIs APIs
	// Workers is how many process deliveries at a time; 0 only receives, and
	// leaves mail, signals and the clock to other replicas too.
	Workers int
	// ReconcileEvery is how often the checkout tools are asked what never came; 0:
	// only when somebody runs 'enrolld reconcile'.
	ReconcileEvery time.Duration
	// Migrate brings the schema up to date before work begins.
	Migrate bool
	// Processor overrides the processor's options, for tests.
	Processor provision.Options
}

// How often queues are looked at when nobody says that there is work, and how
// long the parts of a shutdown may take.
const (
	DefaultWorkers = 2
	pollDeliveries = time.Second
	pollMail       = time.Second
	pollSignals    = time.Second
	pollClock      = time.Second
	sweepEvery     = time.Minute
	schemaEvery    = 2 * time.Second

	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	keepAlive         = 2 * time.Minute
	// A stored header has to fit its column of 65,535 bytes: net/http reads up to
	// 4 KiB more than this, and "a:\n", the shortest line, is stored as "A: \r\n".
	maxHeader     = 32 << 10
	drainRequests = 10 * time.Second
	drainWorkers  = 30 * time.Second
)

// Service is a running Enrolld.
type Service struct {
	cfg       Config
	platforms integrations.Registry
	server    *handlers.Server
	inbox     *store.Inbox
	transport *mailer.Transport
	public    *listening
	operator  *listening // nil: none

	stop    chan struct{}      // closed: workers end after their step
	abandon context.CancelFunc // cuts the steps short
	workers sync.WaitGroup
	errs    chan error
}

// Start opens the listeners and starts the workers. It returns at once, also
// when the database is away: requests are then answered 503 until it is back.
func Start(cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, stop: make(chan struct{}), errs: make(chan error, 3)}
	if err := s.listen(); err != nil {
		return nil, err
	}
	s.setDefaults()
	s.inbox = store.NewInbox(cfg.DB)
	metrics := handlers.NewMetrics(cfg.DB)
	received := newBell()
	// One registry for both sides: certificates that a worker fetched prove
	// deliveries on receipt.
	s.platforms = Platforms(cfg.APIs)
	var err error
	s.server, err = handlers.New(handlers.Config{
		DB: cfg.DB, Inbox: s.inbox, Platforms: s.platforms, Metrics: metrics, Log: cfg.Log, Proxies: cfg.Proxies,
		BaseURL: s.cfg.BaseURL, Courses: s.courses, Access: access{s.cfg.DB}, Wake: received.ring,
	})
	if err == nil {
		err = s.serve()
	}
	if err != nil {
		s.inbox.Close()
		return nil, errors.Join(err, s.close())
	}
	ctx, abandon := context.WithCancel(context.Background())
	s.abandon = abandon
	s.workers.Go(func() {
		if !s.prepare(ctx) {
			return
		}
		s.server.Ready()
		if err := s.checkSites(ctx); err != nil && cfg.Workers > 0 {
			s.errs <- err
			return
		}
		s.work(ctx, metrics, received)
	})
	return s, nil
}

// BaseURL is how the outside reaches the service.
func (s *Service) BaseURL() string { return s.cfg.BaseURL }

// Routes lists every route of the service.
func (s *Service) Routes() []handlers.Route { return s.server.Routes() }

// Addr is where the public listener is.
func (s *Service) Addr() string { return s.public.Addr().String() }

// MetricsAddr is where the operator's listener is; "" when there is none.
func (s *Service) MetricsAddr() string {
	if s.operator == nil {
		return ""
	}
	return s.operator.Addr().String()
}

// Failed delivers the error that ended a listener.
func (s *Service) Failed() <-chan error { return s.errs }

// listen opens the listeners; nothing is answered yet.
func (s *Service) listen() (err error) {
	if s.public, err = listen(s.cfg.Listen); err != nil || s.cfg.MetricsListen == "" {
		return err
	}
	if s.operator, err = listen(s.cfg.MetricsListen); err != nil {
		return errors.Join(err, s.close())
	}
	return nil
}

func listen(addr string) (*listening, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Unavailable, err, "cannot listen on %s: is another program using it?", addr)
	}
	return &listening{Listener: l}, nil
}

// serve begins to answer.
func (s *Service) serve() error {
	public, err := s.server.Public()
	if err != nil {
		return err
	}
	s.public.serve(public, s.cfg.Log, s.errs)
	if s.operator == nil {
		return nil
	}
	operator, err := s.server.Operator()
	if err != nil {
		return err
	}
	s.operator.serve(operator, s.cfg.Log, s.errs)
	return nil
}

// close closes the listeners of a service that did not start.
func (s *Service) close() error {
	err := s.public.Close()
	if s.operator != nil {
		err = errors.Join(err, s.operator.Close())
	}
	return err
}

// prepare waits for a database with an up-to-date schema. It returns false when
// the service is stopped before there is one.
func (s *Service) prepare(ctx context.Context) bool {
	for {
		err := s.checkSchema(ctx)
		if err == nil {
			return true
		}
		s.cfg.Log.WarnContext(ctx, "waiting for the database", "error", err, "again_in", schemaEvery)
		select {
		case <-s.stop:
			return false
		case <-time.After(schemaEvery):
		}
	}
}

func (s *Service) checkSchema(ctx context.Context) error {
	if s.cfg.Migrate {
		applied, err := s.cfg.DB.Migrate(ctx)
		if len(applied) > 0 {
			s.cfg.Log.InfoContext(ctx, "database schema brought up to date", "steps", len(applied))
		}
		return err
	}
	return s.cfg.DB.CheckSchema(ctx)
}

// checkSites looks at every account's site. One that cannot be used keeps only
// its own deliveries waiting, which are received all the same: a site that is
// being restored is back soon. Only when no site at all has transactions, which
// no waiting mends, an error says so.
func (s *Service) checkSites(ctx context.Context) error {
	accounts, err := s.cfg.DB.Accounts(ctx)
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "sites not checked", "error", err)
		return nil
	}
	var refused []error
	for _, a := range accounts {
		at, err := provision.LoadPlace(ctx, s.cfg.DB, a.ID)
		if err == nil {
			continue
		}
		s.cfg.Log.ErrorContext(ctx, "site cannot be used; its deliveries wait", "account", a.Name, "error", err)
		if noTransactions(ctx, s.cfg.DB, at.Site) {
			refused = append(refused, fmt.Errorf("account %q: %w", a.Name, err))
		}
	}
	if len(accounts) == 0 || len(refused) < len(accounts) {
		return nil
	}
	return errors.Join(refused...)
}

// noTransactions says whether the site's users tables are of an engine without
// them, for certain: its answer has a code, that of a failed query has none.
func noTransactions(ctx context.Context, db *store.DB, site wordpress.Site) bool {
	return enrolld.CodeOf(wordpress.CheckEngines(ctx, db.Conn(), site)) == enrolld.Unavailable
}

// work starts the workers of every queue and waits for them to end.
func (s *Service) work(ctx context.Context, metrics *handlers.Metrics, received bell) {
	if s.cfg.Workers == 0 {
		return
	}
	opt := s.cfg.Processor
	mail, express, signals := newBell(), newBell(), newBell()
	opt.Log, opt.Observe = s.cfg.Log, metrics.Processed
	opt.Queued = func() {
		mail.ring()
		express.ring()
		signals.ring()
	}
	processor := provision.New(s.cfg.DB, NewReader(s.platforms), opt)
	loops := []loop{
		{name: "clock", step: processor.Due, idle: pollClock},
		{name: "sweep", step: s.sweep, idle: sweepEvery},
		{name: "reminders", step: s.cfg.DB.Wake, idle: sweepEvery},
		{name: "customers", step: s.indexCustomers, idle: sweepEvery},
		{name: "entries", step: s.entries, idle: pollEntries},
		{name: "team", step: team.New(s.cfg.DB).Sweep, idle: sweepEvery},
		{name: "digest", step: s.digests, idle: sweepEvery},
		{name: "silence", step: (&listener{s.cfg.DB, s.cfg.Log, metrics, map[int64]bool{}}).step, idle: listenEvery},
		{name: "signals", step: outbox.NewSignals(s.cfg.DB, teller{}, s.where, s.cfg.Log).Step, idle: pollSignals, wake: signals},
	}
	loops = append(loops, s.importLoops(opt.Queued)...)
	loops = append(loops, s.bulkLoops(opt.Queued)...)
	for range s.cfg.Workers {
		loops = append(loops, loop{name: "deliveries", step: processor.Step, idle: pollDeliveries, wake: received})
	}
	if s.cfg.ReconcileEvery > 0 {
		loops = append(loops, loop{name: "reconcile", step: s.rounds, idle: roundsEvery})
	}
	if len(s.cfg.Relays) > 0 {
		s.transport = mailer.NewTransport(s.cfg.Relays[0], s.cfg.Relays[1:]...)
		if s.cfg.DKIM != nil {
			s.transport.SignWith(s.cfg.DKIM)
		}
		worker := mailer.NewWorker(s.messages(metrics.Message), s.transport, mailer.Options{
			Limits: s.cfg.MailLimits, Log: s.cfg.Log, Now: s.cfg.DB.Now, Domain: s.mailDomain(), Observe: metrics.Message, Lease: outbox.MessageLease,
		})
		loops = append(loops, loop{name: "mail", step: worker.Step, idle: pollMail, wake: mail},
			loop{name: "express mail", step: worker.Express, idle: pollMail, wake: express})
	}
	var running sync.WaitGroup
	for _, l := range loops {
		l.log = s.cfg.Log
		running.Go(func() { l.run(ctx, s.stop) })
	}
	running.Wait()
}

// sweep counts as no work: what it finds is the clock's.
func (s *Service) sweep(ctx context.Context) (int, error) {
	_, err := s.cfg.DB.SweepParked(ctx)
	return 0, err
}

// digests counts as no work: each account is told once a day.
func (s *Service) digests(ctx context.Context) (int, error) {
	_, err := team.New(s.cfg.DB).Digests(ctx)
	return 0, err
}

// where answers where an account's WordPress is.
func (s *Service) where(ctx context.Context, accountID int64) (enrolld.Account, string, error) {
	at, err := provision.LoadPlace(ctx, s.cfg.DB, accountID)
	return at.Account, at.SiteURL(), err
}

// messages is the mail queue.
func (s *Service) messages(observe func(kind, outcome string)) *outbox.Messages {
	return outbox.NewMessages(s.cfg.DB, outbox.Options{BaseURL: s.cfg.BaseURL, From: s.cfg.MailFrom, Observe: observe})
}

// localSender is where mail to the team comes from when the host of BaseURL is
// no domain of mail: this machine's name, or an IP address.
const localSender = "enrolld@localhost.localdomain"

// setDefaults fills in what depends on where the public listener is.
func (s *Service) setDefaults() {
	local := s.cfg.BaseURL == ""
	if local {
		_, port, _ := net.SplitHostPort(s.Addr()) // a listener's own address
		s.cfg.BaseURL = "http://localhost:" + port
	}
	if s.cfg.MailFrom != "" {
		return
	}
	s.cfg.MailFrom = "enrolld@" + s.mailDomain()
	if _, _, err := enrolld.ParseEmail(s.cfg.MailFrom); err == nil {
		return
	}
	s.cfg.MailFrom = localSender
	if !local {
		s.cfg.Log.Warn("the host of the base URL is no domain of mail: set --mail-from, or relays may refuse mail to the team")
	}
}

// mailDomain is the right side of Message-IDs.
func (s *Service) mailDomain() string {
	if u, err := url.Parse(s.cfg.BaseURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

// Stop drains: no new requests, what was received is stored, steps under way
// end. It returns an error when that took longer than it may.
func (s *Service) Stop() error {
	s.server.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), drainRequests)
	defer cancel()
	err := s.public.server.Shutdown(ctx)
	if s.operator != nil {
		err = errors.Join(err, s.operator.server.Shutdown(ctx))
	}
	s.inbox.Close()
	close(s.stop)
	ended := make(chan struct{})
	go func() {
		s.workers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(drainWorkers):
		err = errors.Join(err, errors.New("workers did not end in time; what they had leased is worked on later"))
		s.abandon()
		<-ended
	}
	s.abandon()
	if s.transport != nil {
		err = errors.Join(err, s.transport.Close())
	}
	return err
}
