package gate

import "enrolld/handlers/page"

// nav is the side navigation: what the caller may use, and nothing else.
func (r *Request) nav() []page.NavGroup {
	var out []page.NavGroup
	for _, e := range r.frame.Nav {
		if !r.sees(e) {
			continue
		}
		if len(out) == 0 || out[len(out)-1].Title != e.Group {
			out = append(out, page.NavGroup{Title: e.Group})
		}
		last := &out[len(out)-1]
		last.Items = append(last.Items, page.NavItem{Title: e.Title, Icon: e.Icon, URL: r.Path(e.Path)})
	}
	return out
}

func (r *Request) sees(e NavEntry) bool {
	switch {
	case e.Needs != "" && !r.May(e.Needs), e.Also != "" && !r.May(e.Also), e.Without != "" && r.May(e.Without):
		return false
	case e.Owner && !r.owner(), e.EveryProduct && !r.Membership.Scope.AllProducts:
		return false
	}
	return true
}

// accounts is the switcher: what the caller can enter.
func (r *Request) accounts() []page.AccountLink {
	var out []page.AccountLink
	for _, m := range r.Viewer.Memberships {
		a := page.AccountLink{
			ID: m.Account.ID, Name: m.Account.Name, Site: host(m.Account.SiteURL), URL: AccountPath(m.Account.ID),
			Current: m.Account.ID == r.Account.ID,
		}
		for _, sub := range m.Subs {
			a.Sub = append(a.Sub, page.AccountLink{
				ID: sub.ID, Name: sub.Name, Site: host(sub.SiteURL), URL: AccountPath(sub.ID), Current: sub.ID == r.Account.ID,
			})
		}
		if !m.Scope.In(m.Account.ID) {
			a.URL = "" // only what is below it
		}
		out = append(out, a)
	}
	return out
}
