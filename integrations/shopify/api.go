package shopify

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// apiVersion is the version of Shopify's Admin API that is asked. Shopify serves
// each for a year, and after that answers in the oldest it still serves.
const apiVersion = "2026-10"

// shopAPI is one shop's API.
type shopAPI struct {
	api  *integrations.API
	shop string
	key  enrolld.Secret
}

func (p *Platform) connect(c integrations.Config) (shopAPI, error) {
	s := p.read(c)
	if s.err != nil {
		return shopAPI{}, s.err
	}
	if c.APIKey == "" || s.Shop == "" {
		return shopAPI{}, enrolld.Parkf("Give the integration an Admin API access token of the shop, and the shop's " +
			`address in its settings: {"shop": "acme.myshopify.com"}.`)
	}
	return shopAPI{p.api, s.Shop, c.APIKey}, nil
}

// call is a question to a path below the version.
func (a shopAPI) call(path string, query url.Values, body []byte, what string) integrations.Call {
	u := url.URL{Scheme: "https", Host: a.shop, Path: "/admin/api/" + apiVersion + path, RawQuery: query.Encode()}
	c := integrations.Call{URL: u.String(), What: what, Header: http.Header{
		"X-Shopify-Access-Token": {a.key.Reveal()}, "Accept": {"application/json"},
	}}
	if body != nil {
		c.Method, c.Body = http.MethodPost, body
		c.Header.Set("Content-Type", "application/json")
	}
	return c
}

// graphQL asks in GraphQL, where errors come with a success.
func (a shopAPI) graphQL(ctx context.Context, query string, variables any, what string) (integrations.Node, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return integrations.Node{}, enrolld.Wrap(enrolld.Internal, err, "a question to Shopify cannot be written")
	}
	n, err := a.api.JSON(ctx, a.call("/graphql.json", nil, body, what))
	if err != nil {
		return n, err
	}
	for _, e := range n.Get("errors").List() {
		switch code := e.Get("extensions", "code").Text(); code {
		case "ACCESS_DENIED":
			return n, enrolld.Parkf("The integration's Shopify access token may not use %s. Give it that right.", what)
		case "THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST":
			return n, enrolld.Errorf(enrolld.Unavailable, "Shopify is busy when asked for %s", what)
		case "IDEMPOTENCY_KEY_PARAMETER_MISMATCH":
			return n, enrolld.Errorf(enrolld.Conflict,
				"Shopify has done this with other values before. Look at the order there before trying again.")
		default:
			return n, enrolld.Parkf("Shopify refuses to be asked for %s.", what)
		}
	}
	if !n.Get("data").IsObject() {
		return n, enrolld.Errorf(enrolld.Unavailable, "Shopify's answer has no content when asked for %s", what)
	}
	return n.Get("data"), nil
}

