package integrations

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"enrolld"
)

// Limits of a question to a platform's API. The queue's schedule does the
// retrying: a call is made once.
const (
	APITimeout   = 10 * time.Second
	MaxAPIAnswer = 4 << 20
)

// userAgent is how we introduce ourselves; PayPal and others refuse who does not.
const userAgent = "Enrolld/1 (webhook receiver)"

// API asks one platform's hosts, over HTTPS and nobody else: a URL from a
// delivery or from settings cannot lead a question, and the key that goes with
// it, to another host. Redirects are not followed, answers are bounded.
type API struct {
	title  string
	hosts  []string
	via    *url.URL // where all calls go, in tests
	limit  time.Duration
	client *http.Client
}

// Within returns an API that waits so long for an answer, whole, in place of
// APITimeout.
func (a *API) Within(limit time.Duration) *API {
	within := *a
	within.limit = limit
	return &within
}

// NewAPI makes an API of a platform, named for people, with the hosts it may
// ask: "api.gumroad.com", or ".myshopify.com" for any host below that name. With
// no hosts it asks any, for platforms that people run themselves. via replaces
// the address of all hosts, for tests: "" asks the hosts themselves.
func NewAPI(title, via string, hosts ...string) *API {
	a := &API{title: title, hosts: hosts, limit: APITimeout}
	dialer := &net.Dialer{Timeout: APITimeout / 2, Control: refuseLinkLocal}
	a.client = &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: APITimeout / 2,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if via != "" {
		to, err := url.Parse(via)
		if err != nil {
			panic("integrations.NewAPI: " + err.Error()) // a test's own mistake
		}
		a.via = to
	}
	return a
}

// Bounded is a transport whose answers are no longer than MaxAPIAnswer, for
// platforms' own clients. Reading a longer one fails.
func Bounded(rt http.RoundTripper) http.RoundTripper { return bounded{rt} }

type bounded struct{ http.RoundTripper }

// RoundTrip bounds the body of the answer.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, MaxAPIAnswer)
	}
	return resp, err
}

// metadataServices are those of clouds that are not link-local: Amazon's over
// IPv6, Alibaba's, Azure's.
var metadataServices = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"),
}

// refuseLinkLocal keeps calls from addresses at which clouds tell a machine its
// own secrets.
func refuseLinkLocal(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address to dial: %w", err)
	}
	ip := addr.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || slices.Contains(metadataServices, ip) {
		return errors.New("no platform is at such an address")
	}
	return nil
}

// Call is one question.
type Call struct {
	Method string // "" is GET
	URL    string // whole, with https
	Header http.Header
	Body   []byte
	// What is asked for, for people: "a sale", "the certificate".
	What string
}

// Answer is what came back, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Allowed says whether a URL is one that the API may ask.
func (a *API) Allowed(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Hostname() == "" || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return len(a.hosts) == 0 || slices.ContainsFunc(a.hosts, func(h string) bool {
		return host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h)
	})
}

// Do makes one call. Its error has code Unavailable when nothing came back, or
// more than may: whether the platform did what it was asked is not known then.
// An answer of any status is no error here.
func (a *API) Do(ctx context.Context, c Call) (Answer, error) {
	if !a.Allowed(c.URL) {
		return Answer{}, enrolld.Errorf(enrolld.Invalid, "%s has no API at such an address", a.title)
	}
	ctx, cancel := context.WithTimeout(ctx, a.limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, orGet(c.Method), c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return Answer{}, enrolld.Wrap(enrolld.Invalid, err, "%s cannot be asked for %s", a.title, c.What)
	}
	maps.Copy(req.Header, c.Header)
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", userAgent)
	}
	if a.via != nil {
		req.Host = req.URL.Host
		req.URL.Scheme, req.URL.Host = a.via.Scheme, a.via.Host
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return Answer{}, a.noAnswer(c, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAPIAnswer+1))
	if err != nil {
		return Answer{}, a.noAnswer(c, err)
	}
	if len(body) > MaxAPIAnswer {
		return Answer{}, enrolld.Errorf(enrolld.Unavailable, "%s answered more than can be read when asked for %s", a.title, c.What)
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

func orGet(method string) string {
	if method == "" {
		return http.MethodGet
	}
	return method
}

// noAnswer keeps the cause's kind only: its text has the URL, and some platforms
// want a key or a buyer's address there.
func (a *API) noAnswer(c Call, err error) error {
	cause := errors.New("no answer")
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		cause = errors.New("no answer in time")
	}
	return enrolld.Wrap(enrolld.Unavailable, cause, "%s did not answer when asked for %s", a.title, c.What)
}

// JSON makes a call whose answer must be JSON and a success. Its errors end a
// delivery as it should end: retried when the platform is unwell, parked when a
// person has to mend the key, NotFound when the platform knows no such thing.
// They never quote the answer.
func (a *API) JSON(ctx context.Context, c Call) (Node, error) {
	answer, err := a.Do(ctx, c)
	if err != nil {
		return Node{}, err
	}
	if err := a.Problem(answer, c.What); err != nil {
		return Node{}, err
	}
	n, err := DecodeJSON(answer.Body)
	if err != nil {
		return Node{}, enrolld.Errorf(enrolld.Unavailable, "%s's answer cannot be read when asked for %s", a.title, c.What)
	}
	return n, nil
}

// Problem is the error that an answer's status stands for; nil for a success.
func (a *API) Problem(answer Answer, what string) error {
	switch s := answer.Status; {
	case s >= 200 && s < 300:
		return nil
	case s == http.StatusUnauthorized:
		return enrolld.Parkf("%s does not accept the integration's API key. Give it a valid one.", a.title)
	case s == http.StatusForbidden || s == http.StatusPaymentRequired:
		return enrolld.Parkf("The integration's %s API key may not read %s. Give the key that right.", a.title, what)
	case s == http.StatusNotFound || s == http.StatusGone:
		return enrolld.Errorf(enrolld.NotFound, "%s knows no such thing when asked for %s", a.title, what)
	case s >= 300 && s < 400, s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusTooManyRequests, s >= 500:
		return enrolld.Errorf(enrolld.Unavailable, "%s answered %d when asked for %s", a.title, s, what)
	default:
		return enrolld.Parkf("%s refuses to be asked for %s (status %d).", a.title, what, s)
	}
}
