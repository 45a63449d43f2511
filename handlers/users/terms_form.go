package users

import (
	"slices"
	"time"

	"enrolld"
	"enrolld/handlers/page"
)

// Fields of a termsForm. Three of them say "all" or "chosen", the one behind
// each what was chosen.
const (
	fieldType       = "type"
	fieldRights     = "rights"
	fieldPermission = "permission"
	fieldUntil      = "until" // for all chosen; "until.<permission>" for one
	fieldAccounts   = "accounts"
	fieldAccount    = "account"
	fieldProducts   = "products"
	fieldProduct    = "product"
	fieldEdit       = "edit"
	fieldDelete     = "delete"
)

const (
	all    = "all"
	chosen = "chosen"
	yes    = "1"
)

// dayFormat is how date fields write a day. A day that somebody chose as an end
// belongs to what they chose, to its last second, UTC.
const dayFormat = time.DateOnly

// termsForm asks what somebody may do. What was typed and what is wrong with it
// is in the Form; the Offer is what may be chosen.
type termsForm struct {
	*page.Form
	Offer offer
	now   time.Time
}

// fill shows terms. What they hold no longer, or cannot be given, is not shown.
func (f termsForm) fill(t enrolld.Terms) {
	f.Set(fieldType, string(t.Type))
	f.Set(fieldRights, mode(t.All))
	f.fillRights(t)
	f.Set(fieldAccounts, mode(t.Scope.AllAccounts))
	f.Set(fieldAccount, idTexts(t.Scope.Accounts)...)
	f.Set(fieldProducts, mode(t.Scope.AllProducts))
	f.Set(fieldProduct, idTexts(t.Scope.Products)...)
	f.Set(fieldEdit, tick(t.Scope.EditProducts)...)
	f.Set(fieldDelete, tick(t.Scope.DeleteProducts)...)
}

// fillRights shows one end for all chosen permissions when they have one, and
// otherwise each one's own.
func (f termsForm) fillRights(t enrolld.Terms) {
	var keys []string
	var days []string
	for _, p := range f.Offer.permissions {
		if until, ok := t.Rights[p.Key]; ok && t.May(p.Key, f.now) {
			keys, days = append(keys, string(p.Key)), append(days, dayText(until))
		}
	}
	f.Set(fieldPermission, keys...)
	if len(slices.Compact(slices.Clone(days))) == 1 {
		f.Set(fieldUntil, days[0])
		return
	}
	for i, key := range keys {
		f.Set(ownUntil(enrolld.Permission(key)), days[i])
	}
}

// begin shows the terms that most people are given.
func (f termsForm) begin() {
	f.fill(enrolld.Terms{
		Type:  enrolld.TypeUser,
		Scope: enrolld.Scope{AllAccounts: f.Offer.allAccounts, AllProducts: f.Offer.allProducts},
	})
}

func ownUntil(p enrolld.Permission) string { return fieldUntil + "." + string(p) }

func mode(every bool) string {
	if every {
		return all
	}
	return chosen
}

func tick(on bool) []string {
	if on {
		return []string{yes}
	}
	return nil
}

func idTexts(ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = idText(id)
	}
	return out
}

// dayText is the day of an end; "" without one.
func dayText(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return end.UTC().Format(dayFormat)
}
