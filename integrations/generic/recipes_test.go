package generic_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/generic"
	"enrolld/integrations/platformtest"
)

// block returns a recipe's block of code, by what stands behind its fence.
func block(tb testing.TB, recipe, fence string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "platforms", recipe+".md"))
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```"+fence+"\n")
	if !ok {
		tb.Fatalf("%s.md has no block %q", recipe, fence)
	}
	code, _, _ := strings.Cut(rest, "```")
	return code
}

const eddSecret = enrolld.Secret("whsec_6ZxaynnLPesHpNr1+N0SDpAD5dUwZOZ007jXhHeGfn4=")

// said is a line that the shop prints.
type said struct {
	Posted  string            `json:"posted"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Timeout int               `json:"timeout"`
	PutOff  int               `json:"put_off"`
	Hook    string            `json:"hook"`
	Args    []any             `json:"args"`
}

// shop runs the recipe's plugin in a stand-in of a shop whose posts are answered
// with a status.
func shop(t *testing.T, status int, story string) []said {
	t.Helper()
	php, err := exec.LookPath("php")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no php to try the recipe's plugin with")
		}
		t.Skip("there is no php")
	}
	plugin := filepath.Join("..", "..", "docs", "platforms", "edd", "enrolld-edd.php")
	address := "https://enrolld.example.org/webhooks/generic/t"
	if story == "no settings" {
		address = ""
	}
	cmd := exec.CommandContext(t.Context(), php, "-d", "error_reporting=-1", "-d", "display_errors=stderr", "-d", "log_errors=0",
		filepath.Join("testdata", "edd", "shop.php"), plugin, address, eddSecret.Reveal(), strconv.Itoa(status), story)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || story != "retry" && stderr.Len() > 0 {
		t.Fatalf("php: %v\n%s", err, stderr.String())
	}
	var all []said
	for line := range strings.Lines(string(out)) {
		var s said
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("php said %q: %v", line, err)
		}
		all = append(all, s)
	}
	return all
}

// accepted verifies and parses what was posted.
func accepted(t *testing.T, posts []said) (events []enrolld.Event, order enrolld.Order) {
	t.Helper()
	p, c := generic.New(), integrations.Config{Secrets: []enrolld.Secret{eddSecret}}
	if err := p.CheckConfig(c); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, s := range posts {
		unix, err := strconv.ParseInt(s.Headers["webhook-timestamp"], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		for name, value := range s.Headers {
			h.Set(name, value)
		}
		r := integrations.NewRequest(h, []byte(s.Body), time.Unix(unix, 0))
		if err := p.Verify(c, r); err != nil {
			t.Fatalf("%s: %v", s.Body, err)
		}
		if key := p.Identify(c, r).Key; keys[key] {
			t.Errorf("two deliveries have the key %q", key)
		} else {
			keys[key] = true
		}
		parsed, err := p.Parse(c, r)
		if err != nil || len(parsed.Events) != 1 {
			t.Fatalf("%s: got %+v (%v)", s.Body, parsed, err)
		}
		events = append(events, parsed.Events[0])
		order = order.Merge(parsed.Events[0].Order())
	}
	return events, order
}

func kindsOf(events []enrolld.Event) []enrolld.EventKind {
	var out []enrolld.EventKind
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func TestEDDSale(t *testing.T) {
	posts := shop(t, http.StatusOK, "sale")
	events, _ := accepted(t, posts)
	if len(events) != 1 || posts[0].Timeout > 5 {
		t.Fatalf("got %+v", posts)
	}
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	sale := func(quantity int, n int64) *enrolld.Sale {
		return &enrolld.Sale{Paid: true, SoldAt: events[0].At, Quantity: quantity, Amount: usd(n)}
	}
	want := []enrolld.EventLine{
		{Key: "11:2", Product: enrolld.ProductRef{ID: "11", Variant: "2", Name: "Course A"}, Sale: sale(1, 4900)},
		{Key: "12", Product: enrolld.ProductRef{ID: "12", Name: "Workbook"}, Sale: sale(2, 2000)},
	}
	if diff := cmp.Diff(want, events[0].Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	buyer := &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil", Country: "US"}
	if diff := cmp.Diff(buyer, events[0].Buyer); diff != "" {
		t.Errorf("buyer (-want +got):\n%s", diff)
	}
	if pay := events[0].Payment; pay == nil || pay.ID != "100" || pay.Value.Amount != usd(6900) {
		t.Errorf("payment %+v", pay)
	}
}

func TestEDDRefunds(t *testing.T) {
	events, order := accepted(t, shop(t, http.StatusOK, "refunds"))
	want := []enrolld.EventKind{enrolld.EventPurchase, enrolld.EventRefund, enrolld.EventRefund}
	if diff := cmp.Diff(want, kindsOf(events)); diff != "" {
		t.Fatalf("kinds (-want +got):\n%s", diff)
	}
	part := enrolld.Refund{Amount: enrolld.Money{Minor: 2000, Currency: "USD"}, Line: "12"}
	if diff := cmp.Diff(part, events[1].Refunds[0].Value); diff != "" {
		t.Errorf("refund in part (-want +got):\n%s", diff)
	}
	if all := events[2].Refunds[0].Value; !all.Full || all.Line != "11:2" {
		t.Errorf("refund in full: got %+v", all)
	}
	if got := states(events[0].Order().Merge(events[1].Order())); got["12"] != enrolld.GrantEnded || got["11:2"] != enrolld.GrantLive {
		t.Errorf("after the refund in part: %v", got)
	}
	if got := states(order); got["12"] != enrolld.GrantEnded || got["11:2"] != enrolld.GrantEnded {
		t.Errorf("after both: %v", got)
	}
}

// states is how the access stands that an order gives now, by line.
func states(o enrolld.Order) map[string]enrolld.GrantState {
	out := map[string]enrolld.GrantState{}
	for line, g := range grants(o, time.Now().Add(time.Minute)) {
		out[line] = g.State
	}
	return out
}

// grants is what access an order gives at a time, by line.
func grants(o enrolld.Order, at time.Time) map[string]enrolld.Grant {
	rules := func(string, enrolld.ProductRef) (enrolld.Rule, bool) {
		return enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 1}}}, true
	}
	sold := []enrolld.Sold{{OrderID: 1, Platform: "generic", Order: o}}
	out := map[string]enrolld.Grant{}
	for _, g := range enrolld.Derive(sold, rules, at).Grants {
		out[g.Cause.Line] = g
	}
	return out
}

func TestEDDSubscription(t *testing.T) {
	events, order := accepted(t, shop(t, http.StatusOK, "subscription"))
	want := []enrolld.EventKind{
		enrolld.EventPurchase, enrolld.EventPayment, enrolld.EventPaymentFailed, enrolld.EventCancelled, enrolld.EventEnded,
	}
	if diff := cmp.Diff(want, kindsOf(events)); diff != "" {
		t.Fatalf("kinds (-want +got):\n%s", diff)
	}
	renewal := events[1]
	if renewal.Payment.ID != "201" || renewal.Payment.Value.Amount.Minor != 2900 || renewal.Lines[0].Key != "13" ||
		!renewal.Payment.Value.PaidUntil.Equal(time.Date(2099, 3, 1, 23, 59, 59, 0, time.UTC)) {
		t.Errorf("renewal %+v", renewal)
	}
	if diff := cmp.Diff([]string{"order:200", "sub:7", "txn:201"}, renewal.Refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if cancelled := events[3].Subscription.Value; cancelled.State != enrolld.SubscriptionCancelled || cancelled.PaidUntil.Year() != 2099 {
		t.Errorf("cancelled %+v", cancelled)
	}
	upTo := func(n int) enrolld.Order {
		var o enrolld.Order
		for _, e := range events[:n] {
			o = o.Merge(e.Order())
		}
		return o
	}
	for n, state := range map[int]enrolld.GrantState{1: enrolld.GrantLive, 2: enrolld.GrantLive, 4: enrolld.GrantLive} {
		if got := states(upTo(n))["13"]; got != state {
			t.Errorf("after %d events: %q, want %q", n, got, state)
		}
	}
	if got := states(order); len(got) != 1 || got["13"] != enrolld.GrantEnded {
		t.Errorf("expired: %v", got)
	}
}

// TestEDDRecovered: a payment that failed is made good by the next renewal,
// whichever of them arrives first.
func TestEDDRecovered(t *testing.T) {
	events, order := accepted(t, shop(t, http.StatusOK, "recovered"))
	want := []enrolld.EventKind{enrolld.EventPurchase, enrolld.EventPaymentFailed, enrolld.EventPayment}
	if diff := cmp.Diff(want, kindsOf(events)); diff != "" {
		t.Fatalf("kinds (-want +got):\n%s", diff)
	}
	failed := events[0].Order().Merge(events[1].Order())
	for _, c := range []struct {
		name  string
		order enrolld.Order
		days  int
		want  string
	}{
		{"failed, next day", failed, 1, "live grace"},
		{"failed, next week", failed, 7, "ended payment_failed"},
		{"renewed, next week", order, 7, "live paid"},
		{"renewed, in two months", order, 60, "ended expired"},
	} {
		g := grants(c.order, time.Now().AddDate(0, 0, c.days))["13"]
		if got := string(g.State) + " " + string(g.Reason); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	if early := events[2].Order().Merge(failed); !early.Equal(order) {
		t.Errorf("the renewal arrives first (-want +got):\n%s", cmp.Diff(order, early))
	}
}

func TestEDDTrial(t *testing.T) {
	events, order := accepted(t, shop(t, http.StatusOK, "trial"))
	if len(events) != 1 || order.Subscriptions["7"].Value.State != enrolld.SubscriptionTrialing || states(order)["13"] != enrolld.GrantLive {
		t.Errorf("got %+v", order)
	}
}

func TestEDDRenewalGivenBack(t *testing.T) {
	_, order := accepted(t, shop(t, http.StatusOK, "renewal given back"))
	if r := order.Refunds; len(order.Payments) != 1 || len(r) != 1 || states(order)["13"] != enrolld.GrantEnded {
		t.Errorf("got %+v, access %v", order, states(order))
	}
}

func TestEDDSubscriptionGivenBack(t *testing.T) {
	events, order := accepted(t, shop(t, http.StatusOK, "subscription given back"))
	if len(events) != 2 || states(order)["13"] != enrolld.GrantEnded {
		t.Errorf("got %+v, access %v", order, states(order))
	}
}

// TestEDDWithoutSettings: a plugin whose constants are missing does nothing, and
// does not take the site with it.
func TestEDDWithoutSettings(t *testing.T) {
	if all := shop(t, http.StatusOK, "no settings"); len(all) != 1 || all[0].Hook != "the site lives" {
		t.Errorf("got %+v", all)
	}
}

func TestEDDLastInstalment(t *testing.T) {
	_, order := accepted(t, dropRepeated(shop(t, http.StatusOK, "last instalment")))
	if got := order.Subscriptions["7"].Value.State; got != enrolld.SubscriptionCompleted {
		t.Errorf("got state %q, want completed", got)
	}
}

// dropRepeated leaves out deliveries that repeat an id, as the receiving side does.
func dropRepeated(posts []said) []said {
	var out []said
	seen := map[string]bool{}
	for _, p := range posts {
		if !seen[p.Headers["webhook-id"]] {
			seen[p.Headers["webhook-id"]] = true
			out = append(out, p)
		}
	}
	return out
}

// TestEDDTriesAgain: what is not taken is put off with the same id and body.
func TestEDDTriesAgain(t *testing.T) {
	for _, status := range []int{0, http.StatusServiceUnavailable, http.StatusUnauthorized, http.StatusFound} {
		all := shop(t, status, "sale")
		if len(all) != 2 || all[1].Hook != "enrolld_retry" || all[1].PutOff != 60 || len(all[1].Args) != 3 {
			t.Fatalf("status %d: got %+v, want one try and another one later", status, all)
		}
		if diff := cmp.Diff([]any{all[0].Headers["webhook-id"], all[0].Body, 1.0}, all[1].Args); diff != "" {
			t.Errorf("status %d: put off (-want +got):\n%s", status, diff)
		}
	}
	all := shop(t, http.StatusServiceUnavailable, "retry")
	if len(all) != 3 || all[1].PutOff != 7200 || all[2].Posted == "" {
		t.Errorf("got %+v, want two tries, and after the ninth no other", all)
	}
}

// recipe parses what a recipe says that will arrive, by the recipe's settings.
func recipe(t *testing.T, name, body, settings string) (integrations.Parsed, integrations.Request) {
	t.Helper()
	p := generic.New()
	c := integrations.Config{Secrets: []enrolld.Secret{"zap secret 0123456789"}, Settings: []byte(settings)}
	if err := p.CheckConfig(c); err != nil {
		t.Fatal(err)
	}
	r := integrations.NewRequest(http.Header{
		"Content-Type": {"application/json"}, "Authorization": {"Bearer zap secret 0123456789"},
	}, []byte(block(t, name, body)), platformtest.Received)
	if err := p.Verify(c, r); err != nil {
		t.Fatal(err)
	}
	parsed, err := p.Parse(c, r)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, r
}

func TestPodia(t *testing.T) {
	settings := block(t, "podia", "json settings")
	parsed, _ := recipe(t, "podia", "json product", settings)
	e := parsed.Events[0]
	if e.Kind != enrolld.EventPurchase || e.Lines[0].Product.ID != "4711" || e.Buyer.Email != "ann@example.org" || e.Payment.Value.Amount.Minor != 4900 {
		t.Errorf("product: got %+v", e)
	}
	joins, _ := recipe(t, "podia", "json joins", settings)
	leaves, _ := recipe(t, "podia", "json leaves", settings)
	o := joins.Events[0].Order()
	if got := states(o); got["community-12"] != enrolld.GrantLive {
		t.Errorf("who joined: %v", got)
	}
	if o = o.Merge(leaves.Events[0].Order()); states(o)["community-12"] != enrolld.GrantEnded || len(o.Refs) != 2 {
		t.Errorf("who left: %v, references %v", states(o), o.Refs.Sorted())
	}
}

func TestGenericRecipe(t *testing.T) {
	parsed, _ := recipe(t, "generic", "json contract", `{"auth":{"scheme":"secret","header":"Authorization"}}`)
	if len(parsed.Events) != 1 || parsed.Events[0].Kind != enrolld.EventPurchase {
		t.Errorf("got %+v", parsed)
	}
	c := integrations.Config{Secrets: []enrolld.Secret{"a secret"}, Settings: []byte(block(t, "generic", "json settings"))}
	if err := generic.New().CheckConfig(c); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "platforms", "generic.md"))
	if err != nil {
		t.Fatal(err)
	}
	for word := range generic.Words {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("generic.md does not name the event %q", word)
		}
	}
	for quoted := range strings.SplitSeq(string(text), "`") {
		if !strings.HasPrefix(quoted, `{"auth"`) {
			continue
		}
		c.Settings = []byte(quoted)
		if err := generic.New().CheckConfig(c); err != nil {
			t.Errorf("%s: %v", quoted, err)
		}
	}
}