// contractQuery asks for what no delivery says of a contract: the lines that it
// made, in the order it began with and in those that renewed it.
const contractQuery = `query Contract($id: ID!, $after: String) {
  subscriptionContract(id: $id) {
    status
    billingPolicy { interval intervalCount }
    lines(first: 20) { nodes { productId variantId } }
    originOrder {
      id processedAt cancelledAt displayFinancialStatus totalPriceSet { shopMoney { amount currencyCode } }
      lineItems(first: 50) { nodes { id contract { id } product { id } variant { id } } }
    }
    orders(first: 20, after: $after) {
      nodes {
        id processedAt cancelledAt displayFinancialStatus totalPriceSet { shopMoney { amount currencyCode } }
        lineItems(first: 20) { nodes { id } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

// mostPages bounds how far lists are read.
const mostPages = 50

// contract asks about a contract.
func (a shopAPI) contract(ctx context.Context, id string) (known, error) {
	var k known
	after := ""
	for page := range mostPages {
		variables := map[string]any{"id": gid("SubscriptionContract", id)}
		if after != "" {
			variables["after"] = after
		}
		data, err := a.graphQL(ctx, contractQuery, variables, "subscription contracts")
		if err != nil {
			return k, err
		}
		n := data.Get("subscriptionContract")
		if n.Empty() {
			return k, enrolld.Parkf("Shopify shows the subscription contract to the app only that made it. " +
				"Give the integration that app's access token, with the right read_own_subscription_contracts.")
		}
		if page == 0 {
			count, _ := n.Get("billingPolicy", "intervalCount").Int()
			k.status, k.count = strings.ToLower(n.Get("status").Text()), int(min(count, 1<<20))
			k.interval = strings.ToLower(n.Get("billingPolicy", "interval").Text())
			k.origin(n, id)
		}
		for _, o := range n.Get("orders", "nodes").List() {
			k.order(o, func(integrations.Node) bool { return true })
		}
		after = n.Get("orders", "pageInfo", "endCursor").Text()
		if !n.Get("orders", "pageInfo", "hasNextPage").Bool() || after == "" {
			break
		}
	}
	return k, nil
}

// Complete asks which lines a contract is about.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, _ integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	if len(parsed.Events) == 0 {
		return parsed, nil
	}
	contract := parsed.Events[0].Refs[0]
	a, err := p.connect(c)
	if err != nil {
		return parsed, err
	}
	k, err := a.contract(ctx, strings.TrimPrefix(contract, "contract:"))
	if err != nil {
		return parsed, err
	}
	out := integrations.Parsed{Events: k.complete(parsed.Events[0], contract)}
	for _, e := range out.Events {
		if err := e.Check(); err != nil {
			return parsed, err
		}
	}
	return out, nil
}

// Catalogue lists products and, where there are several, their variants.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	a, err := p.connect(c)
	if err != nil {
		return nil, err
	}
	var out []integrations.Listed
	query := url.Values{"limit": {"250"}, "fields": {"id,title,variants"}}
	for range mostPages {
		call := a.call("/products.json", query, nil, "products")
		answer, err := a.api.Do(ctx, call)
		if err == nil {
			err = a.api.Problem(answer, call.What)
		}
		if err != nil {
			return nil, err
		}
		n, err := integrations.DecodeJSON(answer.Body)
		if err != nil || !n.Get("products").Exists() {
			return nil, enrolld.Errorf(enrolld.Unavailable, "Shopify's list of products cannot be read")
		}
		for _, product := range n.Get("products").List() {
			out = append(out, listed(product)...)
		}
		next := nextPage(answer.Header)
		if next == "" {
			break
		}
		// A page's address has what it needs; other filters are refused beside it.
		query = url.Values{"limit": {"250"}, "fields": {"id,title,variants"}, "page_info": {next}}
	}
	return out, nil
}

func listed(product integrations.Node) []integrations.Listed {
	id, title := number(product.Get("id").Text()), integrations.Clean(product.Get("title").Text())
	if id == "" {
		return nil
	}
	out := []integrations.Listed{{Product: enrolld.ProductRef{ID: id, Name: pick(title, id)}}}
	variants := product.Get("variants").List()
	if len(variants) < 2 {
		return out
	}
	for _, v := range variants {
		if variant := number(v.Get("id").Text()); variant != "" {
			name := strings.Trim(title+" - "+integrations.Clean(v.Get("title").Text()), " -")
			out = append(out, integrations.Listed{
				Product: enrolld.ProductRef{ID: id, Variant: variant, Name: pick(name, id)},
			})
		}
	}
	return out
}

// nextPage reads where a list goes on from its Link header:
// <https://acme.myshopify.com/…?page_info=abc>; rel="next". Only the page is taken
// from it, not the address.
func nextPage(h http.Header) string {
	for link := range strings.SplitSeq(strings.Join(h.Values("Link"), ","), ",") {
		address, relation, _ := strings.Cut(link, ";")
		if !strings.Contains(relation, `"next"`) {
			continue
		}
		u, err := url.Parse(strings.Trim(strings.TrimSpace(address), "<>"))
		if err == nil {
			return u.Query().Get("page_info")
		}
	}
	return ""
}
