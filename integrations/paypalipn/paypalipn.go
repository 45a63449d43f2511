// Package paypalipn understands PayPal's Instant Payment Notifications, the forms
// that PayPal posts about buttons, carts and subscriptions made without a REST app.
// Those of REST apps are package paypal's.
//
// # Sources
//
// developer.paypal.com: IPN implementation, operations and variables; PayPal's own
// listener for PHP; messages that receivers published. Not verified against a live
// account: what the payment_date of a reversal is, whether a message that is sent
// again keeps its ipn_track_id, what an adjustment means for the sale.
//
// # Proof
//
// A message is not signed in a way that anybody but PayPal can check. It is let in
// when it is for one of the accounts that the settings list, and sent back to
// PayPal, byte for byte, before it has an effect: PayPal answers whether it is its
// own. Messages with test_ipn=1 are sent back to the sandbox and are tests. What was
// paid is proved by that, but not that it was enough: the settings' prices say.
//
// # What PayPal's words mean here
//
//   - An order is a payment (txn_id) or a subscription (subscr_id, or
//     recurring_payment_id) with its payments.
//   - A line is an item of the cart, named by its item_number, else item_name, else
//     custom. A subscription is one line, named in the same way.
//   - A held payment (Pending) is a sale not paid yet; the same txn_id comes again
//     when it is.
//   - A refund has an id of its own and names the payment in parent_txn_id.
//   - Reversed is a dispute about the payment lost, Canceled_Reversal one won, and a
//     new case one that is open. Each payment has one dispute.
//   - subscr_cancel leaves what is paid: access ends with subscr_eot, at the latest a
//     period after the cancellation, which names the period.
//   - A payment of a subscription button does not say how far it reaches: as far as
//     the settings' period of its product, without one to the next failure or end. A
//     recurring payment names the date of the next.
package paypalipn

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Platform is PayPal IPN.
type Platform struct {
	api      *integrations.API
	settings *integrations.Settings[reading]
}

var (
	_ integrations.Platform  = (*Platform)(nil)
	_ integrations.Completer = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // that messages are sent back to; "" is PayPal's own
}

// New returns PayPal IPN.
func New(o Options) *Platform {
	return &Platform{
		api:      integrations.NewAPI(title, o.BackendURL, "ipnpb.paypal.com", "ipnpb.sandbox.paypal.com"),
		settings: &integrations.Settings[reading]{},
	}
}

const title = "PayPal IPN"

// Name returns "paypal-ipn".
func (*Platform) Name() string { return "paypal-ipn" }

// Title returns "PayPal IPN".
func (*Platform) Title() string { return title }

// Settings are what an integration with PayPal IPN sets.
type Settings struct {
	// Receiver lists the accounts whose messages these are: e-mail addresses or
	// merchant ids.
	Receiver []string `json:"receiver"`
	// Periods say how far a payment of a subscription button reaches, by the
	// subscription's product: "1 month", "14 days", "1 year".
	Periods map[string]string `json:"periods,omitempty"`
	// Prices are the least that is ever paid for a piece of a product, or for one
	// payment of a subscription: "49.00 USD", "49.00 USD, 45.00 EUR". What was sold
	// for less waits for a person. A product that is not listed may cost anything.
	Prices map[string]string `json:"prices,omitempty"`
	// Trials are the longest free trials of subscriptions that have a price: "14
	// days". None, where it is not listed.
	Trials map[string]string `json:"trials,omitempty"`
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	Settings
	err error
}

func read(text json.RawMessage) reading {
	var r reading
	if len(text) > 0 {
		if err := json.Unmarshal(text, &r.Settings); err != nil {
			r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of PayPal IPN cannot be read")
			return r
		}
	}
	r.Receiver = slices.DeleteFunc(r.Receiver, func(s string) bool { return strings.TrimSpace(s) == "" })
	if len(r.Receiver) == 0 {
		r.err = enrolld.Errorf(enrolld.Invalid, "say whose payments these are: "+
			`settings like {"receiver":["shop@example.com","MERCHANTID"]}, with the account's addresses and its merchant id`)
	}
	for _, periods := range []map[string]string{r.Periods, r.Trials} {
		for _, period := range periods {
			if integrations.AfterText(time.Unix(0, 0).UTC(), period).IsZero() {
				r.err = enrolld.Errorf(enrolld.Invalid, `a period is written like "14 days", "1 month" or "1 year"`)
			}
		}
	}
	for _, price := range r.Prices {
		if leastOf(price) == nil {
			r.err = enrolld.Errorf(enrolld.Invalid, `a price is written like "49.00 USD" or "49.00 USD, 45.00 EUR"`)
		}
	}
	return r
}

