package wordpress

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"enrolld"
)

// Limits of a call.
const (
	MaxSignals  = 500     // of one call to Signal
	maxResponse = 1 << 20 // bytes of an answer
	callTimeout = 30 * time.Second
)

// Kind says what a Signal tells.
type Kind string

// The kinds of signals. Each of them makes WordPress forget what it remembers
// about the user; Granted and Revoked also tell other plugins.
const (
	Purge   Kind = "purge"
	Granted Kind = "granted"
	Revoked Kind = "revoked"
)

// Signal tells a site that we have changed something about a user.
type Signal struct {
	ID       string `json:"id"` // the same when it is sent again
	Kind     Kind   `json:"kind"`
	UserID   int64  `json:"user_id"`
	CourseID int64  `json:"course_id,omitempty"` // not needed by Purge
	Cause    string `json:"cause,omitempty"`     // such as "order 1001"
}

// Answer is what a site made of signals. One in neither list was not looked at:
// it may be sent again.
type Answer struct {
	OK      bool      `json:"ok"` // nothing failed
	Handled []string  `json:"handled"`
	Failed  []Failure `json:"failed"`
	Version string    `json:"version"` // of the companion
}

// Failure is a signal that a plugin of the site stumbled over. The user's caches
// are purged all the same, unless the signal could not be read.
type Failure struct {
	ID    string `json:"id"`
	Error string `json:"error"`
	Retry bool   `json:"retry"` // the actions did not run for want of time: send it again
}

// Health is what a site tells about itself.
type Health struct {
	Version     string   `json:"version"` // of the companion
	WordPress   string   `json:"wordpress"`
	PHP         string   `json:"php"`
	ObjectCache bool     `json:"object_cache"` // a persistent one
	Multisite   bool     `json:"multisite"`
	BlogID      int64    `json:"blog_id"`
	SiteURL     string   `json:"siteurl"`
	TableOK     bool     `json:"table_ok"`   // the companion can read the access table
	EntriesOK   bool     `json:"entries_ok"` // and write the table of who logs in as a customer
	Plugins     []string `json:"plugins"`    // course and membership plugins, by folder
}

// Client calls the companion of one blog. It may be used by several goroutines.
type Client struct {
	HTTP    *http.Client     // nil for one with a timeout of 30 seconds
	BaseURL string           // the blog's address (its home or siteurl)
	Key     enrolld.Secret   // the blog's key
	Now     func() time.Time // nil for time.Now
}

// Signal sends up to MaxSignals signals. The answer may report some as failed
// without an error. The codes of errors are as for Health.
func (c *Client) Signal(ctx context.Context, signals []Signal) (Answer, error) {
	if len(signals) == 0 {
		return Answer{OK: true}, nil
	}
	if len(signals) > MaxSignals {
		return Answer{}, enrolld.Errorf(enrolld.TooLarge,
			"%d signals at once, at most %d", len(signals), MaxSignals)
	}
	body, err := json.Marshal(map[string][]Signal{"signals": signals})
	if err != nil {
		return Answer{}, fmt.Errorf("encode signals: %w", err)
	}
	var a Answer
	if err := c.call(ctx, http.MethodPost, "/enrolld/v1/signals", body, &a); err != nil {
		return Answer{}, fmt.Errorf("signal WordPress: %w", err)
	}
	return a, nil
}

// Health asks the site about itself. An error has the code Unavailable when it
// may help to try again, Unauthorized when key or clock are wrong, NotFound when
// the companion is not installed, and Invalid when the address is wrong.
func (c *Client) Health(ctx context.Context) (Health, error) {
	var h Health
	if err := c.call(ctx, http.MethodGet, "/enrolld/v1/health", nil, &h); err != nil {
		return Health{}, fmt.Errorf("ask WordPress for its health: %w", err)
	}
	return h, nil
}

// call sends one signed request and decodes the answer into out.
func (c *Client) call(ctx context.Context, method, route string, body []byte, out any) error {
	req, err := c.request(ctx, method, route, body)
	if err != nil {
		return err
	}
	resp, err := c.client().Do(req)
	if err != nil {
		return enrolld.Wrap(enrolld.Unavailable, err, "the site does not answer")
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return enrolld.Wrap(enrolld.Unavailable, err, "the site's answer breaks off")
	}
	if len(answer) > maxResponse {
		return enrolld.Errorf(enrolld.Unavailable, "the site's answer is too long to be the companion's")
	}
	if resp.StatusCode != http.StatusOK {
		return c.refusal(resp, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return enrolld.Wrap(enrolld.Unavailable, err, "the site's answer is not the companion's")
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, route string, body []byte) (*http.Request, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "the site's address %q is not a web address", c.BaseURL)
	}
	// With index.php, because nginx answers a POST to the folder with a redirect.
	u.Path = strings.TrimSuffix(u.Path, "/") + "/index.php"
	u.RawQuery = "rest_route=" + route
	u.Fragment = ""
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	timestamp := strconv.FormatInt(c.now().Unix(), 10)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Enrolld")
	req.Header.Set("X-Enrolld-Timestamp", timestamp)
	req.Header.Set("X-Enrolld-Signature", sign(c.Key, timestamp, body))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// client returns the HTTP client, told not to follow redirects: a POST would
// arrive as a GET, and a signature at somebody else's.
func (c *Client) client() *http.Client {
	client := http.Client{Timeout: callTimeout}
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// sign returns the header that proves that a body comes from us.
func sign(key enrolld.Secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}
