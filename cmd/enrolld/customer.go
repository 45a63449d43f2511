package main

import (
	"fmt"
	"io"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/lms"
	"enrolld/store/provision"
)

type customerCmd struct {
	Show customerShow `cmd:"" help:"Explain what a customer has, had and lacks, and why."`
}

type customerShow struct {
	Email   string `arg:"" help:"One of the customer's addresses."`
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

type customerJSON struct {
	Email    string                `json:"email"`
	Further  []string              `json:"further_addresses,omitempty"`
	Name     string                `json:"name,omitempty"`
	WPUser   int64                 `json:"wordpress_user,omitempty"`
	Problem  string                `json:"problem,omitempty"`
	Since    time.Time             `json:"since"`
	Access   []accessJSON          `json:"access"`
	Waiting  []waitingJSON         `json:"waiting,omitempty"`
	Orders   []orderJSON           `json:"orders"`
	Messages []store.MessageRecord `json:"messages"`
}

type accessJSON struct {
	Course  string       `json:"course"`
	Title   string       `json:"title"`
	Open    bool         `json:"open"`
	Until   *time.Time   `json:"until,omitempty"`
	Because []groundJSON `json:"because"`
}

type groundJSON struct {
	State  string     `json:"state"`
	Reason string     `json:"reason"`
	Cause  string     `json:"cause"`
	From   time.Time  `json:"from"`
	Until  *time.Time `json:"until,omitempty"`
}

type waitingJSON struct {
	Order   string `json:"order"`
	Product string `json:"product"`
	Mend    string `json:"mend"`
}

type orderJSON struct {
	ID       int64     `json:"id"`
	Number   string    `json:"number,omitempty"`
	Platform string    `json:"platform"`
	Test     bool      `json:"test,omitempty"`
	Lines    []string  `json:"lines"`
	Updated  time.Time `json:"updated"`
}

// Run shows the customer.
func (c customerShow) Run(a *app) error {
	_, key, err := enrolld.ParseEmail(c.Email)
	if err != nil {
		return err
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		v, err := customerView(a, db, account, key)
		if err != nil {
			return err
		}
		return a.print(v, v.write)
	})
}

func customerView(a *app, db *store.DB, account enrolld.Account, key enrolld.EmailKey) (customerJSON, error) {
	c, err := db.CustomerByKey(a.ctx, account.ID, key)
	if err != nil {
		return customerJSON{}, err
	}
	orders, err := db.OrdersOf(a.ctx, account.ID, c.ID)
	if err != nil {
		return customerJSON{}, err
	}
	grants, err := db.GrantsOf(a.ctx, account.ID, c.ID)
	if err != nil {
		return customerJSON{}, err
	}
	products, err := db.Products(a.ctx, account.ID)
	if err != nil {
		return customerJSON{}, err
	}
	v := customerJSON{
		Email: c.Email, Name: c.FullName(), WPUser: c.WPUserID, Problem: c.Problem, Since: c.CreatedAt,
		Orders: orderViews(orders), Waiting: waitingViews(orders, products, db.Now()),
	}
	addresses, err := db.AddressesOf(a.ctx, account.ID, c.ID)
	if err != nil {
		return v, err
	}
	for _, further := range addresses {
		v.Further = append(v.Further, further.Email)
	}
	titles, err := courseTitles(a, db, account, grants)
	if err != nil {
		return v, err
	}
	v.Access = accessViews(grants, orders, titles)
	v.Messages, err = db.MessagesOf(a.ctx, account.ID, c.ID)
	return v, err
}

func orderViews(orders []store.Order) []orderJSON {
	out := make([]orderJSON, len(orders))
	for i, o := range orders {
		out[i] = orderJSON{
			ID: o.ID, Number: o.Record.Number.Value, Platform: o.Platform, Test: o.Record.Test, Lines: []string{}, Updated: o.UpdatedAt,
		}
		for _, key := range o.Record.LineKeys() {
			l := o.Record.Lines[key]
			out[i].Lines = append(out[i].Lines, fmt.Sprintf("%s %s", l.Product.Value.ID, l.Product.Value.Name))
		}
	}
	return out
}

// waitingViews lists what was paid for and gives nothing yet, and the way out.
func waitingViews(orders []store.Order, products []enrolld.Product, now time.Time) []waitingJSON {
	var out []waitingJSON
	sold := make([]enrolld.Sold, len(orders))
	byID := map[int64]store.Order{}
	for i, o := range orders {
		sold[i] = enrolld.Sold{OrderID: o.ID, Platform: o.Platform, AcceptTest: o.AcceptTest, Order: o.Record}
		byID[o.ID] = o
	}
	for _, p := range enrolld.Derive(sold, enrolld.RulesOf(products), now).Parked {
		o := byID[p.OrderID]
		out = append(out, waitingJSON{
			Order: o.Record.Number.Value, Product: p.Product.ID + " " + p.Product.Name,
			Mend: fmt.Sprintf("enrolld product map --platform %s --product %s --courses …", o.Platform, p.Product.ID),
		})
	}
	return out
}

