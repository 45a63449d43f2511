package customers

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/mailer/letter"
	"enrolld/store"
)

type customerPage struct {
	page.Base
	Now       time.Time
	Back      string
	BackWords string
	Customer  enrolld.Customer
	Name      string
	State     page.Fact // in a badge
	Notices   []notice
	Problem   string
	SiteAway  bool // the site's courses cannot be read
	EditURL   string
	Open      []access // what they can enter
	Shut      []access // what they had, or will have
	Facts     []page.Fact
	Orders    folded[order]
	Messages  folded[message]
	Timeline  folded[page.Entry]
	Deeds     []deed
	Visits    []visit // who is on the site as the customer now
	Mail      mailTrouble
}

// order is an order as the page shows it.
type order struct {
	Number, Platform string
	At               time.Time
	Test             bool
	Lines            []line
}

type line struct{ Name, Amount, Note string }

// message is an email that was sent or waits.
type message struct {
	What, State, Answer string
	URL                 string // of the message; "" for who may not read it
	Kind                page.Kind
	At                  time.Time
}

var customerView = page.New[customerPage](files, "customer")

// history is all that is known of a customer, as far as the caller may see.
type history struct {
	customer enrolld.Customer
	site     site
	orders   []store.Order
	grants   []store.Grant
	messages []store.MessageRecord
	events   []store.CustomerEvent
	names    map[int64]string // of people who gave access, by login
	imports  string           // where imports are shown; "" where they are not to be followed

	addresses []store.Address
	merges    []store.Merge
}

func (s *Screens) show(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	h, err := s.history(r, c)
	if err != nil {
		return err
	}
	names, err := s.sources(r)
	if err != nil {
		return err
	}
	p := &customerPage{
		Base: r.Base(c.Label()), Now: r.Now(), Back: r.Path(below), BackWords: "Customers", Customer: c, Name: c.Label(), Problem: c.Problem,
		SiteAway: h.site.Away(), Facts: s.facts(r, h, names), Orders: fold(s.orders(h), mostShown),
		Messages: fold(messages(r, c, h.messages), mostShown),
		Timeline: fold(s.timeline(h), mostHappening), Deeds: s.deeds(r, c),
	}
	if p.Visits, err = s.visits(r, c.ID); err != nil {
		return err
	}
	if p.Mail, err = s.mailTrouble(r, c); err != nil {
		return err
	}
	p.Facts = append(p.Facts, p.Mail.Facts...)
	if r.May(enrolld.PermCustomersBrowse) && !narrow(r) { // as the route of an import says
		h.imports = r.Path("/imports")
	}
	p.Open, p.Shut = s.accesses(h)
	if p.State = badgeOf(c); p.State.Text == "" {
		p.State = stateOf(p.Open)
	}
	p.Notices = notices(r, c)
	if r.May(enrolld.PermCustomersBrowse) {
		if c.ErasedAt == nil {
			p.EditURL = pathOf(r, c.ID) + "/access"
		}
	} else {
		p.Back, p.BackWords = r.Path(below+"/find"), "Find a customer"
	}
	return gate.Show(r, customerView, p)
}

// history reads everything. The log and the mail tell of every product, so that
// who was given some products only is told of orders alone.
func (s *Screens) history(r *gate.Request, c enrolld.Customer) (h history, err error) {
	h.customer = c
	ctx, db := r.Context(), s.frame.DB
	if h.site, err = s.site(r); err != nil {
		return h, err
	}
	if h.orders, err = db.OrdersInScope(ctx, r.Account.ID, c.ID, r.Scope()); err != nil {
		return h, err
	}
	if h.grants, err = s.ledger(r, h.site, c.ID); err != nil {
		return h, err
	}
	if h.names, err = s.givers(r, h.grants); err != nil || narrow(r) {
		return h, err
	}
	if h.messages, err = db.MessagesOf(ctx, r.Account.ID, c.ID); err != nil {
		return h, err
	}
	if h.addresses, err = db.AddressesOf(ctx, r.Account.ID, c.ID); err != nil {
		return h, err
	}
	if h.merges, err = db.MergesOf(ctx, r.Account.ID, c.ID); err != nil {
		return h, err
	}
	if !r.May(enrolld.PermEmails) {
		for i := range h.messages {
			h.messages[i].Response, h.messages[i].ReturnedText = "", "" // what servers answered is for who may view emails
		}
	}
	h.events, err = db.CustomerEvents(ctx, r.Account.ID, c.ID)
	return h, err
}

// ledger is what of a customer's ledger is about courses in reach.
func (s *Screens) ledger(r *gate.Request, at site, id int64) ([]store.Grant, error) {
	list, err := s.frame.DB.GrantsOf(r.Context(), r.Account.ID, id)
	var out []store.Grant
	for _, g := range list {
		if at.covers(g.Course) {
			out = append(out, g)
		}
	}
	return out, err
}

// givers are the names of those who gave access.
func (s *Screens) givers(r *gate.Request, grants []store.Grant) (map[int64]string, error) {
	out := map[int64]string{0: "the command line"}
	for _, g := range grants {
		if _, known := out[g.Cause.ID]; known || g.Cause.Kind != enrolld.CausePerson {
			continue
		}
		login, err := s.frame.Team.Login(r.Context(), g.Cause.ID)
		switch enrolld.CodeOf(err) {
		case "":
			out[g.Cause.ID] = login.Label()
		case enrolld.NotFound:
			out[g.Cause.ID] = "somebody who has left"
		default:
			return nil, err
		}
	}
	return out, nil
}

