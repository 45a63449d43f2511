package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"enrolld"
	"enrolld/cmd/service"
	"enrolld/store"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is the command line. Flags are stronger than ENROLLD_* variables, and
// those than the file of --config (JSON, named as the flags).
type cli struct {
	Config   kong.ConfigFlag  `help:"Read settings from this JSON file." placeholder:"FILE" env:"ENROLLD_CONFIG"`
	Database databaseFlags    `embed:""`
	LogLevel string           `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"ENROLLD_LOG_LEVEL"`
	LogJSON  bool             `help:"Log as JSON." env:"ENROLLD_LOG_JSON" name:"log-json"`
	JSON     bool             `help:"Print data as JSON." name:"json"`
	Version  kong.VersionFlag `help:"Print the version and exit."`
	// APIs of platforms at other addresses, "stripe=http://…;…", for tests.
	APIs map[string]string `hidden:"" env:"ENROLLD_PLATFORM_APIS" name:"platform-apis"`

	Demo        demoCmd        `cmd:"" help:"Start everything privately, WordPress included, and make a few sales."`
	Serve       serveCmd       `cmd:"" help:"Receive webhooks, give access, send mail."`
	Migrate     migrateCmd     `cmd:"" help:"The database schema."`
	Account     accountCmd     `cmd:"" help:"Client accounts: a WordPress site each."`
	User        userCmd        `cmd:"" help:"Who signs in to the admin."`
	Integration integrationCmd `cmd:"" help:"Where sales come from."`
	Product     productCmd     `cmd:"" help:"What each product gives access to."`
	Course      courseCmd      `cmd:"" help:"What there is to give access to."`
	Customer    customerCmd    `cmd:"" help:"Who has what, and why."`
	Import      importCmd      `cmd:"" help:"Take in lists of customers."`
	Order       orderCmd       `cmd:"" help:"What was sold; giving money back."`
	Reconcile   reconcileCmd   `cmd:"" help:"Compare what the checkout tools say with what is granted; mend it."`
	Deliveries  deliveriesCmd  `cmd:"" help:"What checkout tools sent, and what became of it."`
	MailEvents  mailSourceCmd  `cmd:"" help:"Who tells of bounces and complaints." name:"mail-events"`
	Companion   companionCmd   `cmd:"" help:"The plugin on the WordPress side."`
	Doctor      doctorCmd      `cmd:"" help:"Find what is wrong and how to mend it."`
}

// app is what commands run with.
type app struct {
	ctx      context.Context //nolint:containedctx // a command line has one
	in       io.Reader
	out      io.Writer
	err      io.Writer
	json     bool
	log      *slog.Logger
	database databaseFlags
	apis     service.APIs
	env      func(string) (string, bool)
}

// version is set when the binary is built.
var version = "development"

// run parses the command line and runs the command; it returns the exit status.
func run(
	ctx context.Context, args []string, env func(string) (string, bool), in io.Reader, out, errOut io.Writer,
) int {
	var c cli
	code := -1
	parser, err := kong.New(&c,
		kong.Name("enrolld"),
		kong.Description("Turns sales into course access in WordPress."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Configuration(loadSettings, "/etc/enrolld/config.json"),
		kong.Writers(out, errOut),
		kong.Exit(func(n int) { code = n }),
		kong.Vars{"version": version, "key_file": defaultKeyFile()},
	)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "enrolld:", err)
		return exitFailed
	}
	kctx, err := parser.Parse(args)
	if err == nil {
		err = checkAPIs(c.APIs)
	}
	if code >= 0 {
		return code // --help and --version
	}
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "enrolld: %v\n'enrolld --help' shows the commands.\n", err)
		return exitUsage
	}
	a := &app{
		ctx: ctx, in: in, out: out, err: errOut, json: c.JSON, database: c.Database, apis: c.APIs, env: env,
		log: newLogger(errOut, c.LogLevel, c.LogJSON),
	}
	if err := kctx.Run(a); err != nil {
		_, _ = fmt.Fprintln(errOut, "enrolld:", explain(err))
		return exitFailed
	}
	return exitOK
}

// checkAPIs lets only this machine stand in for a platform: keys go there.
func checkAPIs(apis map[string]string) error {
	for _, address := range apis {
		u, err := url.Parse(address)
		if err != nil {
			return enrolld.Errorf(enrolld.Invalid, "an address of ENROLLD_PLATFORM_APIS cannot be read")
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.IsLoopback() {
			return enrolld.Errorf(enrolld.Invalid, "ENROLLD_PLATFORM_APIS is for tests: only this machine can stand in for a platform")
		}
	}
	return nil
}

// explain is an error as an operator reads it: the message and, when it hides
// one, the cause.
func explain(err error) string {
	var coded *enrolld.Error
	if errors.As(err, &coded) && coded.Cause == nil {
		return coded.Message
	}
	return err.Error()
}

func newLogger(w io.Writer, level string, asJSON bool) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // kong's enum has checked it
	options := &slog.HandlerOptions{Level: l, ReplaceAttr: withoutData}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// withoutData keeps what a statement was given out of the log.
func withoutData(_ []string, a slog.Attr) slog.Attr {
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(store.SafeText(err))
	}
	return a
}

// print writes data as JSON when that was asked for, else what text writes.
func (a *app) print(data any, text func(w io.Writer)) error {
	if !a.json {
		text(a.out)
		return nil
	}
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(data)
}

func defaultKeyFile() string {
	if os.Geteuid() == 0 {
		return "/etc/enrolld/secret.key"
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "enrolld-secret.key"
	}
	return filepath.Join(dir, "enrolld", "secret.key")
}