func courseTitles(a *app, db *store.DB, account enrolld.Account, grants []store.Grant) (map[enrolld.CourseRef]string, error) {
	site, err := db.Site(a.ctx, account.SiteID)
	if err != nil {
		return nil, err
	}
	ids := map[string][]int64{}
	for _, g := range grants {
		ids[g.Course.LMS] = append(ids[g.Course.LMS], g.Course.ID)
	}
	out := map[enrolld.CourseRef]string{}
	for name, list := range ids {
		w, err := lms.ByName(name)
		if err != nil {
			return nil, err
		}
		found, err := w.Describe(a.ctx, db.Conn(), lms.Place{Site: provision.WordPressSite(site, account.BlogID)}, list)
		if err != nil {
			return nil, err
		}
		for id, c := range found {
			out[enrolld.CourseRef{LMS: name, ID: id}] = c.Title
		}
	}
	return out, nil
}

// accessViews groups the ledger by course. It comes sorted.
func accessViews(grants []store.Grant, orders []store.Order, titles map[enrolld.CourseRef]string) []accessJSON {
	numbers := map[int64]string{}
	for _, o := range orders {
		numbers[o.ID] = fmt.Sprintf("%s order %s", o.Platform, o.Record.Number.Value)
	}
	out := []accessJSON{}
	for i, g := range grants {
		if i == 0 || grants[i-1].Course != g.Course {
			out = append(out, accessJSON{Course: g.Course.String(), Title: titles[g.Course]})
		}
		course := &out[len(out)-1]
		cause := fmt.Sprintf("%s %d", g.Cause.Kind, g.Cause.ID)
		if g.Cause.Kind == enrolld.CauseOrder {
			cause = numbers[g.Cause.ID] + ", line " + g.Cause.Line
		}
		course.Because = append(course.Because, groundJSON{
			State: string(g.State), Reason: g.Reason.Text(), Cause: cause, From: g.From, Until: g.Until,
		})
	}
	open := map[string]enrolld.Access{}
	for _, a := range enrolld.AccessOf(plainGrants(grants)) {
		open[a.Course.String()] = a
	}
	for i := range out {
		if a, ok := open[out[i].Course]; ok {
			out[i].Open, out[i].Until = true, a.Until
		}
	}
	return out
}

func plainGrants(grants []store.Grant) []enrolld.Grant {
	out := make([]enrolld.Grant, len(grants))
	for i, g := range grants {
		out[i] = g.Grant
	}
	return out
}

const dateTime = "2 Jan 2006 15:04"

func (v customerJSON) write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s  %s\ncustomer since %s", v.Email, v.Name, v.Since.Format(dateTime))
	if v.WPUser != 0 {
		_, _ = fmt.Fprintf(w, ", WordPress user %d", v.WPUser)
	}
	_, _ = fmt.Fprintln(w)
	for _, email := range v.Further {
		_, _ = fmt.Fprintln(w, "also", email)
	}
	if v.Problem != "" {
		_, _ = fmt.Fprintln(w, "PROBLEM:", v.Problem)
	}
	_, _ = fmt.Fprintln(w, "\nAccess")
	for _, a := range v.Access {
		state := "closed"
		if a.Open {
			state = "OPEN"
		}
		if a.Until != nil {
			state += " until " + a.Until.Format(dateTime)
		}
		_, _ = fmt.Fprintf(w, "  %s  %s  %s\n", a.Course, a.Title, state)
		for _, b := range a.Because {
			_, _ = fmt.Fprintf(w, "      %s: %s (%s, from %s)\n", b.State, b.Reason, b.Cause, b.From.Format(dateTime))
		}
	}
	if len(v.Access) == 0 {
		_, _ = fmt.Fprintln(w, "  none, and there never was any")
	}
	for _, x := range v.Waiting {
		_, _ = fmt.Fprintf(w, "  WAITING: order %s, product %s is not mapped to a course. Mend: %s\n", x.Order, x.Product, x.Mend)
	}
	_, _ = fmt.Fprintln(w, "\nOrders")
	for _, o := range v.Orders {
		_, _ = fmt.Fprintf(w, "  %s %s, changed %s\n", o.Platform, o.Number, o.Updated.Format(dateTime))
		for _, l := range o.Lines {
			_, _ = fmt.Fprintf(w, "      %s\n", l)
		}
	}
	_, _ = fmt.Fprintln(w, "\nMail")
	for _, m := range v.Messages {
		_, _ = fmt.Fprintf(w, "  %s  %s  %s  %s\n", m.CreatedAt.Format(dateTime), m.Kind, m.State, m.Response)
	}
}