func stateOf(open []access) page.Fact {
	if len(open) == 0 {
		return page.Fact{Text: "No access", Kind: page.Warning}
	}
	return page.Fact{Text: page.Plural(len(open), "course", "courses"), Kind: page.Good}
}

func (s *Screens) facts(r *gate.Request, h history, names sources) []page.Fact {
	c := h.customer
	out := []page.Fact{
		{Term: "Email", Text: c.Email}, {Term: "Joined", Text: c.CreatedAt.Format("2 January 2006")},
		{Term: "Source", Text: names.words(sourcesOf(h))},
	}
	if c.ErasedAt != nil {
		return out[1:]
	}
	user := page.Fact{Term: "WordPress user", Text: "None: there was no access to give"}
	if c.Problem != "" {
		user = page.Fact{Term: "WordPress user", Text: "Cannot be made", Kind: page.Bad}
	}
	if c.WPUserID != 0 {
		user.Text, user.Kind = "No. "+strconv.FormatInt(c.WPUserID, 10), ""
		// A site that cannot be read now has the number alone.
		if site, err := s.access.SiteURL(r.Context(), r.Account.ID); err == nil && site != "" {
			site = strings.TrimSuffix(site, "/")
			user.Text, user.URL = "View WordPress user", site+"/wp-admin/user-edit.php?user_id="+strconv.FormatInt(c.WPUserID, 10)
		}
	}
	out = append(out, user)
	if len(h.addresses) > 0 {
		out = append(out, page.Fact{Term: "Further addresses", Text: emails(h.addresses)})
	}
	if !r.May(enrolld.PermCustomersBrowse) {
		return out
	}
	return append(out, mergeFacts(r, c, h.merges)...)
}

func sourcesOf(h history) []string {
	var out []string
	add := func(key string) {
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	for _, o := range h.orders {
		add(strconv.FormatInt(o.IntegrationID, 10))
	}
	for _, g := range h.grants {
		if g.Cause.Kind != enrolld.CauseOrder {
			add(string(g.Cause.Kind))
		}
	}
	return out
}

func (s *Screens) orders(h history) []order {
	out := make([]order, len(h.orders))
	for i, o := range h.orders {
		out[i] = order{Number: o.Record.Number.Value, Platform: s.platform(o.Platform), At: soldAt(o), Test: o.Record.Test}
		for _, key := range o.Record.LineKeys() {
			l := o.Record.Lines[key]
			out[i].Lines = append(out[i].Lines, line{productName(l.Product.Value), amount(l.Sale.Value.Amount), lineNote(l)})
		}
	}
	return out
}

func productName(p enrolld.ProductRef) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

func amount(m enrolld.Money) string {
	if m.Currency == "" {
		return ""
	}
	return m.String()
}

func lineNote(l enrolld.Line) string {
	if l.Sale.Known() && !l.Sale.Value.Paid {
		return "not paid"
	}
	return ""
}

// soldAt is when an order was made, as far as it tells; otherwise when it came in.
func soldAt(o store.Order) time.Time {
	at := o.CreatedAt
	for _, l := range o.Record.Lines {
		if sold := l.Sale.Value.SoldAt; l.Sale.Known() && !sold.IsZero() && sold.Before(at) {
			at = sold
		}
	}
	return at
}

// messages are the emails, as far as the caller may read them: what they were about
// and how they stand, and with the permission for it what they say and what the
// server answered.
func messages(r *gate.Request, c enrolld.Customer, list []store.MessageRecord) []message {
	out := make([]message, len(list))
	for i, m := range list {
		out[i] = message{What: letter.TitleOf(m.Kind), At: m.CreatedAt}
		out[i].State, out[i].Kind = messageState(m)
		if m.SentAt != nil {
			out[i].At = *m.SentAt
		}
		if r.May(enrolld.PermEmails) {
			if out[i].Answer = answerOf(m); r.May(enrolld.PermCustomersBrowse) {
				out[i].URL = pathOf(r, c.ID) + "/emails/" + strconv.FormatInt(m.ID, 10)
			}
		}
	}
	return out
}

// messageState says how an email stands; a state without words is called by its own.
func messageState(m store.MessageRecord) (string, page.Kind) {
	switch m.State {
	case string(enrolld.SendSent):
		return "Sent", page.Good
	case string(enrolld.SendDead):
		return "Given up", page.Bad
	case string(enrolld.SendRetry):
		if m.Attempts > 0 {
			return "Waits to be tried again", page.Warning
		}
		return "Waits", page.Muted
	case string(enrolld.SendSuppressed):
		return "Not sent", page.Warning
	case string(enrolld.SendBounced):
		return "Came back", page.Bad
	case string(enrolld.SendComplained):
		return "Called spam", page.Warning
	}
	return m.State, page.Muted
}

// answerOf is what came back, or what the server said.
func answerOf(m store.MessageRecord) string {
	if m.ReturnedText != "" {
		return m.ReturnedText
	}
	return m.Response
}