// CheckConfig wants to know whose messages these are. There are no secrets.
func (p *Platform) CheckConfig(c integrations.Config) error {
	return p.settings.Get(c.Settings, read).err
}

// IsPing says whether the body is empty: PayPal sends no pings.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify checks that a message is for the seller's account. That PayPal sent it is
// proved by Complete.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	n, err := r.Decode()
	if err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, err, "the delivery cannot be read: %s", enrolld.MessageOf(err))
	}
	if !s.receives(n) {
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery is not for one of the accounts in the settings")
	}
	return nil
}

// receives says whether a message is for one of the accounts.
func (s Settings) receives(n integrations.Node) bool {
	for _, field := range fields(n) {
		sent := n.Get(field).Text()
		if sent != "" && slices.ContainsFunc(s.Receiver, func(r string) bool { return strings.EqualFold(strings.TrimSpace(r), sent) }) {
			return true
		}
	}
	return false
}

// fields name the account that a message is for. A mass payment is told to the one
// that made it, and lists its receivers one by one.
func fields(n integrations.Node) []string {
	if n.Get("txn_type").Text() == typeMassPay {
		return []string{"receiver_email", "receiver_id", "business", "payer_email", "payer_id"}
	}
	return []string{"receiver_email", "receiver_id", "business"}
}

// Identify uses the payment and its status: one that was held is told again under
// the same id when it comes. Messages about no payment have an id of their own.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.Decode()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	name, status := n.Get("txn_type").Text(), n.Get("payment_status").Text()
	id := integrations.Identity{Key: integrations.BodyKey(r.Body), Event: pick(name, status)}
	txn, track, test := n.Get("txn_id").Text(), n.Get("ipn_track_id").Text(), n.Get("test_ipn").Text()
	switch {
	case txn != "" && status != "":
		id.Key = integrations.Key("txn", txn, status, test)
	case name != "" && track != "":
		about := n.First("subscr_id", "recurring_payment_id", "case_id", "txn_id", "mp_id").Text()
		id.Key = integrations.Key(name, about, track, test)
	}
	return id
}

// Redact leaves the body as it is, since it is sent back later. There is no secret
// in it.
func (*Platform) Redact(_ integrations.Config, r integrations.Request) integrations.Request { return r }

// notify is where messages are sent back to.
const notify = "/cgi-bin/webscr"

// maxVerdict is longer than any word that PayPal answers with.
const maxVerdict = 64

// Complete sends a message back to PayPal, which says whether it is its own, and
// looks whether enough was paid.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	if len(parsed.Events) == 0 || s.err != nil {
		return parsed, s.err
	}
	n, err := decode(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	host := "https://ipnpb.paypal.com"
	if isTest(n) {
		host = "https://ipnpb.sandbox.paypal.com"
	}
	const what = "whether a delivery is genuine"
	answer, err := p.api.Do(ctx, integrations.Call{
		Method: http.MethodPost, URL: host + notify, What: what,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:   append([]byte("cmd=_notify-validate&"), r.Body...),
	})
	if err != nil {
		return integrations.Parsed{}, err
	}
	if answer.Status != http.StatusOK {
		// There is no key that could be wrong: whatever it is, it says nothing of
		// the message, and passes.
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Unavailable, "PayPal answered %d when asked %s", answer.Status, what)
	}
	switch verdict := string(bytes.TrimSpace(answer.Body[:min(len(answer.Body), maxVerdict)])); verdict {
	case "VERIFIED":
		if err := s.judge(delivery{n: n}.product("").ID, parsed.Events); err != nil {
			return integrations.Parsed{}, err
		}
		parsed.Incomplete = false
		return parsed, nil
	case "INVALID":
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid,
			"the delivery is not genuine: PayPal says that it did not send it, or not with these words")
	}
	return integrations.Parsed{}, enrolld.Errorf(enrolld.Unavailable, "PayPal's answer cannot be read when asked %s", what)
}

// isTest says whether a message is of PayPal's sandbox.
func isTest(n integrations.Node) bool { return n.Get("test_ipn").Bool() }
