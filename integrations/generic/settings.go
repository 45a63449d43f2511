package generic

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // HMAC-SHA1 is sound, and what older senders have
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"hash"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Settings tell how one sender's deliveries are to be read.
type Settings struct {
	Auth Auth `json:"auth"`
	// Fields says where a field is, by a path like "/customer/email"; the names
	// are those of the Field constants. "=purchase" is a fixed value.
	Fields map[string]string `json:"fields,omitempty"`
	// Events translates the sender's words for what happened into ours; see Words.
	Events map[string]string `json:"events,omitempty"`
	// Amounts is AmountsDecimal ("49.00") or AmountsMinor (4900 cents).
	Amounts string `json:"amounts,omitempty"`
}

// Auth is how a delivery proves that it is the sender's.
type Auth struct {
	Scheme string `json:"scheme,omitempty"` // SchemeStandard when empty
	// Header has the signature or the secret; of a secret "Bearer " is passed over.
	Header string `json:"header,omitempty"`
	// Field is where in the body the secret is, when it is not in a header.
	Field     string `json:"field,omitempty"`
	Algorithm string `json:"algorithm,omitempty"` // sha256 (when empty), sha1, sha512
	Encoding  string `json:"encoding,omitempty"`  // hex (when empty), base64
	Prefix    string `json:"prefix,omitempty"`    // before the signature, e.g. "sha256="
}

// The schemes by which a delivery can prove itself.
const (
	SchemeStandard = "standard-webhooks" // signed as standardwebhooks.com has it
	SchemeHMAC     = "hmac"              // an HMAC of the body in a header
	SchemeSecret   = "secret"            // the secret itself, in a header or a field
)

// The units in which amounts come.
const (
	AmountsDecimal = "decimal"
	AmountsMinor   = "minor"
)

// The names of fields in Settings.Fields.
const (
	FieldID           = "id"
	FieldEvent        = "event"
	FieldOccurred     = "occurred_at"
	FieldTest         = "test"
	FieldOrder        = "order_id"
	FieldTransaction  = "transaction_id"
	FieldSubscription = "subscription_id"
	FieldPaidUntil    = "paid_until"
	FieldEmail        = "email"
	FieldFirst        = "first_name"
	FieldLast         = "last_name"
	FieldName         = "name"
	FieldCountry      = "country"
	FieldAmount       = "amount"
	FieldCurrency     = "currency"
	FieldItems        = "items"
	FieldProduct      = "product_id"
	FieldPrice        = "price_id"
	FieldProductName  = "product_name"
	FieldQuantity     = "quantity"
	FieldItemProduct  = "item_product_id" // within an item, as are the next four
	FieldItemPrice    = "item_price_id"
	FieldItemName     = "item_name"
	FieldItemQuantity = "item_quantity"
	FieldItemAmount   = "item_amount"
)

// ReadSettings reads the settings of an integration.
func ReadSettings(c integrations.Config) (Settings, error) {
	var s Settings
	if len(bytes.TrimSpace(c.Settings)) == 0 {
		return Settings{Auth: Auth{Scheme: SchemeStandard}}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(c.Settings))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, enrolld.Wrap(enrolld.Invalid, err, "the settings of the webhook cannot be read")
	}
	if s.Auth.Scheme == "" {
		s.Auth.Scheme = SchemeStandard
	}
	return s, nil
}

func (s Settings) check() error {
	if err := s.Auth.check(); err != nil {
		return err
	}
	for name, path := range s.Fields {
		if _, ok := paths[name]; !ok {
			return enrolld.Errorf(enrolld.Invalid, "there is no field %q to be set", name)
		}
		if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "=") {
			return enrolld.Errorf(enrolld.Invalid,
				"the place of the field %q is a path like /customer/email or a fixed value like =purchase", name)
		}
	}
	for theirs, ours := range s.Events {
		if _, ok := Words[ours]; !ok {
			return enrolld.Errorf(enrolld.Invalid, "the event %q cannot mean %q; there is no such event", theirs, ours)
		}
	}
	if !slices.Contains([]string{"", AmountsDecimal, AmountsMinor}, s.Amounts) {
		return enrolld.Errorf(enrolld.Invalid, "amounts come as %s or %s", AmountsDecimal, AmountsMinor)
	}
	return nil
}

func (a Auth) check() error {
	switch a.Scheme {
	case SchemeStandard:
		return nil
	case SchemeHMAC:
		if a.Header == "" {
			return enrolld.Errorf(enrolld.Invalid, "name the header that has the signature")
		}
		if a.hash() == nil {
			return enrolld.Errorf(enrolld.Invalid, "the algorithm is sha256, sha1 or sha512")
		}
		if !slices.Contains([]string{"", "hex", "base64"}, a.Encoding) {
			return enrolld.Errorf(enrolld.Invalid, "the encoding is hex or base64")
		}
		return nil
	case SchemeSecret:
		if (a.Header == "") == (a.Field == "") {
			return enrolld.Errorf(enrolld.Invalid, "name either the header or the field that has the secret")
		}
		return nil
	}
	return enrolld.Errorf(enrolld.Invalid, "the scheme is %s, %s or %s", SchemeStandard, SchemeHMAC, SchemeSecret)
}

func (a Auth) hash() func() hash.Hash {
	switch a.Algorithm {
	case "", "sha256":
		return sha256.New
	case "sha1":
		return sha1.New
	case "sha512":
		return sha512.New
	}
	return nil
}
