package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"enrolld"
	"enrolld/store"
)

type deliveriesCmd struct {
	List   deliveriesList   `cmd:"" help:"List deliveries, newest first."`
	Show   deliveriesShow   `cmd:"" help:"Show one delivery and what it changed."`
	Replay deliveriesReplay `cmd:"" help:"Process deliveries again; what is right already stays as it is."`
}

// deliveryFilter is what list and replay pick by.
type deliveryFilter struct {
	Account string        `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	State   string        `help:"Only those in this state: queued, done, ignored, parked, dead or rejected." enum:",queued,done,ignored,parked,dead,rejected" default:""`
	Email   string        `help:"Only those about this customer."`
	Since   time.Duration `help:"Only those of this time, e.g. 24h." placeholder:"DURATION"`
}

func (f deliveryFilter) filter(db *store.DB) (store.DeliveryFilter, error) {
	out := store.DeliveryFilter{State: enrolld.DeliveryState(f.State)}
	if f.Since > 0 {
		out.Since = db.Now().Add(-f.Since)
	}
	if f.Email != "" {
		_, key, err := enrolld.ParseEmail(f.Email)
		if err != nil {
			return out, err
		}
		out.Email = key
	}
	return out, nil
}

type deliveryJSON struct {
	ID         int64        `json:"id"`
	ReceivedAt time.Time    `json:"received_at"`
	Event      string       `json:"event"`
	State      string       `json:"state"`
	Note       string       `json:"note,omitempty"`
	Attempts   int          `json:"attempts"`
	Duplicates int          `json:"duplicates"`
	NextAt     *time.Time   `json:"next_at,omitempty"`
	Remote     string       `json:"remote_addr,omitempty"`
	Request    string       `json:"request_id,omitempty"`
	Effects    []effectJSON `json:"effects,omitempty"`
	Header     http.Header  `json:"header,omitempty"`
	Body       string       `json:"body,omitempty"`
}

type effectJSON struct {
	Order    int64    `json:"order"`
	Customer int64    `json:"customer,omitempty"`
	Changes  []string `json:"changes"`
}

func deliveryView(d store.Delivery) deliveryJSON {
	v := deliveryJSON{
		ID: d.ID, ReceivedAt: d.ReceivedAt, Event: d.Event, State: string(d.State), Note: d.Note, Attempts: d.Attempts,
		Duplicates: d.Duplicates,
	}
	if d.State == enrolld.DeliveryQueued {
		v.NextAt = &d.DueAt
	}
	return v
}

type deliveriesList struct {
	deliveryFilter
	Limit  int   `help:"At most so many." default:"50"`
	Before int64 `help:"Only those older than this delivery: the next page." placeholder:"ID"`
}

// Run lists deliveries.
func (c deliveriesList) Run(a *app) error {
	if c.Limit < 1 || c.Limit > 10000 {
		return enrolld.Errorf(enrolld.Invalid, "--limit: 1 to 10000")
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		f, err := c.filter(db)
		if err != nil {
			return err
		}
		f.Limit, f.Before = c.Limit, c.Before
		list, err := db.Deliveries(a.ctx, account.ID, f)
		if err != nil {
			return err
		}
		views := make([]deliveryJSON, len(list))
		for i, d := range list {
			views[i] = deliveryView(d)
		}
		return a.print(views, func(w io.Writer) {
			for _, v := range views {
				_, _ = fmt.Fprintf(w, "%-8d %s  %-34s %-9s %s\n",
					v.ID, v.ReceivedAt.Format("2006-01-02 15:04:05"), v.Event, v.State, v.Note)
			}
		})
	})
}

type deliveriesShow struct {
	ID      int64  `arg:"" help:"Number of the delivery."`
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run shows one delivery. Secrets in it were masked before it was stored.
func (c deliveriesShow) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		d, effects, err := db.Delivery(a.ctx, account.ID, c.ID)
		if err != nil {
			return err
		}
		v := deliveryView(d)
		v.Remote, v.Request, v.Header, v.Body = d.RemoteAddr, d.RequestID, d.Header, printable(d.Body)
		for _, e := range effects {
			v.Effects = append(v.Effects, effectJSON{Order: e.OrderID, Customer: e.CustomerID, Changes: e.Changes})
		}
		return a.print(v, v.write)
	})
}

// printable keeps control characters of a payload from the terminal.
func printable(body []byte) string {
	if utf8.Valid(body) {
		return string(body)
	}
	return fmt.Sprintf("%q", body)
}

func (v deliveryJSON) write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "Delivery %d: %s, %s\nreceived %s from %s, request %s, %d attempt(s), %d duplicate(s)\n",
		v.ID, v.Event, v.State, v.ReceivedAt.Format(time.RFC3339), v.Remote, v.Request, v.Attempts, v.Duplicates)
	if v.Note != "" {
		_, _ = fmt.Fprintln(w, v.Note)
	}
	if v.NextAt != nil {
		_, _ = fmt.Fprintln(w, "next attempt", v.NextAt.Format(time.RFC3339))
	}
	for _, e := range v.Effects {
		_, _ = fmt.Fprintf(w, "\nOrder %d, customer %d\n", e.Order, e.Customer)
		for _, c := range e.Changes {
			_, _ = fmt.Fprintln(w, "  -", c)
		}
	}
	_, _ = fmt.Fprintln(w)
	_ = v.Header.Write(w)
	_, _ = fmt.Fprintf(w, "\n%q\n", v.Body)
}

type deliveriesReplay struct {
	ID []int64 `arg:"" optional:"" help:"Numbers of deliveries; none: those that the filter picks."`
	deliveryFilter
}

// Run queues deliveries again.
func (c deliveriesReplay) Run(a *app) error {
	if len(c.ID) == 0 && c.State == "" && c.Email == "" && c.Since == 0 {
		return enrolld.Errorf(enrolld.Invalid, "say which: numbers, or --state, --email or --since")
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		var n int64
		for _, id := range c.ID {
			one, err := db.ReplayOne(a.ctx, account.ID, id)
			if err != nil {
				return err
			}
			n += one
		}
		if len(c.ID) == 0 {
			f, err := c.filter(db)
			if err != nil {
				return err
			}
			if n, err = db.Replay(a.ctx, account.ID, f); err != nil {
				return err
			}
		}
		return a.print(map[string]int64{"queued": n}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%d delivery(ies) are queued again.\n", n)
		})
	})
}
