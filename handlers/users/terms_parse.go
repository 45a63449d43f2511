package users

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"enrolld"
)

// maxYears is how far ahead an end may be: who means longer means without end.
const maxYears = 10

// parse reads what was typed. What is wrong, or not the caller's to give, is said
// at its field; the terms count only when the form did not fail.
func (f termsForm) parse() enrolld.Terms {
	t := enrolld.Terms{Type: f.parseType()}
	if f.Get(fieldRights) == all {
		t.All = f.parseAll()
	} else {
		t.Rights = f.parseRights(t.Type)
	}
	t.Scope.AllAccounts, t.Scope.Accounts = f.parseAccounts()
	t.Scope.AllProducts, t.Scope.Products = f.parseScope(fieldProducts, fieldProduct, f.Offer.allProducts, f.Offer.productIDs())
	t.Scope.EditProducts = f.parseTick(fieldEdit, f.Offer.edit)
	t.Scope.DeleteProducts = f.parseTick(fieldDelete, f.Offer.del)
	return t.Normal()
}

func (f termsForm) parseType() enrolld.MemberType {
	t := enrolld.MemberType(f.Get(fieldType))
	if t == "" && len(f.Offer.types) == 1 {
		return f.Offer.types[0] // it was not asked
	}
	if !slices.Contains(f.Offer.types, t) {
		f.Fail(fieldType, "Choose one of these types.")
	}
	return t
}

func (f termsForm) parseAll() bool {
	if !f.Offer.all {
		f.Fail(fieldRights, "You do not hold all permissions yourself: choose among those that you hold.")
	}
	return true
}

func (f termsForm) parseRights(t enrolld.MemberType) map[enrolld.Permission]time.Time {
	rights := map[enrolld.Permission]time.Time{}
	for _, key := range f.All(fieldPermission) {
		p, ok := f.Offer.permission(enrolld.Permission(key))
		switch {
		case !ok:
			f.Fail(fieldPermission, "One of the permissions is not yours to give: choose among these.")
		case p.AdminOnly && t != enrolld.TypeAdmin:
			f.Fail(fieldPermission, fmt.Sprintf("Only an Admin can hold '%s': choose the type Admin, or leave it out.", p.Title))
		default:
			rights[p.Key] = f.parseEnd(p)
		}
	}
	if len(rights) == 0 {
		f.Fail(fieldPermission, "Choose at least one permission.")
	}
	return rights
}

// parseEnd reads until when a permission is given: its own end, or that of all.
func (f termsForm) parseEnd(p permission) time.Time {
	field := ownUntil(p.Key)
	if f.Get(field) == "" {
		field = fieldUntil
	}
	end := f.parseDay(field)
	if p.limit.IsZero() || !end.IsZero() && !end.After(p.limit) {
		return end
	}
	if dayText(end) != dayText(p.limit) {
		f.Fail(field, fmt.Sprintf("You hold '%s' until %s yourself: choose that day or an earlier one.", p.Title, longDay(p.limit)))
	}
	return p.limit
}

// parseDay reads the end of a day; the zero time when none was chosen.
func (f termsForm) parseDay(field string) time.Time {
	text := f.Get(field)
	if text == "" {
		return time.Time{}
	}
	begin, err := time.Parse(dayFormat, text)
	if err != nil {
		f.Fail(field, "Write the day as year, month and day, for example "+f.now.AddDate(0, 1, 0).UTC().Format(dayFormat)+".")
		return time.Time{}
	}
	end := begin.AddDate(0, 0, 1).Add(-time.Second)
	switch {
	case !end.After(f.now):
		f.Fail(field, "This day is over: choose today or a later one.")
	case end.After(f.now.AddDate(maxYears, 0, 0)):
		f.Fail(field, fmt.Sprintf("Choose a day within the next %d years, or leave it empty for no end.", maxYears))
	}
	return end
}

func (f termsForm) parseAccounts() (every bool, ids []int64) {
	if !f.Offer.askAccounts {
		return f.Offer.allAccounts, f.Offer.accountIDs()
	}
	every, ids = f.parseScope(fieldAccounts, fieldAccount, f.Offer.allAccounts, f.Offer.accountIDs())
	if !every && len(ids) == 0 {
		f.Fail(fieldAccount, "Choose at least one account.")
	}
	return every, ids
}

// parseScope reads "all" or the ids of what was chosen. What is not offered
// belongs to somebody else, or the caller may not use it.
func (f termsForm) parseScope(modeField, field string, mayAll bool, offered []int64) (every bool, ids []int64) {
	if f.Get(modeField) == all {
		if !mayAll {
			f.Fail(modeField, "You do not have all of them yourself: choose among those that you have.")
		}
		return true, nil
	}
	for _, text := range f.All(field) {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || !slices.Contains(offered, id) {
			f.Fail(field, "Something that was chosen is not here any more, or not yours to give: choose again.")
			continue
		}
		ids = append(ids, id)
	}
	return false, ids
}

func (f termsForm) parseTick(field string, may bool) bool {
	if f.Get(field) == "" {
		return false
	}
	if !may {
		f.Fail(field, "You may not do this yourself, so you cannot give it.")
	}
	return true
}

// longDay writes a day in a sentence.
func longDay(t time.Time) string { return t.UTC().Format("2 January 2006") }
