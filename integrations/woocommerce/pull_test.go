package woocommerce_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/woocommerce"
)

func connect(t *testing.T, h http.Handler) *woocommerce.Platform {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return woocommerce.New(woocommerce.Options{BackendURL: server.URL})
}

// pull returns what a pull hands over.
func pull(t *testing.T, p *woocommerce.Platform, since time.Time) ([]integrations.Request, error) {
	t.Helper()
	var got []integrations.Request
	err := p.Pull(t.Context(), config(), since, func(r integrations.Request) error {
		got = append(got, r)
		return nil
	})
	return got, err
}

func modified(t *testing.T, r integrations.Request) time.Time {
	t.Helper()
	n, err := r.DecodeJSON()
	if err != nil {
		t.Fatal(err)
	}
	return n.Get("date_modified_gmt").Time()
}

// TestPull hands over what the webhook sent, or should have sent, oldest first
// and under the same keys.
func TestPull(t *testing.T) {
	all := samples(t)
	p := connect(t, standIn(all))
	since := at(3, 4, 0, 0)
	got, err := pull(t, p, since)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for i, r := range got {
		keys[p.Identify(config(), r).Key] = true
		if i > 0 && modified(t, r).Before(modified(t, got[i-1])) {
			t.Errorf("%d comes after what happened later", i)
		}
		if _, err := p.Parse(config(), r); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	pushed := 0
	for _, s := range all {
		r := sign(config().Secrets[0], s, platformtest.Received)
		if name := topic(s.Name); !strings.HasSuffix(name, ".updated") || !modified(t, r).After(since) {
			continue
		}
		switch topic(s.Name) {
		case "order.updated", "subscription.updated":
		default:
			continue
		}
		pushed++
		if !keys[p.Identify(config(), r).Key] {
			t.Errorf("%s was sent under a key that pulling does not give", s.Name)
		}
	}
	if pushed < 20 {
		t.Errorf("only %d samples were compared", pushed)
	}
}

// TestPullManyPages misses nothing and repeats nothing, with a page's worth of
// changes within one second, and without Subscriptions.
func TestPullManyPages(t *testing.T) {
	var many []platformtest.Sample
	begin := at(3, 1, 0, 0)
	for i := range 750 {
		second := min(i/3, 60) // 570 of them in one second
		many = append(many, platformtest.Sample{
			Name: "order.updated", Body: fmt.Appendf(nil, `{"id":%d,"date_modified_gmt":"%s"}`, i+1,
				begin.Add(time.Duration(second)*time.Second).Format("2006-01-02T15:04:05")),
		})
	}
	many = append(many, platformtest.Sample{Name: "order.updated", Body: []byte(`{"id":751,"date_modified_gmt":"2026-03-01T00:02:00"}`)})
	calls := 0
	p := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		if strings.HasSuffix(r.URL.Path, "/subscriptions") {
			http.Error(w, `{"code":"rest_no_route","message":"No route was found","data":{"status":404}}`, http.StatusNotFound)
			return
		}
		list(w, r, many, "order.")
	}))
	got, err := pull(t, p, begin)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range got {
		seen[string(r.Body)] = true
	}
	if len(seen) != len(many) || len(got) > len(many)+100 {
		t.Errorf("got %d changes, %d of them different, want %d", len(got), len(seen), len(many))
	}
	if calls > 15 {
		t.Errorf("%d calls for %d changes", calls, len(many))
	}
}

// TestPullEnds stops where it is told to, and says so when the shop is unwell.
func TestPullEnds(t *testing.T) {
	stop := errors.New("enough")
	err := connect(t, standIn(samples(t))).Pull(t.Context(), config(), at(3, 1, 0, 0), func(integrations.Request) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v, want what take returned", err)
	}
	for name, h := range platformtest.Unwell {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := connect(t, h).Pull(ctx, config(), at(3, 1, 0, 0), func(integrations.Request) error { return nil })
		cancel()
		if enrolld.CodeOf(err) != enrolld.Unavailable {
			t.Errorf("shop %s: got %v, want unavailable", name, err)
		}
	}
	c := config()
	c.APIKey = ""
	if err := woocommerce.New(woocommerce.Options{}).Pull(t.Context(), c, at(3, 1, 0, 0), nil); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("without a key: got %v, want invalid", err)
	}
}

// money is an amount in euros.
func money(minor int64) enrolld.Money { return enrolld.Money{Minor: minor, Currency: "EUR"} }

