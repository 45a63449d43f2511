package service

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/woocommerce"
)

// pull is integrations.Puller's Pull.
type pull func(context.Context, integrations.Config, time.Time, func(integrations.Request) error) error

// puller finds out how a source is asked: through its API or, for a WooCommerce
// that is the very site that the account has, in the database.
func (r Reconciliation) puller(ctx context.Context, i store.Integration) (pull, error) {
	if i.Platform == "woocommerce" && i.APIKey == "" {
		if p, err := r.tables(ctx, i); p != nil || err != nil {
			return p, err
		}
	}
	platform, ok := r.Platforms[i.Platform].(integrations.Puller)
	if !ok {
		return nil, enrolld.Errorf(enrolld.Invalid, "is not asked: only what it sent is compared")
	}
	return platform.Pull, nil
}

// tables reads the orders of the account's own site; nil when the shop is
// elsewhere.
func (r Reconciliation) tables(ctx context.Context, i store.Integration) (pull, error) {
	at, err := provision.LoadPlace(ctx, r.DB, r.Account.ID)
	if err != nil {
		return nil, err
	}
	has, err := woocommerce.Has(ctx, r.DB.Conn(), at.Site)
	if err != nil || !has || !sameHost(i.Settings, at.Info.HomeURL, at.Info.SiteURL) {
		return nil, err
	}
	return func(ctx context.Context, _ integrations.Config, since time.Time, take func(integrations.Request) error) error {
		now := r.DB.Now()
		return woocommerce.Changed(ctx, r.DB.Conn(), at.Site, since, func(topic string, body []byte) error {
			return take(integrations.NewRequest(http.Header{
				"Content-Type": {"application/json"}, "X-Wc-Webhook-Topic": {topic},
			}, body, now))
		})
	}, nil
}

// sameHost says whether the settings' shop, where they name one, is on one of the
// site's hosts.
func sameHost(settings json.RawMessage, addresses ...string) bool {
	var s struct {
		Shop string `json:"shop"`
	}
	if json.Unmarshal(settings, &s) != nil || s.Shop == "" {
		return true
	}
	shop, err := url.Parse(s.Shop)
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if u, err := url.Parse(a); err == nil && u.Host != "" && strings.EqualFold(u.Hostname(), shop.Hostname()) {
			return true
		}
	}
	return false
}
