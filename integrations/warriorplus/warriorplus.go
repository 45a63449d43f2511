// Package warriorplus understands the notifications (IPN) of WarriorPlus.
//
// # Sources
//
// help.warriorplus.com articles 1658556 (the fields, in several versions) and
// 1658557 (refunds are of whole payments only), warriorplus.com/api/docs, and
// receivers that others published, which know actions beyond the article:
// subscr_reactivated, subscr_ended, subscr_refunded, subscr_paused.
//
// # What WarriorPlus's words mean here
//
//   - An order is a sale: WP_SALE ("sale_…"), WP_SALEID, and the WP_SUBSCR_ID that
//     began with it. Each upsell is a sale of its own.
//   - A line is the item, WP_ITEM_NUMBER ("wso_…"), and a subscription is named
//     after its line: the sale may not know the subscription's id yet.
//   - subscr_completed is a rebill that went well, not the end. subscr_created comes
//     with the sale and says the same of it, and how far it is paid.
//   - A payment is the processor's transaction: WP_TXNID at the sale,
//     WP_SUBSCR_PAYMENT_TXNID at a rebill. A sale of something that is paid once is
//     its own payment.
//   - The end of a paid period is WP_SUBSCR_NEXT_PAYMENT_DATE.
//   - subscr_suspended, after payments failed, ends a subscription; money or
//     subscr_reactivated brings it back. What subscr_ended means where every
//     instalment is paid is not documented: it is read as "no more payments", so
//     that the paid term runs out.
//   - A dispute is open for good: how it ended is not told, but for the refund that
//     follows a lost one.
//   - A pending payment says nothing yet: the sale comes again once it is made.
//
// # Limits
//
// The account's security key in the body is the only proof, without a signature or
// a time: deliveries without it are refused. No field says when something happened,
// so the time of receipt counts. WarriorPlus sends one sale to both the
// Notification URL and the Key Generation URL; the twins differ at most by IPN_ID,
// and for sales, payments and refunds the key of a delivery leaves that out. Whether
// a retry keeps IPN_ID is not documented. What we answer to the Key Generation URL
// is shown to the buyer: it is "ok" where the key is right, whatever comes of the
// delivery. All this is not verified against a live account.
package warriorplus

import (
	"bytes"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is WarriorPlus.
type Platform struct{}

var _ integrations.Platform = Platform{}

// New returns WarriorPlus.
func New() Platform { return Platform{} }

// Fields that prove, name or place a delivery.
const (
	fieldSecret = "WP_SECURITYKEY"
	fieldAction = "WP_ACTION"
	fieldIPN    = "IPN_ID"
	fieldTo     = "IPN_RCPT_TYPE"
)

// Name returns "warriorplus".
func (Platform) Name() string { return "warriorplus" }

// Title returns "WarriorPlus".
func (Platform) Title() string { return "WarriorPlus" }

// CheckConfig wants the security key.
func (Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the security key that is set in the account settings of WarriorPlus: "+
			"without one WarriorPlus's notifications prove nothing")
	}
	return nil
}

// IsPing says whether the body is empty: WarriorPlus itself sends no pings.
func (Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify compares the security key in the body, the only proof that there is.
func (Platform) Verify(c integrations.Config, r integrations.Request) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return integrations.ErrNoSecret()
	}
	n, err := r.Decode()
	if err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, err, "the delivery cannot be read: %s", enrolld.MessageOf(err))
	}
	key := n.Get(fieldSecret)
	if !key.IsText() || key.Raw() == "" {
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery has no WP_SECURITYKEY: "+
			"set a security key in the account settings of WarriorPlus")
	}
	if !integrations.SecretMatches(c.Secrets, key.Raw()) {
		return enrolld.Errorf(enrolld.Unauthorized, "the WP_SECURITYKEY of the delivery is none of the integration's secrets")
	}
	return nil
}

// Identify makes a key of all that a delivery says. Things that happen once leave
// out IPN_ID, which may be all that tells twins apart; what may happen again in
// the same words, as cancelling, has it.
func (Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.Decode()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	d := delivery{n: n}
	id := integrations.Identity{Event: d.action()}
	if id.Event == "" || len(d.refs()) == 0 {
		id.Key = integrations.BodyKey(r.Body)
		return id
	}
	var content strings.Builder
	for _, name := range n.Keys() {
		if name == fieldSecret || name == fieldIPN && once[id.Event] {
			continue
		}
		content.WriteString(integrations.Key(name, n.Get(name).Raw()))
		content.WriteByte('\n')
	}
	id.Key = integrations.Key(id.Event, d.sale(), integrations.BodyKey([]byte(content.String())))
	return id
}

// once are the actions that happen once to a sale or to a payment.
var once = map[string]bool{
	actionSale: true, actionCreated: true, actionPaid: true, actionRefund: true, actionSubRefund: true,
}

// Redact masks the security key: the field that has it, whatever it holds, and
// the configured ones wherever else they turn up.
func (Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskField(r.Body, r.Header.Get("Content-Type"), fieldSecret)
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
