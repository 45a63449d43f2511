package customers

import (
	"enrolld"
	"enrolld/handlers/gate"
)

// deed is something that one may do with a customer, beside editing their access:
// a link to the page that asks for it.
type deed struct {
	Label, URL string
	Icon       string
	Kind       string // of the button: plain, or danger
	Asks       bool   // the page is a question alone, which script opens in place
}

// deeds are what the caller may do with a customer, in the order of the page.
func (s *Screens) deeds(r *gate.Request, c enrolld.Customer) []deed {
	var out []deed
	if d, ok := s.entryDeed(r, c); ok {
		out = append(out, d)
	}
	if r.May(enrolld.PermCustomersBrowse) && !narrow(r) && c.ErasedAt == nil {
		out = append(out,
			deed{Label: "Edit profile", URL: pathOf(r, c.ID) + "/profile", Icon: "edit"},
			deed{Label: "Addresses", URL: addressesPath(r, c.ID), Icon: "emails"})
		if !c.Decided() {
			out = append(out, deed{Label: "Merge with another customer", URL: pathOf(r, c.ID) + "/merge", Icon: "refresh"})
		}
	}
	if r.May(enrolld.PermPasswords) && c.WPUserID != 0 && c.Shut() == "" {
		out = append(out, deed{Label: "Send a link to set a password", URL: pathOf(r, c.ID) + "/password", Icon: "send", Asks: true})
	}
	out = append(out, removalDeeds(r, c)...)
	return out
}
