package emails

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/mailer/letter"
	"enrolld/store"
)

const perPage = 50

type listPage struct {
	page.Base
	Now    time.Time
	URL    string
	Form   *page.Form
	States []page.Option
	Kinds  []page.Option
	Chips  []page.Chip
	Rows   []row
	Pager  page.Pager
	None   bool
}

type row struct {
	What, To, URL string
	CustomerURL   string
	State         page.Fact
	Answer        string
	At            time.Time
}

var listView = page.New[listPage](files, "list")

// states are the choices of the filter, in their order.
var states = []string{
	string(enrolld.SendRetry), string(enrolld.SendSent), string(enrolld.SendDead), string(enrolld.SendSuppressed), string(enrolld.SendBounced),
	string(enrolld.SendComplained),
}

func (s *Screens) list(r *gate.Request) error {
	form := page.FormOf(r.URL.Query())
	f := store.MessageFilter{Limit: perPage + 1}
	f.Before, _ = strconv.ParseInt(form.Get("before"), 10, 64) // what is no number is the beginning
	p := &listPage{Base: r.Base("Emails"), Now: r.Now(), URL: r.Path(below), Form: form}
	for _, state := range states {
		p.States = append(p.States, page.Option{Value: state, Label: stateWords[state].Text})
		if form.Get("state") == state {
			f.State = state
			p.Chips = append(p.Chips, page.Chip{Words: stateWords[state].Text, URL: address(p.URL, "kind", form.Get("kind"))})
		}
	}
	for _, kind := range enrolld.MemberKinds {
		p.Kinds = append(p.Kinds, page.Option{Value: string(kind), Label: letter.TitleOf(string(kind))})
		if form.Get("kind") == string(kind) {
			f.Kind = kind
			p.Chips = append(p.Chips, page.Chip{Words: letter.TitleOf(string(kind)), URL: address(p.URL, "state", form.Get("state"))})
		}
	}
	list, err := s.frame.DB.MessagePage(r.Context(), r.Account.ID, f)
	if err != nil {
		return err
	}
	if len(list) > perPage {
		list = list[:perPage]
		p.Pager.Older = address(p.URL, "state", f.State, "kind", string(f.Kind), "before", strconv.FormatInt(list[perPage-1].ID, 10))
	}
	if f.Before != 0 {
		p.Pager.Newer, p.Pager.First = address(p.URL, "state", f.State, "kind", string(f.Kind)), true
	}
	p.None = len(list) == 0 && len(p.Chips) == 0 && f.Before == 0
	for _, m := range list {
		p.Rows = append(p.Rows, row{
			What: letter.TitleOf(m.Kind), To: m.To, URL: pathOf(r, m.CustomerID, m.ID), State: stateOf(m), At: m.CreatedAt,
			CustomerURL: r.Path(fmt.Sprintf("/customers/%d", m.CustomerID)), Answer: cmp.Or(m.ReturnedText, m.Response),
		})
	}
	return gate.Show(r, listView, p)
}

// address is a page with what is set of some fields.
func address(to string, fields ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] != "" {
			q.Set(fields[i], fields[i+1])
		}
	}
	if len(q) == 0 {
		return to
	}
	return to + "?" + q.Encode()
}
