package mailer

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"enrolld"
)

// TLSMode says how a connection to a relay is encrypted. Certificates are always
// checked.
type TLSMode string

// How a connection is encrypted.
const (
	TLSImplicit      TLSMode = "implicit"      // from the first byte (smtps://)
	TLSRequired      TLSMode = "required"      // STARTTLS, or nothing is sent
	TLSOpportunistic TLSMode = "opportunistic" // STARTTLS where offered
	TLSNone          TLSMode = "none"          // in the clear
)

// What a Config means where it says nothing.
const (
	DefaultConnections = 4
	DefaultTimeout     = 30 * time.Second
	DefaultIdle        = 30 * time.Second
)

// Config says how to reach one SMTP relay.
type Config struct {
	Host     string
	Port     int
	User     string
	Password enrolld.Secret
	TLS      TLSMode

	Rate        float64       // messages per second; 0: as many as the relay takes
	Connections int           // at most so many at a time; 0: DefaultConnections
	Timeout     time.Duration // for connecting and for each command; 0: DefaultTimeout
	Idle        time.Duration // an unused connection is closed after it; 0: DefaultIdle
	Hello       string        // our name in EHLO; empty: the machine's name

	RootCAs *x509.CertPool // who may sign the relay's certificate; nil: the system's
}

// Addr returns "host:port". It is safe to log.
func (c Config) Addr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// String describes the relay without user and password.
func (c Config) String() string { return fmt.Sprintf("%s (tls %s)", c.Addr(), c.TLS) }

// answerTimeout is how long the relay may take to answer the end of the content.
// Giving up early makes copies (RFC 5321 §4.5.3.2.6 asks for ten minutes), waiting
// long holds a lease and a shutdown; four times the command's patience lies between.
func (c Config) answerTimeout() time.Duration { return 4 * c.Timeout }

// withDefaults fills what is not said.
func (c Config) withDefaults() Config {
	if c.Connections <= 0 {
		c.Connections = DefaultConnections
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Idle <= 0 {
		c.Idle = DefaultIdle
	}
	if c.TLS == "" {
		c.TLS = defaultTLS(c.Host)
	}
	return c
}

// Limits of what an smtp-url may ask for.
const (
	maxConnections = 100
	maxRate        = 10000
	maxDuration    = 10 * time.Minute
)

// ParseURL reads an smtp-url:
//
//	smtp://user:password@host:587?tls=required&rate=10
//	smtps://user:password@host:465
//
// The port is 587 for smtp and 465 for smtps when it is left out. Parameters:
//
//   - tls: required (default: STARTTLS or nothing is sent), opportunistic, none.
//     For localhost and loopback addresses the default is none.
//   - rate: messages per second, e.g. 10 or 0.5; default: no limit
//   - connections: at most so many at a time, default 4
//   - timeout, idle: durations such as 30s
//   - hello: our name in EHLO
//
// A password is never sent unencrypted to another machine. Errors have code Invalid
// and say what to do; they never hold the password.
func ParseURL(s string) (Config, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		// The error of url.Parse quotes its input, and with it the password.
		return Config{}, invalid("it cannot be read; write special characters of user and password as" +
			" %XX (@ is %%40, / is %%2F, # is %%23, %% is %%25)")
	}
	c := Config{TLS: TLSImplicit, Port: 465}
	switch u.Scheme {
	case "smtps":
	case "smtp":
		c.TLS, c.Port = "", 587
	default:
		return Config{}, invalid("it must begin with smtp:// (STARTTLS) or smtps:// (TLS from the start)")
	}
	if u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return Config{}, invalid("after the host only ?parameters may follow; in a password write" +
			" / as %%2F, # as %%23, ? as %%3F")
	}
	for _, read := range []func(*Config, *url.URL) error{readHost, readUser, readParams} {
		if err := read(&c, u); err != nil {
			return Config{}, err
		}
	}
	if c.TLS == "" {
		c.TLS = defaultTLS(c.Host)
	}
	if c.User != "" && c.TLS == TLSNone && !isLoopback(c.Host) {
		return Config{}, invalid("with tls=none the password would travel readable; use tls=required or smtps://")
	}
	return c.withDefaults(), nil
}

func invalid(format string, args ...any) error {
	return enrolld.Errorf(enrolld.Invalid, "smtp-url: "+format, args...)
}

// hostName allows underscores, which names in container networks have.
var hostName = regexp.MustCompile(`^\w([\w-]*\w)?(\.\w([\w-]*\w)?)*\.?$`)

func readHost(c *Config, u *url.URL) error {
	c.Host = u.Hostname()
	if c.Host == "" {
		return invalid("the host is missing; write smtp://user:password@host:587")
	}
	if len(c.Host) > 253 || net.ParseIP(c.Host) == nil && !hostName.MatchString(c.Host) {
		return invalid("the host is not a name or an IP address")
	}
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 65535 {
			return invalid("the port must be a number from 1 to 65535")
		}
		c.Port = n
	}
	return nil
}

func readUser(c *Config, u *url.URL) error {
	if u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	c.User, c.Password = u.User.Username(), enrolld.Secret(password)
	if c.User == "" || password == "" {
		return invalid("user and password belong together; write smtp://user:password@host")
	}
	if strings.ContainsFunc(c.User+password, unicode.IsControl) {
		return invalid("user or password holds a control character")
	}
	return nil
}

func readParams(c *Config, u *url.URL) error {
	params, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return invalid("the ?parameters cannot be read")
	}
	for name, values := range params {
		if len(values) != 1 {
			return invalid("parameter %q is given more than once", name)
		}
		if err := c.setParam(name, values[0]); err != nil {
			return err
		}
	}
	return nil
}

// setParam sets one parameter of an smtp-url.
func (c *Config) setParam(name, value string) (err error) {
	switch name {
	case "tls":
		return c.setTLS(TLSMode(value))
	case "rate":
		c.Rate, err = strconv.ParseFloat(value, 64)
		if err != nil || !(c.Rate >= 0.001 && c.Rate <= maxRate) {
			return invalid("rate is messages per second, from 0.001 to %d", maxRate)
		}
	case "connections":
		c.Connections, err = strconv.Atoi(value)
		if err != nil || c.Connections < 1 || c.Connections > maxConnections {
			return invalid("connections must be a number from 1 to %d", maxConnections)
		}
	case "timeout":
		c.Timeout, err = parseDuration(name, value)
	case "idle":
		c.Idle, err = parseDuration(name, value)
	case "hello":
		if len(value) > 253 || !hostName.MatchString(value) {
			return invalid("hello must be a host name")
		}
		c.Hello = value
	default:
		return invalid("unknown parameter; known are tls, rate, connections, timeout, idle, hello")
	}
	return err
}

func (c *Config) setTLS(mode TLSMode) error {
	if c.TLS == TLSImplicit {
		if mode == TLSRequired {
			return nil
		}
		return invalid("smtps:// is always encrypted; leave tls out, or use smtp://")
	}
	switch mode {
	case TLSRequired, TLSOpportunistic, TLSNone:
		c.TLS = mode
		return nil
	}
	return invalid("tls must be required, opportunistic or none")
}

func parseDuration(name, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Second || d > maxDuration {
		return 0, invalid("%s must be a duration from 1s to %s, such as 30s", name, maxDuration)
	}
	return d, nil
}

// defaultTLS is required for every host but this machine, where a relay rarely has
// a certificate for "localhost" and nobody listens on the way.
func defaultTLS(host string) TLSMode {
	if isLoopback(host) {
		return TLSNone
	}
	return TLSRequired
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
