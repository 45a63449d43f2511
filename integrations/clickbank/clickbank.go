// Package clickbank understands the Instant Notification Service (INS) of
// ClickBank: the encrypted notifications of versions 6, 7 and 8 and, where the
// settings ask for it, the form of versions before 6.
//
// # Sources
//
// support.clickbank.com "Instant Notification Service (INS)", "Orders API",
// "Products API", "Tickets API"; OcelliSolutions/OpenClickBank (models generated
// from those); receivers that published notifications of version 8.
//
// # What ClickBank's words mean here
//
//   - An order is a receipt. An upsell has a receipt of its own, and so it is an
//     order of its own: refunds and cancellations name receipts, and what they name
//     is then exactly what they end. A rebill's receipt is the first one with -B001,
//     -B002 behind it, which is cut off to find the order.
//   - A line is an item of the receipt, "item-1"; the product is its itemNo, as the
//     list of products has it (sku).
//   - A payment is a receipt and a line, since several lines share a receipt.
//   - The amount of a line is what the buyer paid for it where the notification says
//     so (productPrice, from version 7 on; the API's customerAmount), and the
//     account's share (accountAmount) elsewhere. Refunds are read by the same rule,
//     so like is set against like.
//   - CGBK and INSF, a chargeback of a card and of an e-check, are lost disputes:
//     ClickBank tells of neither before it is decided.
//   - CUSTOMER_AUTH_FAILURE is a payment that failed.
//
// # Is it true?
//
// The notification is encrypted but not signed: whoever has one can change parts
// of it blindly, at the price of sixteen random bytes elsewhere. So what is
// decrypted must be printable UTF-8 and have exactly the expected shape, must be
// of the account's own vendor name, and every failure gets one and the same
// refusal. Where the integration has an API key, ClickBank is asked about each
// receipt before anything is believed, and its address, items and amounts are what
// counts. An API key is therefore recommended, but not demanded.
//
// The form of the versions before 6 is proven by 32 bits of a hash that do not
// cover the fields' names. Taking it as well would make the weaker proof good for
// everybody, so the settings have to ask for it.
//
// # Not verified against a live account
//
// The receipt of a rebill, the shape of SUBSCRIPTION-CHG, whether a refund's
// amounts are negative (either is understood), and what version 8 changed: the
// envelope and the fields used here are the same in what was published of it.
package clickbank

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"enrolld"
	"enrolld/integrations"
)

const (
	title = "ClickBank"
	host  = "api.clickbank.com"
)

// Platform is ClickBank.
type Platform struct {
	settings *integrations.Settings[reading]
	api      *integrations.API
	last     atomic.Pointer[lastOpened]
}

var (
	_ integrations.Guessable  = (*Platform)(nil)
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is ClickBank's own
}

// New returns ClickBank.
func New(o Options) *Platform {
	return &Platform{settings: &integrations.Settings[reading]{}, api: integrations.NewAPI(title, o.BackendURL, host)}
}

// Settings are what an integration with ClickBank sets.
type Settings struct {
	// Vendor is the account's nickname. Notifications of other vendors are refused.
	Vendor string `json:"vendor"`
	// Legacy also accepts the form of the versions before 6.
	Legacy bool `json:"legacy,omitempty"`
	// Periods say how long a payment of a recurring item lasts, by itemNo: "30
	// days", "1 month", "1 year". Notifications do not say it.
	Periods map[string]string `json:"periods,omitempty"`
}

// reading is what was made of an integration's settings.
type reading struct {
	Settings
	err error
}

var vendorName = regexp.MustCompile(`^[A-Za-z0-9]{2,32}$`)

func read(text json.RawMessage) reading {
	var r reading
	if len(bytes.TrimSpace(text)) == 0 {
		text = json.RawMessage(`{}`)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	switch err := d.Decode(&r.Settings); {
	case err != nil:
		r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of ClickBank are not what they should be: "+
			`give {"vendor": "your nickname"}`)
	case !vendorName.MatchString(r.Vendor):
		r.err = enrolld.Errorf(enrolld.Invalid, `the settings of ClickBank must name the account: {"vendor": "your nickname"}`)
	}
	for item, p := range r.Periods {
		if integrations.AfterText(time.Unix(0, 0), p).IsZero() && r.err == nil {
			r.err = enrolld.Errorf(enrolld.Invalid, `the period of item %q is none: write it like "30 days", "1 month" or "1 year"`, item)
		}
	}
	return r
}

// ProofBits is 32: INS has no signature, only padding and form, and the legacy form
// eight hexadecimal digits of a hash.
func (*Platform) ProofBits() int { return 32 }

// Name returns "clickbank".
func (*Platform) Name() string { return "clickbank" }

// Title returns "ClickBank".
func (*Platform) Title() string { return title }

// CheckConfig wants a secret key and the vendor's name.
func (p *Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid,
			"give the Secret Key of ClickBank's Instant Notification Service (Vendor Settings > My Site > Advanced Tools)")
	}
	key := c.APIKey.Reveal()
	if strings.ContainsAny(key, " \r\n\t") {
		return enrolld.Errorf(enrolld.Invalid, "an API key of ClickBank has no blanks: it looks like API-… or DEV-…:API-…")
	}
	return p.settings.Get(c.Settings, read).err
}

// IsPing says whether the body is empty. ClickBank's own test of the URL is a
// notification of the type TEST.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// errRefused is the same for every failure: what is wrong with a ciphertext would
// help to make a better one.
func errRefused() error {
	return enrolld.Errorf(enrolld.Unauthorized,
		"the notification is not one that ClickBank made with any of the integration's secret keys for this vendor")
}

// Verify decrypts the notification and looks whether it is one of the vendor's.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return integrations.ErrNoSecret()
	}
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	n, err := r.Decode()
	if err != nil {
		return errRefused()
	}
	if !n.Get(fieldVerify).Empty() {
		ours := s.ours(n.Get("ctransvendor").Text()) || isForOthers(n.Get("ctransrole").Text())
		if s.Legacy && verifyLegacy(c.Secrets, n) && ours {
			return nil
		}
		return errRefused()
	}
	if _, ok := p.open(c.Secrets, n, s); !ok {
		return errRefused()
	}
	return nil
}

// ours says whether a vendor is that of the settings.
func (r reading) ours(vendor string) bool { return strings.EqualFold(r.Vendor, vendor) }

// Identify names a notification by its type, receipt, items and time. A retry
// changes its attemptCount and its encryption only.
func (p *Platform) Identify(c integrations.Config, r integrations.Request) integrations.Identity {
	n, ok := p.notice(c, r)
	if !ok {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	return integrations.Identity{Event: n.event, Key: integrations.Key(n.identity()...)}
}

// Redact puts the decrypted notification in place of the envelope. The secret key
// may be another one by the time it is read, and whoever has the envelope could
// make others of it. Verify never takes what stands there then.
func (p *Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := r.Body
	n, err := r.Decode()
	if err == nil && n.Get(fieldVerify).Empty() {
		if o, ok := p.open(c.Secrets, n, p.settings.Get(c.Settings, read)); ok {
			body = stored(o.plain)
		}
	}
	for _, s := range append([]enrolld.Secret{c.APIKey}, c.Secrets...) {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
