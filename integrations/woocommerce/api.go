package woocommerce

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"enrolld"
	"enrolld/integrations"
)

// perPage is the most that the API gives at once.
const perPage = 100

// shop is one integration's talk with its shop's API.
type shop struct {
	api    *integrations.API
	base   string // of all URLs, from the settings alone
	header http.Header
	source string
}

func (p *Platform) shop(c integrations.Config) (shop, error) {
	s := p.settings.Get(c.Settings, read)
	switch {
	case s.err != nil:
		return shop{}, s.err
	case c.APIKey == "" || s.Shop == "":
		return shop{}, enrolld.Errorf(enrolld.Invalid, "give the integration an API key of WooCommerce and the shop's address")
	}
	auth := "Basic " + base64.StdEncoding.EncodeToString([]byte(c.APIKey.Reveal()))
	return shop{
		api: p.api, base: s.Shop + "/wp-json/wc/v3/", source: s.Shop + "/",
		header: http.Header{"Authorization": {auth}, "Accept": {"application/json"}},
	}, nil
}

func (s shop) call(path string, query url.Values, what string) integrations.Call {
	u := s.base + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return integrations.Call{URL: u, Header: s.header, What: what}
}

// list asks for one page and returns its members as the shop wrote them.
func (s shop) list(ctx context.Context, path string, query url.Values, what string) ([]json.RawMessage, error) {
	query.Set("per_page", strconv.Itoa(perPage))
	answer, err := s.api.Do(ctx, s.call(path, query, what))
	if err != nil {
		return nil, err
	}
	if err := s.api.Problem(answer, what); err != nil {
		return nil, err
	}
	var out []json.RawMessage
	if json.Unmarshal(answer.Body, &out) != nil {
		// A list in which a plugin left a gap is an object by its numbers: none.
		return nil, enrolld.Errorf(enrolld.Unavailable, "%s's answer cannot be read when asked for %s", title, what)
	}
	return out, nil
}
