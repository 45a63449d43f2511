package stripe

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	sdk "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"

	"enrolld"
	"enrolld/integrations"
)

// Lists are read in pages of Stripe's largest size, and not without end.
const (
	pageSize = "100"
	maxPages = 200
)

// page is a page of a list, its members as Stripe wrote them: stripe-go's types
// would lose what they do not know.
type page struct {
	sdk.APIResource
	Data    []json.RawMessage `json:"data"`
	HasMore bool              `json:"has_more"`
}

// errTooMany is what list returns when it has handed over as much as it will, and
// there is more: a wrapped one says of what.
var errTooMany = errors.New("there is more than is read")

// list hands over the members of a list, newest first as Stripe has them.
func (q question) list(path string, query url.Values, what string, take func(json.RawMessage, integrations.Node) error) error {
	after := ""
	for range maxPages {
		values := &form.Values{}
		for name, texts := range query {
			for _, text := range texts {
				values.Add(name, text)
			}
		}
		values.Add("limit", pageSize)
		if after != "" {
			values.Add("starting_after", after)
		}
		params := q.params()
		var p page
		if err := q.backend.CallRaw(http.MethodGet, path, q.key, values, &params, &p); err != nil {
			return apiError(err, what)
		}
		for _, raw := range p.Data {
			n, err := integrations.DecodeJSON(raw)
			if err != nil {
				return enrolld.Errorf(enrolld.Unavailable, "Stripe's answer cannot be read when asked for %s", what)
			}
			after = n.Get("id").Text()
			if err := take(raw, n); err != nil {
				return err
			}
		}
		if !p.HasMore || after == "" {
			return nil
		}
	}
	return enrolld.Wrap(enrolld.Invalid, errTooMany,
		"Stripe has more than can be read when asked for %s: only the newest were. Ask about a shorter time", what)
}

// ask begins a question by itself, not about a delivery.
func (p *Platform) ask(c integrations.Config, q question) (question, error) {
	q.api, q.key = p.api, c.APIKey.Reveal()
	if q.key == "" {
		return q, enrolld.Errorf(enrolld.Invalid, "give the integration a Stripe API key first: without it Stripe cannot be asked")
	}
	return q, nil
}

// isTestKey says whether a key opens Stripe's test mode.
func (q question) isTestKey() bool { return strings.Contains(q.key, "_test_") }
