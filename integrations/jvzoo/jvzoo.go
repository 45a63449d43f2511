// Package jvzoo understands the notifications of JVZoo, both of them: JVZIPN (v1),
// whose fields begin with a c, and JVZIPN v2, whose fields have whole words. Each
// product has a URL for either; give one of them.
//
// # Sources
//
// support.jvzoo.com "JVZIPN: How to create your own integrated script" and "JVZIPN
// v2: How to Receive JVZoo Order Data in Your Script"; api.jvzoo.com/docs (v2.0);
// receivers that published what they saw of v2.
//
// # What the proof proves
//
// Both carry a hash of eight hexadecimal digits, so 32 bits.
//
// In v1 it covers all values, but neither their names nor where one ends. So all
// documented fields must be there: no value can take another one's place then.
// Values with a bar in them, which could hide two values in one, wait for a person
// unless there are blanks around the bar, as in a product's title.
//
// In v2 it covers paykey, customer_email, product_name, transaction_type and date;
// who has one valid message can send it again with everything else changed. So:
//
//   - The product is the number and the signed name together. Another product's
//     number under this name is a product that nobody mapped. Two products should
//     not have one name.
//   - The order is the paykey. A rebill has another paykey than its sale, so both
//     are also named by the receipt together with the signed address and name: who
//     writes somebody else's receipt into his own message joins nobody's order.
//   - The payment, the line and the refund are named by signed fields. A refund is
//     of the whole payment, whatever total is written beside it.
//   - A delivery is known again by its signed fields alone, so that a changed copy
//     is a duplicate.
//
// With an API key JVZoo is asked about the paykey, and what it says of product,
// receipt and amount counts.
//
// # What JVZoo's words mean here
//
//   - An order is a receipt (v1 ctransreceipt, v2 transaction_id) without the
//     -B001 that rebills have behind it.
//   - RFND is a refund of the whole payment; JVZoo documents no partial ones. v2
//     sends chargebacks as RFND too. Its date is that of the sale and says nothing.
//   - CGBK and INSF, a chargeback of a card and of an e-check, are lost disputes.
//   - A cancellation is dated by its receipt here, if its own date is older: that
//     may be the sale's, too.
//   - Dates of v2 have no zone and are taken for those of New York.
//   - An amount of v1 with a dot is in dollars, else in pennies.
//
// # Not verified against a live account
//
// The shape of the API's answer about a paykey, whether v2 ever sends CGBK, INSF
// and CANCEL-REBILL, and the unit of v1's amounts.
package jvzoo

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // dates of v2 are those of New York, on any machine

	"enrolld"
	"enrolld/integrations"
)

const (
	title = "JVZoo"
	host  = "api.jvzoo.com"
)

// Platform is JVZoo.
type Platform struct {
	settings *integrations.Settings[reading]
	api      *integrations.API
}

var (
	_ integrations.Guessable = (*Platform)(nil)
	_ integrations.Platform  = (*Platform)(nil)
	_ integrations.Completer = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is JVZoo's own
}

// New returns JVZoo.
func New(o Options) *Platform {
	return &Platform{settings: &integrations.Settings[reading]{}, api: integrations.NewAPI(title, o.BackendURL, host)}
}

// Settings are what an integration with JVZoo may set.
type Settings struct {
	// Periods say how long a payment of a recurring product lasts, by the
	// product's identity as it is mapped ("401234", in v2 "401234:Course A"): "30
	// days", "1 month", "1 year". JVZoo does not say it.
	Periods map[string]string `json:"periods,omitempty"`
}

type reading struct {
	Settings
	err error
}

func read(text json.RawMessage) reading {
	var r reading
	if len(bytes.TrimSpace(text)) == 0 {
		return r
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r.Settings); err != nil {
		r.err = enrolld.Wrap(enrolld.Invalid, err, `the settings of JVZoo are not what they should be: give {} or {"periods": {"401234": "1 month"}}`)
	}
	for product, p := range r.Periods {
		if integrations.AfterText(time.Unix(0, 0), p).IsZero() && r.err == nil {
			r.err = enrolld.Errorf(enrolld.Invalid, `the period of product %q is none: write it like "30 days", "1 month" or "1 year"`, product)
		}
	}
	return r
}

// ProofBits is 32: JVZoo sends eight hexadecimal digits of a hash.
func (*Platform) ProofBits() int { return 32 }

// Name returns "jvzoo".
func (*Platform) Name() string { return "jvzoo" }

// Title returns "JVZoo".
func (*Platform) Title() string { return title }

// CheckConfig wants the secret key, and settings that can be read.
func (p *Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the JVZIPN Secret Key of the JVZoo account (My Account > Seller Settings)")
	}
	if strings.ContainsAny(c.APIKey.Reveal(), " \r\n\t") {
		return enrolld.Errorf(enrolld.Invalid, "an API key of JVZoo has no blanks")
	}
	return p.settings.Get(c.Settings, read).err
}

// IsPing says whether the body is empty. JVZoo's own test is a sale of a product
// with the number 0, signed like any other.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify recomputes the hash.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return integrations.ErrNoSecret()
	}
	if s := p.settings.Get(c.Settings, read); s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	n, err := r.Decode()
	if err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, err, "the delivery cannot be read: %s", enrolld.MessageOf(err))
	}
	signed, err := signedText(n)
	if err != nil {
		return err
	}
	if !verified(c.Secrets, signed, n.Get(fieldVerify).Text()) {
		return enrolld.Errorf(enrolld.Unauthorized,
			"the cverify of the delivery was not made with any of the integration's secrets, or a signed field was changed")
	}
	return nil
}

// Identify names a delivery by what is signed. The rest of v2 could be anybody's.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.Decode()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	d := newDelivery(n, r.ReceivedAt)
	switch {
	case d.v2 && d.paykey != "":
		return integrations.Identity{
			Event: d.event,
			Key: integrations.Key("v2", d.paykey, d.event, n.Get("customer_email").Raw(), d.name, n.Get("date").Raw(),
				strconv.FormatBool(d.paid())),
		}
	case !d.v2 && d.receipt != "":
		return integrations.Identity{
			Event: d.event, Key: integrations.Key("v1", d.receipt, d.event, n.Get("ctranstime").Text(), d.product),
		}
	}
	return integrations.Identity{Event: d.event, Key: integrations.BodyKey(r.Body)}
}

// Redact masks the secrets, should somebody have put one into a link's parameters.
// The hash stays: it opens nothing.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := r.Body
	for _, s := range append([]enrolld.Secret{c.APIKey}, c.Secrets...) {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
