package service

import (
	"context"

	"enrolld/integrations"
	"enrolld/integrations/clickbank"
	"enrolld/integrations/generic"
	"enrolld/integrations/gumroad"
	"enrolld/integrations/jvzoo"
	"enrolld/integrations/kajabi"
	"enrolld/integrations/lemonsqueezy"
	"enrolld/integrations/paddle"
	"enrolld/integrations/paykickstart"
	"enrolld/integrations/paypal"
	"enrolld/integrations/paypalipn"
	"enrolld/integrations/samcart"
	"enrolld/integrations/sendowl"
	"enrolld/integrations/shopify"
	"enrolld/integrations/stripe"
	"enrolld/integrations/surecart"
	"enrolld/integrations/teachable"
	"enrolld/integrations/thrivecart"
	"enrolld/integrations/warriorplus"
	"enrolld/integrations/woocommerce"
	"enrolld/store/provision"

	"enrolld"
)

// APIs are addresses, by platform, that take the place of the platforms' own
// APIs, for tests; nil asks the platforms themselves.
type APIs map[string]string

// Platforms lists the checkout tools that we speak.
func Platforms(at APIs) integrations.Registry {
	return integrations.NewRegistry(
		clickbank.New(clickbank.Options{BackendURL: at["clickbank"]}),
		generic.New(),
		gumroad.New(gumroad.Options{BackendURL: at["gumroad"]}),
		jvzoo.New(jvzoo.Options{BackendURL: at["jvzoo"]}),
		kajabi.New(kajabi.Options{BackendURL: at["kajabi"]}),
		lemonsqueezy.New(lemonsqueezy.Options{BackendURL: at["lemonsqueezy"]}),
		paddle.New(paddle.Options{BackendURL: at["paddle"]}),
		paypal.New(paypal.Options{BackendURL: at["paypal"]}),
		paypalipn.New(paypalipn.Options{BackendURL: at["paypal-ipn"]}),
		paykickstart.New(paykickstart.Options{BackendURL: at["paykickstart"]}),
		samcart.New(samcart.Options{BackendURL: at["samcart"]}),
		sendowl.New(sendowl.Options{BackendURL: at["sendowl"]}),
		shopify.New(shopify.Options{BackendURL: at["shopify"]}),
		stripe.New(stripe.Options{BackendURL: at["stripe"]}),
		surecart.New(surecart.Options{BackendURL: at["surecart"]}),
		teachable.New(teachable.Options{BackendURL: at["teachable"]}),
		thrivecart.New(thrivecart.Options{BackendURL: at["thrivecart"]}),
		warriorplus.New(),
		woocommerce.New(woocommerce.Options{BackendURL: at["woocommerce"]}),
	)
}

// reader lets the processor understand deliveries through the registry.
type reader struct{ platforms integrations.Registry }

// NewReader makes a provision.Reader of platforms.
func NewReader(platforms integrations.Registry) provision.Reader { return reader{platforms} }

func (r reader) Read(ctx context.Context, s provision.Source) (provision.Reading, error) {
	platform, ok := r.platforms[s.Platform]
	if !ok {
		return provision.Reading{}, enrolld.Parkf("this version of Enrolld does not speak %q", s.Platform)
	}
	config := integrations.Config{Secrets: s.Secrets, APIKey: s.APIKey, Settings: s.Settings}
	req := integrations.NewRequest(s.Header, s.Body, s.ReceivedAt)
	parsed, err := platform.Parse(config, req)
	if err != nil {
		return provision.Reading{}, err
	}
	if completer, ok := platform.(integrations.Completer); ok && parsed.Incomplete {
		if parsed, err = completer.Complete(ctx, config, req, parsed); err != nil {
			return provision.Reading{}, err
		}
	}
	if parsed.Incomplete {
		// Whoever says so does not vouch for it.
		return provision.Reading{}, enrolld.Parkf("%s's delivery could not be completed or confirmed", platform.Title())
	}
	return provision.Reading{Events: parsed.Events, Ignored: parsed.Ignored}, nil
}