// TestRefund asks for no more than is left, of the order that was paid.
func TestRefund(t *testing.T) {
	paid := func(p enrolld.Payment) enrolld.Latest[enrolld.Payment] {
		return enrolld.Latest[enrolld.Payment]{At: at(3, 2, 10, 15), Value: p}
	}
	order := enrolld.Order{
		Payments: map[string]enrolld.Latest[enrolld.Payment]{
			"order:46": paid(enrolld.Payment{Amount: money(17700), Lines: []string{"10", "12-14"}}),
			"order:51": paid(enrolld.Payment{Amount: money(2500), Subscription: "50"}),
		},
		Lines: map[string]enrolld.Line{"10": {}, "12-14": {}},
	}
	for name, c := range map[string]struct {
		r      integrations.Refund
		sample string
		want   string // the amount, or
		code   enrolld.Code
	}{
		"all of a payment":   {r: integrations.Refund{Payment: "order:46"}, sample: "real_order.updated_oncepaid", want: "177.00"},
		"what is left of it": {r: integrations.Refund{Payment: "order:46"}, sample: "real_order.updated_oncepart", want: "128.00"},
		"a line":             {r: integrations.Refund{Line: "12-14"}, sample: "real_order.updated_oncepaid", want: "79.00"},
		"part of a line":     {r: integrations.Refund{Line: "12-14", Amount: money(100)}, sample: "real_order.updated_oncepaid", want: "1.00"},
		"more than is left":  {r: integrations.Refund{Payment: "order:46", Amount: money(12801)}, sample: "real_order.updated_oncepart", code: enrolld.Invalid},
		"nothing left":       {r: integrations.Refund{Payment: "order:46"}, sample: "real_order.updated_oncefull", code: enrolld.Invalid},
		"other money":        {r: integrations.Refund{Payment: "order:46", Amount: enrolld.Money{Minor: 100, Currency: "USD"}}, sample: "real_order.updated_oncepaid", code: enrolld.Invalid},
		"which of two":       {r: integrations.Refund{}, code: enrolld.Invalid},
		"a payment that is no order": {
			r: integrations.Refund{Payment: "order:46/../../users"}, code: enrolld.Invalid,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			all := samples(t)
			p := connect(t, authorized(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					b, _ := io.ReadAll(r.Body)
					asked = append(asked, r.URL.Path+" "+string(b))
					_, _ = io.WriteString(w, "{}")
					return
				}
				_, _ = w.Write(body(all, c.sample))
			})))
			c.r.Order = order
			err := p.Refund(t.Context(), config(), c.r)
			if enrolld.CodeOf(err) != c.code && c.code != "" || c.code == "" && err != nil {
				t.Errorf("got error %v, want code %q", err, c.code)
			}
			want := []string{`/wp-json/wc/v3/orders/46/refunds {"amount":"` + c.want + `","api_refund":true}`}
			if c.code != "" {
				want = nil
			}
			if diff := cmp.Diff(want, asked); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRefundRefused leaves it to a person when the payment method cannot give
// money back: WooCommerce answers 500 then.
func TestRefundRefused(t *testing.T) {
	all := samples(t)
	for status, want := range map[int]enrolld.Code{
		http.StatusInternalServerError: enrolld.Conflict, http.StatusTooManyRequests: enrolld.Unavailable,
	} {
		p := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				http.Error(w, `{"code":"woocommerce_rest_cannot_create_order_refund","message":"secret details","data":500}`, status)
				return
			}
			_, _ = w.Write(body(all, "real_order.updated_oncepaid"))
		}))
		err := p.Refund(t.Context(), config(), integrations.Refund{Payment: "order:46"})
		if enrolld.CodeOf(err) != want || strings.Contains(err.Error(), "secret details") {
			t.Errorf("status %d: got %v, want code %s", status, err, want)
		}
	}
}

// TestCatalogue lists products and variations as orders name them.
func TestCatalogue(t *testing.T) {
	got, err := connect(t, standIn(samples(t))).Catalogue(t.Context(), config())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(got, func(l integrations.Listed) bool { return l.Product.Variant == "14" })
	sold := event(t, "order.updated", sample(t, "real_order.updated_oncepaid")).Lines[1].Product
	if diff := cmp.Diff(sold, got[i].Product); diff != "" {
		t.Errorf("a variation (-as sold +as listed):\n%s", diff)
	}
	if i := slices.IndexFunc(got, func(l integrations.Listed) bool { return l.Bundle }); i < 0 || got[i].Product.ID != "18" {
		t.Error("the grouped product is not listed as a bundle")
	}
}
