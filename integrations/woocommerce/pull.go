package woocommerce

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// mostPulled bounds the pages of one pull.
const mostPulled = 2000

// Pull hands over the orders and subscriptions that changed since a moment, in
// the order in which they changed. WooCommerce tries a delivery once and turns
// webhooks off after five failures, so this is how what was missed comes in.
func (p *Platform) Pull(
	ctx context.Context, c integrations.Config, since time.Time, take func(integrations.Request) error,
) error {
	s, err := p.shop(c)
	if err != nil {
		return err
	}
	orders := newStream(s, "orders", "order.updated", since)
	subscriptions := newStream(s, "subscriptions", "subscription.updated", since)
	subscriptions.optional = true
	for {
		if err := orders.fill(ctx); err != nil {
			return err
		}
		if err := subscriptions.fill(ctx); err != nil {
			return err
		}
		first := orders
		if a, ok := orders.peek(); !ok {
			first = subscriptions
		} else if b, ok := subscriptions.peek(); ok && b.Before(a) {
			first = subscriptions
		}
		if _, ok := first.peek(); !ok {
			return nil
		}
		if err := take(first.next()); err != nil {
			return err
		}
	}
}

// stream reads one list of the shop, oldest change first. A page begins where the
// one before ended, by time and not by number: what changes meanwhile moves to
// the end of the list, and everything after it moves up.
type stream struct {
	shop
	path, topic string
	optional    bool // a shop may not have it
	since       time.Time
	page, pages int
	over        bool
	left        []change
	seen        map[string]bool // of the page before
}

type change struct {
	at   time.Time
	body json.RawMessage
}

func newStream(s shop, path, topic string, since time.Time) *stream {
	return &stream{shop: s, path: path, topic: topic, since: since.UTC().Truncate(time.Second), page: 1}
}

// peek says when the next change was.
func (s *stream) peek() (time.Time, bool) {
	if len(s.left) == 0 {
		return time.Time{}, false
	}
	return s.left[0].at, true
}

// next returns the next change as the webhook would have sent it.
func (s *stream) next() integrations.Request {
	c := s.left[0]
	s.left = s.left[1:]
	return integrations.NewRequest(http.Header{
		"Content-Type": {"application/json"}, headerTopic: {s.topic}, headerSource: {s.source},
	}, c.body, time.Now().UTC())
}

// fill asks for pages until something is left to hand over or nothing more comes.
func (s *stream) fill(ctx context.Context) error {
	for len(s.left) == 0 && !s.over {
		if s.pages++; s.pages > mostPulled {
			return enrolld.Errorf(enrolld.Invalid, "too many %s changed since then to be read in one go: ask for less time", s.path)
		}
		list, err := s.list(ctx, s.path, url.Values{
			// After is without the moment itself.
			"modified_after": {s.since.Add(-time.Second).Format(gmtLayout)}, "dates_are_gmt": {"true"},
			"orderby": {"modified"}, "order": {"asc"}, "page": {strconv.Itoa(s.page)},
		}, "the "+s.path)
		if s.optional && enrolld.CodeOf(err) == enrolld.NotFound {
			s.over = true
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.took(list); err != nil {
			return err
		}
	}
	return nil
}

// took keeps what is new on a page and says where the next one begins.
func (s *stream) took(list []json.RawMessage) error {
	last, seen := s.since, make(map[string]bool, len(list))
	for _, body := range list {
		n, err := integrations.DecodeJSON(body)
		if err != nil {
			return enrolld.Errorf(enrolld.Unavailable, "%s's answer cannot be read when asked for the %s", title, s.path)
		}
		at := gmt(n.Get("date_modified_gmt"))
		key := string(body)
		seen[key] = true
		if at.After(last) {
			last = at
		}
		if !s.seen[key] {
			s.left = append(s.left, change{at, body})
		}
	}
	s.over = len(list) < perPage
	if last.After(s.since) {
		s.since, s.page = last, 1
	} else {
		s.page++ // a whole page of one second
	}
	s.seen = seen
	return nil
}
