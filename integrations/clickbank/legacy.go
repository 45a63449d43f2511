package clickbank

import (
	"crypto/sha1" //nolint:gosec // ClickBank's choice
	"encoding/hex"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// fieldVerify proves the form of the versions before 6.
const fieldVerify = "cverify"

// legacyFields are those of the form, by versions 1 to 2.1. The hash does not
// cover names, so that an unknown one could lend its place to shift the others.
var legacyFields = []string{
	"caccountamount", "caffitid", "cbblocks", "ccurrency", "ccustaddr1", "ccustaddr2", "ccustcc", "ccustcity",
	"ccustcounty", "ccustemail", "ccustfirstname", "ccustfullname", "ccustlastname", "ccustname", "ccustshippingcountry",
	"ccustshippingstate", "ccustshippingzip", "ccuststate", "ccustzip", "cfuturepayments", "cnextpaymentdate",
	"cnoticeversion", "corderamount", "corderlanguage", "cprocessedpayments", "cproditem", "cprodtitle", "cprodtype",
	"crebillamnt", "crebillfrequency", "crebillstatus", "cshippingamount", "csubscriptionid", "ctaxamount", "ctid",
	"ctransaction", "ctransaffiliate", "ctransamount", "ctranspaymentmethod", "ctranspublisher", "ctransreceipt",
	"ctransrole", "ctranstime", "ctransvendor", "cupsellflowid", "cupsellpath", "cupsellreceipt", "cupsellsession",
	"cvendthru",
}

// verifyLegacy recomputes the hash: the values in the order of their names, joined
// by bars, with a secret at the end. A bar within a value could stand for one
// between two, so there may be none.
func verifyLegacy(secrets []enrolld.Secret, n integrations.Node) bool {
	var joined strings.Builder
	for _, name := range n.Keys() {
		if name == fieldVerify {
			continue
		}
		value := n.Get(name)
		if !value.IsText() || strings.Contains(value.Raw(), "|") || !slices.Contains(legacyFields, name) {
			return false
		}
		joined.WriteString(value.Raw())
		joined.WriteByte('|')
	}
	claimed := enrolld.Secret(strings.ToUpper(n.Get(fieldVerify).Text()))
	ok := false
	for _, secret := range integrations.Keys(secrets) {
		sum := sha1.Sum(append([]byte(joined.String()), secret...)) //nolint:gosec // see above
		want := strings.ToUpper(hex.EncodeToString(sum[:]))[:8]
		if integrations.SecretMatches([]enrolld.Secret{claimed}, want) {
			ok = true
		}
	}
	return ok
}

// legacyNotice reads the form. Its amounts are in pennies, of the buyer's price
// where that is given (corderamount) and of the account's share elsewhere. It names
// the date of the next payment, in which format is not documented.
func legacyNotice(f integrations.Node) notice {
	n := notice{
		event: f.Get("ctransaction").Text(), at: f.Get("ctranstime").Unix(),
		vendor: f.Get("ctransvendor").Text(), role: f.Get("ctransrole").Text(),
		email: f.Get("ccustemail").Text(), first: f.Get("ccustfirstname").Text(), last: f.Get("ccustlastname").Text(),
		full: f.First("ccustfullname", "ccustname").Text(), country: f.Get("ccustcc").Text(),
		currency: strings.ToUpper(f.Get("ccurrency").Text()),
	}
	n.setReceipt(f.Get("ctransreceipt").Text())
	n.setType()
	if n.currency == "" {
		n.currency = usd
	}
	n.total = f.First("corderamount", "ctransamount").Minor(n.currency)
	if item := f.Get("cproditem").Text(); item != "" {
		l := line{
			item: item, title: integrations.Clean(f.Get("cprodtitle").Text()), amount: n.total, quantity: 1,
			recurring: strings.EqualFold(f.Get("cprodtype").Text(), "RECURRING"),
			completed: strings.EqualFold(f.Get("crebillstatus").Text(), "COMPLETED"),
		}
		if next := moment(f.Get("cnextpaymentdate")); next.After(n.at) {
			l.paidUntil = next
		}
		n.lines = []line{l}
	}
	return n
}
