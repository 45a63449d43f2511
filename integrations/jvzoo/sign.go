package jvzoo

import (
	"crypto/sha1" //nolint:gosec // JVZoo's choice
	"encoding/hex"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

const fieldVerify = "cverify"

// v1Fields are all that v1 has, in the order in which they are signed.
var v1Fields = []string{
	"caffitid", "ccustcc", "ccustemail", "ccustname", "ccuststate", "cproditem", "cprodtitle", "cprodtype",
	"ctransaction", "ctransaffiliate", "ctransamount", "ctranspaymentmethod", "ctransreceipt", "ctranstime",
	"ctransvendor", "cupsellreceipt", "cvendthru",
}

// v2Fields are those that v2 signs, in that order.
var v2Fields = []string{"paykey", "customer_email", "product_name", "transaction_type", "date"}

// isV2 says whether a delivery is one of v2.
func isV2(n integrations.Node) bool {
	return n.Get("paykey").Exists() || n.Get("transaction_type").Exists()
}

// signedText is what the hash is of, but for the secret at its end.
func signedText(n integrations.Node) (string, error) {
	if !n.Get(fieldVerify).IsText() {
		return "", enrolld.Errorf(enrolld.Unauthorized, "the delivery has no cverify")
	}
	names := v2Fields
	if !isV2(n) {
		names = n.Keys()
		for _, name := range v1Fields {
			if !n.Get(name).IsText() {
				return "", enrolld.Errorf(enrolld.Unauthorized, "the delivery lacks the field %s, so that its cverify proves nothing", name)
			}
		}
	}
	var b strings.Builder
	b.Grow(512)
	for _, name := range names {
		if name == fieldVerify {
			continue
		}
		value := n.Get(name)
		if !value.IsText() {
			return "", enrolld.Errorf(enrolld.Unauthorized, "a signed field of the delivery is missing or no text")
		}
		if isV2(n) && name != "product_name" && strings.Contains(value.Raw(), "|") {
			// It could be two of the fields in one.
			return "", enrolld.Errorf(enrolld.Unauthorized, "the field %s of the delivery has a bar in it", name)
		}
		b.WriteString(value.Raw())
		b.WriteByte('|')
	}
	return b.String(), nil
}

// verified says whether the claimed hash is the text's with one of the secrets:
// the first eight digits of a SHA-1.
func verified(secrets []enrolld.Secret, signed, claimed string) bool {
	ok := false
	for _, secret := range integrations.Keys(secrets) {
		sum := sha1.Sum(append([]byte(signed), secret...)) //nolint:gosec // see above
		want := enrolld.Secret(strings.ToUpper(hex.EncodeToString(sum[:4])))
		if integrations.SecretMatches([]enrolld.Secret{want}, strings.ToUpper(claimed)) {
			ok = true
		}
	}
	return ok
}

// ambiguous says whether a value of v1 may be two in one: it has a bar that is not
// one between words. Where values were shifted, one of the bars that JVZoo itself
// puts between values stands within a value, and that has no blanks around it.
func ambiguous(n integrations.Node) bool {
	return slices.ContainsFunc(n.Keys(), func(name string) bool {
		value := n.Get(name).Raw()
		return strings.Count(value, "|") != strings.Count(value, " | ")
	})
}
