package kajabi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Bounds of what is listed at once.
const (
	pageSize  = 100
	mostPages = 50
)

// pages lists resources page by page until take has enough. It says whether it
// came to an end before the bound.
func (a asker) pages(path string, query url.Values, what string, take func(integrations.Node) (more bool)) (bool, error) {
	query.Set("page[size]", strconv.Itoa(pageSize))
	for page := 1; page <= mostPages; page++ {
		query.Set("page[number]", strconv.Itoa(page))
		n, err := a.get(path, query, what)
		if err != nil {
			return false, err
		}
		list := n.Get("data").List()
		for _, item := range list {
			if !take(item) {
				return true, nil
			}
		}
		if len(list) == 0 || len(list) < pageSize && n.Get("links", "next").Empty() {
			return true, nil
		}
	}
	return false, nil
}

// Catalogue lists the offers.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	if c.APIKey == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "give the integration an API key of Kajabi's to list its offers")
	}
	var out []integrations.Listed
	_, err := p.asker(ctx, c).pages("offers", url.Values{}, "the offers", func(n integrations.Node) bool {
		if id := resourceID(n); id != "" {
			name := pick(titleOf(n), "Offer "+id)
			out = append(out, integrations.Listed{
				Product: enrolld.ProductRef{ID: id, Name: name}, Bundle: len(related(n, "products")) > 1,
			})
		}
		return true
	})
	return out, err
}

// pulled is a delivery to be, with the time by which it is sorted.
type pulled struct {
	at   time.Time
	body []byte
}

// Pull hands over the purchases that changed since a moment, as deliveries named
// "purchase", and the transactions since then, as "payment_succeeded" and, of
// which no webhook tells, "refund" and "dispute". Each only names what it is
// about: Complete asks for the rest.
func (p *Platform) Pull(
	ctx context.Context, c integrations.Config, since time.Time, take func(integrations.Request) error,
) error {
	if c.APIKey == "" || !p.settings.Get(c.Settings, read).confirm {
		return enrolld.Errorf(enrolld.Invalid, "Kajabi can be asked what happened only with an API key and without \"confirm\":\"off\"")
	}
	a := p.asker(ctx, c)
	list, whole, err := a.changed(since)
	if err != nil {
		return err
	}
	moved, all, err := a.moved(since)
	if err != nil {
		return err
	}
	list = append(list, moved...)
	slices.SortStableFunc(list, func(x, y pulled) int { return x.at.Compare(y.at) })
	header := http.Header{"Content-Type": {"application/json"}}
	for _, d := range list {
		if err := take(integrations.NewRequest(header.Clone(), d.body, d.at)); err != nil {
			return err
		}
	}
	if !whole || !all {
		return enrolld.Errorf(enrolld.Conflict,
			"Kajabi has more than %d changes since then; the older ones were not read", pageSize*mostPages)
	}
	return nil
}

// changed lists purchases, the last changed first: one that changes meanwhile
// moves to the front, so that none is passed over.
func (a asker) changed(since time.Time) ([]pulled, bool, error) {
	var out []pulled
	query := url.Values{
		"sort":                  {"-updated_at"},
		"filter[updated_at_gt]": {since.Add(-time.Second).UTC().Format(time.RFC3339)},
	}
	whole, err := a.pages("purchases", query, "the purchases", func(n integrations.Node) bool {
		at := attr(n, "updated_at").Time()
		if at.Before(since) {
			return at.IsZero() // one without a date says nothing of the others
		}
		out = append(out, newPulled("purchase", n, at, "created_at", "updated_at", "deactivated_at"))
		return true
	})
	return out, whole, err
}

// moved lists transactions. Kajabi filters them by days, of a time zone that it
// does not tell, and promises no order.
func (a asker) moved(since time.Time) ([]pulled, bool, error) {
	var out []pulled
	query := url.Values{"filter[start_date]": {since.UTC().AddDate(0, 0, -1).Format(time.DateOnly)}}
	whole, err := a.pages("transactions", query, "the transactions", func(n integrations.Node) bool {
		at := attr(n, "created_at").Time()
		if at.Before(since) {
			return true
		}
		event := "payment_succeeded"
		switch action := attr(n, "action").Text(); action {
		case actionRefund, actionDispute:
			event = action
		}
		out = append(out, newPulled(event, n, at, "action", "state", "amount_in_cents", "currency", "created_at"))
		return true
	})
	return out, whole, err
}

func newPulled(event string, n integrations.Node, at time.Time, attributes ...string) pulled {
	type resource struct {
		ID            string            `json:"id"`
		Type          string            `json:"type"`
		Attributes    map[string]string `json:"attributes"`
		Relationships map[string]any    `json:"relationships"`
	}
	res := resource{ID: resourceID(n), Type: n.Get("type").Text(), Attributes: map[string]string{}, Relationships: map[string]any{}}
	for _, name := range attributes {
		if v := attr(n, name).Text(); v != "" {
			res.Attributes[name] = v
		}
	}
	if offer := relatedOne(n, "offer"); offer != "" {
		res.Relationships["offer"] = map[string]any{"data": map[string]string{"id": offer, "type": typeOffers}}
	}
	body, err := json.Marshal(map[string]any{"event": event, "payload": []resource{res}})
	if err != nil {
		body = nil // strings always can be written
	}
	return pulled{at, body}
}
