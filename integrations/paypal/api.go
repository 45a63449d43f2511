package paypal

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

func (p *Platform) api(s Settings) *integrations.API {
	if s.Sandbox {
		return p.sandbox
	}
	return p.live
}

// host is where the API is.
func (s Settings) host() string {
	if s.Sandbox {
		return "https://api-m.sandbox.paypal.com"
	}
	return "https://api-m.paypal.com"
}

// credentials splits an API key into the app's client id and its secret.
func credentials(key enrolld.Secret) (id, secret string, ok bool) {
	id, secret, ok = strings.Cut(strings.TrimSpace(key.Reveal()), ":")
	return id, secret, ok && id != "" && secret != ""
}

// token is what calls are made with.
type token struct {
	text  string
	until time.Time
}

// token gets one, or the one that we have. PayPal gives the same one again while
// it lasts, so what is left of it may be less than we keep it for.
func (p *Platform) token(ctx context.Context, c integrations.Config, s Settings) (string, error) {
	ask := func(ctx context.Context) (token, error) { return p.newToken(ctx, c, s) }
	t, err := p.tokens.Get(ctx, ask, s.host(), c.APIKey.Reveal())
	if err == nil && !time.Now().Before(t.until) {
		t, err = ask(ctx)
	}
	return t.text, err
}

func (p *Platform) newToken(ctx context.Context, c integrations.Config, s Settings) (token, error) {
	id, secret, ok := credentials(c.APIKey)
	if !ok {
		return token{}, enrolld.Parkf("Give the integration an API key: %s.", keyForm)
	}
	n, err := p.api(s).JSON(ctx, integrations.Call{
		Method: http.MethodPost, URL: s.host() + "/v1/oauth2/token", What: "an access token",
		Body: []byte("grant_type=client_credentials"),
		Header: http.Header{
			"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))},
			"Content-Type":  {"application/x-www-form-urlencoded"}, "Accept": {"application/json"},
		},
	})
	if enrolld.CodeOf(err) == enrolld.NotFound {
		err = nobodyThere("an access token")
	}
	if err != nil {
		return token{}, err
	}
	text := n.Get("access_token").Text()
	if text == "" {
		return token{}, enrolld.Errorf(enrolld.Unavailable, "PayPal's answer cannot be read when asked for an access token")
	}
	seconds, _ := n.Get("expires_in").Int()
	return token{text, time.Now().Add(time.Duration(min(seconds, 1<<20))*time.Second - time.Minute)}, nil
}

// nobodyThere is the error of an address of PayPal's that is always there.
func nobodyThere(what string) error {
	return enrolld.Errorf(enrolld.Unavailable, "PayPal does not answer as it should when asked for %s", what)
}

// do makes a call to a path of the API, with a token.
func (p *Platform) do(ctx context.Context, c integrations.Config, s Settings, call integrations.Call) (integrations.Answer, error) {
	token, err := p.token(ctx, c, s)
	if err != nil {
		return integrations.Answer{}, err
	}
	if call.Header == nil {
		call.Header = http.Header{}
	}
	call.URL = s.host() + call.URL
	call.Header.Set("Authorization", "Bearer "+token)
	call.Header.Set("Accept", "application/json")
	if call.Body != nil {
		call.Header.Set("Content-Type", "application/json")
	}
	answer, err := p.api(s).Do(ctx, call)
	if err == nil && answer.Status == http.StatusUnauthorized {
		// The key was good when the token was made: another token may do.
		err = enrolld.Errorf(enrolld.Unavailable, "PayPal does not accept its own token when asked for %s", call.What)
	}
	return answer, err
}

// ask makes a call whose answer must be JSON and a success.
func (p *Platform) ask(ctx context.Context, c integrations.Config, s Settings, call integrations.Call) (integrations.Node, error) {
	answer, err := p.do(ctx, c, s, call)
	if err != nil {
		return integrations.Node{}, err
	}
	if err := p.api(s).Problem(answer, call.What); err != nil {
		return integrations.Node{}, err
	}
	n, err := integrations.DecodeJSON(answer.Body)
	if err != nil {
		return integrations.Node{}, enrolld.Errorf(enrolld.Unavailable, "PayPal's answer cannot be read when asked for %s", call.What)
	}
	return n, nil
}

// news asks for something that a delivery tells of, and that may be there only later.
func (q question) news(what, path, id string) (integrations.Node, error) {
	n, err := q.find(what, path, id)
	if enrolld.CodeOf(err) == enrolld.NotFound && integrations.IsSettling(q.received) {
		return n, enrolld.Errorf(enrolld.Unavailable, "PayPal does not know yet what it told of, when asked for %s", what)
	}
	return n, missing(err, what)
}

// get asks for one thing that has been there for long.
func (q question) get(what, path, id string) (integrations.Node, error) {
	n, err := q.find(what, path, id)
	return n, missing(err, what)
}

// find asks for one thing by its id, which is a part of the path.
func (q question) find(what, path, id string) (integrations.Node, error) {
	return q.ask(q.ctx, q.config, q.Settings, integrations.Call{URL: path + url.PathEscape(id), What: what})
}

// missing lets a person look where PayPal does not know what it told of.
func missing(err error, what string) error {
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return enrolld.Parkf("PayPal knows no such thing when asked for %s. Is the API key of the app that the "+
			"webhook belongs to, and of the same mode (sandbox or live)?", what)
	}
	return err
}

// Bounds of a list.
const (
	pageSize = 20
	maxPages = 50
)

// Catalogue lists the plans of subscriptions, and those catalogue products to which
// the seller gave an id: it may be an item's sku. The ids that PayPal makes up
// (PROD-…) never name what was bought.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return nil, s.err
	}
	if c.APIKey == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "to list what is for sale give the integration an API key: %s", keyForm)
	}
	q := question{Platform: p, ctx: ctx, config: c, Settings: s.Settings}
	out, err := q.list("/v1/billing/plans", "plans", "the plans of subscriptions")
	if err != nil {
		return nil, err
	}
	products, err := q.list("/v1/catalogs/products", "products", "the products")
	return append(out, products...), err
}

func (q question) list(path, field, what string) ([]integrations.Listed, error) {
	var out []integrations.Listed
	for page := 1; page <= maxPages; page++ {
		n, err := q.ask(q.ctx, q.config, q.Settings, integrations.Call{
			URL: path + "?page_size=" + strconv.Itoa(pageSize) + "&page=" + strconv.Itoa(page), What: what,
		})
		if err != nil {
			return nil, err
		}
		members := n.Get(field).List()
		for _, m := range members {
			id := m.Get("id").Text()
			if id == "" || strings.HasPrefix(id, "PROD-") {
				continue
			}
			out = append(out, integrations.Listed{Product: enrolld.ProductRef{
				ID: id, Name: pick(integrations.Clean(m.Get("name").Text()), id),
			}})
		}
		if len(members) < pageSize {
			break
		}
	}
	return out, nil
}
