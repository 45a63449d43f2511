package woocommerce_test

import (
	"net/http"
	"strings"
	"testing"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/woocommerce"
)

// order727 is a body as its vector has it.
const order727 = `{"id":727,"parent_id":0,"number":"727","status":"processing","currency":"EUR","total":"49.00",` +
	`"billing":{"first_name":"Ann","last_name":"O'Neil","email":"ann@example.org"},` +
	`"line_items":[{"id":315,"product_id":93,"variation_id":0,"quantity":1,"total":"49.00"}],"refunds":[]}`

// TestVectors verifies signatures that others made: the last ones are WooCommerce
// 10.5.2's own.
func TestVectors(t *testing.T) {
	for name, c := range map[string]struct {
		secret          enrolld.Secret
		body, signature string
	}{
		"plain, with a quote and an ampersand": {`wc_secret_&_quote"x`, order727, "QiCMm0dlrftupglNMq6j/VC1hGaj8NEG8zx/Nab2iYg="},
		"as the database has it":               {`wc_secret_&amp;_quote&quot;x`, order727, "QiCMm0dlrftupglNMq6j/VC1hGaj8NEG8zx/Nab2iYg="},
		"entities, signed by WooCommerce": {
			`a&amp;b&#039;c&quot;d&eacute;&amp;lt;&#x027;`, `{"id":727}`, "WtEj6SNoguKZQdbeKTc9OybAdJXHYf65OrgC2bFxkgM=",
		},
		"entities, typed as they are meant": {
			`a&b'c"d&eacute;&lt;'`, `{"id":727}`, "WtEj6SNoguKZQdbeKTc9OybAdJXHYf65OrgC2bFxkgM=",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			h.Set("X-WC-Webhook-Signature", c.signature)
			r := integrations.Request{Header: h, Body: []byte(c.body), ReceivedAt: platformtest.Received}
			p, config := woocommerce.New(woocommerce.Options{}), integrations.Config{Secrets: []enrolld.Secret{c.secret}}
			if err := p.Verify(config, r); err != nil {
				t.Error(err)
			}
			r.Body = []byte(c.body + " ")
			if err := p.Verify(config, r); enrolld.CodeOf(err) != enrolld.Unauthorized {
				t.Errorf("another body: got %v, want unauthorized", err)
			}
		})
	}
}

// TestSource refuses the deliveries of another shop whose webhook has the same
// secret.
func TestSource(t *testing.T) {
	p, s := woocommerce.New(woocommerce.Options{}), samples(t)[0]
	for source, ok := range map[string]bool{
		"https://shop.example.com/": true, "http://www.Shop.example.com": true, "": true,
		"https://shop.example.org/": false, "https://shop.example.com/en/": false, "https://shop.example.com.evil.example/": false,
	} {
		r := sign(config().Secrets[0], s, platformtest.Received)
		r.Header.Set("X-WC-Webhook-Source", source)
		if err := p.Verify(config(), r); (err == nil) != ok {
			t.Errorf("from %q: got %v, want accepted %t", source, err, ok)
		}
		bare := config()
		bare.Settings, bare.APIKey = nil, ""
		if err := p.Verify(bare, r); err != nil {
			t.Errorf("from %q, no shop in the settings: %v", source, err)
		}
	}
}

// TestPing takes the form that WooCommerce sends, unsigned, when a webhook is
// saved, and nothing else.
func TestPing(t *testing.T) {
	p := woocommerce.New(woocommerce.Options{})
	for body, want := range map[string]bool{
		"webhook_id=1": true, "webhook_id=4711": true, "": true,
		"webhook_id=1&status=completed": false, `{"webhook_id":1}`: false, `{"id":62}`: false, "webhook_id=1e": false,
	} {
		r := integrations.Request{Header: http.Header{}, Body: []byte(body), ReceivedAt: platformtest.Received}
		if got := p.IsPing(r); got != want {
			t.Errorf("%q: got ping %t, want %t", body, got, want)
		}
	}
}

func TestCheckConfig(t *testing.T) {
	p := woocommerce.New(woocommerce.Options{})
	for name, c := range map[string]struct {
		key      enrolld.Secret
		settings string
		says     string // "" is fine
	}{
		"no key, no settings":     {"", "", ""},
		"shop alone":              {"", settings, ""},
		"shop in a folder":        {apiKey, `{"shop":"https://example.com/shop/"}`, ""},
		"key without a shop":      {apiKey, "", "address"},
		"half a key":              {"ck_0123456789abcdef", settings, "ck_…:cs_…"},
		"halves changed":          {"cs_fedcba9876543210:ck_0123456789abcdef", settings, "ck_…:cs_…"},
		"shop without encryption": {apiKey, `{"shop":"http://shop.example.com"}`, "https"},
		"shop with a person":      {apiKey, `{"shop":"https://me:pass@shop.example.com"}`, "https"},
		"shop with a query":       {apiKey, `{"shop":"https://shop.example.com/?a=b"}`, "https"},
		"settings cut off":        {"", `{"shop":`, "cannot be read"},
		"settings with an error":  {"", `{"instalment":["17"]}`, "cannot be read"},
	} {
		err := p.CheckConfig(integrations.Config{Secrets: []enrolld.Secret{"x"}, APIKey: c.key, Settings: []byte(c.settings)})
		if c.says == "" && err != nil || c.says != "" && (enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v, want it to say %q", name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "fedcba9876543210") {
			t.Errorf("%s: the error gives the key away", name)
		}
	}
}

// TestIdentify tells snapshots of one order apart by what they say, not by the
// number of the delivery, which two within a second share.
func TestIdentify(t *testing.T) {
	p := woocommerce.New(woocommerce.Options{})
	key := func(topic, body string) string {
		h := http.Header{}
		h.Set("X-WC-Webhook-Topic", topic)
		h.Set("X-WC-Webhook-Delivery-ID", "7c696aa78a41df8e06af538c5eaa654b")
		return p.Identify(config(), integrations.Request{Header: h, Body: []byte(body), ReceivedAt: platformtest.Received}).Key
	}
	const one = `{"id":5,"status":"processing","date_modified_gmt":"2026-03-02T10:15:06","refunds":[],"meta_data":[{"key":"a"},{"key":"b"}]}`
	first := key("order.updated", one)
	if first != key("order.updated", strings.Replace(one, `{"key":"a"},{"key":"b"}`, `{"key":"b"},{"key":"a"}`, 1)) {
		t.Error("meta data in another order make another key")
	}
	for name, other := range map[string]string{
		"topic":  key("order.created", one),
		"id":     key("order.updated", strings.Replace(one, `:5`, `:6`, 1)),
		"status": key("order.updated", strings.Replace(one, "processing", "completed", 1)),
		"time":   key("order.updated", strings.Replace(one, "15:06", "15:07", 1)),
		"refund": key("order.updated", strings.Replace(one, "[]", `[{"id":7,"reason":"","total":"-1.00"}]`, 1)),
		"empty":  key("order.updated", "[]"),
	} {
		if other == first {
			t.Errorf("another %s has the same key", name)
		}
	}
}
