package overview

import (
	"cmp"
	"fmt"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// recently is the time that deliveries are counted over.
const recently = 7 * 24 * time.Hour

type accountPage struct {
	page.Base
	Now     time.Time
	Name    string
	Parent  string // the client account of a sub-account
	Paused  *time.Time
	Stats   []page.Stat
	Notices []notice
	Facts   []page.Fact
	Me      me
}

// notice is something that needs a hand.
type notice struct{ Kind, Title, Text, URL, Action string }

var accountView = page.New[accountPage](files, "overview")

func (s *Screens) overview(r *gate.Request) error {
	p := &accountPage{
		Base: r.Base("Overview"), Now: r.Now(), Name: r.Account.Name, Paused: r.Account.PausedAt, Facts: facts(r.Account), Me: meIn(r),
	}
	if r.Account.ParentID != 0 {
		p.Parent = r.Membership.Account.Name
	}
	if err := s.noticeOffer(r, p); err != nil {
		return err
	}
	if err := s.countSources(r, p); err != nil {
		return err
	}
	if r.May(enrolld.PermProductsView) {
		if err := s.countProducts(r, p); err != nil {
			return err
		}
	}
	if mayCountDeliveries(r) {
		if err := s.countDeliveries(r, p); err != nil {
			return err
		}
		if err := s.noticeSilence(r, p); err != nil {
			return err
		}
	}
	return gate.Show(r, accountView, p)
}

// noticeOffer tells whom the ownership of the account was offered to.
func (s *Screens) noticeOffer(r *gate.Request, p *accountPage) error {
	offer, err := s.frame.Team.Transfer(r.Context(), r.Membership.AccountID)
	if err != nil || offer == nil || offer.To.ID != r.Viewer.Login.ID {
		return err
	}
	p.Notices = append(p.Notices, notice{
		Kind: "warning", Title: "You are offered the ownership", Text: offer.From.Label() + " asks whether you take the account over.",
		URL: r.Path("/ownership"), Action: "Answer",
	})
	return nil
}

// mayCountDeliveries: a delivery is known to be about a product only once it was
// processed, so that its number would tell of products that are out of scope.
func mayCountDeliveries(r *gate.Request) bool {
	return r.May(enrolld.PermProductsView) && r.Membership.Scope.AllProducts
}

func (s *Screens) countSources(r *gate.Request, p *accountPage) error {
	n, err := s.frame.DB.CountSources(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	p.Stats = append(p.Stats, page.Stat{Label: "Sources", Value: page.Number(n), Note: "checkout tools"})
	if n == 0 {
		p.Notices = append(p.Notices, notice{
			Kind: "muted", Title: "No sales come in yet",
			Text: "No checkout tool is connected to this account. Whoever runs the server connects one with ‘enrolld integration add’.",
		})
	}
	return nil
}

func (s *Screens) countProducts(r *gate.Request, p *accountPage) error {
	n, err := s.frame.DB.CountProducts(r.Context(), r.Account.ID, r.Scope())
	if err != nil {
		return err
	}
	p.Stats = append(p.Stats, page.Stat{
		Label: "Products", Value: page.Number(n.All), URL: r.Path("/products"), Note: fmt.Sprintf("%s with a rule", page.Number(n.All-n.Waiting)),
	})
	if n.Waiting > 0 {
		p.Notices = append(p.Notices, notice{
			Kind: "warning", Title: page.Plural(n.Waiting, "product waits for a rule", "products wait for a rule"),
			Text: "Who buys such a product gets no course until somebody says what it gives.",
			URL:  r.Path("/products?state=waiting"), Action: "Look at them",
		})
	}
	return nil
}

func (s *Screens) countDeliveries(r *gate.Request, p *accountPage) error {
	n, err := s.frame.DB.CountDeliveries(r.Context(), r.Account.ID, r.Now().Add(-recently))
	if err != nil {
		return err
	}
	p.Stats = append(p.Stats,
		page.Stat{Label: "Deliveries", Value: page.Number(n.Received), Note: "in the last 7 days"},
		page.Stat{Label: "Need a hand", Value: page.Number(n.Parked + n.Dead), Note: handNote(n)})
	return nil
}

// noticeSilence tells of checkout tools that send nothing any more, to who is told of
// deliveries.
func (s *Screens) noticeSilence(r *gate.Request, p *accountPage) error {
	list, err := s.frame.DB.SilentSources(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	for _, source := range list {
		name := source.Platform
		if platform, ok := s.platforms[name]; ok {
			name = platform.Title()
		}
		p.Notices = append(p.Notices, notice{
			Kind: "warning", Title: cmp.Or(source.Name, name) + " sends nothing any more",
			Text: "The last delivery came on " + source.Last.Format("2 January 2006") + ", which is longer ago than it usually pauses. " +
				"Look in the checkout tool whether its webhook is still switched on.",
		})
	}
	return nil
}

func handNote(n store.DeliveryCounts) string {
	if n.Parked+n.Dead == 0 {
		return "everything was processed"
	}
	return fmt.Sprintf("%s wait, %s failed", page.Number(n.Parked), page.Number(n.Dead))
}

func facts(a enrolld.Account) []page.Fact {
	companion := page.Fact{Term: "Companion plugin", Text: "Not installed", Kind: page.Warning}
	switch {
	case a.CompanionKnows():
		companion.Text, companion.Kind = "Installed", page.Good
	case a.CompanionAt != nil:
		companion.Text = "Does not know this account"
	}
	facts := []page.Fact{companion}
	if companion.Kind != page.Good {
		facts = append(facts, page.Fact{Term: "To protect course pages here", Text: "run ‘enrolld companion install’"})
	}
	facts = append(facts, []page.Fact{
		{Term: "Links to set a password", Text: "valid for " + page.Plural(a.LinkDays, "day", "days")},
		{Term: "Here since", Text: a.CreatedAt.Format("2 January 2006")},
	}...)
	if a.SiteURL != "" { // otherwise it is as WordPress says
		facts = append([]page.Fact{{Term: "Site", Text: a.SiteURL, URL: a.SiteURL}}, facts...)
	}
	return facts
}
