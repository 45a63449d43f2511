package users

import (
	"fmt"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// listPage is the active or the deactivated users.
type listPage struct {
	page.Base
	Tabs   []page.Tab
	Active bool
	Rows   []memberRow
	// Alone: the caller is the only user.
	Alone             bool
	InviteURL, NewURL string
	Pager             page.Pager
	Now               time.Time
}

var listView = page.New[listPage](files, "list")

// memberRow is a user in a list.
type memberRow struct {
	URL, Name, Email string
	Type             string
	Rights           string
	Until            time.Time // when the first permission ends; zero: none does
	You, ByHand      bool
	Factor           bool
	SignedIn         *time.Time
	DeactivatedAt    *time.Time
	ReactivateURL    string // "" when the caller may not
}

func (s *Screens) active(r *gate.Request) error { return s.list(r, true) }

func (s *Screens) deactivated(r *gate.Request) error { return s.list(r, false) }

func (s *Screens) list(r *gate.Request, active bool) error {
	members, err := s.team.Members(r.Context(), r.Membership.AccountID, active)
	if err != nil {
		return err
	}
	tabs, err := s.tabs(r)
	if err != nil {
		return err
	}
	title := "Users"
	if !active {
		title = "Deactivated users"
	}
	shown, pager := cutPage(r, members)
	p := &listPage{
		Base: r.Base(title), Tabs: tabs, Active: active, Alone: len(members) == 1, Pager: pager, Now: r.Now(),
		InviteURL: r.Path(invitePath), NewURL: r.Path(byHandPath),
	}
	for _, m := range shown {
		p.Rows = append(p.Rows, rowOf(r, m))
	}
	return gate.Show(r, listView, p)
}

func rowOf(r *gate.Request, m team.MemberView) memberRow {
	row := memberRow{
		URL: memberURL(r, m.ID, ""), Name: m.Login.Label(), Email: m.Login.Email, Type: m.Type.Title(),
		Rights: rightWords(m.Terms, r.Now()), Until: firstEnd(m.Terms, r.Now()), You: m.LoginID == r.Viewer.Login.ID, ByHand: m.ByHand,
		Factor: m.Login.SecondFactor(), SignedIn: m.Login.LastSignInAt, DeactivatedAt: m.DeactivatedAt,
	}
	if row.You {
		row.URL = page.ProfileURL
	}
	if row.Name == row.Email {
		row.Email = ""
	}
	if !m.Active() && may(r, m.Member, enrolld.ChangeReactivate) {
		row.ReactivateURL = memberURL(r, m.ID, reactivate.path)
	}
	return row
}

// tabs are the three lists, with how many invitations are pending.
func (s *Screens) tabs(r *gate.Request) ([]page.Tab, error) {
	pending, err := s.team.Invitations(r.Context(), r.Membership.AccountID)
	if err != nil {
		return nil, err
	}
	return tabsWith(r, len(pending)), nil
}

func tabsWith(r *gate.Request, pending int) []page.Tab {
	tabs := []page.Tab{
		{Title: "Active", URL: r.Path(usersPath)},
		{Title: "Pending invitations", URL: r.Path(invitationsPath)},
		{Title: "Deactivated", URL: r.Path(deactivatedPath)},
	}
	if pending > 0 {
		tabs[1].Count = strconv.Itoa(pending)
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].URL == r.URL.Path
	}
	return tabs
}

// perPage is how many lines of a list a page has. A list has 1000 at most, which
// are read at once.
const perPage = 100

// cutPage returns the part of a list that the address asks for: ?page=2.
func cutPage[T any](r *gate.Request, list []T) ([]T, page.Pager) {
	last := max(1, (len(list)+perPage-1)/perPage)
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		n = 1
	}
	n = min(max(n, 1), last)
	from, to := (n-1)*perPage, min(n*perPage, len(list))
	if last == 1 {
		return list, page.Pager{}
	}
	pager := page.Pager{Words: fmt.Sprintf("%d–%d of %d", from+1, to, len(list))}
	if n > 1 {
		pager.Newer = r.URL.Path + "?page=" + strconv.Itoa(n-1)
	}
	if n < last {
		pager.Older = r.URL.Path + "?page=" + strconv.Itoa(n+1)
	}
	return list[from:to], pager
}
